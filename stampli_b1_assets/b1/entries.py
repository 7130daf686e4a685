"""Journal entries between our values and SAP's JSON (`JournalEntries`, guide and metadata of OJDT and JDT1)."""

from datetime import date
from decimal import Decimal
from typing import Any

from stampli_b1_assets.b1.odata import amount, day, string
from stampli_b1_assets.b1.wire import Json
from stampli_b1_assets.domain.journal_entry import JournalEntry, JournalLine, PostedEntry
from stampli_b1_assets.domain.money import fixed

ENTITY_SET = "JournalEntries"
KEY_PROPERTY = "U_StampliKey"
DIMENSIONS = ("CostingCode", "CostingCode2", "CostingCode3", "CostingCode4", "CostingCode5")
HEADER = (
    "JdtNum",
    "Number",
    "ReferenceDate",
    "TaxDate",
    "DueDate",
    "Memo",
    "Reference",
    "Reference2",
)


def to_sap(entry: JournalEntry, *, with_key: bool = True) -> dict[str, Any]:
    """The body of a POST; amounts are `Decimal` with exactly their currency's decimals."""
    body: dict[str, Any] = {
        "ReferenceDate": entry.reference_date.isoformat(),
        "TaxDate": entry.tax_date.isoformat(),
        "DueDate": entry.due_date.isoformat(),
        "Memo": entry.memo,
        "Reference": entry.reference,
        "Reference2": entry.reference2,
        "Reference3": entry.reference3,
        "JournalEntryLines": [_line_to_sap(line, entry) for line in entry.lines],
    }
    if with_key:
        body[KEY_PROPERTY] = entry.key
    return body


def _line_to_sap(line: JournalLine, entry: JournalEntry) -> dict[str, Any]:
    body: dict[str, Any] = {"ShortName": line.card_code} if line.card_code else {"AccountCode": line.account_code}
    for name, value, decimals in (
        ("Debit", line.debit, entry.decimals),
        ("Credit", line.credit, entry.decimals),
        ("FCDebit", line.fc_debit, entry.fc_decimals),
        ("FCCredit", line.fc_credit, entry.fc_decimals),
    ):
        if value is not None:
            body[name] = fixed(value, decimals)
    if line.fc_currency:
        body["FCCurrency"] = line.fc_currency
    body |= {name: code for name, code in line.dimensions.items() if code}
    for name, text in (("ProjectCode", line.project_code), ("LineMemo", line.line_memo)):
        if text:
            body[name] = text
    if line.due_date is not None:
        body["DueDate"] = line.due_date.isoformat()
    return body


def from_sap(row: Json, *, key: str = "") -> PostedEntry:
    """A row of `JournalEntries`; lines when the answer has them."""
    lines = row.get("JournalEntryLines")
    return PostedEntry(
        key=string(row.get(KEY_PROPERTY)) or key,
        jdt_num=int(row["JdtNum"]),
        number=int(row.get("Number") or 0),
        reference_date=day(row.get("ReferenceDate")) or date.min,
        tax_date=day(row.get("TaxDate")),
        due_date=day(row.get("DueDate")),
        memo=string(row.get("Memo")),
        reference=string(row.get("Reference")),
        reference2=string(row.get("Reference2")),
        lines=None if lines is None else tuple(_line_from_sap(line) for line in lines),
    )


def _line_from_sap(row: Json) -> JournalLine:
    """A partner's line has a ShortName other than its account."""
    account, short_name = string(row.get("AccountCode")), string(row.get("ShortName"))
    is_partner = bool(short_name) and short_name != account
    debit, credit = amount(row.get("Debit")), amount(row.get("Credit"))
    fc_debit, fc_credit = amount(row.get("FCDebit")), amount(row.get("FCCredit"))
    return JournalLine(
        account_code=account,
        card_code=short_name if is_partner else "",
        debit=_given(debit),
        credit=_given(credit),
        fc_currency=string(row.get("FCCurrency")),
        fc_debit=_given(fc_debit),
        fc_credit=_given(fc_credit),
        dimensions={name: string(row[name]) for name in DIMENSIONS if row.get(name)},
        project_code=string(row.get("ProjectCode")),
        line_memo=string(row.get("LineMemo")),
        due_date=day(row.get("DueDate")),
    )


def _given(value: Decimal) -> Decimal | None:
    return value or None
