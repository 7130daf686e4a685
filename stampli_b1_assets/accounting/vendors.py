"""What to do in SAP about each vendor that a file brings: create, update only what differs, leave alone, or hold."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from stampli_b1_assets.accounting import texts, vendor_fields
from stampli_b1_assets.accounting.draft import Context, Draft
from stampli_b1_assets.accounting.statuses import StatusKind, status_word
from stampli_b1_assets.domain.invoice import Fault, FaultKind, Invoice
from stampli_b1_assets.domain.money import ZERO
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.domain.reference_data import Partner
from stampli_b1_assets.domain.vendor import Vendor

_CARD_CODE_UNITS = 15
_FILE = "vendors.csv"
_NAME = "Vendor Name"
_FILL = "Fill it in Stampli and export the vendor again."


@dataclass(frozen=True)
class VendorPlan:
    """`changes` is the body of a POST (create) or PATCH (update), in SAP's property names."""

    vendor: Vendor
    outcome: Literal["create", "update", "unchanged", "held"]
    card_code: str = ""
    changes: dict[str, Any] = field(default_factory=dict)
    holds: tuple[Hold, ...] = ()
    notes: tuple[str, ...] = ()


def plan_vendors(vendors: Sequence[Vendor], context: Context) -> list[VendorPlan]:
    """One plan per vendor id, and per row without an id; of an id named twice the later `Last Modified` wins.

    Mappings count as of today. The order is that of the first rows.
    """
    rows_of: dict[str | int, list[Vendor]] = {}
    for place, vendor in enumerate(vendors):
        rows_of.setdefault(vendor.vendor_id or place, []).append(vendor)
    by_tax_id = _suppliers_by_tax_id(context)
    return [_plan_of_rows(rows, context, by_tax_id) for rows in rows_of.values()]


def _suppliers_by_tax_id(context: Context) -> dict[str, Partner]:
    """Of suppliers that share one, the first; the empty tax id is nobody's."""
    found: dict[str, Partner] = {}
    for partner in context.reference.partners.values():
        if partner.is_supplier and (tax_id := vendor_fields.plain_tax_id(partner.tax_id)):
            found.setdefault(tax_id, partner)
    return found


def vendors_of_invoices(invoices: Iterable[Invoice], context: Context) -> Iterator[Vendor]:
    """Of each invoice to be posted the vendor, if SAP does not know it, for `new_vendors: from_invoice`."""
    for source in invoices:
        invoice = Draft(source, context).invoice
        is_wanted = status_word(source, context.settings) is StatusKind.POSTABLE and invoice.total != ZERO
        if is_wanted and invoice.vendor_id and not _is_known(invoice.vendor_id, context):
            row = invoice.lines[0].row if invoice.lines else 0
            yield Vendor(
                invoice.vendor_id,
                invoice.vendor_name,
                "Active",
                row=row,
                faults=() if invoice.vendor_name else (_nameless(invoice.vendor_id, row),),
                file_name=invoice.file_name,
                file_sha256=invoice.file_sha256,
            )


def _nameless(vendor_id: str, row: int) -> Fault:
    """The reader leaves a name of an invoice empty that was decoded wrongly: SAP must not get it."""
    detail = f"Row {row}: Vendor Name of {vendor_id} is empty, or was decoded wrongly before it came here."
    return Fault(FaultKind.BAD_VALUE, row, _NAME, detail, "Correct the vendor's name in Stampli, or create it in SAP.")


def _is_known(vendor_id: str, context: Context) -> bool:
    return (
        vendor_id in context.reference.partners
        or vendor_id in context.card_codes
        or context.mappings.card_code(vendor_id, context.today) is not None
    )


def _plan_of_rows(rows: Sequence[Vendor], context: Context, by_tax_id: dict[str, Partner]) -> VendorPlan:
    """`by_tax_id` learns the vendor when it is to be created, so that the next one of its tax id is not."""
    winner = rows[0]
    for before, row in pairwise(rows):
        is_same_file = before.file_name == row.file_name
        if is_same_file and (before.modified_at is None or row.modified_at is None):
            return _held(row, _twice_without_moment(before, row))
        winner = _later(winner, row)
    plan = _plan(winner, context, by_tax_id)
    tax_id = vendor_fields.plain_tax_id(winner.tax_id)
    if plan.outcome == "create" and tax_id:
        by_tax_id[tax_id] = Partner(winner.vendor_id, winner.name, winner.tax_id)
    return plan


def _later(winner: Vendor, row: Vendor) -> Vendor:
    """The later moment; of equal ones, or where one has none, the row that comes later."""
    if winner.modified_at is not None and row.modified_at is not None and winner.modified_at > row.modified_at:
        return winner
    return row


def _twice_without_moment(before: Vendor, row: Vendor) -> Hold:
    detail = (
        f"Vendor {row.vendor_id} stands in rows {before.row} and {row.row} of {row.file_name}, and without Last "
        "Modified in both nobody can say which one is right."
    )
    action = "Have Stampli export Last Modified, or name the vendor once."
    return Hold(Reason.BAD_VALUE, detail, action, row.vendor_id)


