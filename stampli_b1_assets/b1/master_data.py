"""Rows of SAP's master data as our values: accounts, partners, dimensions, projects, currencies, periods."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from stampli_b1_assets.b1.odata import day, is_yes, string
from stampli_b1_assets.b1.wire import Json
from stampli_b1_assets.domain.money import iso_decimals
from stampli_b1_assets.domain.reference_data import (
    ALL_CURRENCIES,
    Account,
    Address,
    DistributionRule,
    Partner,
    Period,
    PeriodStatus,
    Project,
)

ACCOUNT = (
    *("Code", "Name", "FormatCode", "ActiveAccount", "AcctCurrency", "LockManualTransaction", "BlockManualPosting"),
    *("ValidFor", "ValidFrom", "ValidTo", "FrozenFor", "FrozenFrom", "FrozenTo", "ProjectRelevant"),
    *("DistributionRuleRelevant", *(f"DistributionRule{number}Relevant" for number in range(2, 6))),
)
SUPPLIER = (
    *("CardCode", "CardName", "CardType", "FederalTaxID", "EmailAddress", "Phone1", "Currency"),
    *("Valid", "ValidFrom", "ValidTo", "Frozen", "FrozenFrom", "FrozenTo", "BPAddresses"),
)
OTHER_PARTNER = ("CardCode", "CardName", "CardType")
_SHORT_STATUS = {"N": "ltUnlocked", "S": "ltUnlockedExceptSales", "C": "ltPeriodClosing", "Y": "ltLocked"}
_NO_DECIMALS, _DEFAULT = "cdWithoutDecimals", "cdDefault"


def account_of(row: Json) -> Account:
    """A row of `ChartOfAccounts`; ActiveAccount is OACT.Postable (metadata)."""
    numbers = {1: "", 2: "2", 3: "3", 4: "4", 5: "5"}
    return Account(
        code=string(row["Code"]),
        name=string(row.get("Name")),
        format_code=string(row.get("FormatCode")),
        is_title=not is_yes(row.get("ActiveAccount", "tYES")),
        is_control=is_yes(row.get("LockManualTransaction")),
        is_blocked=is_yes(row.get("BlockManualPosting")),
        is_frozen=is_yes(row.get("FrozenFor")),
        frozen_from=day(row.get("FrozenFrom")),
        frozen_to=day(row.get("FrozenTo")),
        is_valid_range=is_yes(row.get("ValidFor")),
        valid_from=day(row.get("ValidFrom")),
        valid_to=day(row.get("ValidTo")),
        currency=string(row.get("AcctCurrency")) or ALL_CURRENCIES,
        required_dimensions=frozenset(
            number for number, suffix in numbers.items() if is_yes(row.get(f"DistributionRule{suffix}Relevant"))
        ),
        is_project_required=is_yes(row.get("ProjectRelevant")),
    )


def partner_of(row: Json) -> Partner:
    """A row of `BusinessPartners`; of customers and leads little more than the code."""
    return Partner(
        card_code=string(row["CardCode"]),
        name=string(row.get("CardName")),
        tax_id=string(row.get("FederalTaxID")),
        email=string(row.get("EmailAddress")),
        phone=string(row.get("Phone1")),
        currency=string(row.get("Currency")) or ALL_CURRENCIES,
        is_supplier=row.get("CardType") in ("cSupplier", "S"),
        is_frozen=is_yes(row.get("Frozen")),
        frozen_from=day(row.get("FrozenFrom")),
        frozen_to=day(row.get("FrozenTo")),
        is_valid_range=is_yes(row.get("Valid")),
        valid_from=day(row.get("ValidFrom")),
        valid_to=day(row.get("ValidTo")),
        addresses=tuple(map(_address, row.get("BPAddresses") or ())),
    )


def _address(row: Json) -> Address:
    return Address(
        name=string(row.get("AddressName")),
        type=string(row.get("AddressType")),
        row_num=row.get("RowNum"),
        street=string(row.get("Street")),
        city=string(row.get("City")),
        state=string(row.get("State")),
        zip_code=string(row.get("ZipCode")),
        country=string(row.get("Country")),
    )


def rules_of(rules: list[Json], centers: list[Json]) -> dict[str, DistributionRule]:
    """Rows of `DistributionRules`, by code, with the dates of their lines and of the cost centre of the same code."""
    by_code = {string(row["CenterCode"]): row for row in centers}
    return {string(row["FactorCode"]): _rule(row, by_code.get(string(row["FactorCode"]))) for row in rules}


def _rule(row: Json, center: Json | None) -> DistributionRule:
    """Usable from the first day that one of its lines is, and no longer than the last."""
    lines = row.get("DistributionRuleLines") or ()
    starts = [day(line.get("EffectiveFrom")) for line in lines]
    ends = [day(line.get("EffectiveTo")) for line in lines]
    rule = DistributionRule(
        code=string(row["FactorCode"]),
        dimension=int(row.get("InWhichDimension") or 1),
        is_active=is_yes(row.get("Active", "tYES")),
        effective_from=min((one for one in starts if one), default=None) if all(starts) else None,
        effective_to=max((one for one in ends if one), default=None) if all(ends) else None,
    )
    if center is None:
        return rule
    return replace(
        rule,
        is_active=rule.is_active and is_yes(center.get("Active", "tYES")),
        effective_from=max(filter(None, (rule.effective_from, day(center.get("EffectiveFrom")))), default=None),
        effective_to=min(filter(None, (rule.effective_to, day(center.get("EffectiveTo")))), default=None),
    )


def project_of(row: Json) -> Project:
    """A row of `Projects`."""
    return Project(
        code=string(row["Code"]),
        is_active=is_yes(row.get("Active", "tYES")),
        valid_from=day(row.get("ValidFrom")),
        valid_to=day(row.get("ValidTo")),
    )


def decimals_of(row: Json) -> int:
    """`Decimals` of `Currencies`: CurrenciesDecimalsEnum by name or value; for cdDefault, the currency's own by ISO."""
    value = row.get("Decimals")
    if value == _NO_DECIMALS:
        return 0
    digits = "" if value in (_DEFAULT, -1) else "".join(sign for sign in string(value) if sign.isdigit())
    return int(digits) if digits else iso_decimals(string(row["Code"]))


def period_of(row: Json) -> Period:
    """A FinancePeriod. Its status counts, not `Locked`, which is another column and N even where it is locked."""
    first, last = day(row.get("PostingDateFrom")) or date.min, day(row.get("PostingDateTo")) or date.max
    return Period(
        code=string(row.get("PeriodCode") or row.get("PeriodName")) or f"{first:%Y-%m}",
        status=_status(row.get("PeriodStatus")),
        posting_from=first,
        posting_to=last,
        due_from=day(row.get("ValueDateFrom")) or first,
        due_to=day(row.get("ValueDateTo")) or last,
        tax_from=day(row.get("TaxDateFrom")) or first,
        tax_to=day(row.get("TaxDateTo")) or last,
    )


def _status(value: Json) -> PeriodStatus:
    """By name or stored value; one that we do not know takes no entry of ours."""
    name = _SHORT_STATUS.get(string(value), string(value))
    return PeriodStatus(name) if name in list(PeriodStatus) else PeriodStatus.LOCKED


def rows_in(answer: Json) -> list[Json]:
    """The list that a service answers with: bare, or under `value`, or under a name of its own."""
    if isinstance(answer, list):
        return answer
    if isinstance(answer, Mapping):
        return next((value for value in answer.values() if isinstance(value, list)), [])
    return []
