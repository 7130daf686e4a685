"""How the columns of the newest file of each kind differ from those of the file before it."""

from collections.abc import Iterator
from dataclasses import dataclass

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
    """One for each kind of which at least two files were read."""
    return list(_drifts(workplace))


def _drifts(workplace: Workplace) -> Iterator[FileDrift]:
    read = [one for one in workplace.ledger.files.all().values() if one.state == FileState.DONE and one.kind]
    for kind in sorted({one.kind for one in read}):
        latest = [one for one in read if one.kind == kind][-2:]
        if len(latest) == 2:
            previous, current = latest
            change = drift(_columns(workplace, previous), _columns(workplace, current))
            yield FileDrift(kind, previous.name, current.name, change)


def _columns(workplace: Workplace, record: FileRecord) -> tuple[str, ...]:
    max_bytes = workplace.settings.stampli.max_file_mb * 10**6
    path = workplace.landing.path_of(record.sha256)
    try:
        return tuple(open_export(path, record.name, workplace.layout, max_bytes=max_bytes).source.columns)
    except (FileRefused, OSError):
        return ()