def _plan(vendor: Vendor, context: Context, by_tax_id: Mapping[str, Partner]) -> VendorPlan:
    mapped = context.mappings.card_code(vendor.vendor_id, context.today)
    partners = context.reference.partners
    code = mapped.code if mapped else vendor.vendor_id
    if mapped is None and code not in partners:
        code = context.card_codes.get(vendor.vendor_id, code)
    partner = partners.get(code)
    faults = _faults(vendor, is_new=partner is None)
    if faults:
        return _held(vendor, *faults)
    if partner is not None:
        return _existing(vendor, code, partner)
    if mapped is not None:
        detail = f"{mapped.place} gives vendor {vendor.vendor_id} the CardCode {code}, which SAP does not have."
        return _held(vendor, Hold(Reason.INVALID_VENDOR, detail, f"Correct {mapped.place}, or create {code}.", code))
    if vendor.status.strip().casefold() != "active":
        note = f"{vendor.vendor_id} is {vendor.status} in Stampli and not in SAP: not created."
        return VendorPlan(vendor, "unchanged", notes=(note,))
    if context.settings.new_vendors == "hold":
        detail = f"Vendor {vendor.vendor_id} {vendor.name} is not in SAP, and the settings do not create vendors."
        action = f"Create {vendor.vendor_id} in SAP, or add a row for it to {_FILE}."
        return _held(vendor, Hold(Reason.UNKNOWN_VENDOR, detail, action, vendor.vendor_id))
    return _new(vendor, context, by_tax_id.get(vendor_fields.plain_tax_id(vendor.tax_id)))


def _existing(vendor: Vendor, code: str, partner: Partner) -> VendorPlan:
    if not partner.is_supplier:
        detail = f"SAP has {code} {partner.name} as a customer or lead, not as a supplier."
        action = f"Map {vendor.vendor_id} to a supplier's CardCode in {_FILE}."
        return _held(vendor, Hold(Reason.INVALID_VENDOR, detail, action, code))
    is_other_name = bool(vendor.name) and not vendor_fields.same_name(vendor.name, partner.name)
    has_both = bool(vendor.tax_id and partner.tax_id)
    if is_other_name and has_both and not vendor_fields.same_tax_id(vendor.tax_id, partner.tax_id):
        detail = (
            f"Vendor {vendor.vendor_id} is {vendor.name} (tax id {vendor.tax_id}) in Stampli, but {code} is "
            f"{partner.name} (tax id {partner.tax_id}) in SAP: the same id, another vendor."
        )
        action = f"Give the vendor an id of its own in Stampli, or map {vendor.vendor_id} to its CardCode in {_FILE}."
        return _held(vendor, Hold(Reason.INVALID_VENDOR, detail, action, code))
    wanted = vendor_fields.wanted(vendor)
    changes, notes = vendor_fields.changes(wanted, partner)
    notes = (*(fault.detail for fault in vendor.faults), *wanted.notes, *notes)
    if changes:
        return VendorPlan(vendor, "update", code, changes, notes=notes)
    return VendorPlan(vendor, "unchanged", code, notes=notes)


def _new(vendor: Vendor, context: Context, twin: Partner | None) -> VendorPlan:
    if twin is not None:
        return _doubled(vendor, twin)
    wanted = vendor_fields.wanted(vendor)
    if "CardName" not in wanted.fields:
        detail = f"Vendor {vendor.vendor_id} has no name that SAP could hold. {' '.join(wanted.notes)}".rstrip()
        return _held(vendor, Hold(Reason.BAD_VALUE, detail, "Correct the name in Stampli.", _NAME))
    body, series = vendor_fields.creation(wanted), context.reference.supplier_series
    if texts.units(vendor.vendor_id) <= _CARD_CODE_UNITS:
        body = {"CardCode": vendor.vendor_id, **body}
        return VendorPlan(vendor, "create", vendor.vendor_id, body, notes=wanted.notes)
    if series is not None:
        return VendorPlan(vendor, "create", "", {"Series": series, **body}, notes=wanted.notes)
    detail = (
        f"The vendor id {vendor.vendor_id} has more than {_CARD_CODE_UNITS} characters, and SAP has no numbering "
        "series for suppliers."
    )
    action = f"Define a default series for suppliers in SAP, or create the vendor there and add a row to {_FILE}."
    return _held(vendor, Hold(Reason.INVALID_VENDOR, detail, action, vendor.vendor_id))


def _doubled(vendor: Vendor, twin: Partner) -> VendorPlan:
    """A vendor of the same tax id is there: never a second one; whether they are the same, a person says."""
    detail = f"Vendor {vendor.vendor_id} {vendor.name} has the tax id of {twin.card_code} {twin.name} in SAP"
    action = f"Add the row {vendor.vendor_id},{twin.card_code} to {_FILE} if they are the same."
    if vendor_fields.same_name(twin.name, vendor.name):
        return VendorPlan(vendor, "unchanged", twin.card_code, notes=(f"{detail}: not created twice.", action))
    hold = Hold(
        Reason.INVALID_VENDOR, f"{detail}, and another name.", f"{action} Else correct the tax id.", twin.card_code
    )
    return _held(vendor, hold)


def _faults(vendor: Vendor, *, is_new: bool = True) -> list[Hold]:
    """What the reader found, and required values that are empty.

    SAP's name stays when Stampli's is empty or cannot be read.
    """
    file = vendor.file_name
    faults = [fault for fault in vendor.faults if is_new or fault.column != _NAME]
    holds = [Hold(Reason.BAD_VALUE, fault.told_of(file), fault.action, fault.column) for fault in faults]
    faulty = {fault.column for fault in faults}
    place = f"{file}, row {vendor.row}"
    required = [("Vendor ID", vendor.vendor_id), ("Status", vendor.status)]
    if is_new:
        required.append((_NAME, vendor.name))
    for column, value in required:
        if not value and column not in faulty:
            who = vendor.vendor_id or vendor.name or "without id and name"
            detail = f"{place}: {column} of vendor {who} is empty."
            holds.append(Hold(Reason.BAD_VALUE, detail, _FILL, column))
    return holds


def _held(vendor: Vendor, *holds: Hold) -> VendorPlan:
    return VendorPlan(vendor, "held", holds=holds)
