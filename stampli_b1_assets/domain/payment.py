"""Stampli's payment: one payment, applied to one or more invoices."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stampli_b1_assets.domain.invoice import Fault


@dataclass(frozen=True)
class Application:
    """The part of a payment that settles one invoice; money in the payment's currency, signed."""

    stampli_invoice_id: str
    invoice_number: str
    applied: Decimal | None
    discount: Decimal | None
    row: int = 0


@dataclass(frozen=True)
class Payment:
    """One payment with its applications. `amount` = sum of applied - sum of discounts; None = unreadable or absent."""

    payment_id: str
    payment_date: date | None
    method: str
    status: str
    vendor_id: str
    currency: str
    amount: Decimal | None
    bank_account: str = ""
    trace: str = ""
    voided_date: date | None = None
    applications: tuple[Application, ...] = ()
    faults: tuple[Fault, ...] = ()
    file_name: str = ""
    file_sha256: str = ""
