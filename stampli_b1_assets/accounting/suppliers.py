"""The supplier in SAP that an invoice (or payment) of a Stampli vendor belongs to."""

from dataclasses import dataclass, field
from datetime import date

from stampli_b1_assets.accounting.codes import Desk, within
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.domain.reference_data import ALL_CURRENCIES, Partner


@dataclass
class Supplier:
    """The partner, or the holds that say why there is none."""

    partner: Partner | None = None
    holds: list[Hold] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)


def supplier_of(vendor_id: str, name: str, desk: Desk) -> Supplier:
    """The mapped CardCode, else the vendor id itself when SAP knows it."""
    result = Supplier()
    row = desk.mappings.card_code(vendor_id, desk.on)
    code = row.code if row else vendor_id
    partner = desk.reference.partners.get(code)
    if partner is None:
        result.holds.append(_mapped_to_nothing(vendor_id, row.place, code) if row else _unknown(vendor_id, name))
        return result
    result.trace.append(f"Vendor {vendor_id}: {code} ({row.place if row else 'in SAP, not mapped'})")
    why = _why_not(partner, desk)
    if why:
        action = "Change the vendor in SAP, or map the Stampli vendor to another CardCode in vendors.csv."
        result.holds.append(Hold(Reason.INVALID_VENDOR, f"Vendor {code} {partner.name} {why}.", action, code))
    else:
        result.partner = partner
    return result


def _unknown(vendor_id: str, name: str) -> Hold:
    return Hold(
        Reason.UNKNOWN_VENDOR,
        f"SAP has no vendor for Stampli's {vendor_id} {name}".rstrip() + ".",
        f"Let Stampli export the vendor, create {vendor_id} in SAP, or add a row for it to vendors.csv.",
        vendor_id,
    )


def _mapped_to_nothing(vendor_id: str, place: str, code: str) -> Hold:
    return Hold(
        Reason.INVALID_VENDOR,
        f"{place} gives vendor {vendor_id} the CardCode {code}, which SAP does not have.",
        f"Correct vendors.csv, or create {code} in SAP.",
        code,
    )


def _why_not(partner: Partner, desk: Desk) -> str:
    if not partner.is_supplier:
        return "is no supplier in SAP"
    if is_frozen(partner, desk.on):
        return "is frozen in SAP"
    if partner.is_valid_range and not within(desk.on, partner.valid_from, partner.valid_to):
        return f"is not active in SAP on {desk.on}"
    if partner.currency not in (ALL_CURRENCIES, "", desk.currency):
        return f"trades only in {partner.currency} in SAP, and the invoice is in {desk.currency}"
    return ""


def is_frozen(partner: Partner, on: date | None) -> bool:
    """Frozen on that day."""
    return partner.is_frozen and within(on, partner.frozen_from, partner.frozen_to)
