"""Where nobody has published what SAP does, or servers differ: the other behaviour, switched on by name.

The simulator begins with the first of two: user fields are not copied when an entry is cancelled, errors have their
dialect's shape everywhere, reads wait for open transactions, new tables and fields are seen at once, text is compared
as HANA does, and next links keep the options of the request.
"""

HABITS = {
    "reversals_keep_user_fields": "cancelling copies user fields, and so our key, to the reversing entry",
    "v1_errors_in_v2_batches": "a failed part of a v2 batch has v1's shape, as in SAP's guide",
    "numeric_codes_in_v2": "v2 writes the code of an error as a number",
    "duplicates_are_code_minus_1": "a row that exists already is refused with -1 in place of -2035, in the same words",
    "reads_see_open_transactions": "reads see rows that are not committed yet (SQL Server, uncommitted reads)",
    "reads_see_last_commit": "reads see what was committed last, and do not wait (HANA)",
    "text_ignores_case": "text and keys are compared without case (SQL Server)",
    "links_forget_options": "next links carry $skip and nothing else",
    "restart_needed": "new user tables and fields are invisible until the Service Layer is restarted",
}
