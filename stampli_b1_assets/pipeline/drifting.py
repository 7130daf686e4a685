"""How the columns of the newest file of each kind differ from those of the file before it."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.ledger.records import FileRecord, FileState
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets.stampli.drift import Drift, drift
from stampli_b1_assets.stampli.reader import open_export


@dataclass(frozen=True)
class FileDrift:
    """Two files of one kind, and what changed between them."""

    kind: str
    previous: str
    current: str
    drift: Drift


def drifts(workplace: Workplace) -> list[FileDrift]:
    """One for each kind of which two files can be read: the last two."""
    return list(_drifts(workplace))


def _drifts(workplace: Workplace) -> Iterator[FileDrift]:
    read = [one for one in workplace.ledger.files.all().values() if one.state == FileState.DONE and one.kind]
    for kind in sorted({one.kind for one in read}):
        of_kind = [one for one in reversed(read) if one.kind == kind]
        latest = list(islice(_readable(workplace, of_kind), 2))
        if len(latest) == 2:
            (current, after), (previous, before) = latest
            yield FileDrift(kind, previous.name, current.name, drift(before, after))


def _readable(workplace: Workplace, records: Iterable[FileRecord]) -> Iterator[tuple[FileRecord, list[str]]]:
    """Files with their columns; those that left landing, or that the layout does not fit any more, are left out."""
    max_bytes = workplace.settings.stampli.max_file_mb * 10**6
    for record in records:
        path = workplace.landing.path_of(record.sha256)
        with suppress(FileRefused, OSError):
            yield record, open_export(path, record.name, workplace.layout, max_bytes=max_bytes).columns()
