"""What to do in SAP about each vendor that a file brings: create, update only what differs, leave alone, or hold."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from stampli_b1_assets.accounting import texts
from stampli_b1_assets.accounting.draft import Context
from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.domain.reference_data import Address, Partner
from stampli_b1_assets.domain.vendor import Vendor

_CARD_CODE_UNITS = 15
_LENGTHS = {"CardName": 100, "FederalTaxID": 32, "EmailAddress": 100, "Phone1": 20}
_ADDRESS_NAME = "Stampli"
_MOJIBAKE = re.compile("[ÃÂâ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—™š›œžŸ]")


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
    """One plan per vendor id, and per row without an id; of an id named twice the later `Last Modified` wins."""
    plans = [_held(vendor, _without_id(vendor)) for vendor in vendors if not vendor.vendor_id]
    by_id: dict[str, list[Vendor]] = {}
    for vendor in vendors:
        if vendor.vendor_id:
            by_id.setdefault(vendor.vendor_id, []).append(vendor)
    plans += [_plan_of_rows(rows, context) for rows in by_id.values()]
    return sorted(plans, key=lambda plan: (plan.vendor.file_name, plan.vendor.row))


def vendors_of_invoices(invoices: Sequence[Invoice], context: Context) -> list[Vendor]:
    """Vendors that only invoices name and SAP does not know, for `new_vendors: from_invoice`."""
    found: dict[str, Vendor] = {}
    for invoice in invoices:
        id_ = invoice.vendor_id
        is_mapped = context.mappings.card_code(id_, None) is not None
        if id_ and not is_mapped and id_ not in context.reference.partners:
            row = invoice.lines[0].row if invoice.lines else 0
            found.setdefault(id_, Vendor(id_, invoice.vendor_name, "Active", row=row, file_name=invoice.file_name))
    return list(found.values())


def _plan_of_rows(rows: Sequence[Vendor], context: Context) -> VendorPlan:
    files = {row.file_name for row in rows}
    if len(rows) > 1 and len(files) == 1 and any(row.modified_at is None for row in rows):
        row = rows[-1]
        detail = f"Vendor {row.vendor_id} stands in {row.file_name} more than once, and not every row says when."
        return _held(row, Hold(Reason.BAD_VALUE, detail, "Fill Last Modified, or delete the older row.", row.vendor_id))
    latest = max(enumerate(rows), key=lambda numbered: (_moment(numbered[1]), numbered[0]))[1]
    return _plan(latest, context)


def _moment(vendor: Vendor) -> datetime:
    return vendor.modified_at or datetime.min.replace(tzinfo=UTC)


def _plan(vendor: Vendor, context: Context) -> VendorPlan:
    if vendor.faults or not vendor.name or not vendor.status:
        return _held(vendor, *_faults(vendor))
    mapped = context.mappings.card_code(vendor.vendor_id, None)
    code = mapped.code if mapped else vendor.vendor_id
    partner = context.reference.partners.get(code)
    if partner is not None:
        return _existing(vendor, code, partner)
    if mapped is not None:
        detail = f"{mapped.place} gives vendor {vendor.vendor_id} the CardCode {code}, which SAP does not have."
        return _held(vendor, Hold(Reason.INVALID_VENDOR, detail, f"Correct vendors.csv, or create {code}.", code))
    if vendor.status.strip().casefold() != "active":
        return VendorPlan(vendor, "unchanged", notes=("Not active in Stampli, and not in SAP: not created.",))
    if context.settings.new_vendors == "hold":
        detail = f"Vendor {vendor.vendor_id} {vendor.name} is not in SAP, and the settings do not create vendors."
        action = f"Create {vendor.vendor_id} in SAP, or add a row for it to vendors.csv."
        return _held(vendor, Hold(Reason.UNKNOWN_VENDOR, detail, action, vendor.vendor_id))
    return _new(vendor, context)


def _existing(vendor: Vendor, code: str, partner: Partner) -> VendorPlan:
    if not partner.is_supplier:
        detail = f"SAP has {code} {partner.name} as something other than a supplier."
        return _held(vendor, Hold(Reason.INVALID_VENDOR, detail, "Map the vendor in vendors.csv.", code))
    is_other_name = bool(vendor.name) and _same(vendor.name) != _same(partner.name)
    is_other_tax_id = bool(vendor.tax_id and partner.tax_id) and _plain(vendor.tax_id) != _plain(partner.tax_id)
    if is_other_name and is_other_tax_id:
        detail = (
            f"Vendor {vendor.vendor_id} is {vendor.name} (tax id {vendor.tax_id}) in Stampli, but {code} is "
            f"{partner.name} (tax id {partner.tax_id}) in SAP: the same id, another vendor."
        )
        action = "Give the vendor an id of its own in Stampli, or map it to its CardCode in vendors.csv."
        return _held(vendor, Hold(Reason.INVALID_VENDOR, detail, action, code))
    changes, notes = _changes(vendor, partner)
    if changes:
        return VendorPlan(vendor, "update", code, changes, notes=notes)
    return VendorPlan(vendor, "unchanged", code, notes=notes)


def _new(vendor: Vendor, context: Context) -> VendorPlan:
    twin = _same_tax_id(vendor, context)
    if twin is not None:
        note = f"SAP has a vendor of the same tax id: {twin.card_code} {twin.name}. Not created a second time."
        action = f"Add the row {vendor.vendor_id},{twin.card_code} to vendors.csv if they are the same."
        if _same(twin.name) != _same(vendor.name):
            return _held(vendor, Hold(Reason.INVALID_VENDOR, note, action, twin.card_code))
        return VendorPlan(vendor, "unchanged", twin.card_code, notes=(note, action))
    body: dict[str, Any] = {"CardType": "cSupplier"}
    is_code = texts.units(vendor.vendor_id) <= _CARD_CODE_UNITS
    if is_code:
        body["CardCode"] = vendor.vendor_id
    elif context.reference.supplier_series is not None:
        body["Series"] = context.reference.supplier_series
    else:
        detail = (
            f"The id {vendor.vendor_id} has more than 15 characters, and SAP has no numbering series for suppliers."
        )
        action = "Define a default series for suppliers in SAP, or create the vendor and map it in vendors.csv."
        return _held(vendor, Hold(Reason.INVALID_VENDOR, detail, action, vendor.vendor_id))
    wanted, notes = _fields(vendor)
    body |= {name: value for name, value in wanted.items() if value}
    address = _address_fields(vendor)
    if any(address.values()):
        filled = {name: value for name, value in address.items() if value}
        body["BPAddresses"] = [{"AddressName": _ADDRESS_NAME, "AddressType": "bo_BillTo", **filled}]
    return VendorPlan(vendor, "create", vendor.vendor_id if is_code else "", body, notes=notes)


def _same_tax_id(vendor: Vendor, context: Context) -> Partner | None:
    tax_id = _plain(vendor.tax_id)
    if not tax_id:
        return None
    partners = context.reference.partners.values()
    return next((one for one in partners if one.is_supplier and _plain(one.tax_id) == tax_id), None)


def _changes(vendor: Vendor, partner: Partner) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Only what differs; an empty value in Stampli never empties SAP's."""
    wanted, notes = _fields(vendor)
    there = {
        "CardName": partner.name,
        "FederalTaxID": partner.tax_id,
        "EmailAddress": partner.email,
        "Phone1": partner.phone,
    }
    changes: dict[str, Any] = {name: new for name, new in wanted.items() if new and new != texts.clean(there[name])}
    if vendor.tax_id and _plain(vendor.tax_id) == _plain(partner.tax_id):
        changes.pop("FederalTaxID", None)
    address = _address_change(vendor, partner)
    if address:
        changes["BPAddresses"] = [address]
    return changes, notes


