"""Journal entries as SAP checks them: properties, balance, period, accounts, partners, dimensions, rates, lengths."""

import datetime as dt
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from stampli_b1_assets.sandbox.service_layer.properties import check_body
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal, invalid, not_found
from stampli_b1_assets.sandbox.service_layer.store import Row, Store

_LENGTHS = {"Memo": 50, "Reference": 100, "Reference2": 100, "Reference3": 100}
_LINE_LENGTHS = {"LineMemo": 50, "Reference1": 100, "Reference2": 100, "AccountCode": 15, "ShortName": 15}
_DIMENSIONS = {"CostingCode": 1, "CostingCode2": 2, "CostingCode3": 3, "CostingCode4": 4, "CostingCode5": 5}
_PATCHABLE = {"Memo", "Reference", "Reference2", "Reference3", "DueDate", "TaxDate", "ProjectCode", "TransactionCode"}
_ZERO = Decimal(0)
_LOCKED = "Posting period locked; specify an alternative date"
_OUT_OF_RANGE = "Date deviates from permissible range"


def post(store: Store, body: dict[str, Any], user_fields: frozenset[str]) -> Row:
    """Check and add one entry; returns the row with its JdtNum and Number."""
    check_body(body, "JournalEntry", user_fields)
    lines = body.get("JournalEntryLines") or []
    if not lines:
        raise invalid("Cannot add an entry without rows  [OJDT]")
    day = _date(body.get("ReferenceDate"), "ReferenceDate")
    due = _date(body.get("DueDate"), "DueDate") if body.get("DueDate") else day
    tax = _date(body.get("TaxDate"), "TaxDate") if body.get("TaxDate") else day
    _check_lengths(body, _LENGTHS, "OJDT")
    _check_period(store, day, due, tax)
    rows = [_line(store, line, number, day, due) for number, line in enumerate(lines)]
    _check_balance(rows)
    jdt_num = store.next_number("JdtNum", 5001)
    row = {
        **{name: value for name, value in body.items() if name != "JournalEntryLines"},
        "JdtNum": jdt_num,
        "Number": store.next_number("Number", 701),
        "ReferenceDate": day.isoformat(),
        "DueDate": due.isoformat(),
        "TaxDate": tax.isoformat(),
        "OriginalJournal": "ttJournalEntry",
        "JournalEntryLines": rows,
    }
    store.add_entry(row)
    return row


def patch(store: Store, jdt_num: int, body: dict[str, Any], user_fields: frozenset[str]) -> None:
    """Amounts and accounts of a posted entry cannot change; memo, references and user fields can."""
    row = store.entry(jdt_num)
    if row is None:
        raise not_found()
    check_body(body, "JournalEntry", user_fields)
    for name in body:
        if name not in _PATCHABLE and name not in user_fields:
            raise Refusal(-1029, f"Field cannot be updated (ODBC -1029) [OJDT.{name}]")
    _check_lengths(body, _LENGTHS, "OJDT")
    store.add_entry({**row, **body})


def cancel(store: Store, jdt_num: int) -> None:
    """Post the reverse entry; the original stays, and a second cancel is refused."""
    row = store.entry(jdt_num)
    if row is None:
        raise not_found()
    if row.get("_cancelled_by"):
        raise invalid("Transaction already reversed  [OJDT.StornoToTr]")
    day = dt.date.fromisoformat(row["ReferenceDate"])
    _check_period(store, day, day, day)
    reverse_num = store.next_number("JdtNum", 5001)
    swap = {"Debit": "Credit", "Credit": "Debit", "FCDebit": "FCCredit", "FCCredit": "FCDebit"}
    lines = [{swap.get(name, name): value for name, value in line.items()} for line in row["JournalEntryLines"]]
    reverse = {
        **row,
        "JdtNum": reverse_num,
        "Number": store.next_number("Number", 701),
        "Memo": f"{row.get('Memo', '')} (Reversal)"[: _LENGTHS["Memo"]],
        "U_StampliKey": None,
        "StornoToTr": jdt_num,
        "JournalEntryLines": lines,
    }
    store.add_entry(reverse)
    store.add_entry({**row, "_cancelled_by": reverse_num})


