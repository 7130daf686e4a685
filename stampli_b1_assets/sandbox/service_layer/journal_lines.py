"""Lines of journal entries: accounts, partners, dimensions, currencies, amounts, branches."""

import datetime as dt
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from stampli_b1_assets.sandbox.service_layer.refusal import Refusal, invalid
from stampli_b1_assets.sandbox.service_layer.store import Row, Store

_LENGTHS = {
    "LineMemo": 50,
    "Reference1": 100,
    "Reference2": 100,
    "AdditionalReference": 27,
    "ProjectCode": 20,
    "AccountCode": 15,
    "ShortName": 15,
    "ControlAccount": 15,
    "ContraAccount": 15,
    "FCCurrency": 3,
    "TaxCode": 8,
    "TaxGroup": 8,
    "FederalTaxID": 32,
}
_DIMENSIONS = {"CostingCode": 1, "CostingCode2": 2, "CostingCode3": 3, "CostingCode4": 4, "CostingCode5": 5}


def check_lengths(body: Mapping[str, Any], lengths: Mapping[str, int], table: str) -> None:
    """In UTF-16 units, as SAP's columns count."""
    for name, most in lengths.items():
        value = body.get(name)
        if isinstance(value, str) and len(value.encode("utf-16-le")) // 2 > most:
            raise invalid(f"Value too long in property '{name}' of '{table}'  [{table}.{name}]")


def is_usable(row: Row, day: dt.date, *, valid: str, frozen: str) -> bool:
    """Frozen counts within its dates, and valid as well; neither given is usable."""
    if row.get(frozen) == "tYES" and in_range(row, "FrozenFrom", "FrozenTo", day):
        return False
    return row.get(valid) != "tYES" or in_range(row, "ValidFrom", "ValidTo", day)


def in_range(row: Row, first: str, last: str, day: dt.date) -> bool:
    """Both ends belong to it; one that is not given is open."""
    start, end = row.get(first), row.get(last)
    return (not start or str(start)[:10] <= day.isoformat()) and (not end or day.isoformat() <= str(end)[:10])


def checked(store: Store, line: Row, number: int, day: dt.date, due: dt.date) -> Row:
    """The line as SAP keeps it, accounts and amounts filled in."""
    check_lengths(line, _LENGTHS, "JDT1")
    currency = line.get("FCCurrency") or ""
    account, short_name = _account_and_name(store, line, currency, day)
    _check_dimensions(store, line, day)
    _check_codes(store, line)
    return {
        **line,
        "Line_ID": number,
        "AccountCode": account,
        "ShortName": short_name,
        **_amounts(store, line, currency, day),
        "FCCurrency": currency,
        "DueDate": line.get("DueDate") or due.isoformat(),
    }


def _account_and_name(store: Store, line: Row, currency: str, day: dt.date) -> tuple[str, str]:
    """A partner's line goes to the control account; any other name is the account's own."""
    short_name = line.get("ShortName") or ""
    given = line.get("AccountCode") or line.get("ControlAccount") or ""
    partner = store.get("BusinessPartners", short_name) if short_name else None
    if partner is not None:
        _check_partner(partner, day, currency, store)
        account = given or partner.get("DebitorAccount") or ""
        _check_control_account(store.get("ChartOfAccounts", account), account)
        return account, short_name
    account = given or short_name
    if short_name not in ("", account):
        raise Refusal(-2028, f"'{short_name}' not found (ODBC -2028)  [JDT1.ShortName]")
    _check_account(store.get("ChartOfAccounts", account), account, line, currency, store, day)
    return account, account


def _check_partner(partner: Row, day: dt.date, currency: str, store: Store) -> None:
    code = partner["CardCode"]
    if not is_usable(partner, day, valid="Valid", frozen="Frozen"):
        raise invalid(f"Business partner '{code}' is inactive or frozen on {day}  [JDT1.ShortName]")
    _check_currency(partner.get("Currency") or "##", currency, store, f"business partner '{code}'")


def _check_control_account(account: Row | None, code: str) -> None:
    if account is None:
        raise Refusal(-2028, f"G/L account '{code}' not found (ODBC -2028)  [JDT1.Account]")
    if account.get("LockManualTransaction") != "tYES" or account.get("ActiveAccount") != "tYES":
        raise invalid(f"Account '{code}' is not a control account  [JDT1.Account]")


def _check_account(account: Row | None, code: str, line: Row, currency: str, store: Store, day: dt.date) -> None:
    if account is None:
        raise Refusal(-2028, f"G/L account '{code}' not found (ODBC -2028)  [JDT1.Account]")
    if account.get("ActiveAccount") != "tYES":
        raise invalid(f"Account '{code}' is a title account and is not postable  [JDT1.Account]")
    if account.get("LockManualTransaction") == "tYES":
        raise invalid(f"Control account '{code}' cannot be posted to manually  [JDT1.Account]")
    if account.get("BlockManualPosting") == "tYES":
        raise invalid(f"Manual posting to account '{code}' is blocked  [JDT1.Account]")
    if not is_usable(account, day, valid="ValidFor", frozen="FrozenFor"):
        raise invalid(f"Account '{code}' is inactive on {day}  [JDT1.Account]")
    _check_currency(account.get("AcctCurrency") or "##", currency, store, f"account '{code}'")
    for name, number in _DIMENSIONS.items():
        flag = f"DistributionRule{number if number > 1 else ''}Relevant"
        if account.get(flag) == "tYES" and not line.get(name):
            raise invalid(f"Distribution rule for dimension {number} missing on account '{code}'  [JDT1.{name}]")
    if account.get("ProjectRelevant") == "tYES" and not line.get("ProjectCode"):
        raise invalid(f"Project missing on account '{code}'  [JDT1.Project]")


