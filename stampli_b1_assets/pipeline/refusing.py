"""A file that cannot be read as a whole, on record."""

from dataclasses import replace

from stampli_b1_assets.ledger.records import FileRecord, FileState


def refused(record: FileRecord, reason: str, detail: str, *, layout: str = "") -> FileRecord:
    """The record of a refused file; `layout` is the fingerprint that it was read with, if it was read."""
    return replace(record, state=FileState.REFUSED, reason=str(reason), detail=detail, layout=layout)