def _date(value: Any, name: str) -> dt.date:
    try:
        text = str(value)[:10]
        return dt.date.fromisoformat(text if "-" in text else f"{text[:4]}-{text[4:6]}-{text[6:8]}")
    except ValueError:
        raise invalid(f"Invalid date value '{value}'  [OJDT.{name}]") from None


def _check_lengths(body: dict[str, Any], lengths: dict[str, int], table: str) -> None:
    for name, most in lengths.items():
        value = body.get(name)
        if isinstance(value, str) and len(value.encode("utf-16-le")) // 2 > most:
            raise invalid(f"Value too long in property '{name}' of '{table}'  [{table}.{name}]")


def _check_period(store: Store, day: dt.date, due: dt.date, tax: dt.date) -> None:
    period = next((one for one in store.all("_periods") if _holds(one, "PostingDate", day)), None)
    if period is None:
        raise invalid(f"{_OUT_OF_RANGE}  [OJDT.RefDate]")
    if period["PeriodStatus"] in ("ltLocked", "ltPeriodClosing"):
        raise Refusal(-4013, _LOCKED)
    if not _holds(period, "ValueDate", due):
        raise invalid(f"{_OUT_OF_RANGE}  [OJDT.DueDate]")
    if not _holds(period, "TaxDate", tax):
        raise invalid(f"{_OUT_OF_RANGE}  [OJDT.TaxDate]")


def _holds(period: Row, window: str, day: dt.date) -> bool:
    return bool(period[f"{window}From"] <= day.isoformat() <= period[f"{window}To"])


def _line(store: Store, line: dict[str, Any], number: int, day: dt.date, due: dt.date) -> Row:
    check_body(line, "JournalEntryLine")
    _check_lengths(line, _LINE_LENGTHS, "JDT1")
    account_code, short_name = line.get("AccountCode") or "", line.get("ShortName") or ""
    partner = store.get("BusinessPartners", short_name) if short_name else None
    currency = line.get("FCCurrency") or ""
    if partner is not None:
        _check_partner(partner, day, currency, store)
        account_code = account_code or partner.get("DebitorAccount", "200000")
    else:
        account_code = account_code or short_name
        _check_account(store.get("ChartOfAccounts", account_code), account_code, line, currency, store)
        short_name = account_code
    _check_dimensions(store, line, day)
    amounts = _amounts(store, line, currency, day)
    return {
        **line,
        "Line_ID": number,
        "AccountCode": account_code,
        "ShortName": short_name,
        **amounts,
        "FCCurrency": currency,
        "DueDate": str(line.get("DueDate") or due.isoformat())[:10],
    }


def _check_partner(partner: Row, day: dt.date, currency: str, store: Store) -> None:
    code = partner["CardCode"]
    if partner.get("Frozen") == "tYES":
        raise invalid(f"Business partner '{code}' is inactive or frozen on {day}  [JDT1.ShortName]")
    _check_currency(partner.get("Currency") or "##", currency, store, f"business partner '{code}'")


def _check_account(account: Row | None, code: str, line: dict[str, Any], currency: str, store: Store) -> None:
    if account is None:
        raise Refusal(-2028, f"G/L account '{code}' not found (ODBC -2028)  [JDT1.Account]")
    if account.get("ActiveAccount") != "tYES":
        raise invalid(f"Account '{code}' is a title account and is not postable  [JDT1.Account]")
    if account.get("LockManualTransaction") == "tYES":
        raise invalid(f"Control account '{code}' cannot be posted to manually  [JDT1.Account]")
    if account.get("BlockManualPosting") == "tYES":
        raise invalid(f"Manual posting to account '{code}' is blocked  [JDT1.Account]")
    if account.get("FrozenFor") == "tYES":
        raise invalid(f"Account '{code}' is inactive  [JDT1.Account]")
    _check_currency(account.get("AcctCurrency") or "##", currency, store, f"account '{code}'")
    for name, number in _DIMENSIONS.items():
        flag = f"DistributionRule{number if number > 1 else ''}Relevant"
        if account.get(flag) == "tYES" and not line.get(name):
            raise invalid(f"Distribution rule for dimension {number} missing on account '{code}'  [JDT1.{name}]")
    if account.get("ProjectRelevant") == "tYES" and not line.get("ProjectCode"):
        raise invalid(f"Project missing on account '{code}'  [JDT1.Project]")