def _check_currency(allowed: str, currency: str, store: Store, who: str) -> None:
    local = _company(store)["LocalCurrency"]
    if allowed not in ("##", "", currency or local):
        raise invalid(f"Currency '{currency or local}' is not allowed for {who}  [JDT1.FCCurrency]")


def _company(store: Store) -> Row:
    return {"LocalCurrency": "USD", "TotalsAccuracy": 2, **(store.get("_company", "company") or {})}


def _check_dimensions(store: Store, line: Row, day: dt.date) -> None:
    for name, number in _DIMENSIONS.items():
        if line.get(name):
            _check_rule(store, line[name], name, number, day)
    if line.get("ProjectCode"):
        check_project(store, line["ProjectCode"], day, "JDT1")


def check_project(store: Store, code: str, day: dt.date, table: str) -> None:
    """It exists, and is active on the posting date."""
    project = store.get("Projects", code)
    if project is None:
        raise Refusal(-2028, f"Project '{code}' not found (ODBC -2028)  [{table}.Project]")
    if project.get("Active") != "tYES" or not in_range(project, "ValidFrom", "ValidTo", day):
        raise invalid(f"Project '{code}' is not active on {day}  [{table}.Project]")


def _check_rule(store: Store, code: str, name: str, number: int, day: dt.date) -> None:
    if (store.get("Dimensions", str(number)) or {}).get("IsActive") != "tYES":
        raise invalid(f"Dimension {number} is not active  [JDT1.{name}]")
    rule = store.get("DistributionRules", code)
    if rule is None:
        raise Refusal(-2028, f"Distribution rule '{code}' not found (ODBC -2028)  [JDT1.{name}]")
    if rule["InWhichDimension"] != number or rule.get("Active") != "tYES":
        raise invalid(f"Distribution rule '{code}' is not active in dimension {number}  [JDT1.{name}]")
    center = store.get("ProfitCenters", code)
    if center is None:
        return
    if center.get("Active", "tYES") != "tYES" or not in_range(center, "EffectiveFrom", "EffectiveTo", day):
        raise invalid(f"Cost center '{code}' is not effective on {day}  [JDT1.{name}]")


def _check_codes(store: Store, line: Row) -> None:
    if line.get("TaxCode"):  # allowed only with AutoVAT, which this simulator does not compute
        raise invalid("Tax codes need automatic tax  [JDT1.TaxCode]")
    group = line.get("TaxGroup")
    if group and store.get("VatGroups", group) is None:
        raise Refusal(-2028, f"Tax group '{group}' not found (ODBC -2028)  [JDT1.VatGroup]")
    if _company(store).get("EnableBranches") == "tYES" and not line.get("BPLID"):
        raise invalid("Specify an active branch  [JDT1.BPLId]")
    if line.get("BPLID") is not None and store.get("BusinessPlaces", str(line["BPLID"])) is None:
        raise Refusal(-2028, f"Branch {line['BPLID']} not found (ODBC -2028)  [JDT1.BPLId]")


def _amounts(store: Store, line: Row, currency: str, day: dt.date) -> Row:
    """Rounded to the decimals of their currencies, as SAP keeps them (inferred)."""
    local = _company(store)["LocalCurrency"]
    is_foreign = currency not in ("", local)
    places = {"": _places(int(_company(store)["TotalsAccuracy"])), "FC": _currency_places(store, currency)}
    given = {
        f"{prefix}{side}": Decimal(line.get(f"{prefix}{side}") or 0).quantize(places[prefix], ROUND_HALF_UP)
        for prefix in ("", "FC")
        for side in ("Debit", "Credit")
    }
    if any(value < 0 for value in given.values()):
        raise invalid("Negative amounts are not allowed  [JDT1.Debit]")
    if (given["Debit"] or given["FCDebit"]) and (given["Credit"] or given["FCCredit"]):
        raise invalid("A row has either a debit or a credit amount  [JDT1.Debit]")
    has_foreign = bool(given["FCDebit"] or given["FCCredit"])
    if has_foreign and not is_foreign:
        raise invalid("Foreign currency amounts without a currency  [JDT1.FCCurrency]")
    if is_foreign:
        if not has_foreign:
            raise invalid("Foreign currency without an amount in it  [JDT1.FCDebit]")
        _convert(store, given, currency, day, places[""])
    if not any(given.values()):
        raise invalid("A row has neither debit nor credit  [JDT1.Debit]")
    return dict(given)


def _convert(store: Store, given: dict[str, Decimal], currency: str, day: dt.date, places: Decimal) -> None:
    """Local amounts that are not given, at the rate of the posting date; without a rate nothing is posted."""
    if store.get("Currencies", currency) is None:
        raise Refusal(-2028, f"Currency '{currency}' not found (ODBC -2028)  [JDT1.FCCurrency]")
    rate = store.get("_rates", f"{currency} {day.isoformat()}")
    if rate is None:
        raise Refusal(-4006, "Update the exchange rate")
    for side in ("Debit", "Credit"):
        if given[f"FC{side}"] and not given[side]:
            given[side] = (given[f"FC{side}"] * Decimal(str(rate["Rate"]))).quantize(places, ROUND_HALF_UP)


def _currency_places(store: Store, currency: str) -> Decimal:
    decimals = str((store.get("Currencies", currency) or {}).get("Decimals") or "cdDefault")
    if decimals == "cdWithoutDecimals":
        return Decimal(1)
    digits = "".join(filter(str.isdigit, decimals))
    return _places(int(digits) if digits else int(_company(store)["TotalsAccuracy"]))


def _places(number: int) -> Decimal:
    return Decimal(1).scaleb(-number)
