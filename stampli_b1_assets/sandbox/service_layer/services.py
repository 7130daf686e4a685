"""Services that are no entity sets: the company, its periods, exchange rates, numbering series."""

import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stampli_b1_assets.sandbox.service_layer.journal_entries import JOURNAL_SERIES
from stampli_b1_assets.sandbox.service_layer.properties import day_of
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal, invalid, not_found, not_supported
from stampli_b1_assets.sandbox.service_layer.store import Row, Store

_RATE_IN_PATH = re.compile(r"SBOBobService_GetCurrencyRate\(Currency='(?P<Currency>[^']*)',Date='(?P<Date>[^']*)'\)")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_SIX_DECIMALS = Decimal("0.000001")
_NO_SERIES = "To generate this document, first define the numbering series in the Administration module"


@dataclass(frozen=True)
class Result:
    """A value or rows; `is_done` answers 204."""

    value: Any = None
    rows: list[Row] | None = None
    context: str = ""
    is_done: bool = False


class Services:
    """Actions of one company, by name."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._actions: dict[str, Callable[[dict[str, Any]], Result]] = {
            "CompanyService_GetAdminInfo": lambda _: Result(self._kept("company"), context="AdminInfo"),
            "CompanyService_GetCompanyInfo": lambda _: Result(self._kept("info"), context="CompanyInfo"),
            "CompanyService_GetPeriods": lambda _: Result(
                rows=[{"AbsoluteEntry": 1}], context="Collection(SAPB1.PeriodCategoryParams)"
            ),
            "CompanyService_GetFinancePeriods": self._periods,
            "SBOBobService_GetCurrencyRate": self._rate,
            "SBOBobService_SetCurrencyRate": self._set_rate,
            "SBOBobService_GetLocalCurrency": lambda _: Result(self._local_currency()),
            "SeriesService_GetDefaultSeries": self._default_series,
            "SeriesService_GetDocumentSeries": self._document_series,
        }

    def called(self, method: str, path: str, *, is_v2: bool) -> tuple[str, dict[str, Any] | None] | None:
        """The action that a path means, with its parameters when they stand in the path; None when it means none.

        Actions are posted; the categories of periods can be got as well, and on v2 a rate (documented, seen live).
        """
        if method == "GET" and is_v2 and (match := _RATE_IN_PATH.fullmatch(urllib.parse.unquote(path))):
            return "SBOBobService_GetCurrencyRate", match.groupdict()
        if path not in self._actions:
            return None
        if method != "POST" and (method, path) != ("GET", "CompanyService_GetPeriods"):
            raise not_supported()
        return path, None

    def call(self, name: str, body: Any) -> Result:
        """Run one; raises `Refusal`."""
        if body is not None and not isinstance(body, dict):
            raise Refusal(-1000, "Invalid JSON body")
        return self._actions[name](body or {})

    def _kept(self, name: str) -> Row:
        return self._store.get("_company", name) or {}

    def _local_currency(self) -> str:
        return str(self._kept("company")["LocalCurrency"])

    def _periods(self, body: dict[str, Any]) -> Result:
        if _object(body, "PeriodCategoryParams").get("AbsoluteEntry") != 1:
            raise not_found()
        return Result(rows=self._store.all("_periods"), context="Collection(SAPB1.FinancePeriod)")

    def _rate(self, body: dict[str, Any]) -> Result:
        currency, day = self._currency_and_day(body, "Date")
        row = self._store.get("_rates", f"{currency} {day}")
        if row is None:
            raise Refusal(-4006, "Update the exchange rate")
        return Result(Decimal(row["Rate"]).quantize(_SIX_DECIMALS))

    def _set_rate(self, body: dict[str, Any]) -> Result:
        currency, day = self._currency_and_day(body, "RateDate")
        rate = body.get("Rate")
        if isinstance(rate, str):
            rate = Decimal(rate) if _NUMBER.fullmatch(rate) else None
        if rate is None or isinstance(rate, bool) or rate <= 0:
            raise invalid("Enter a rate")
        self._store.put("_rates", f"{currency} {day}", {"Rate": str(rate)})
        return Result(is_done=True)

    def _currency_and_day(self, body: dict[str, Any], date: str) -> tuple[str, str]:
        currency, day = str(body.get("Currency")), day_of(body.get(date))
        if currency == self._local_currency():
            raise invalid("Local currency has no exchange rate")
        if self._store.get("Currencies", currency) is None:
            raise Refusal(-2028, "No matching records found (ODBC -2028)")
        if day is None:
            raise invalid(f"Invalid date value '{body.get(date)}'")
        return currency, day.isoformat()

    def _default_series(self, body: dict[str, Any]) -> Result:
        rows = self._series_of(_object(body, "DocumentTypeParams"))
        if not rows:
            raise Refusal(-10, _NO_SERIES)
        return Result(rows[0], context="Series")

    def _document_series(self, body: dict[str, Any]) -> Result:
        return Result(rows=self._series_of(_object(body, "DocumentTypeParams")), context="Collection(SAPB1.Series)")

    def _series_of(self, params: dict[str, Any]) -> list[Row]:
        """Of journal entries (30), and of suppliers (2, with the subtype S)."""
        if params.get("Document") == "30":
            return [{"Document": "30", "Series": JOURNAL_SERIES, "Name": "Primary"}]
        row = self._store.get("_series", "supplier")
        is_of_suppliers = (params.get("Document"), params.get("DocumentSubType")) == ("2", "S")
        return [row] if row is not None and is_of_suppliers else []


def _object(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    return value if isinstance(value, dict) else {}
