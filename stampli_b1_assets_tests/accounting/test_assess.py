"""Every reason once: what brings it, that it stands alone, and that it says which code or value is meant."""

# Longer than 400 lines: one table of all reasons, so that a missing one is seen.

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from stampli_b1_assets.accounting.assess import assess, rate_needed
from stampli_b1_assets.accounting.statuses import StatusKind, status_word
from stampli_b1_assets.config.models import PostingSettings
from stampli_b1_assets.domain.invoice import Fault, FaultKind, InvoiceType
from stampli_b1_assets.domain.outcome import Reason


def reasons(assessment):
    return [str(hold.reason) for hold in assessment.holds]


def fault(column, kind=FaultKind.BAD_VALUE):
    return Fault(kind, 2, column, f"Row 2: {column} is odd.", "Correct it.")


# --- status and zero ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Authorized for Payment", StatusKind.POSTABLE),
        ("AUTHORIZED-for payment.", StatusKind.POSTABLE),
        ("Paid Invoice", StatusKind.POSTABLE),
        ("Invoice Details Have Been Registered.", StatusKind.NOT_POSTABLE),
        ("invoice details have been registered", StatusKind.NOT_POSTABLE),
        ("Pending Approval", StatusKind.NOT_POSTABLE),
        ("Approved and Pending AP Authorization", StatusKind.NOT_POSTABLE),
        ("Canceled Invoice", StatusKind.CANCELLED),
        ("Cancelled Invoice", StatusKind.UNKNOWN),
        ("Approved", StatusKind.UNKNOWN),
        ("", StatusKind.UNKNOWN),
    ],
)
def test_status_words(invoice, word, kind):
    assert status_word(invoice(status=word), PostingSettings()) is kind


def test_other_words_may_be_postable(invoice):
    settings = PostingSettings(postable_statuses=("Approved",))
    assert status_word(invoice(status="approved"), settings) is StatusKind.POSTABLE
    assert status_word(invoice(), settings) is StatusKind.UNKNOWN


@pytest.mark.parametrize("status", ["Pending Approval", "Canceled Invoice"])
def test_what_is_not_to_be_posted_is_ignored_without_further_checks(invoice, line, context, status):
    hopeless = invoice(
        status=status, currency="XXX", vendor_id="", lines=[line("1.00", gl_account="Not Assigned")],
        faults=(fault("Invoice Amount"), fault("Line #", FaultKind.REPEATED_LINE)),
    )  # fmt: skip
    assert assess(hopeless, context()).outcome == "ignored"


def test_a_total_of_zero_is_ignored(invoice, line, context):
    lines = [line("5.00"), line("-5.00", number="2", gl_account="404")]
    assert assess(invoice("0.00", lines=lines), context()).outcome == "ignored"
    assert assess(invoice("0.00", type=InvoiceType.CREDIT_MEMO), context()).outcome == "ignored"


def test_a_total_in_doubt_is_no_total_of_zero(invoice, context):
    assessment = assess(invoice("0.00", faults=(fault("Invoice Amount"),)), context())
    assert reasons(assessment) == ["BAD_VALUE"]


def test_a_zero_with_an_unknown_status_is_held(invoice, context):
    assert reasons(assess(invoice("0.00", status="Maybe"), context())) == ["UNKNOWN_STATUS"]


def test_rows_that_disagree_about_the_status_are_never_ignored(invoice, context):
    for status in ("Canceled Invoice", "Authorized for Payment"):
        assessment = assess(invoice(status=status, faults=(fault("Invoice Status"),)), context())
        assert reasons(assessment) == ["BAD_VALUE"]


# --- one reason each ---------------------------------------------------------------------------------------------

