"""Find entries in SAP: by our key, by the Stampli id, by the vendor's number."""

from collections.abc import Sequence

from stampli_b1_assets.b1.entries import ENTITY_SET, HEADER, KEY_PROPERTY, from_sap
from stampli_b1_assets.b1.odata import chunks_for_url, equals_any
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.b1.wire import Json
from stampli_b1_assets.domain.journal_entry import PostedEntry


def find_by_key(session: ServiceLayer, keys: Sequence[str]) -> dict[str, PostedEntry]:
    """Entries without lines, by key; of several under one key (which must not be) the oldest."""
    found: dict[str, PostedEntry] = {}
    for row in _rows(session, KEY_PROPERTY, keys, (*HEADER, KEY_PROPERTY)):
        entry = from_sap(row)
        found.setdefault(entry.key, entry)
    return found


def find_by_reference(session: ServiceLayer, stampli_ids: Sequence[str]) -> dict[str, list[PostedEntry]]:
    """Entries without lines whose Reference2 is the Stampli id, oldest first."""
    found: dict[str, list[PostedEntry]] = {}
    for row in _rows(session, "Reference2", stampli_ids, HEADER):
        entry = from_sap(row)
        found.setdefault(entry.reference2, []).append(entry)
    return found


def find_by_number(session: ServiceLayer, numbers: Sequence[str]) -> list[PostedEntry]:
    """Entries whose Reference is a vendor's number, each read with its lines: lists give none without all columns."""
    rows = _rows(session, "Reference", [number for number in numbers if number], ("JdtNum",))
    return [read_entry(session, int(row["JdtNum"])) for row in rows]


def find_keyed(session: ServiceLayer, month: str) -> list[PostedEntry]:
    """Entries with any key, without lines; of a month `YYYY-MM` by posting date, or of all time."""
    filter_ = f"{KEY_PROPERTY} ne null"
    if month:
        year, number = map(int, month.split("-"))
        after = f"{year + number // 12}-{number % 12 + 1:02}-01"
        filter_ += f" and ReferenceDate ge '{month}-01' and ReferenceDate lt '{after}'"
    rows = session.get_all(ENTITY_SET, select=(*HEADER, KEY_PROPERTY), filter=filter_, orderby="JdtNum")
    return [entry for entry in map(from_sap, rows) if entry.key]


def read_entry(session: ServiceLayer, jdt_num: int) -> PostedEntry:
    """One entry with its lines."""
    return from_sap(session.get(f"{ENTITY_SET}({jdt_num})"))


def _rows(session: ServiceLayer, property_: str, values: Sequence[str], select: Sequence[str]) -> list[Json]:
    rows: list[Json] = []
    for chunk in chunks_for_url(property_, dict.fromkeys(values)):
        rows += session.get_all(ENTITY_SET, select=select, filter=equals_any(property_, chunk), orderby="JdtNum")
    return rows
