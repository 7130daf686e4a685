"""How the columns of the newest file of each kind differ from those of the file before it."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from stampli_b1_assets.domain.outcome import RefusalReason
from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.ledger.records import FileRecord, FileState
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets.stampli.drift import Drift, drift
from stampli_b1_assets.stampli.reader import FileKind, columns_of

_BOTH = 2


@dataclass(frozen=True)
class FileDrift:
    """Two files of one kind, and what changed between them."""

    kind: str
    previous: str
    current: str
    drift: Drift


def drifts(workplace: Workplace) -> list[FileDrift]:
    """One for each kind of which two files can be read: the last two, also those refused for their header."""
    latest: dict[str, list[tuple[str, list[str]]]] = {}
    for record in reversed(workplace.ledger.files.all().values()):
        is_settled = bool(record.kind) and len(latest.get(record.kind, ())) == _BOTH
        if not is_settled and (record.state == FileState.DONE or record.reason == RefusalReason.BAD_HEADER):
            for kind, columns in _columns(workplace, record):
                latest.setdefault(kind, []).append((record.name, columns))
    return [
        FileDrift(kind, previous, current, drift(before, after))
        for kind, ((current, after), (previous, before)) in sorted(
            (kind, found[:_BOTH]) for kind, found in latest.items() if len(found) >= _BOTH
        )
    ]


def _columns(workplace: Workplace, record: FileRecord) -> Iterator[tuple[FileKind, list[str]]]:
    """Nothing of a file that left landing, or that the layout does not fit at all any more."""
    max_bytes = workplace.settings.stampli.max_file_mb * 10**6
    path = workplace.landing.path_of(record.sha256)
    with suppress(FileRefused, OSError):
        yield columns_of(path, record.name, workplace.layout, max_bytes=max_bytes)