def _fields(vendor: Vendor) -> tuple[dict[str, str], tuple[str, ...]]:
    values = {
        "CardName": vendor.name,
        "FederalTaxID": vendor.tax_id,
        "EmailAddress": vendor.email,
        "Phone1": vendor.phone,
    }
    notes = []
    if _MOJIBAKE.search(vendor.name):
        values["CardName"] = ""
        notes.append(f"The name {vendor.name!r} was decoded wrongly before it came here and is not written to SAP.")
    result = {}
    for name, value in values.items():
        result[name] = texts.cut(texts.clean(value), _LENGTHS[name])
        if result[name] != texts.clean(value):
            notes.append(f"{name} was cut at {_LENGTHS[name]} characters.")
    return result, tuple(notes)


def _address_fields(vendor: Vendor) -> dict[str, str]:
    values = {
        "Street": vendor.street,
        "City": vendor.city,
        "State": vendor.state,
        "ZipCode": vendor.postal_code,
        "Country": vendor.country,
    }
    return {name: texts.cut(texts.clean(value), 100) for name, value in values.items()}


def _address_change(vendor: Vendor, partner: Partner) -> dict[str, Any] | None:
    """An update in place needs name, type, row and partner; without them SAP appends another address (seen live)."""
    wanted = {name: value for name, value in _address_fields(vendor).items() if value}
    if not wanted:
        return None
    bill_to = [address for address in partner.addresses if address.type in ("bo_BillTo", "B")]
    if not bill_to:
        return {"AddressName": _ADDRESS_NAME, "AddressType": "bo_BillTo", **wanted}
    address = next((one for one in bill_to if one.name == _ADDRESS_NAME), bill_to[0])
    there = _address_values(address)
    if all(texts.clean(there[name]) == value for name, value in wanted.items()):
        return None
    identity = {"BPCode": partner.card_code, "AddressName": address.name, "AddressType": "bo_BillTo"}
    return {**identity, "RowNum": address.row_num, **wanted}


def _address_values(address: Address) -> dict[str, str]:
    return {
        "Street": address.street,
        "City": address.city,
        "State": address.state,
        "ZipCode": address.zip_code,
        "Country": address.country,
    }


def _faults(vendor: Vendor) -> list[Hold]:
    holds = [Hold(Reason.BAD_VALUE, fault.detail, fault.action, fault.column) for fault in vendor.faults]
    for column, value in (("Vendor Name", vendor.name), ("Status", vendor.status)):
        if not value and not any(hold.code == column for hold in holds):
            detail = f"{column} of vendor {vendor.vendor_id} is empty in {vendor.file_name}, row {vendor.row}."
            holds.append(Hold(Reason.BAD_VALUE, detail, "Fill it in Stampli and export again.", column))
    return holds


def _without_id(vendor: Vendor) -> Hold:
    detail = f"{vendor.file_name}, row {vendor.row}: the vendor {vendor.name} has no Vendor ID."
    return Hold(Reason.BAD_VALUE, detail, "Give it an id in Stampli and export again.", "Vendor ID")


def _held(vendor: Vendor, *holds: Hold) -> VendorPlan:
    return VendorPlan(vendor, "held", holds=holds)


def _same(name: str) -> str:
    return texts.clean(name).casefold()


def _plain(tax_id: str) -> str:
    """Tax ids are compared without punctuation, blanks and case."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", tax_id)).casefold()
