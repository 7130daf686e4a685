"""SAP's own property names, types and enumerations: what a body may hold, and what an answer always has."""

import datetime as dt
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from stampli_b1_assets.sandbox.service_layer.refusal import Refusal, unknown_property

TYPES = {
    "JournalEntries": "JournalEntry",
    "BusinessPartners": "BusinessPartner",
    "ChartOfAccounts": "ChartOfAccount",
    "DistributionRules": "DistributionRule",
    "ProfitCenters": "ProfitCenter",
    "Projects": "Project",
    "Currencies": "Currency",
    "Dimensions": "Dimension",
    "VatGroups": "VatGroup",
    "BusinessPlaces": "BusinessPlace",
    "UserTablesMD": "UserTablesMD",
    "UserFieldsMD": "UserFieldMD",
    "PurchaseOrders": "Document",
}
_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T\d\d:\d\d:\d\d(?:\.\d+)?Z?)?")
_COLLECTION = re.compile(r"Collection\(SAPB1\.(\w+)\)")
_LARGEST_INT32 = 2**31 - 1


@cache
def _known() -> dict[str, dict[str, str]]:
    file = Path(__file__).with_name("properties.json")
    known: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return known


@cache
def _rules() -> dict[str, Any]:
    file = Path(__file__).with_name("property_rules.json")
    rules: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return rules


def types_of(type_: str) -> Mapping[str, str]:
    """Property → type (`String`, `Int32`, `Double`, `DateTime`, `SAPB1.…`, `Collection(SAPB1.…)`)."""
    return _known()[type_]


@cache
def names_with_type(wanted: str) -> frozenset[str]:
    """Names that have this type wherever they stand."""
    return frozenset(name for known in _known().values() for name, type_ in known.items() if type_ == wanted)


def members_of(type_: str) -> Mapping[str, str]:
    """Name → stored value of an enumeration; empty for what is none that we know."""
    members: Mapping[str, str] = _rules()["enums"].get(type_.removeprefix("SAPB1."), {})
    return members


def day_of(value: Any) -> dt.date | None:
    """A date in one of the spellings that SAP reads (`2026-01-31`, `20260131`, with a time that is ignored)."""
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    try:
        return dt.date(*map(int, match.groups()[:3])) if match else None
    except ValueError:
        return None


def taken(body: Any, type_: str, user_fields: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The body as SAP keeps it: dates as ISO days, enumerations by name, read-only properties dropped in silence.

    Refuses a property that the type does not have (seen live), and a value of another type (inferred).
    """
    if not isinstance(body, dict):
        raise Refusal(-1000, f"Invalid value for '{type_}'")
    known, read_only = {**types_of(type_), **(user_fields or {})}, set(_rules()["read_only"].get(type_, ()))
    for name in body:
        if name not in known:
            raise unknown_property(name, type_)
    return {name: _value(value, name, known[name]) for name, value in body.items() if name not in read_only}


def _value(value: Any, name: str, type_: str) -> Any:
    if value is None:
        return None
    collection = _COLLECTION.fullmatch(type_)
    if collection:
        return _rows(value, name, collection[1])
    if type_ == "DateTime":
        day = day_of(value)
        return day.isoformat() if day else _wrong(value, name)
    if type_.startswith("SAPB1."):
        return _member(value, name, members_of(type_))
    is_right = {
        "String": isinstance(value, str),
        "Double": isinstance(value, int | Decimal) and not isinstance(value, bool),
        "Int32": isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_INT32,
    }.get(type_, True)
    return value if is_right else _wrong(value, name)


def _rows(value: Any, name: str, type_: str) -> Any:
    if not isinstance(value, list):
        _wrong(value, name)
    if not all(isinstance(item, dict) for item in value):
        raise Refusal(-1000, f"Invalid value for '{type_}'")
    return [taken(item, type_) for item in value] if type_ in _known() else value


def _member(value: Any, name: str, members: Mapping[str, str]) -> Any:
    if value in members or not members:
        return value
    by_value = {stored: member for member, stored in members.items()}
    if value in by_value:
        return by_value[value]
    valid = ", ".join(f"'{stored}' - '{member}'" for member, stored in members.items())
    raise Refusal(-1004, f"'{value}' is not a valid value for property '{name}'. The valid values are: {valid}")


def _wrong(value: Any, name: str) -> Any:
    raise Refusal(-1004, f"'{value}' is not a valid value for property '{name}'.")


def completed(row: Mapping[str, Any], type_: str, user_fields: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The row as SAP answers it: every property that the type has, and no other."""
    known = types_of(type_)
    whole = {**_empty(type_), **dict.fromkeys(user_fields or ())}
    for name in whole:
        value = row.get(name)
        collection = _COLLECTION.fullmatch(known.get(name, ""))
        if collection and collection[1] in _known() and value:
            value = [completed(item, collection[1]) for item in value]
        if value is not None:
            whole[name] = value
    return whole


@cache
def _empty(type_: str) -> Mapping[str, Any]:
    defaults = _rules()["defaults"].get(type_, {})
    return {name: [] if _COLLECTION.fullmatch(kind) else defaults.get(name) for name, kind in types_of(type_).items()}