def _check_currency(allowed: str, currency: str, store: Store, who: str) -> None:
    local = _local_currency(store)
    if allowed not in ("##", "", currency or local):
        raise invalid(f"Currency '{currency or local}' is not allowed for {who}  [JDT1.FCCurrency]")


def _local_currency(store: Store) -> str:
    company = store.get("_company", "company")
    return str(company["LocalCurrency"]) if company else "USD"


def _check_dimensions(store: Store, line: dict[str, Any], day: dt.date) -> None:
    for name, number in _DIMENSIONS.items():
        code = line.get(name)
        if not code:
            continue
        rule = store.get("DistributionRules", code)
        if rule is None:
            raise Refusal(-2028, f"Distribution rule '{code}' not found (ODBC -2028)  [JDT1.{name}]")
        if rule["InWhichDimension"] != number or rule["Active"] != "tYES":
            raise invalid(f"Distribution rule '{code}' is not active in dimension {number}  [JDT1.{name}]")
        center = store.get("ProfitCenters", code)
        if center is not None and not _in_range(center, "EffectiveFrom", "EffectiveTo", day):
            raise invalid(f"Cost center '{code}' is not effective on {day}  [JDT1.{name}]")
    project = line.get("ProjectCode")
    if project:
        row = store.get("Projects", project)
        if row is None:
            raise Refusal(-2028, f"Project '{project}' not found (ODBC -2028)  [JDT1.Project]")
        if row["Active"] != "tYES" or not _in_range(row, "ValidFrom", "ValidTo", day):
            raise invalid(f"Project '{project}' is not active on {day}  [JDT1.Project]")


def _in_range(row: Row, first: str, last: str, day: dt.date) -> bool:
    start, end = row.get(first), row.get(last)
    return (not start or str(start)[:10] <= day.isoformat()) and (not end or day.isoformat() <= str(end)[:10])


def _amounts(store: Store, line: dict[str, Any], currency: str, day: dt.date) -> Row:
    given = {name: Decimal(str(line.get(name) or 0)) for name in ("Debit", "Credit", "FCDebit", "FCCredit")}
    if any(value < 0 for value in given.values()):
        raise invalid("Negative amounts are not allowed  [JDT1.Debit]")
    if given["Debit"] and given["Credit"]:
        raise invalid("A row has either a debit or a credit amount  [JDT1.Debit]")
    local = _local_currency(store)
    if currency and currency != local:
        if store.get("Currencies", currency) is None:
            raise Refusal(-2028, f"Currency '{currency}' not found (ODBC -2028)  [JDT1.FCCurrency]")
        rate = store.get("_rates", f"{currency} {day.isoformat()}")
        if rate is None:
            raise Refusal(-4006, "Update the exchange rate")
        for side in ("Debit", "Credit"):
            if given[f"FC{side}"] and not given[side]:
                exact = given[f"FC{side}"] * Decimal(str(rate["Rate"]))
                given[side] = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    elif given["FCDebit"] or given["FCCredit"]:
        raise invalid("Foreign currency amounts without a currency  [JDT1.FCCurrency]")
    if not any(given.values()):
        raise invalid("A row has neither debit nor credit  [JDT1.Debit]")
    return dict(given)


def _check_balance(rows: Iterable[Row]) -> None:
    """In local currency, and in each foreign one."""
    local = _ZERO
    foreign: dict[str, Decimal] = {}
    for row in rows:
        local += row["Debit"] - row["Credit"]
        if row["FCCurrency"]:
            foreign[row["FCCurrency"]] = foreign.get(row["FCCurrency"], _ZERO) + row["FCDebit"] - row["FCCredit"]
    if local or any(foreign.values()):
        raise invalid("Unbalanced Transaction")
