"""Give Stampli what its people code with: SAP's open purchase orders, suppliers, accounts and dimensions.

Each is a whole list, in a file of its own in Stampli's inbound folder, written again only when it differs from the last
one. The form of the files is our own: no public document of Stampli's says how it reads them.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from stampli_b1_assets.accounting import lists
from stampli_b1_assets.accounting.accounts import GL_FILE
from stampli_b1_assets.accounting.desk import Desk
from stampli_b1_assets.accounting.dimensions import DIMENSIONS_FILE
from stampli_b1_assets.accounting.mappings import DIMENSION_FIELDS
from stampli_b1_assets.accounting.vendor_fields import bill_to_address
from stampli_b1_assets.domain.money import fixed, significant_decimals
from stampli_b1_assets.domain.purchase_order import OrderLine, PurchaseOrder
from stampli_b1_assets.domain.reference_data import ALL_CURRENCIES, Address
from stampli_b1_assets.pipeline.session import Session

ORDER_COLUMNS = (
    "Company Code", "PO Number", "PO Line", "Vendor ID", "Vendor Name", "PO Date", "Currency", "Item Code",
    "Description", "Quantity", "Unit Price", "Line Amount", "Received Qty", "Invoiced Qty", "GL Account", "Department",
    "Project", "Status", "Last Modified",
)  # fmt: skip
VENDOR_COLUMNS = (
    "Vendor ID", "Vendor Name", "Status", "Currency", "Tax ID", "Email", "Address 1", "City", "State", "Postal Code",
    "Country",
)  # fmt: skip
ACCOUNT_COLUMNS = ("GL Account", "Account Name")
DIMENSION_COLUMNS = ("Field", "Value", "SAP Code")

_NO_ADDRESS = Address("", "", None)

Row = Sequence[str]


@dataclass(frozen=True)
class Publication:
    """One list; `is_new`: whether a file was written for it, or the last one still says the same."""

    kind: str
    rows: int
    sha256: str
    name: str = ""

    @property
    def is_new(self) -> bool:
        """Whether a file was written."""
        return bool(self.name)


def publish_purchase_orders(session: Session) -> list[Publication]:
    """One list: the lines of all open orders. Raises `B1Unusable` or `StampliUnusable`; then the next run does it."""
    orders = session.b1.open_orders(session.reference.local_currency)
    return [_publish(session, "purchase_orders", ORDER_COLUMNS, _order_rows(session, orders))]


def publish_reference_data(session: Session) -> list[Publication]:
    """Three lists, of vendors, G/L accounts, and values of dimensions. Raises as `publish_purchase_orders`."""
    desk = _desk(session)
    return [
        _publish(session, "vendors", VENDOR_COLUMNS, map(_vendor_row, lists.vendors(desk))),
        _publish(session, "gl_accounts", ACCOUNT_COLUMNS, ((one.code, one.name) for one in lists.accounts(desk))),
        _publish(session, "dimensions", DIMENSION_COLUMNS, _dimension_rows(session, desk)),
    ]


def _desk(session: Session) -> Desk:
    """For looking codes up as an invoice of today would have them looked up."""
    session.recall_all_card_codes()
    return session.context().desk(session.workplace.today(), "")


def _publish(session: Session, kind: str, columns: Row, rows: Iterable[Row]) -> Publication:
    """The file first and the note that it was written last: a crash in between writes it again."""
    ledger, known = session.ledger, f"published {kind}"
    listed = list(rows)
    count, content = len(listed), _csv([columns, *listed])
    made = Publication(kind, count, hashlib.sha256(content).hexdigest())
    before = ledger.facts.get(known)
    if before == made.sha256 or (before is None and not count):
        return made
    moment = session.workplace.clock().astimezone(session.settings.posting.zone)
    made = Publication(kind, count, made.sha256, f"{kind}_{moment:%Y%m%d_%H%M%S}.csv")
    with session.workplace.stampli() as stampli:
        stampli.write_inbound(made.name, content)
    with ledger.transaction():
        ledger.facts.set(known, made.sha256)
        ledger.audit.append(f"{kind}.published", made.name, session.who, {"sha256": made.sha256, "rows": count})
    return made


def _csv(rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


# --- purchase orders ---------------------------------------------------------------------------------------------


def _order_rows(session: Session, orders: Iterable[PurchaseOrder]) -> Iterator[Row]:
    """In Stampli's codes, where mappings have them."""
    desk = _desk(session)
    for order in orders:
        decimals = session.reference.currencies.get(order.currency, 2)
        header = (
            lists.vendor_id_for(order.card_code, desk),
            order.card_name,
            str(order.order_date or ""),
            order.currency,
        )
        changed = _changed(order, session.settings.posting.zone)
        for line in order.lines:
            start = (session.settings.stampli.company_code or "", str(order.number), str(line.number))
            yield (*start, *header, *_line_cells(line, decimals, desk), changed)


def _line_cells(line: OrderLine, decimals: int, desk: Desk) -> Row:
    """What was invoiced stays empty: journal entries are not part of an order, and only they come from here."""
    wanted = desk.settings.dimensions
    department, project = (
        lists.code_for(DIMENSIONS_FILE, line.codes.get(target or "", ""), desk, field)
        for field, target in (("department", wanted.department), ("project", wanted.project))
    )
    return (
        line.item_code,
        line.description,
        _number(line.quantity, 2),
        _number(line.unit_price, 4),
        _number(line.amount, decimals),
        _number(line.received, 2),
        "",
        lists.code_for(GL_FILE, line.account, desk),
        department,
        project,
        "Open" if line.is_open else "Closed",
    )


def _number(value: Decimal, decimals: int) -> str:
    return f"{fixed(value, max(decimals, significant_decimals(value))):f}"


def _changed(order: PurchaseOrder, zone: ZoneInfo) -> str:
    """SAP keeps its server's wall clock; that it shows the company's time is inferred."""
    if order.changed_on is None:
        return ""
    moment = datetime.combine(order.changed_on, order.changed_at, zone)
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


# --- lists ---------------------------------------------------------------------------------------------------------


def _vendor_row(one: lists.ListedVendor) -> Row:
    partner, address = one.partner, bill_to_address(one.partner) or _NO_ADDRESS
    status, currency = "Active" if one.is_active else "Inactive", partner.currency.replace(ALL_CURRENCIES, "")
    return (
        one.vendor_id, partner.name, status, currency, partner.tax_id, partner.email, address.street, address.city,
        address.state, address.zip_code, address.country,
    )  # fmt: skip


def _dimension_rows(session: Session, desk: Desk) -> Iterator[Row]:
    targets = session.settings.posting.dimensions.model_dump(by_alias=True)
    for field in DIMENSION_FIELDS:
        if targets[field]:
            yield from (
                (field.capitalize(), one.code, one.name) for one in lists.dimension(field, targets[field], desk)
            )
