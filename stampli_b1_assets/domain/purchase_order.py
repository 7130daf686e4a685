"""A purchase order of SAP, as far as a person who codes invoices in Stampli wants to see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal


@dataclass(frozen=True)
class OrderLine:
    """One line; `number` is SAP's LineNum, from 0. Money in the order's currency, without tax.

    `quantity` x `unit_price` = `amount`. `codes`: SAP's coding properties (`CostingCode` …, `ProjectCode`) with values.
    """

    number: int
    item_code: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    received: Decimal
    """What was received or billed in SAP; journal entries of ours are not part of it."""
    account: str
    is_open: bool
    codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PurchaseOrder:
    """An open order. `number` is SAP's DocNum; the moment of its last change is the SAP server's own, without zone."""

    number: int
    card_code: str
    card_name: str
    order_date: date | None
    currency: str
    changed_on: date | None
    changed_at: time
    lines: tuple[OrderLine, ...] = ()
