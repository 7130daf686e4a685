"""The supplier in SAP that a document of a Stampli vendor belongs to."""

from dataclasses import dataclass, field

from stampli_b1_assets.accounting.desk import Desk, Notes, dated_hint, twin_hint, within
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.domain.reference_data import ALL_CURRENCIES, Partner

VENDORS_FILE = "vendors.csv"


@dataclass
class Supplier:
    """The partner, also when SAP will not post to it; `notes.holds` says whether it will."""

    partner: Partner | None = None
    notes: Notes = field(default_factory=Notes)


def supplier_of(vendor_id: str, name: str, desk: Desk) -> Supplier:
    """The mapped CardCode, else the vendor id itself when SAP knows it, else the code that SAP gave it by series."""
    result = Supplier()
    partners = desk.reference.partners
    row = desk.mappings.card_code(vendor_id, desk.on)
    code = row.code if row else vendor_id
    if row is None and code not in partners:
        code = desk.card_codes.get(vendor_id, code)
    partner = partners.get(code)
    if partner is None:
        hold = _mapped_to_nothing(vendor_id, row.place, code) if row else _unknown(vendor_id, name, desk)
        result.notes.holds.append(hold)
        return result
    result.partner = partner
    source = row.place if row else "in SAP, not mapped" if code == vendor_id else "numbered by SAP"
    result.notes.trace.append(f"Vendor {vendor_id}: {code} ({source})")
    why, mend = _why_not(partner, desk)
    if why:
        where = f"correct {row.place}" if row else f"map {vendor_id} to another CardCode in {VENDORS_FILE}"
        detail = f"Vendor {code} {partner.name}".rstrip() + f" {why}."
        action = f"{mend}, or {where}." if mend else f"{where[0].upper()}{where[1:]}."
        result.notes.holds.append(Hold(Reason.INVALID_VENDOR, detail, action, code))
    return result


def _unknown(vendor_id: str, name: str, desk: Desk) -> Hold:
    held = desk.held_vendors.get(vendor_id)
    if held is not None:
        detail = f"Vendor {vendor_id} {name}".rstrip() + f" is not in SAP yet, and is held itself: {held.detail}"
        return Hold(Reason.UNKNOWN_VENDOR, detail, held.action, vendor_id)
    hint = dated_hint(VENDORS_FILE, (vendor_id,), desk) or twin_hint(vendor_id, desk.reference.partners, "SAP has")
    return Hold(
        Reason.UNKNOWN_VENDOR,
        f"SAP has no vendor for Stampli's {vendor_id} {name}".rstrip() + "." + hint,
        _unknown_action(vendor_id, desk),
        vendor_id,
    )


def _unknown_action(vendor_id: str, desk: Desk) -> str:
    mapping = f"add a row for {vendor_id} to {VENDORS_FILE}"
    if desk.settings.new_vendors == "hold":
        return f"Create {vendor_id} in SAP, or {mapping}."
    if desk.settings.new_vendors == "from_invoice":
        return f"Give the vendor a name in Stampli, so that it can be created, create {vendor_id} in SAP, or {mapping}."
    return f"Have Stampli export {vendor_id} in a vendor file, create it in SAP, or {mapping}."


def _mapped_to_nothing(vendor_id: str, place: str, code: str) -> Hold:
    return Hold(
        Reason.INVALID_VENDOR,
        f"{place} gives vendor {vendor_id} the CardCode {code}, which SAP does not have.",
        f"Correct {place}, or create {code} in SAP.",
        code,
    )


def _why_not(partner: Partner, desk: Desk) -> tuple[str, str]:
    code = partner.card_code
    if not partner.is_supplier:
        return "is no supplier in SAP", ""
    if partner.is_frozen and within(desk.on, partner.frozen_from, partner.frozen_to):
        return "is frozen in SAP", f"Release {code} in SAP"
    if partner.is_valid_range and not within(desk.on, partner.valid_from, partner.valid_to):
        return f"is not active in SAP on {desk.on}", f"Extend the active range of {code} in SAP"
    if desk.currency and partner.currency not in (ALL_CURRENCIES, "", desk.currency):
        why = f"trades only in {partner.currency} in SAP, and the document is in {desk.currency}"
        return why, f"Let {code} trade in every currency in SAP"
    return "", ""