CASES = [
    ("unknown status", {"status": "Under review"}, {}, "UNKNOWN_STATUS", "Under review"),
    ("no status", {"status": ""}, {}, "BAD_VALUE", "Invoice Status"),
    ("no number", {"number": ""}, {}, "BAD_VALUE", "Invoice Number"),
    ("no id", {"stampli_id": ""}, {}, "BAD_VALUE", "Stampli Invoice ID"),
    ("no type", {"type": None}, {}, "BAD_VALUE", "Invoice Type"),
    ("no vendor id", {"vendor_id": ""}, {}, "BAD_VALUE", "Vendor ID"),
    ("no invoice date", {"invoice_date": None}, {}, "BAD_VALUE", "Invoice Date"),
    ("no currency", {"currency": ""}, {}, "BAD_VALUE", "Currency"),
    ("no total", {"total": None}, {}, "BAD_VALUE", "Invoice Amount"),
    ("no posting date", {"posting_date": None}, {}, "BAD_VALUE", "Posting Date"),
    (
        "no date of authorisation, when that is the policy",
        {"authorized_at": None},
        {"settings": {"posting_date": "authorized_date"}},
        "BAD_VALUE",
        "Authorized Date",
    ),
    ("negative invoice", {"total": "-100.00"}, {}, "BAD_VALUE", "Invoice Amount"),
    ("positive credit memo", {"type": InvoiceType.CREDIT_MEMO}, {}, "BAD_VALUE", "Invoice Amount"),
    ("a third decimal of a dollar", {"total": "100.005"}, {}, "BAD_VALUE", "Invoice Amount"),
    ("a fault of the reader", {"faults": (fault("Due Date"),)}, {}, "BAD_VALUE", "Due Date"),
    ("a repeated line", {"faults": (fault("Line #", FaultKind.REPEATED_LINE),)}, {}, "REPEATED_LINE", "Line #"),
    ("unknown vendor", {"vendor_id": "S999"}, {}, "UNKNOWN_VENDOR", "S999"),
    ("frozen vendor", {"vendor_id": "S300"}, {}, "INVALID_VENDOR", "S300"),
    ("vendor out of its season", {"vendor_id": "S400"}, {}, "INVALID_VENDOR", "S400"),
    ("a customer", {"vendor_id": "C900"}, {}, "INVALID_VENDOR", "C900"),
    ("vendor of another currency", {"vendor_id": "S200"}, {}, "INVALID_VENDOR", "S200"),
    ("unknown currency", {"currency": "XAU"}, {}, "UNKNOWN_CURRENCY", "XAU"),
    ("no rate", {"currency": "KWD"}, {}, "NO_EXCHANGE_RATE", "KWD 2026-04-15"),
    ("closed period", {"posting_date": date(2026, 2, 28)}, {}, "PERIOD_CLOSED", "2026-02"),
    (
        "no later period is open",
        {"posting_date": date(2026, 2, 28)},
        {"settings": {"closed_period": "next_open"}, "periods": "closed"},
        "PERIOD_CLOSED",
        "2026-02",
    ),
    ("no such period", {"posting_date": date(2025, 12, 31)}, {}, "DATE_OUT_OF_RANGE", "2025-12"),
    ("invoice date before the earliest", {"invoice_date": date(2019, 12, 31)}, {}, "DATE_OUT_OF_RANGE", "2019-12-31"),
    ("due in 2206", {"due_date": date(2206, 5, 10)}, {"periods": "without windows"}, "DATE_OUT_OF_RANGE", "2206-05-10"),
    ("due 367 days ahead", {"due_date": date(2027, 11, 26)}, {}, "DATE_OUT_OF_RANGE", "2027-11-26"),
    ("due outside the period's window", {"due_date": date(2024, 12, 31)}, {}, "DATE_OUT_OF_RANGE", "2024-12-31"),
]


