"""User-defined tables and fields: made through their metadata, visible only after a restart of the Service Layer."""

from typing import Any

from stampli_b1_assets.sandbox.service_layer.properties import taken
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal, exists, invalid, not_found, unknown_property
from stampli_b1_assets.sandbox.service_layer.store import Row, Store

COLUMNS = {"Code": "String", "Name": "String"}
"""Of a table without object; its user fields are none of this simulator's business."""
NUMBERED_COLUMNS = {"Code": "Int32", "Name": "String"}
"""Of one whose codes SAP counts up by itself."""
_LONGEST_TABLE, _LONGEST_FIELD = 19, 18
_LENGTHS = {"Code": 50, "Name": 100}
_WITHOUT_OBJECT, _NUMBERED = "bott_NoObject", "bott_NoObjectAutoIncrement"
_DEFAULT_SIZE, _LONGEST_TEXT = 10, 254


def new_table(store: Store, body: Any) -> Row:
    """A table; its name is kept in upper case."""
    body = taken(body, "UserTablesMD")
    name = str(body.get("TableName") or "").upper()
    if not name or len(name) > _LONGEST_TABLE or not body.get("TableDescription"):
        raise invalid("Table name is missing or longer than 19 characters, or the description is missing  [OUTB]")
    if store.get("UserTablesMD", name) is not None:
        raise exists()
    row = {"TableType": _WITHOUT_OBJECT, **body, "TableName": name}
    store.put("UserTablesMD", name, row)
    return row


def has_entity_set(table: Row) -> bool:
    """Tables of master data and documents get theirs from a user-defined object, which nobody registers here."""
    return table.get("TableType", _WITHOUT_OBJECT) in (_WITHOUT_OBJECT, _NUMBERED)


def is_numbered(store: Store, entity_set: str) -> bool:
    """Whether the codes of this user table are numbers that SAP assigns."""
    return (store.get("UserTablesMD", entity_set.removeprefix("U_")) or {}).get("TableType") == _NUMBERED


def new_field(store: Store, body: Any) -> Row:
    """A field of a table; the name comes without the `U_` that its property has."""
    body = taken(body, "UserFieldMD")
    table, name = str(body.get("TableName") or ""), str(body.get("Name") or "")
    if not table or not name or len(name) > _LONGEST_FIELD or not body.get("Description"):
        raise invalid("Table, name (at most 18 characters) or description of the field is missing  [CUFD]")
    size = _DEFAULT_SIZE if body.get("Size") is None else body["Size"]
    if body.get("Type", "db_Alpha") == "db_Alpha" and not 1 <= size <= _LONGEST_TEXT:
        raise invalid("The size of a text field is 1 to 254  [CUFD.EditSize]")
    key = f"{table}.{name}"
    if store.get("UserFieldsMD", key) is not None:
        raise exists()
    ids = [row["FieldID"] for row in store.all("UserFieldsMD") if row["TableName"] == table]
    row = {"Type": "db_Alpha", **body, "Size": size, "FieldID": max(ids, default=-1) + 1}
    store.put("UserFieldsMD", key, row)
    return row


def field_of(store: Store, table: str, field_id: str) -> Row | None:
    """By the two parts of its key."""
    rows = store.all("UserFieldsMD")
    return next((row for row in rows if (row["TableName"], str(row["FieldID"])) == (table, field_id)), None)


def new_row(store: Store, entity_set: str, body: Any, *, allows_duplicates: bool) -> Row:
    """A row of a user table: Code is the primary key, Name must not be empty (documented).

    Where SAP assigns the codes, a given one is left out in silence and Name may be empty (documented).
    """
    if is_numbered(store, entity_set):
        number = store.next_number(entity_set, 1)
        row = {"Name": None, **_checked(entity_set, body, NUMBERED_COLUMNS), "Code": number}
        store.put(entity_set, str(number), row)
        return row
    row = _checked(entity_set, body)
    if not row.get("Code") or not row.get("Name"):
        raise invalid(f"Enter a code and a name  [@{entity_set.removeprefix('U_')}.Code]")
    if store.get(entity_set, row["Code"]) is not None and not allows_duplicates:
        raise exists()
    store.put(entity_set, row["Code"], row)
    return row


def patch_row(store: Store, entity_set: str, code: str, body: Any) -> None:
    """Only the given properties; the key stays."""
    row = store.get(entity_set, code)
    if row is None:
        raise not_found()
    numbered = is_numbered(store, entity_set)
    columns = NUMBERED_COLUMNS if numbered else COLUMNS
    changes = {name: value for name, value in _checked(entity_set, body, columns).items() if name != "Code"}
    if "Name" in changes and not changes["Name"] and not numbered:
        raise invalid(f"Enter a name  [@{entity_set.removeprefix('U_')}.Name]")
    store.put(entity_set, code, {**row, **changes})


def _checked(entity_set: str, body: Any, columns: dict[str, str] = COLUMNS) -> Row:
    if not isinstance(body, dict):
        raise Refusal(-1000, f"Invalid value for '{entity_set}'")
    for name, value in body.items():
        if name not in COLUMNS:
            raise unknown_property(name, entity_set)
        if value is not None and not isinstance(value, int if columns[name] == "Int32" else str):
            raise Refusal(-1004, f"'{value}' is not a valid value for property '{name}'.")
        if isinstance(value, str) and len(value.encode("utf-16-le")) // 2 > _LENGTHS[name]:
            raise invalid(f"Value too long in property '{name}' of '{entity_set}'")
    return dict(body)
