"""An invented company, and makers of invoices, vendors and payments in which a test names only what matters to it."""

import calendar
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from stampli_b1_assets.accounting.assess import Context
from stampli_b1_assets.accounting.mappings import Mappings, load_mappings
from stampli_b1_assets.config.models import PostingSettings
from stampli_b1_assets.domain.invoice import Invoice, InvoiceLine, InvoiceType
from stampli_b1_assets.domain.payment import Application, Payment
from stampli_b1_assets.domain.reference_data import (
    Account,
    Address,
    DistributionRule,
    Partner,
    Period,
    PeriodStatus,
    Project,
    ReferenceData,
)
from stampli_b1_assets.domain.vendor import Vendor

_HEADERS = MappingProxyType(
    {
        "vendors.csv": "stampli_vendor_id,b1_card_code",
        "gl_accounts.csv": "stampli_gl_account,b1_account_code",
        "dimensions.csv": "stampli_field,stampli_value,b1_code",
        "tax_codes.csv": "stampli_tax_code,b1_account_code",
        "bank_accounts.csv": "stampli_bank_account,b1_account_code",
    }
)
_DEFAULT_ROWS = MappingProxyType({"tax_codes.csv": "GST10,144000\nGST5,144500\nODD,490000\nSHUT,690000"})


def _period(year: int, month: int) -> Period:
    first, last = date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    status = PeriodStatus.LOCKED if month <= 2 else PeriodStatus.UNLOCKED
    windows = (date(year - 1, 1, 1), date(year + 1, 12, 31))
    return Period(f"{year}-{month:02}", status, first, last, *windows, *windows)