@pytest.mark.parametrize(
    ("changes", "surroundings", "reason", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_each_reason_stands_alone(invoice, context, reference, changes, surroundings, reason, code):
    if surroundings.get("periods") == "closed":
        surroundings = surroundings | {"periods": reference.periods[:2]}
    elif surroundings.get("periods") == "without windows":
        surroundings = surroundings | {"periods": tuple(map(without_windows, reference.periods))}
    assessment = assess(invoice(**changes), context(**surroundings))
    assert assessment.outcome == "held"
    assert assessment.entry is None
    assert set(reasons(assessment)) == {reason}
    assert assessment.holds[0].code == code
    assert assessment.holds[0].detail.endswith((".", "?"))
    assert assessment.holds[0].action.endswith(".")


def without_windows(period):
    own = {"due_from": period.posting_from, "due_to": period.posting_to}
    return replace(period, **own, tax_from=period.posting_from, tax_to=period.posting_to)


LINES = [
    ("no account", {"gl_account": ""}, {}, "BAD_VALUE", "GL Account"),
    ("no line number", {"number": ""}, {}, "BAD_VALUE", "Line #"),
    ("unreadable amount", {"amount": None}, {}, "BAD_VALUE", "Line Amount"),
    ("unknown account", {"gl_account": "404"}, {}, "UNMAPPED_GL_ACCOUNT", "404"),
    ("zeros lost", {"gl_account": "700"}, {}, "UNMAPPED_GL_ACCOUNT", "700"),
    ("mapping demanded", {}, {"unmapped": "hold"}, "UNMAPPED_GL_ACCOUNT", "510000"),
    ("title", {"gl_account": "500000"}, {}, "INVALID_GL_ACCOUNT", "500000"),
    ("control account", {"gl_account": "211000"}, {}, "INVALID_GL_ACCOUNT", "211000"),
    ("blocked", {"gl_account": "530000"}, {}, "INVALID_GL_ACCOUNT", "530000"),
    ("inactive", {"gl_account": "690000"}, {}, "INVALID_GL_ACCOUNT", "690000"),
    ("not valid yet", {"gl_account": "692000"}, {}, "INVALID_GL_ACCOUNT", "692000"),
    ("needs a department", {"gl_account": "550000"}, {}, "INVALID_GL_ACCOUNT", "550000"),
    ("needs a project", {"gl_account": "560000"}, {}, "INVALID_GL_ACCOUNT", "560000"),
    ("unknown department", {"department": "XX"}, {}, "UNMAPPED_DIMENSION", "XX"),
    ("unknown project", {"project": "BR-99"}, {}, "UNMAPPED_DIMENSION", "BR-99"),
    ("unknown where one is needed", {"gl_account": "550000", "department": "XX"}, {}, "UNMAPPED_DIMENSION", "XX"),
    ("a class in the department", {"department": "RED"}, {}, "INVALID_DIMENSION", "RED"),
    ("inactive department", {"department": "GONE"}, {}, "INVALID_DIMENSION", "GONE"),
    ("department from October", {"department": "LATE"}, {}, "INVALID_DIMENSION", "LATE"),
    ("inactive project", {"project": "BR-OFF"}, {}, "INVALID_DIMENSION", "BR-OFF"),
    ("project of last year", {"project": "BR-PAST"}, {}, "INVALID_DIMENSION", "BR-PAST"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "settings", "reason", "code"), [case[1:] for case in LINES], ids=[case[0] for case in LINES]
)
def test_each_reason_of_a_line(invoice, line, context, changes, settings, reason, code):
    first = line(**{"amount": "100.00", **changes})
    assessment = assess(invoice("100.00", lines=[first]), context(settings=settings))
    assert reasons(assessment) == [reason]
    assert assessment.holds[0].code == code


TAXES = [
    ("tax without a code", "10.00", [{}], "UNMAPPED_TAX_CODE", ""),
    ("a code that no mapping names", "10.00", [{"tax_code": "NEW"}], "UNMAPPED_TAX_CODE", "NEW"),
    ("several codes", "10.00", [{"tax_code": "GST10"}, {"tax_code": "GST5"}], "UNMAPPED_TAX_CODE", "GST10"),
    ("line tax without a code", "10.00", [{"tax_amount": "10.00"}], "UNMAPPED_TAX_CODE", ""),
    ("tax mapped to an account that SAP lacks", "10.00", [{"tax_code": "ODD"}], "INVALID_GL_ACCOUNT", "490000"),
    ("tax mapped to an inactive account", "10.00", [{"tax_code": "SHUT"}], "INVALID_GL_ACCOUNT", "690000"),
    ("line tax that does not add up", "10.00", [{"tax_code": "GST10", "tax_amount": "9.00"}], "TOTALS_DISAGREE", ""),
]


@pytest.mark.parametrize(("tax", "lines", "reason", "code"), [case[1:] for case in TAXES], ids=[c[0] for c in TAXES])
def test_each_reason_of_tax(invoice, line, context, tax, lines, reason, code):
    coded = [line("100.00", number=str(place), **changes) for place, changes in enumerate(lines)]
    total = Decimal(100 * len(lines)) + Decimal(tax)
    assessment = assess(invoice(str(total), tax, lines=coded), context())
    assert reasons(assessment) == [reason]
    assert assessment.holds[0].code == code


# --- several reasons ---------------------------------------------------------------------------------------------


def test_all_reasons_in_the_contracts_order(invoice, line, context):
    lines = [
        line("30.00", gl_account="404", department="XX"),
        line("30.00", number="2", gl_account="690000", project="BR-OFF", tax_code="NEW"),
    ]
    bad = invoice(
        "100.00", "5.00", lines=lines, status="Hm", number="", vendor_id="S300", currency="XAU",
        posting_date=date(2026, 1, 31), due_date=date(1900, 1, 1), faults=(fault("Line #", FaultKind.REPEATED_LINE),),
    )  # fmt: skip
    found = list(dict.fromkeys(reasons(assess(bad, context()))))
    assert found == [
        "UNKNOWN_STATUS", "BAD_VALUE", "REPEATED_LINE", "TOTALS_DISAGREE", "INVALID_VENDOR", "UNMAPPED_GL_ACCOUNT",
        "INVALID_GL_ACCOUNT", "UNMAPPED_DIMENSION", "INVALID_DIMENSION", "UNMAPPED_TAX_CODE", "UNKNOWN_CURRENCY",
        "PERIOD_CLOSED", "DATE_OUT_OF_RANGE",
    ]  # fmt: skip
    assert found == [str(reason) for reason in Reason if str(reason) in found]


@pytest.mark.parametrize(
    "column",
    ["Invoice Amount", "Tax Amount", "Line Amount", "Line Tax Amount", "Currency", "Vendor ID", "Posting Date"],
)
def test_a_value_in_doubt_brings_no_second_reason(invoice, line, context, column):
    odd = invoice("999.00", currency="XAU" if column == "Currency" else "USD", faults=(fault(column),))
    if column in {"Currency", "Vendor ID", "Posting Date"}:
        odd = replace(odd, lines=(line("999.00"),), vendor_id="S999" if column == "Vendor ID" else "S100")
    else:
        odd = replace(odd, lines=(line("1.00"),))
    assert reasons(assess(odd, context())) == ["BAD_VALUE"]


def test_without_a_currency_nobody_says_that_it_is_excluded(invoice, line, context):
    nothing = invoice("1.00", currency="", vendor_id="S200", lines=[line("1.00", gl_account="540000")])
    assert reasons(assess(nothing, context())) == ["BAD_VALUE"]


def test_one_code_missing_on_many_lines_is_one_hold(invoice, line, context):
    lines = [line("50.00", number=str(number), project="BR-99") for number in range(2)]
    assert reasons(assess(invoice("100.00", lines=lines), context())) == ["UNMAPPED_DIMENSION"]


# --- sentences ---------------------------------------------------------------------------------------------------


def test_a_missing_code_says_which_row_releases_it(invoice, line, context):
    (hold,) = assess(invoice("1.00", lines=[line("1.00", project="BR-99")]), context()).holds
    assert hold.detail == "Project BR-99 is in no mapping, and SAP has no project of that code."
    assert hold.action == "Add a row for project,BR-99 to dimensions.csv, or create project BR-99 in SAP."


def test_lost_zeros_are_named_and_never_mended(invoice, line, context):
    (hold,) = assess(invoice("1.00", lines=[line("1.00", gl_account="700")]), context()).holds
    assert "SAP has 000700: were leading zeros" in hold.detail


def test_both_sums_are_named(invoice, line, context):
    (hold,) = assess(invoice("110.00", "10.00", lines=[line("90.00", tax_code="GST10")]), context()).holds
    assert hold.reason is Reason.TOTALS_DISAGREE
    assert "110.00 USD" in hold.detail
    assert "100.00: 10.00 apart" in hold.detail


# --- mappings ----------------------------------------------------------------------------------------------------


def test_a_mapping_to_what_sap_lacks_is_invalid(invoice, line, context, mappings):
    mapped = mappings(vendors="S100,S404", gl_accounts="510000,404", dimensions="department,OPS,NONE")
    assessment = assess(invoice("1.00", lines=[line("1.00", department="OPS")]), context(mappings=mapped))
    assert reasons(assessment) == ["INVALID_VENDOR", "INVALID_GL_ACCOUNT", "INVALID_DIMENSION"]
    assert [hold.code for hold in assessment.holds] == ["S404", "404", "NONE"]
    assert "gl_accounts.csv, row 2" in assessment.holds[1].detail


def test_the_mapping_rows_are_the_evidence(invoice, line, context, mappings):
    mapped = mappings(vendors="Birch,S100", gl_accounts="Tools,000700", dimensions="department,Crew,OPS")
    one = invoice("1.00", vendor_id="Birch", lines=[line("1.00", gl_account="Tools", department="Crew")])
    assessment = assess(one, context(mappings=mapped, settings={"unmapped": "hold"}))
    assert assessment.outcome == "ready"
    assert assessment.trace[:3] == (
        "Vendor Birch: S100 (vendors.csv, row 2)",
        "G/L account Tools: 000700 (gl_accounts.csv, row 2)",
        "Department Crew: OPS (dimensions.csv, row 2)",
    )
    assert assessment.trace[-1] == f"mappings {mapped.fingerprint[:12]}"


def test_a_format_code_finds_the_segmented_account(invoice, line, context, mappings):
    direct = assess(invoice("1.00", lines=[line("1.00", gl_account="71100-00-10")]), context())
    mapped = mappings(gl_accounts="Seg,71100-00-10")
    by_mapping = assess(invoice("1.00", lines=[line("1.00", gl_account="Seg")]), context(mappings=mapped))
    assert direct.entry.lines[0].account_code == by_mapping.entry.lines[0].account_code == "_SYS0042"


def test_a_dimension_that_the_settings_leave_out_is_not_looked_up(invoice, line, context):
    settings = {"dimensions": {"department": None, "project": "ProjectCode", "class": None, "location": None}}
    one = invoice("1.00", lines=[line("1.00", department="XX", class_="YY", location="ZZ", project="BR-01")])
    assessment = assess(one, context(settings=settings))
    assert assessment.entry.lines[0].dimensions == {}
    assert assessment.entry.lines[0].project_code == "BR-01"


def test_inactive_on_other_days_only(invoice, line, context):
    one = invoice("1.00", vendor_id="S310", lines=[line("1.00", gl_account="691000")])
    assert assess(one, context()).outcome == "ready"
    june = replace(one, posting_date=date(2026, 6, 15))
    assert reasons(assess(june, context())) == ["INVALID_VENDOR", "INVALID_GL_ACCOUNT"]


def test_a_vendor_that_sap_numbered_itself(invoice, context):
    numbered = replace(context(), card_codes={"a-very-long-vendor-id": "S100"})
    assessment = assess(invoice(vendor_id="a-very-long-vendor-id"), numbered)
    assert assessment.entry.lines[-1].card_code == "S100"


# --- dates and rates ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("posting_date", date(2026, 4, 15)),
        ("invoice_date", date(2026, 4, 10)),
        ("authorized_date", date(2026, 3, 31)),
    ],
)
def test_the_date_to_post_on(invoice, context, policy, expected):
    one = invoice(authorized_at=datetime(2026, 4, 1, 2, 30, tzinfo=UTC))
    settings = {"posting_date": policy, "time_zone": "America/Denver"}
    assert assess(one, context(settings=settings)).entry.reference_date == expected


