"""Find entries in SAP: by our key, by the Stampli id, by the vendor's number, by what they say.

Raises `B1Unusable` when SAP cannot be asked.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from stampli_b1_assets.b1.entries import ENTITY_SET, HEADER, KEY_PROPERTY, from_sap
from stampli_b1_assets.b1.odata import chunks_for_url, equals_any, keyed
from stampli_b1_assets.b1.refusals import refused_read
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.b1.wire import Json
from stampli_b1_assets.domain.journal_entry import JournalEntry, JournalLine, PostedEntry
from stampli_b1_assets.errors import B1Refused

_KEYED = (*HEADER, KEY_PROPERTY)
_WHOLE_ROWS = 50


def find_by_key(session: ServiceLayer, keys: Sequence[str]) -> dict[str, PostedEntry]:
    """Entries without lines, by key; of several under one key (which must not be) the oldest."""
    found: dict[str, PostedEntry] = {}
    wanted = set(keys)
    for row in _rows(session, KEY_PROPERTY, keys, _KEYED):
        entry = from_sap(row)
        if entry.key in wanted:
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
    """Entries whose Reference is a vendor's number, with lines: a list of whole rows has them, one of columns not."""
    rows = _rows(session, "Reference", [number for number in numbers if number], ())
    return [_whole(session, row) for row in rows]


def read_entries(session: ServiceLayer, jdt_nums: Iterable[int]) -> dict[int, PostedEntry]:
    """Entries with lines by their JdtNum, many at once; what SAP does not have is absent."""
    numbers, found = list(dict.fromkeys(jdt_nums)), {}
    for start in range(0, len(numbers), _WHOLE_ROWS):
        filter_ = " or ".join(f"JdtNum eq {number}" for number in numbers[start : start + _WHOLE_ROWS])
        entries = [_whole(session, row) for row in _filtered(session, filter_, ())]
        found.update({entry.jdt_num: entry for entry in entries})
    return found


def _whole(session: ServiceLayer, row: Json) -> PostedEntry:
    entry = from_sap(row)
    return entry if entry.lines is not None else read_entry(session, entry.jdt_num)


def find_keyed(session: ServiceLayer, month: str) -> list[PostedEntry]:
    """Entries with any key, without lines; of a month `YYYY-MM` by posting date, or of all time."""
    filter_ = f"{KEY_PROPERTY} ne null"
    if month:
        year, number = map(int, month.split("-"))
        after = f"{year + number // 12}-{number % 12 + 1:02}-01"
        filter_ += f" and ReferenceDate ge '{month}-01' and ReferenceDate lt '{after}'"
    return [entry for entry in map(from_sap, _filtered(session, filter_, _KEYED)) if entry.key]


def find_same(session: ServiceLayer, entries: Sequence[JournalEntry]) -> dict[str, PostedEntry]:
    """For a company without the user field: entries with the same references, dates and total, under our keys."""
    candidates = find_by_reference(session, [entry.reference2 for entry in entries])
    found: dict[str, PostedEntry] = {}
    for entry in entries:
        for posted in candidates.get(entry.reference2, []):
            if _has_same_header(entry, posted):
                whole = read_entry(session, posted.jdt_num)
                if _lines(entry.lines) == _lines(whole.lines or ()):
                    found[entry.key] = replace(whole, key=entry.key)
                    break
    return found


def find_reversals(session: ServiceLayer, entries: Iterable[PostedEntry]) -> dict[int, int]:
    """JdtNum of an entry → JdtNum of the entry that undid it in SAP, where one is found.

    SAP keeps the link in OJDT.StornoToTr, which the Service Layer does not show (metadata of 9.3). So an undoing entry
    is known by this (inferred): later, the same references, no key of its own or the same, and every side swapped.
    """
    originals = [entry for entry in entries if entry.reference2]
    later = find_by_reference(session, [entry.reference2 for entry in originals])
    return {
        original.jdt_num: undoing
        for original in originals
        if (undoing := _undoing(session, original, later.get(original.reference2, []))) is not None
    }


def _undoing(session: ServiceLayer, original: PostedEntry, candidates: Sequence[PostedEntry]) -> int | None:
    """In their order: a copy that somebody made in SAP stands on top of it, and is what the next reversal undoes."""
    others = [one for one in candidates if one.jdt_num > original.jdt_num and one.reference == original.reference]
    if not others:
        return None
    whole = original if original.lines is not None else read_entry(session, original.jdt_num)
    same = _lines(whole.lines or ())
    swapped = _lines([_swapped(line) for line in whole.lines or ()])
    copies = 0
    for one in others:
        other = read_entry(session, one.jdt_num)
        lines = _lines(other.lines or ())
        if other.key not in ("", original.key) or lines not in (same, swapped):
            continue
        if lines == swapped and copies == 0:
            return other.jdt_num
        copies += 1 if lines == same else -1
    return None


def read_entry(session: ServiceLayer, jdt_num: int) -> PostedEntry:
    """One entry with its lines."""
    try:
        return from_sap(session.get(keyed(ENTITY_SET, jdt_num)))
    except B1Refused as refusal:
        raise refused_read(f"journal entry {jdt_num}", refusal) from None


def _has_same_header(entry: JournalEntry, posted: PostedEntry) -> bool:
    ours = (entry.reference, entry.reference_date, entry.tax_date, entry.due_date)
    return ours == (posted.reference, posted.reference_date, posted.tax_date, posted.due_date)


def _lines(lines: Iterable[JournalLine]) -> Counter[tuple[str, Decimal, str, Decimal]]:
    """Account or partner with its signed amounts, in any order."""
    zero = Decimal(0)
    return Counter(
        (
            line.card_code or line.account_code,
            (line.debit or zero) - (line.credit or zero),
            line.fc_currency,
            (line.fc_debit or zero) - (line.fc_credit or zero),
        )
        for line in lines
    )


def _swapped(line: JournalLine) -> JournalLine:
    return replace(line, debit=line.credit, credit=line.debit, fc_debit=line.fc_credit, fc_credit=line.fc_debit)


def _rows(session: ServiceLayer, property_: str, values: Sequence[str], select: Sequence[str]) -> list[Json]:
    rows: list[Json] = []
    for chunk in chunks_for_url(property_, dict.fromkeys(values)):
        rows += _filtered(session, equals_any(property_, chunk), select)
    return rows


def _filtered(session: ServiceLayer, filter_: str, select: Sequence[str]) -> list[Json]:
    try:
        return session.get_all(ENTITY_SET, select=select, filter=filter_, orderby="JdtNum")
    except B1Refused as refusal:
        raise refused_read("journal entries", refusal) from None