def _reference() -> ReferenceData:  # longer than 40 lines: a company is a list, and reads best in one piece
    accounts = [
        Account("000700", "Tools"),
        Account("510000", "Freight"),
        Account("520000", "Rent"),
        Account("144000", "Input tax 10"),
        Account("144500", "Input tax 5"),
        Account("199000", "Payment clearing"),
        Account("998000", "Rounding"),
        Account("500000", "Expenses", is_title=True),
        Account("211000", "Payables", is_control=True),
        Account("530000", "Blocked", is_blocked=True),
        Account("690000", "Closed down", is_frozen=True),
        Account(
            "691000", "Closed for a month", is_frozen=True, frozen_from=date(2026, 6, 1), frozen_to=date(2026, 6, 30)
        ),
        Account("692000", "From summer", is_valid_range=True, valid_from=date(2026, 7, 1)),
        Account("540000", "Dollars only", currency="USD"),
        Account("550000", "By department", required_dimensions=frozenset({1})),
        Account("560000", "By project", is_project_required=True),
        Account("_SYS0042", "Segmented", format_code="71100-00-10"),
    ]
    partners = [
        Partner("S100", "Birch Supplies Ltd", "77-1000001", "ap@birch.example"),
        Partner("S200", "Kranich GmbH", "DE811111111", currency="EUR"),
        Partner("S300", "Frosty Foods", is_frozen=True),
        Partner("S310", "Frosty in June", is_frozen=True, frozen_from=date(2026, 6, 1), frozen_to=date(2026, 6, 30)),
        Partner("S400", "Seasonal", is_valid_range=True, valid_from=date(2026, 5, 1), valid_to=date(2026, 9, 30)),
        Partner("C900", "A customer", is_supplier=False),
    ]
    rules = [
        DistributionRule("OPS", 1),
        DistributionRule("LAB", 1),
        DistributionRule("RED", 2),
        DistributionRule("OSL", 3),
        DistributionRule("GONE", 1, is_active=False),
        DistributionRule("LATE", 1, effective_from=date(2026, 10, 1)),
    ]
    projects = [
        Project("BR-01"),
        Project("BR-OFF", is_active=False),
        Project("BR-PAST", valid_to=date(2025, 12, 31)),
    ]
    return ReferenceData(
        company_db="AUTUMN",
        company_name="Autumn Trading",
        version="10.0",
        local_currency="USD",
        currencies={"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3},
        accounts={one.code: one for one in accounts},
        partners={one.card_code: one for one in partners},
        rules={one.code: one for one in rules},
        projects={one.code: one for one in projects},
        periods=tuple(_period(2026, month) for month in range(1, 13)),
        rates={("EUR", date(2026, 4, 15)): Decimal("1.0837"), ("JPY", date(2026, 4, 15)): Decimal("0.00667")},
    )


@pytest.fixture(scope="session")
def reference() -> ReferenceData:
    return _reference()


@pytest.fixture(scope="session")
def write_mappings() -> Callable[..., Path]:
    """`write_mappings(folder, {"vendors.csv": "rows"})`: all five files, those not named with their header alone."""

    def write(folder: Path, rows: Mapping[str, str] = MappingProxyType({})) -> Path:
        for name, header in _HEADERS.items():
            (folder / name).write_text(f"{header}\n{rows.get(name, '')}\n", encoding="utf-8")
        return folder

    return write


@pytest.fixture(scope="session")
def mappings(tmp_path_factory: pytest.TempPathFactory, write_mappings: Callable[..., Path]) -> Callable[..., Mappings]:
    """`mappings(vendors="A,B")`: rows by file name without its end; tax codes are there unless they are named."""

    def make(**rows: str) -> Mappings:
        named = {f"{name}.csv": text for name, text in rows.items()}
        return load_mappings(write_mappings(tmp_path_factory.mktemp("mappings"), {**_DEFAULT_ROWS, **named}))

    return make


@pytest.fixture(scope="session")
def context(mappings: Callable[..., Mappings]) -> Callable[..., Context]:
    """`context(settings={…}, mappings=…, **changes of the reference data)`, on 24 November 2026."""
    plain = mappings()

    def make(
        settings: Mapping[str, Any] = MappingProxyType({}),
        mappings: Mappings = plain,
        revision: int = 0,
        **changes: Any,
    ) -> Context:
        reference = replace(_reference(), **changes)
        today = date(2026, 11, 24)
        return Context("AUTUMN", PostingSettings(**settings), mappings, reference, today, revision)

    return make


@pytest.fixture(scope="session")
def line() -> Callable[..., InvoiceLine]:
    def make(amount: str | None = "100.00", **changes: Any) -> InvoiceLine:
        values = {"number": "1", "gl_account": "510000", "row": 2, **changes}
        tax_amount = values.pop("tax_amount", None)
        return InvoiceLine(
            amount=None if amount is None else Decimal(amount),
            tax_amount=None if tax_amount is None else Decimal(tax_amount),
            **values,
        )

    return make


@pytest.fixture(scope="session")
def invoice(line: Callable[..., InvoiceLine]) -> Callable[..., Invoice]:
    """`invoice(total="100.00", lines=[…], **changes)`: a postable one of 15 April 2026 by vendor S100."""

    def make(total: str | None = "100.00", tax: str | None = "0.00", **changes: Any) -> Invoice:
        values: dict[str, Any] = {
            "stampli_id": "4711",
            "type": InvoiceType.INVOICE,
            "number": "INV-77",
            "vendor_id": "S100",
            "vendor_name": "Birch Supplies Ltd",
            "invoice_date": date(2026, 4, 10),
            "due_date": date(2026, 5, 10),
            "posting_date": date(2026, 4, 15),
            "currency": "USD",
            "status": "Authorized for Payment",
            "file_name": "april.csv",
            **changes,
        }
        amounts = {"total": None if total is None else Decimal(total), "tax": None if tax is None else Decimal(tax)}
        lines = values.pop("lines", None)
        return Invoice(lines=tuple([line(total)] if lines is None else lines), **amounts, **values)

    return make


@pytest.fixture(scope="session")
def vendor() -> Callable[..., Vendor]:
    def make(vendor_id: str = "S100", name: str = "Birch Supplies Ltd", **changes: Any) -> Vendor:
        values: dict[str, Any] = {"status": "Active", "row": 2, "file_name": "vendors.csv", **changes}
        return Vendor(vendor_id, name, **values)

    return make


@pytest.fixture(scope="session")
def payment() -> Callable[..., Payment]:
    """`payment(amount="100.00", applied=["100.00"], **changes)`: a cleared one of 15 April 2026 to S100."""

    def make(amount: str | None = "100.00", applied: list[str] | None = None, **changes: Any) -> Payment:
        values: dict[str, Any] = {
            "payment_id": "P-9",
            "payment_date": date(2026, 4, 15),
            "method": "ACH",
            "status": "Cleared",
            "vendor_id": "S100",
            "currency": "USD",
            "trace": "000123",
            "file_name": "payments.csv",
            **changes,
        }
        discount = Decimal(values.pop("discount", "0"))
        parts = [amount or "0"] if applied is None else applied
        applications = tuple(
            Application(str(4711 + place), f"INV-{place}", Decimal(part), discount if place == 0 else None)
            for place, part in enumerate(parts)
        )
        whole = None if amount is None else Decimal(amount)
        return Payment(amount=whole, applications=values.pop("applications", applications), **values)

    return make


@pytest.fixture(scope="session")
def bill_to() -> Address:
    return Address("Head office", "bo_BillTo", 3, "1 Elm Way", "Salem", "OR", "09731", "US")
