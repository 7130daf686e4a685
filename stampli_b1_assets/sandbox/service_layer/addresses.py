"""Paths below the service's root: entity sets, keys in SAP's spellings, actions."""

import re
import urllib.parse
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from stampli_b1_assets.sandbox.service_layer.refusal import bad_query

KEYS: dict[str, tuple[str, ...]] = {
    "JournalEntries": ("JdtNum",),
    "BusinessPartners": ("CardCode",),
    "ChartOfAccounts": ("Code",),
    "DistributionRules": ("FactorCode",),
    "ProfitCenters": ("CenterCode",),
    "Projects": ("Code",),
    "Currencies": ("Code",),
    "Dimensions": ("DimensionCode",),
    "VatGroups": ("Code",),
    "BusinessPlaces": ("BPLID",),
    "UserTablesMD": ("TableName",),
    "UserFieldsMD": ("TableName", "FieldID"),
    "PurchaseOrders": ("DocEntry",),
}
"""Entity set → its key properties; a user table's is `Code`."""
_NUMBERS = frozenset({"JdtNum", "DimensionCode", "BPLID", "FieldID", "DocEntry"})
_KEYED = re.compile(r"(?P<set>\w+)\((?P<key>.*)\)(?:/(?P<action>\w+))?")
_PART = re.compile(r"(?:(?P<name>\w+)=)?(?P<value>'(?:[^']|'')*'|-?\d+)(?:,|$)")


@dataclass(frozen=True)
class Address:
    """An entity set, perhaps with a key (one value per key property) and an action."""

    entity_set: str
    key: tuple[str, ...] | None = None
    action: str | None = None


def read(path: str, is_numbered: Callable[[str], bool]) -> Address:
    """`is_numbered`: whether the codes of a user table are integers.

    Raises `Refusal` for a key in a spelling that SAP does not have (documented: text quoted, integers bare).
    """
    path = urllib.parse.unquote(path)
    match = _KEYED.fullmatch(path)
    if match is None:
        return Address(path)
    names = KEYS.get(match["set"], ("Code",))
    numbers = _NUMBERS | ({"Code"} if match["set"] not in KEYS and is_numbered(match["set"]) else frozenset())
    return Address(match["set"], _key(match["key"], names, numbers), match["action"])


def _key(text: str, names: tuple[str, ...], numbers: AbstractSet[str]) -> tuple[str, ...]:
    parts, place = [], 0
    while place < len(text):
        part = _PART.match(text, place)
        if part is None:
            raise bad_query(f"({text})")
        parts.append(part)
        place = part.end()
    if len(parts) != len(names) or (len(names) > 1 and not all(part["name"] for part in parts)):
        raise bad_query(f"({text})")
    found = {part["name"] or names[0]: part["value"] for part in parts}
    if set(found) != set(names) or not all(_is_literal(found[name], is_number=name in numbers) for name in names):
        raise bad_query(f"({text})")
    return tuple(_plain(found[name]) for name in names)


def _is_literal(value: str, *, is_number: bool) -> bool:
    """Text in quotes, integers bare and within 32 bits."""
    if value.startswith("'"):
        return not is_number
    return is_number and abs(int(value)) < 2**31


def _plain(value: str) -> str:
    return value[1:-1].replace("''", "'") if value.startswith("'") else value


def location(entity_set: str, key: tuple[str, ...]) -> str:
    """The path of a row: `JournalEntries(5)`, `U_T('k')`, `UserFieldsMD(TableName='OJDT',FieldID=0)`."""
    names = KEYS.get(entity_set, ("Code",))
    literals = [
        value if name in _NUMBERS else "'" + value.replace("'", "''") + "'"
        for name, value in zip(names, key, strict=True)
    ]
    if len(names) > 1:
        literals = [f"{name}={literal}" for name, literal in zip(names, literals, strict=True)]
    return f"{entity_set}({','.join(literals)})"
