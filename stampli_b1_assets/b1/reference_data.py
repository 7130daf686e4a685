"""SAP's master data, read whole at the start of a run."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from stampli_b1_assets.b1.odata import amount, day, is_yes, string
from stampli_b1_assets.b1.refusals import NO_RATE
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.b1.wire import Json, dumps
from stampli_b1_assets.config.models import B1Settings
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
    ReferenceData,
)
from stampli_b1_assets.errors import B1Refused

_ACCOUNT = "Code Name FormatCode ActiveAccount AcctCurrency LockManualTransaction BlockManualPosting ValidFor ValidFrom ValidTo FrozenFor FrozenFrom FrozenTo ProjectRelevant DistributionRuleRelevant DistributionRule2Relevant DistributionRule3Relevant DistributionRule4Relevant DistributionRule5Relevant".split()  # noqa: E501 - one list
_PARTNER = "CardCode CardName CardType FederalTaxID EmailAddress Phone1 Currency Valid ValidFrom ValidTo Frozen FrozenFrom FrozenTo BPAddresses".split()  # noqa: E501 - one list
_SUPPLIER_OBJECT = "2"


def read_reference_data(service: ServiceLayer, settings: B1Settings) -> ReferenceData:
    """Everything but exchange rates; `fingerprint` is a hash over all of it."""
    admin = service.call("CompanyService_GetAdminInfo")
    company = service.call("CompanyService_GetCompanyInfo")
    raw: dict[str, Json] = {
        "accounts": service.get_all("ChartOfAccounts", select=_ACCOUNT, orderby="Code"),
        "partners": service.get_all("BusinessPartners", select=_PARTNER, orderby="CardCode"),
        "rules": service.get_all("DistributionRules", select=(), orderby="FactorCode"),
        "centers": service.get_all("ProfitCenters", select=(), orderby="CenterCode"),
        "projects": service.get_all("Projects", select=(), orderby="Code"),
        "currencies": service.get_all("Currencies", select=(), orderby="Code"),
        "periods": _finance_periods(service),
        "series": _supplier_series(service),
        "local_currency": string(admin.get("LocalCurrency")),
    }
    return ReferenceData(
        company_db=settings.company_db,
        company_name=string(company.get("CompanyName") or admin.get("CompanyName")),
        version=string(company.get("Version")) or service.version,
        local_currency=raw["local_currency"],
        currencies={string(row["Code"]): _decimals(row) for row in raw["currencies"]},
        accounts={account.code: account for account in map(_account, raw["accounts"])},
        partners={partner.card_code: partner for partner in map(_partner, raw["partners"])},
        rules=_rules(raw["rules"], raw["centers"]),
        projects={project.code: project for project in map(_project, raw["projects"])},
        periods=tuple(map(_period, raw["periods"])),
        supplier_series=raw["series"],
        fingerprint=hashlib.sha256(dumps(raw)).hexdigest(),
    )


def read_rates(service: ServiceLayer, wanted: Iterable[tuple[str, date]]) -> dict[tuple[str, date], Decimal]:
    """Local = foreign × rate, for each (currency, day) that SAP has a rate for."""
    rates = {}
    for currency, when in wanted:
        try:
            answer = service.call("SBOBobService_GetCurrencyRate", {"Currency": currency, "Date": f"{when:%Y%m%d}"})
        except B1Refused as refusal:
            if refusal.code == NO_RATE or refusal.status in (400, 404):
                continue
            raise
        rate = amount(_bare(answer))
        if rate > 0:
            rates[(currency, when)] = rate
    return rates


def _bare(answer: Json) -> Json:
    """A v2 server answered a bare number (seen live); v1 wraps it under `value` or the action's own name."""
    return next(iter(reversed(answer.values())), None) if isinstance(answer, dict) else answer


def _account(row: Json) -> Account:
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


def _partner(row: Json) -> Partner:
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


def _rules(rules: list[Json], centers: list[Json]) -> dict[str, DistributionRule]:
    """Each cost centre creates a rule of its own code; its dates stand on the cost centre (metadata of OPRC)."""
    dates = {string(row["CenterCode"]): row for row in centers}
    result = {}
    for row in rules:
        rule = DistributionRule(
            code=string(row["FactorCode"]),
            dimension=int(row.get("InWhichDimension") or 1),
            is_active=is_yes(row.get("Active", "tYES")),
        )
        center = dates.get(rule.code)
        if center is not None:
            rule = replace(
                rule,
                is_active=rule.is_active and is_yes(center.get("Active", "tYES")),
                effective_from=day(center.get("EffectiveFrom")),
                effective_to=day(center.get("EffectiveTo")),
            )
        result[rule.code] = rule
    return result


def _project(row: Json) -> Project:
    return Project(
        code=string(row["Code"]),
        is_active=is_yes(row.get("Active", "tYES")),
        valid_from=day(row.get("ValidFrom")),
        valid_to=day(row.get("ValidTo")),
    )


def _decimals(row: Json) -> int:
    """`Decimals` is an enum (cdWithoutDecimals, cd2Digits …); for cdDefault, the currency's own by ISO 4217."""
    value = row.get("Decimals")
    if isinstance(value, int) and value >= 0:
        return value
    if value == "cdWithoutDecimals":
        return 0
    digits = "".join(sign for sign in string(value) if sign.isdigit())
    return int(digits) if digits and value != -1 else iso_decimals(string(row["Code"]))


def _finance_periods(service: ServiceLayer) -> list[Json]:
    """Periods are no entity set: the categories first, then the periods of each (API reference)."""
    categories = _rows(service.call("CompanyService_GetPeriods"))
    periods: list[Json] = []
    for category in categories:
        params = {"PeriodCategoryParams": {"AbsoluteEntry": category.get("AbsoluteEntry")}}
        periods += _rows(service.call("CompanyService_GetFinancePeriods", params))
    return periods


def _rows(answer: Json) -> list[Json]:
    if isinstance(answer, list):
        return answer
    if isinstance(answer, Mapping):
        return next((value for value in answer.values() if isinstance(value, list)), [])
    return []


def _period(row: Json) -> Period:
    posting_from, posting_to = day(row.get("PostingDateFrom")), day(row.get("PostingDateTo"))
    first, last = posting_from or date.min, posting_to or date.max
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


def _status(value: Any) -> PeriodStatus:
    short = {"N": "ltUnlocked", "S": "ltUnlockedExceptSales", "C": "ltPeriodClosing", "Y": "ltLocked"}
    return PeriodStatus(short.get(str(value), str(value)))


def _supplier_series(service: ServiceLayer) -> int | None:
    """The default numbering series for suppliers; None when SAP has none, or does not say."""
    body = {"DocumentTypeParams": {"Document": _SUPPLIER_OBJECT, "DocumentSubType": "S"}}
    try:
        answer = service.call("SeriesService_GetDefaultSeries", body)
    except B1Refused:
        return None
    series = answer.get("Series") if isinstance(answer, Mapping) else None
    is_manual = isinstance(answer, Mapping) and string(answer.get("Name")).casefold() in ("manual", "manuell")
    return int(series) if series and not is_manual else None
