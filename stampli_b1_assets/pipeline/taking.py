"""Fetch registered files into landing, byte for byte, and tell new bytes from known ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stampli_b1_assets.errors import FileNotTaken, FileRefused
from stampli_b1_assets.ledger.records import FileRecord, FileState
from stampli_b1_assets.pipeline.checkpoints import Checkpoint, passed
from stampli_b1_assets.pipeline.refusing import refused
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets.stampli.landing import LandedFile
from stampli_b1_assets.stampli.listing import RemoteFile


@dataclass(frozen=True)
class Taken:
    """What became of one registered file: its record now, and why it could not be fetched, if so."""

    record: FileRecord
    not_taken: str = ""


def take(workplace: Workplace, records: Sequence[FileRecord]) -> list[Taken]:
    """Download what is not in landing yet, several at once; same order as `records`.

    One file that cannot be fetched stops no other. Raises `StampliUnusable` or `LedgerUnusable`.
    """
    wanted = {_remote(record): record for record in records if _must_be_fetched(workplace, record)}
    fetched: dict[RemoteFile, LandedFile | FileNotTaken | FileRefused] = {}
    if wanted:
        with workplace.stampli() as stampli:
            fetched = stampli.download_all(list(wanted), workplace.landing)
        passed(Checkpoint.FILE_LANDED)
    return [_settle(workplace, record, fetched.get(_remote(record))) for record in records]


def _remote(record: FileRecord) -> RemoteFile:
    return RemoteFile(record.name, record.size, record.mtime)


def _must_be_fetched(workplace: Workplace, record: FileRecord) -> bool:
    if record.state == FileState.FOUND or not record.sha256:
        return True
    return not workplace.landing.path_of(record.sha256).exists()


def _settle(workplace: Workplace, record: FileRecord, fetched: LandedFile | FileNotTaken | FileRefused | None) -> Taken:
    files = workplace.ledger.files
    if isinstance(fetched, FileNotTaken):
        return Taken(record, str(fetched))
    if isinstance(fetched, FileRefused):
        record = refused(record, fetched.reason, str(fetched))
        files.save(record)
        return Taken(record)
    if fetched is None and record.state != FileState.REFUSED:
        return Taken(record)
    sha256 = fetched.sha256 if fetched else record.sha256
    record = replace(record, state=FileState.TAKEN, sha256=sha256, reason="", detail="", taken_at=workplace.clock())
    record = _compared_with_same_bytes(workplace, record)
    files.save(record)
    return Taken(record)


def _compared_with_same_bytes(workplace: Workplace, record: FileRecord) -> FileRecord:
    """The same bytes under another name or time are no work; refused bytes are refused again, unread."""
    twin = workplace.ledger.files.by_sha256(record.sha256)
    if twin is None or (twin.name, twin.size, twin.mtime) == (record.name, record.size, record.mtime):
        return record
    if twin.state != FileState.REFUSED:
        return replace(record, state=FileState.KNOWN, detail=f"The same bytes as {twin.name}.")
    if twin.layout == workplace.layout.fingerprint:
        detail = f"{record.name} has the same bytes as {twin.name}, which was refused: {twin.detail}"
        return refused(record, twin.reason, detail, layout=twin.layout)
    return record
