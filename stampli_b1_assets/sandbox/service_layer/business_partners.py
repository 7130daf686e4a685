"""Business partners: create, patch with SAP's habits about sub-collections, put, delete."""

import re
from typing import Any

from stampli_b1_assets.sandbox.service_layer.journal_lines import check_lengths
from stampli_b1_assets.sandbox.service_layer.properties import taken
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal, exists, invalid, not_found
from stampli_b1_assets.sandbox.service_layer.store import Row, Store

SUPPLIER_SERIES = 71
_LENGTHS = {
    "CardCode": 15,
    "CardName": 100,
    "CardForeignName": 100,
    "FederalTaxID": 32,
    "AdditionalID": 18,
    "EmailAddress": 100,
    "Phone1": 20,
    "Phone2": 20,
    "Cellular": 50,
    "Fax": 50,
    "FrozenRemarks": 30,
    "Notes": 100,
    "DefaultAccount": 50,
    "DefaultBankCode": 30,
    "DebitorAccount": 15,
    "Currency": 3,
    "FreeText": 64000,
}
_ADDRESS_LENGTHS = {
    "AddressName": 50,
    "Street": 100,
    "City": 100,
    "ZipCode": 20,
    "State": 3,
    "Country": 3,
    "FederalTaxID": 32,
}
_ADDRESS_IDENTITY = ("BPCode", "AddressName", "AddressType", "RowNum")
_MEMBER_KEYS = {"ContactEmployees": "InternalCode", "BPBankAccounts": "InternalKey"}
"""Sub-collections beside the addresses; the properties of their members are not checked."""
_GROUPS = {100: ("cCustomer", "cLid"), 101: ("cSupplier",)}
_SAMPLE_KNOWS_NONE = ("PeymentMethodCode", "VatGroup", "WTCode", "OwnerCode", "Territory", "ShippingType")
_DEFAULTS = {"CardType": "cCustomer", "Currency": "##", "Valid": "tNO", "Frozen": "tNO", "DebitorAccount": "200000"}
_NO_SERIES = "To generate this document, first define the numbering series in the Administration module"


def post(store: Store, body: Any) -> Row:
    """A new partner; the default type is customer."""
    body = _checked(store, body)
    code = body.get("CardCode") or _from_series(store, body)
    if store.get("BusinessPartners", code) is not None:
        raise Refusal(-10, f"1320000140 - Business partner code '{code}' already assigned to a business partner")
    if not body.get("CardName"):
        raise invalid("Enter a name  [OCRD.CardName]")
    company = store.get("_company", "company") or {}
    if company.get("EnableBranches") == "tYES" and not body.get("BPBranchAssignment"):
        raise invalid("Specify an active branch  [OCRD.BPLId]")
    return _written(store, code, body)


def put(store: Store, code: str, body: Any) -> None:
    """Replace: what is not given is reset."""
    body = _checked(store, body)
    if not body.get("CardName"):
        raise invalid("Enter a name  [OCRD.CardName]")
    _written(store, code, body)


def _written(store: Store, code: str, body: Row) -> Row:
    addresses: list[Row] = []
    for address in body.get("BPAddresses") or []:
        _put_address(addresses, {**address, "RowNum": None}, code)
    members = {name: _merged([], body[name], name) for name in body if name in _MEMBER_KEYS}
    row = {**_DEFAULTS, **body, **members, "CardCode": code, "BPAddresses": addresses}
    _check_group(row)
    store.put("BusinessPartners", code, row)
    return row


def patch(store: Store, code: str, body: Any, *, replaces_collections: bool) -> None:
    """Only the given scalars; an address with its whole identity is updated, any other is appended."""
    row = store.get("BusinessPartners", code)
    if row is None:
        raise not_found()
    body = _checked(store, body)
    addresses = [] if replaces_collections and "BPAddresses" in body else list(row.get("BPAddresses") or [])
    for address in body.get("BPAddresses") or []:
        _put_address(addresses, address, code)
    scalars = {name: value for name, value in body.items() if name not in ("BPAddresses", "CardCode", *_MEMBER_KEYS)}
    members = {
        name: _merged([] if replaces_collections else row.get(name) or [], body[name], name)
        for name in body
        if name in _MEMBER_KEYS
    }
    changed = {**row, **scalars, **members, "BPAddresses": addresses}
    _check_group(changed)
    store.put("BusinessPartners", code, changed)


