"""SAP's master data, read whole at the start of a run, and exchange rates when they are needed."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from stampli_b1_assets.b1 import master_data
from stampli_b1_assets.b1.master_data import rows_in
from stampli_b1_assets.b1.odata import amount, is_yes, string
from stampli_b1_assets.b1.reading import read_all, read_if_known
from stampli_b1_assets.b1.refusals import NOT_FOUND, refused_read
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.b1.wire import Json, canonical
from stampli_b1_assets.config.models import B1Settings
from stampli_b1_assets.domain.reference_data import ReferenceData
from stampli_b1_assets.errors import B1Refused, B1Unusable

_SUPPLIER_SERIES = {"DocumentTypeParams": {"Document": "2", "DocumentSubType": "S"}}
_MANUAL = ("manual", "manuell")


def read_reference_data(service: ServiceLayer, settings: B1Settings) -> ReferenceData:
    """Everything but exchange rates; `fingerprint` is a hash over all that we know of it. Raises `B1Unusable`."""
    admin = _called(service, "CompanyService_GetAdminInfo") or {}
    company = _company_info(service)
    raw: dict[str, Json] = {
        "accounts": read_all(service, "ChartOfAccounts", "Code", master_data.ACCOUNT),
        "partners": _partners(service),
        "rules": read_if_known(service, "DistributionRules", "FactorCode"),
        "centers": read_if_known(service, "ProfitCenters", "CenterCode"),
        "projects": read_if_known(service, "Projects", "Code"),
        "currencies": read_all(service, "Currencies", "Code"),
        "periods": _finance_periods(service),
        "series": _supplier_series(service),
        "local_currency": string(admin.get("LocalCurrency")) or _local_currency(service),
    }
    reference = ReferenceData(
        company_db=settings.company_db,
        company_name=string(company.get("CompanyName") or admin.get("CompanyName")),
        version=string(company.get("Version")) or service.version,
        local_currency=raw["local_currency"],
        currencies={string(row["Code"]): master_data.decimals_of(row) for row in raw["currencies"]},
        accounts={account.code: account for account in map(master_data.account_of, raw["accounts"])},
        partners={partner.card_code: partner for partner in map(master_data.partner_of, raw["partners"])},
        rules=master_data.rules_of(raw["rules"], raw["centers"]),
        projects={project.code: project for project in map(master_data.project_of, raw["projects"])},
        periods=tuple(sorted(map(master_data.period_of, raw["periods"]), key=lambda period: period.posting_from)),
        supplier_series=raw["series"],
    )
    return replace(reference, fingerprint=_fingerprint(reference))


def _fingerprint(reference: ReferenceData) -> str:
    """SHA-256 over the values in canonical JSON, so that neither dialect nor patch level matters."""

    def plain(value: object) -> Json:
        if isinstance(value, date):
            return value.isoformat()
        return sorted(value) if isinstance(value, frozenset) else vars(value)

    return hashlib.sha256(canonical(vars(reference), plain)).hexdigest()


def read_rates(service: ServiceLayer, wanted: Iterable[tuple[str, date]]) -> dict[tuple[str, date], Decimal]:
    """Local = foreign × rate, for each (currency, day) that SAP has a rate for (else -4006). Raises `B1Unusable`.

    A company that quotes indirectly (AdminInfo.DirectIndirectRate tNO; inferred) has its rates turned round.
    """
    pairs = list(wanted)
    rates: dict[tuple[str, date], Decimal] = {}
    if not pairs:
        return rates
    is_direct = is_yes((_called(service, "CompanyService_GetAdminInfo") or {}).get("DirectIndirectRate", "tYES"))
    for currency, when in pairs:
        try:
            answer = service.call("SBOBobService_GetCurrencyRate", {"Currency": currency, "Date": f"{when:%Y%m%d}"})
        except B1Refused:
            continue
        rate = amount(_bare(answer))
        if rate > 0:
            rates[(currency, when)] = rate if is_direct else 1 / rate
    return rates


def _bare(answer: Json) -> Json:
    """A v2 server answered a bare number (seen live); v1 wraps it under `value` or the action's own name."""
    if not isinstance(answer, Mapping):
        return answer
    values = [value for name, value in answer.items() if "odata" not in name]
    return values[0] if values else None


def _company_info(service: ServiceLayer) -> Mapping[str, Json]:
    """Name and version: good to know, and not worth failing for."""
    try:
        return service.call("CompanyService_GetCompanyInfo") or {}
    except B1Refused:
        return {}


def _partners(service: ServiceLayer) -> list[Json]:
    """Suppliers with their addresses; of the others just who has the code."""
    suppliers = read_all(service, "BusinessPartners", "CardCode", master_data.SUPPLIER, "CardType eq 'cSupplier'")
    others = read_all(service, "BusinessPartners", "CardCode", master_data.OTHER_PARTNER, "CardType ne 'cSupplier'")
    return suppliers + others


def _called(service: ServiceLayer, action: str, body: Json | None = None) -> Any:
    try:
        return service.call(action, body)
    except B1Refused as refusal:
        raise refused_read(action, refusal) from None


def _local_currency(service: ServiceLayer) -> str:
    currency = string(_bare(_called(service, "SBOBobService_GetLocalCurrency")))
    if not currency:
        raise B1Unusable("SAP does not say what its local currency is.", "Check the company's settings in SAP.")
    return currency


def _finance_periods(service: ServiceLayer) -> list[Json]:
    """Periods are no entity set: the categories first, then the periods of each (API reference)."""
    periods: list[Json] = []
    for category in rows_in(_called(service, "CompanyService_GetPeriods")):
        params = {"PeriodCategoryParams": {"AbsoluteEntry": category.get("AbsoluteEntry")}}
        try:
            periods += rows_in(service.call("CompanyService_GetFinancePeriods", params))
        except B1Refused as refusal:
            if refusal.code != NOT_FOUND:
                raise refused_read("posting periods", refusal) from None
    return periods


def _supplier_series(service: ServiceLayer) -> int | None:
    """The default numbering series for suppliers; None when SAP has none, or leaves numbering to people."""
    try:
        answer = service.call("SeriesService_GetDefaultSeries", _SUPPLIER_SERIES)
    except B1Refused:
        return None
    if not isinstance(answer, Mapping) or not answer.get("Series"):
        return None
    is_manual = is_yes(answer.get("IsManual")) or string(answer.get("Name")).casefold() in _MANUAL
    return None if is_manual else int(answer["Series"])
