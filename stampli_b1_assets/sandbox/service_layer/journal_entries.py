"""Journal entries as SAP takes them: header, period, balance; what may change afterwards; cancelling."""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from stampli_b1_assets.sandbox.service_layer import journal_lines
from stampli_b1_assets.sandbox.service_layer.properties import taken
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal, invalid, not_found, not_supported
from stampli_b1_assets.sandbox.service_layer.store import Row, Store

JOURNAL_SERIES = 15
_LENGTHS = {"Memo": 50, "Reference": 100, "Reference2": 100, "Reference3": 100, "ProjectCode": 20}
_PATCHABLE = {"Memo", "Reference", "Reference2", "Reference3", "DueDate", "TaxDate", "ProjectCode"}
_AUTOMATIC = ("AutoVAT", "AutomaticWT", "UseAutoStorno")
_ZERO = Decimal(0)
_LOCKED = "Posting period locked; specify an alternative date"
_OUT_OF_RANGE = "Date deviates from permissible range"
_CUT_AT = _LENGTHS["Memo"]


def post(store: Store, body: Any, user_fields: Mapping[str, str]) -> Row:
    """Check and add one entry; returns the row with its JdtNum and Number."""
    body = taken(body, "JournalEntry", user_fields)
    lines = body.get("JournalEntryLines") or []
    if not lines:
        raise invalid("Cannot add an entry without rows  [OJDT]")
    day, due, tax = _dates(body)
    _check_header(store, body, user_fields, day)
    _check_period(store, day, [due, *_line_dates(lines, "DueDate")], [tax, *_line_dates(lines, "TaxDate")])
    rows = [journal_lines.checked(store, line, number, day, due) for number, line in enumerate(lines)]
    _check_balance(rows)
    row = {
        **body,
        "JdtNum": store.next_number("JdtNum", 5001),
        "Number": store.next_number("Number", 701),
        "Series": JOURNAL_SERIES,
        "ReferenceDate": day.isoformat(),
        "DueDate": due.isoformat(),
        "TaxDate": tax.isoformat(),
        "OriginalJournal": "ttJournalEntry",
        "JournalEntryLines": rows,
    }
    store.add_entry(row)
    return row


def patch(store: Store, jdt_num: int, body: Any, user_fields: Mapping[str, str]) -> None:
    """Amounts and accounts of a posted entry cannot change; memo, references and user fields can.

    In a locked period nothing can: the setting that would allow it is off.
    """
    row = store.entry(jdt_num)
    if row is None:
        raise not_found()
    body = taken(body, "JournalEntry", user_fields)
    for name in body:
        if name not in _PATCHABLE and name not in user_fields:
            raise Refusal(-1029, f"Field cannot be updated (ODBC -1029) [OJDT.{name}]")
    changed = {**row, **body}
    day, due, tax = _dates(changed)
    _check_header(store, body, user_fields, day)
    _check_period(store, day, [due], [tax])
    store.add_entry(changed)


def cancel(store: Store, jdt_num: int, *, keeps_user_fields: bool = False) -> None:
    """Post the reverse entry; the original stays, and a second cancel is refused.

    Whether SAP copies user fields to the reverse entry is not known.
    """
    row = store.entry(jdt_num)
    if row is None:
        raise not_found()
    if row.get("_cancelled_by"):
        raise invalid("Transaction already reversed  [OJDT.StornoToTr]")
    day = dt.date.fromisoformat(row["ReferenceDate"])
    _check_period(store, day, [day], [day])
    reverse_num = store.next_number("JdtNum", 5001)
    swap = {"Debit": "Credit", "Credit": "Debit", "FCDebit": "FCCredit", "FCCredit": "FCDebit"}
    lines = [{swap.get(name, name): value for name, value in line.items()} for line in row["JournalEntryLines"]]
    kept = {name: value for name, value in row.items() if keeps_user_fields or not name.startswith("U_")}
    reverse = {
        **kept,
        "JdtNum": reverse_num,
        "Number": store.next_number("Number", 701),
        "Memo": f"{row.get('Memo') or ''} (Reversal)"[:_CUT_AT],
        "StornoToTr": jdt_num,
        "JournalEntryLines": lines,
    }
    store.add_entry(reverse)
    store.add_entry({**row, "_cancelled_by": reverse_num})


