"""The rules that an invoice must pass before SAP is asked: small functions of one signature, by subject.

What belongs here: functions that take a draft and yield holds, and the one ordered list of them (`ordered`). What does
not: looking codes up (`accounts`, `dimensions`, `suppliers`, `taxes`), and anything about what was posted before.
"""
