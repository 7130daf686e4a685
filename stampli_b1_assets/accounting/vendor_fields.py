"""The fields of a supplier that follow Stampli: name, tax id, e-mail, telephone, address; in SAP's property names.

Bank data, payment blocks, terms, frozen and valid are SAP's own and have no place here.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stampli_b1_assets.accounting import texts
from stampli_b1_assets.domain.reference_data import Address, Partner
from stampli_b1_assets.domain.vendor import Vendor

ADDRESS_NAME = "Stampli"
_BILL_TO = "bo_BillTo"

# UTF-16 units that SAP's columns hold (DI help; OCRD, CRD1). Only a name may be cut: the rest would be wrong then.
_LENGTHS = {"CardName": 100, "FederalTaxID": 32, "EmailAddress": 100, "Phone1": 20}
_ADDRESS_LENGTHS = {"Street": 100, "City": 100, "State": 3, "ZipCode": 20, "Country": 3}
_LABELS = {
    "CardName": "name",
    "FederalTaxID": "tax id",
    "EmailAddress": "e-mail",
    "Phone1": "telephone",
    "Street": "street",
    "City": "city",
    "State": "state",
    "ZipCode": "postal code",
    "Country": "country",
}
# Two bytes of UTF-8 read as cp1252 or Latin-1: `MÃ¼ller`, `Oâ€™Neil`.
_MOJIBAKE = re.compile("[ÃÂâ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—™š›œžŸ]")


@dataclass(frozen=True)
class Wanted:
    """What Stampli says of a vendor, as SAP can hold it; empty values are left out. `notes`: what is not written."""

    fields: Mapping[str, str]
    address: Mapping[str, str]
    notes: tuple[str, ...]


def wanted(vendor: Vendor) -> Wanted:
    """The vendor's values that may be written."""
    notes: list[str] = []
    fields = {
        "CardName": vendor.name,
        "FederalTaxID": vendor.tax_id,
        "EmailAddress": vendor.email,
        "Phone1": vendor.phone,
    }
    address = {
        "Street": vendor.street,
        "City": vendor.city,
        "State": vendor.state,
        "ZipCode": vendor.postal_code,
        "Country": vendor.country,
    }
    return Wanted(_fitting(fields, _LENGTHS, notes), _fitting(address, _ADDRESS_LENGTHS, notes), tuple(notes))


def creation(vendor: Wanted) -> dict[str, Any]:
    """The fields of a new supplier, without its code."""
    body: dict[str, Any] = {"CardType": "cSupplier", **vendor.fields}
    if vendor.address:
        body["BPAddresses"] = [{"AddressName": ADDRESS_NAME, "AddressType": _BILL_TO, **vendor.address}]
    return body


def changes(vendor: Wanted, partner: Partner) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Only what differs from SAP's, and notes. An empty value in Stampli never empties SAP's."""
    there = {
        "CardName": partner.name,
        "FederalTaxID": partner.tax_id,
        "EmailAddress": partner.email,
        "Phone1": partner.phone,
    }
    body: dict[str, Any] = _differing(vendor.fields, there)
    if same_tax_id(vendor.fields.get("FederalTaxID", ""), partner.tax_id):
        body.pop("FederalTaxID", None)
    address, notes = _address_change(vendor, partner)
    if address:
        body["BPAddresses"] = [address]
    return body, notes


def same_name(one: str, other: str) -> bool:
    """Names compared without case and blanks."""
    return _folded(one) == _folded(other)


def same_tax_id(one: str, other: str) -> bool:
    """Tax ids compared without punctuation, blanks and case; two empty ones are the same."""
    return plain_tax_id(one) == plain_tax_id(other)


def plain_tax_id(tax_id: str) -> str:
    """A tax id without punctuation, blanks and case."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", tax_id)).casefold()


def _folded(name: str) -> str:
    return "".join(texts.clean(name).casefold().split())


def _fitting(values: Mapping[str, str], lengths: Mapping[str, int], notes: list[str]) -> dict[str, str]:
    fitting = {}
    for name, raw in values.items():
        value = texts.clean(raw)
        if _MOJIBAKE.search(value):
            notes.append(f"The {_LABELS[name]} {value!r} was decoded wrongly before it came here: not written to SAP.")
        elif texts.units(value) <= lengths[name]:
            fitting[name] = value
        elif name == "CardName":
            fitting[name] = texts.cut(value, lengths[name])
            notes.append(f"The name was cut at {lengths[name]} characters, as many as SAP holds.")
        else:
            notes.append(f"The {_LABELS[name]} is longer than the {lengths[name]} characters of SAP: not written.")
    return {name: value for name, value in fitting.items() if value}


def _differing(values: Mapping[str, str], there: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value != texts.clean(there[name])}


def bill_to_address(partner: Partner) -> Address | None:
    """Ours, else the first one that bills go to."""
    bill_to = [address for address in partner.addresses if address.type in (_BILL_TO, "B")]
    return next((one for one in bill_to if one.name == ADDRESS_NAME), bill_to[0] if bill_to else None)


def _address_change(vendor: Wanted, partner: Partner) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """An update in place needs name, type, row and partner; without them SAP appends another address (seen live)."""
    if not vendor.address:
        return None, ()
    address = bill_to_address(partner)
    if address is None:
        return {"AddressName": ADDRESS_NAME, "AddressType": _BILL_TO, **vendor.address}, ()
    differing = _differing(vendor.address, _values(address))
    if not differing:
        return None, ()
    if address.row_num is None or not address.name:
        return None, (f"SAP does not name the row of the address {address.name!r}: not updated.",)
    identity = {"BPCode": partner.card_code, "AddressName": address.name, "AddressType": _BILL_TO}
    return {**identity, "RowNum": address.row_num, **differing}, ()


def _values(address: Address) -> dict[str, str]:
    return {
        "Street": address.street,
        "City": address.city,
        "State": address.state,
        "ZipCode": address.zip_code,
        "Country": address.country,
    }