def _dates(body: Mapping[str, Any]) -> tuple[dt.date, dt.date, dt.date]:
    """Posting, due and tax date; the last two are the first when they are not given (inferred)."""
    if not body.get("ReferenceDate"):
        raise invalid("Enter a posting date  [OJDT.RefDate]")
    given = [body.get(name) or body["ReferenceDate"] for name in ("ReferenceDate", "DueDate", "TaxDate")]
    day, due, tax = map(dt.date.fromisoformat, given)
    return day, due, tax


def _line_dates(lines: Iterable[Mapping[str, Any]], name: str) -> list[dt.date]:
    return [dt.date.fromisoformat(line[name]) for line in lines if line.get(name)]


def _check_header(store: Store, body: Mapping[str, Any], user_fields: Mapping[str, str], day: dt.date) -> None:
    journal_lines.check_lengths(body, _LENGTHS | _sizes(store, user_fields), "OJDT")
    if body.get("Series") not in (None, 0, JOURNAL_SERIES):
        raise Refusal(-4002, "To generate this document, first define the numbering series  [OJDT.Series]")
    if any(body.get(name) == "tYES" for name in _AUTOMATIC):
        raise not_supported()  # SAP would add lines or entries; a simulator that ignored it would be kinder
    for name in ("TransactionCode", "Indicator"):
        if body.get(name):  # the sample company defines none
            raise Refusal(-2028, f"No matching records found (ODBC -2028)  [OJDT.{name}]")
    if body.get("ProjectCode"):
        journal_lines.check_project(store, body["ProjectCode"], day, "OJDT")


def _sizes(store: Store, user_fields: Mapping[str, str]) -> dict[str, int]:
    rows = store.all("UserFieldsMD")
    return {f"U_{row['Name']}": int(row.get("Size") or 254) for row in rows if f"U_{row['Name']}" in user_fields}


def _check_period(store: Store, day: dt.date, dues: Iterable[dt.date], taxes: Iterable[dt.date]) -> None:
    """Three windows: of the posting date, of due dates, of tax dates."""
    period = next((one for one in store.all("_periods") if _holds(one, "PostingDate", day)), None)
    if period is None:
        raise invalid(f"{_OUT_OF_RANGE}  [OJDT.RefDate]")
    if period["PeriodStatus"] in ("ltLocked", "ltPeriodClosing"):
        raise Refusal(-4013, _LOCKED)
    if not all(_holds(period, "ValueDate", due) for due in dues):
        raise invalid(f"{_OUT_OF_RANGE}  [OJDT.DueDate]")
    if not all(_holds(period, "TaxDate", tax) for tax in taxes):
        raise invalid(f"{_OUT_OF_RANGE}  [OJDT.TaxDate]")


def _holds(period: Row, window: str, day: dt.date) -> bool:
    return bool(period[f"{window}From"] <= day.isoformat() <= period[f"{window}To"])


def _check_balance(rows: Iterable[Row]) -> None:
    """In local currency, and in each foreign one; one entry belongs to one branch."""
    local = _ZERO
    foreign: dict[str, Decimal] = {}
    rows = list(rows)
    for row in rows:
        local += row["Debit"] - row["Credit"]
        if row["FCCurrency"]:
            foreign[row["FCCurrency"]] = foreign.get(row["FCCurrency"], _ZERO) + row["FCDebit"] - row["FCCredit"]
    if local or any(foreign.values()):
        raise invalid("Unbalanced Transaction")
    if len({row.get("BPLID") for row in rows}) > 1:
        raise invalid("Rows of several branches in one entry  [JDT1.BPLId]")