def delete(store: Store, code: str) -> None:
    """Refused once there are postings."""
    if any(line["ShortName"] == code for entry in store.entries() for line in entry["JournalEntryLines"]):
        raise invalid(f"Business partner '{code}' has transactions and cannot be removed  [OCRD.CardCode]")
    store.delete("BusinessPartners", code)


def _put_address(addresses: list[Row], address: Row, code: str) -> None:
    for place, there in enumerate(addresses):
        if all(address.get(name) == there.get(name) for name in _ADDRESS_IDENTITY):
            addresses[place] = {**there, **address}
            return
    added = {"AddressType": "bo_ShipTo", **address, "BPCode": code, "RowNum": _next_row(addresses)}
    if not added.get("AddressName"):
        raise invalid("Enter a name of the address  [CRD1.Address]")
    same = [there for there in addresses if there.get("AddressName") == added["AddressName"]]
    if any(there.get("AddressType") == added["AddressType"] for there in same):
        raise exists()
    addresses.append(added)


def _merged(there: list[Row], sent: list[Row] | None, name: str) -> list[Row]:
    """A member with its key is updated, one without is added, what is left out stays (documented)."""
    key, rows = _MEMBER_KEYS[name], list(there)
    for member in sent or []:
        known = [place for place, row in enumerate(rows) if member.get(key) == row[key]]
        if known:
            rows[known[0]] = {**rows[known[0]], **member}
        elif name == "ContactEmployees" and member.get("Name") in [row.get("Name") for row in rows]:
            raise exists()
        else:
            rows.append({**member, key: max((row[key] for row in rows), default=0) + 1})
    return rows


def _check_group(partner: Row) -> None:
    if partner["CardType"] not in _GROUPS.get(partner.get("GroupCode") or 0, (partner["CardType"],)):
        raise invalid("Group does not fit the type of business partner  [OCRD.GroupCode]")


def _next_row(addresses: list[Row]) -> int:
    return max((int(address["RowNum"]) for address in addresses), default=-1) + 1


def _checked(store: Store, content: Any) -> Row:
    body: Row = taken(content, "BusinessPartner")
    check_lengths(body, _LENGTHS, "OCRD")
    for address in body.get("BPAddresses") or []:
        check_lengths(address, _ADDRESS_LENGTHS, "CRD1")
        if address.get("Country") and not re.fullmatch(r"[A-Z]{2}", address["Country"]):
            raise Refusal(-2028, "No matching records found (ODBC -2028)  [CRD1.Country]")
    account = body.get("DebitorAccount")
    if account and (store.get("ChartOfAccounts", account) or {}).get("LockManualTransaction") != "tYES":
        raise invalid('Define account in "Liabilities" drawer  [OCRD.DebPayAcct]')
    if body.get("Currency") not in (None, "", "##") and store.get("Currencies", body["Currency"]) is None:
        raise Refusal(-2028, "No matching records found (ODBC -2028)  [OCRD.Currency]")
    _check_codes(store, body)
    return body


def _check_codes(store: Store, body: Row) -> None:
    """Codes that name a row of another table."""
    banks = [body.get("DefaultBankCode"), *(one.get("BankCode") for one in body.get("BPBankAccounts") or [])]
    if any(bank not in (None, "", "-1") for bank in banks):  # the sample company knows no bank
        raise Refusal(-2028, "No matching records found (ODSC)")
    wrong = [name for name in _SAMPLE_KNOWS_NONE if body.get(name) not in (None, "", -1)]
    wrong += ["GroupCode"] if body.get("GroupCode") and body["GroupCode"] not in _GROUPS else []
    wrong += ["PayTermsGrpCode"] if body.get("PayTermsGrpCode") not in (None, -1) else []
    project = body.get("ProjectCode")
    wrong += ["ProjectCode"] if project and store.get("Projects", project) is None else []
    if wrong:
        raise Refusal(-2028, f"No matching records found (ODBC -2028)  [OCRD.{wrong[0]}]")


def _from_series(store: Store, body: Row) -> str:
    if body.get("Series") is None:
        raise Refusal(-10, _NO_SERIES)
    if body["Series"] != SUPPLIER_SERIES or store.get("_series", "supplier") is None:
        raise Refusal(-4002, _NO_SERIES)
    return f"S{store.next_number('supplier', 1):05}"