def test_an_empty_due_date_is_the_invoice_date(invoice, context):
    entry = assess(invoice(due_date=None), context()).entry
    assert entry.due_date == entry.lines[-1].due_date == date(2026, 4, 10)


def test_a_closed_period_moves_to_the_first_day_of_the_next_open_one(invoice, context):
    assessment = assess(invoice(posting_date=date(2026, 1, 31)), context(settings={"closed_period": "next_open"}))
    assert assessment.entry.reference_date == date(2026, 3, 1)
    assert assessment.entry.tax_date == date(2026, 4, 10)
    assert "2026-01-31" in assessment.warnings[0]


def test_codes_count_on_the_day_that_is_posted_on(invoice, line, context, reference):
    """Moved from January to 1 March: a project that ends in February is not valid any more."""
    ends = replace(reference.projects["BR-01"], valid_to=date(2026, 2, 28))
    one = invoice("1.00", posting_date=date(2026, 1, 31), lines=[line("1.00", project="BR-01")])
    moving = context(settings={"closed_period": "next_open"}, projects={"BR-01": ends})
    assert reasons(assess(one, moving)) == ["INVALID_DIMENSION"]
    assert reasons(assess(one, context(projects={"BR-01": ends}))) == ["PERIOD_CLOSED"]


@pytest.mark.parametrize("days_ahead", [366, 0])
def test_366_days_ahead_are_allowed(invoice, context, days_ahead):
    due = date(2027, 11, 25) if days_ahead else date(2026, 11, 24)
    assert assess(invoice(due_date=due), context()).outcome == "ready"


