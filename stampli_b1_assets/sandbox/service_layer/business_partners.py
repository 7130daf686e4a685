"""Business partners: create, patch with SAP's habits about sub-collections."""

from typing import Any

from stampli_b1_assets.sandbox.service_layer.properties import check_body
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal, exists, invalid, not_found
from stampli_b1_assets.sandbox.service_layer.store import Row, Store

_LENGTHS = {"CardCode": 15, "CardName": 100, "FederalTaxID": 32, "EmailAddress": 100, "Phone1": 20}
_ADDRESS_IDENTITY = ("BPCode", "AddressName", "AddressType", "RowNum")
SUPPLIER_SERIES = 71
_DEFAULTS = {"CardType": "cCustomer", "Currency": "##", "Valid": "tNO", "Frozen": "tNO", "DebitorAccount": "200000"}


def post(store: Store, body: dict[str, Any]) -> Row:
    """A new partner; the default type is customer."""
    _check(body)
    code = body.get("CardCode") or _from_series(store, body)
    if store.get("BusinessPartners", code) is not None:
        raise Refusal(-10, f"1320000140 - Business partner code '{code}' already assigned to a business partner")
    if not body.get("CardName"):
        raise invalid("Enter a name  [OCRD.CardName]")
    row = {**_DEFAULTS, **body, "CardCode": code}
    row["BPAddresses"] = [
        {**address, "RowNum": number, "BPCode": code} for number, address in enumerate(body.get("BPAddresses") or [])
    ]
    store.put("BusinessPartners", code, row)
    return row


def patch(store: Store, code: str, body: dict[str, Any], *, replaces_collections: bool) -> None:
    """Only the given scalars; an address with its whole identity is updated, any other is appended."""
    row = store.get("BusinessPartners", code)
    if row is None:
        raise not_found()
    _check(body)
    addresses = [] if replaces_collections else list(row.get("BPAddresses") or [])
    for address in body.get("BPAddresses") or []:
        _put_address(addresses, address, code)
    scalars = {name: value for name, value in body.items() if name not in ("BPAddresses", "CardCode")}
    store.put("BusinessPartners", code, {**row, **scalars, "BPAddresses": addresses})


def _put_address(addresses: list[Row], address: Row, code: str) -> None:
    for place, there in enumerate(addresses):
        if all(address.get(name) == there.get(name) for name in _ADDRESS_IDENTITY):
            addresses[place] = {**there, **address}
            return
    same = [there for there in addresses if there.get("AddressName") == address.get("AddressName")]
    if any(there.get("AddressType") == address.get("AddressType") for there in same):
        raise exists()
    addresses.append({**address, "BPCode": code, "RowNum": len(addresses)})


def _check(body: dict[str, Any]) -> None:
    check_body(body, "BusinessPartner")
    for address in body.get("BPAddresses") or []:
        check_body(address, "BPAddress")
    for name, most in _LENGTHS.items():
        value = body.get(name)
        if isinstance(value, str) and len(value.encode("utf-16-le")) // 2 > most:
            raise invalid(f"Value too long in property '{name}' of 'BusinessPartner'  [OCRD.{name}]")
    if body.get("CardType") not in (None, "cSupplier", "cCustomer", "cLid", "S", "C", "L"):
        raise Refusal(-1004, f"'{body['CardType']}' is not a valid value for property 'CardType'.")


def _from_series(store: Store, body: dict[str, Any]) -> str:
    if body.get("Series") != SUPPLIER_SERIES or store.get("_series", "supplier") is None:
        raise Refusal(-10, "To generate this document, first define the numbering series in the Administration module")
    return f"S{store.next_number('supplier', 1):05}"
