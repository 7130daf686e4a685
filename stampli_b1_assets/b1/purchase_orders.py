"""SAP's open purchase orders (`PurchaseOrders`, type Document), with their lines.

Properties are those of SAP's own metadata; that an order of services has no quantities is inferred.
"""

from collections.abc import Mapping
from datetime import time
from decimal import Decimal

from stampli_b1_assets.b1.odata import amount, day, is_yes, string
from stampli_b1_assets.b1.reading import read_all
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.b1.wire import Json
from stampli_b1_assets.domain.purchase_order import OrderLine, PurchaseOrder

_HEADER = (
    "DocNum",
    "DocType",
    "CardCode",
    "CardName",
    "DocDate",
    "DocCurrency",
    "DocumentStatus",
    "Cancelled",
    "UpdateDate",
    "UpdateTime",
    "DocumentLines",
)
_OPEN = "bost_Open"
_SERVICE = "dDocument_Service"
_CODES = ("CostingCode", "CostingCode2", "CostingCode3", "CostingCode4", "CostingCode5", "ProjectCode")


def read_open_orders(service: ServiceLayer, local_currency: str) -> list[PurchaseOrder]:
    """Open orders that are not cancelled, in the order in which they were made. Raises `B1Unusable`."""
    rows = read_all(service, "PurchaseOrders", "DocEntry", _HEADER, f"DocumentStatus eq '{_OPEN}'")
    return [_order(row, local_currency) for row in rows if not is_yes(row.get("Cancelled"))]


def _order(row: Mapping[str, Json], local_currency: str) -> PurchaseOrder:
    currency = string(row.get("DocCurrency")) or local_currency
    is_service = row.get("DocType") == _SERVICE
    return PurchaseOrder(
        number=int(row["DocNum"]),
        card_code=string(row.get("CardCode")),
        card_name=string(row.get("CardName")),
        order_date=day(row.get("DocDate")),
        currency=currency,
        changed_on=day(row.get("UpdateDate")),
        changed_at=_time(row.get("UpdateTime")),
        lines=tuple(
            _line(line, is_foreign=currency != local_currency, is_service=is_service)
            for line in row.get("DocumentLines") or ()
        ),
    )


def _line(row: Mapping[str, Json], *, is_foreign: bool, is_service: bool) -> OrderLine:
    """A service is one piece at the line's amount; a price is the one after discount, so that it makes the amount."""
    is_open = row.get("LineStatus", _OPEN) == _OPEN
    total = amount(row.get("RowTotalFC" if is_foreign else "LineTotal"))
    quantity = amount(row.get("Quantity"))
    if is_service or not quantity:
        quantity, price, received = Decimal(1), total, Decimal(not is_open)
    else:
        price, received = amount(row.get("Price")), quantity - amount(row.get("RemainingOpenQuantity"))
    return OrderLine(
        number=int(row["LineNum"]),
        item_code=string(row.get("ItemCode")),
        description=string(row.get("ItemDescription")),
        quantity=quantity,
        unit_price=price,
        amount=total,
        received=received,
        account=string(row.get("AccountCode")),
        is_open=is_open,
        codes={name: string(row.get(name)) for name in _CODES if row.get(name)},
    )


def _time(value: Json) -> time:
    """`13:30:00`, as both dialects give it; what is none is midnight."""
    try:
        return time.fromisoformat(string(value))
    except ValueError:
        return time()