def test_a_window_that_sap_does_not_name_binds_nobody(invoice, context, reference):
    """Read without windows of their own, due and invoice date get the posting window: that is no rule of SAP's."""
    bare = context(periods=tuple(map(without_windows, reference.periods)))
    assert assess(invoice(invoice_date=date(2026, 3, 31)), bare).outcome == "ready"


def test_earliest_date_is_allowed_itself(invoice, context):
    settings = {"earliest_date": date(2026, 4, 10)}
    assert assess(invoice(), context(settings=settings)).outcome == "ready"


@pytest.mark.parametrize(
    ("changes", "settings", "expected"),
    [
        ({"currency": "EUR"}, {}, ("EUR", date(2026, 4, 15))),
        ({"currency": "USD"}, {}, None),
        ({"currency": "XAU"}, {}, None),
        ({"currency": "EUR", "status": "Pending Approval"}, {}, None),
        ({"currency": "EUR", "total": "0.00"}, {}, None),
        ({"currency": "EUR", "posting_date": date(2026, 1, 31)}, {}, None),
        (
            {"currency": "EUR", "posting_date": date(2026, 1, 31)},
            {"closed_period": "next_open"},
            ("EUR", date(2026, 3, 1)),
        ),
        ({"currency": "EUR", "posting_date": date(2030, 1, 31)}, {}, None),
    ],
)
def test_the_rate_that_is_needed(invoice, context, changes, settings, expected):
    assert rate_needed(invoice(**changes), context(settings=settings)) == expected


