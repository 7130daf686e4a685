"""The audit trail as lines of text: JSON for machines, CSV for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator

from stampli_b1_assets.ledger.canonical import canonical, moment_text
from stampli_b1_assets.ledger.records import AuditRecord

_COLUMNS = ("sequence", "at", "event", "subject", "who", "data", "previous_hash", "hash")
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\0")


def as_json_lines(records: Iterable[AuditRecord]) -> Iterator[str]:
    """One JSON object per record, everything verbatim; `data` is the text that was hashed."""
    for record in records:
        yield canonical(record) + "\n"


def as_csv(records: Iterable[AuditRecord]) -> Iterator[str]:
    """A header and one row per record. Text that a spreadsheet would take for a formula gets an apostrophe."""
    yield _row(_COLUMNS)
    for record in records:
        texts = (record.event, record.subject, record.who)
        hashes = (record.previous_hash, record.hash)
        yield _row((str(record.sequence), moment_text(record.at), *map(_harmless, texts), record.data, *hashes))


def _harmless(text: str) -> str:
    text = text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def _row(values: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()