def test_the_currency_of_an_account(invoice, line, context):
    euro = invoice("1.00", currency="EUR", lines=[line("1.00", gl_account="540000")])
    assert reasons(assess(euro, context())) == ["INVALID_GL_ACCOUNT"]
    dollar = invoice("1.00", lines=[line("1.00", gl_account="540000")])
    assert assess(dollar, context()).outcome == "ready"


# --- rounding ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "outcome"), [("99.95", "ready"), ("100.05", "ready"), ("99.94", "held"), ("100.06", "held")]
)
@pytest.mark.parametrize("sign", [1, -1], ids=["invoice", "credit memo"])
def test_tolerance_is_inclusive(invoice, line, context, lines, outcome, sign):
    settings = {"rounding": {"account": "998000", "tolerance": "0.05"}}
    type_ = InvoiceType.INVOICE if sign > 0 else InvoiceType.CREDIT_MEMO
    one = invoice(str(sign * 100), type=type_, lines=[line(str(sign * Decimal(lines)))])
    assert assess(one, context(settings=settings)).outcome == outcome
    assert reasons(assess(one, context())) == ["TOTALS_DISAGREE"]


def test_a_rounding_account_that_sap_refuses(invoice, line, context):
    for account in ("500000", "404"):
        settings = {"rounding": {"account": account, "tolerance": "0.05"}}
        assert reasons(assess(invoice("1.00", lines=[line("0.99")]), context(settings=settings))) == [
            "INVALID_GL_ACCOUNT"
        ]
        assert assess(invoice(), context(settings=settings)).outcome == "ready"
