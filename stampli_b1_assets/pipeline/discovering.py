"""Which files of the outbound folder are work, by the ledger's memory of (name, size, mtime); never a watermark."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from stampli_b1_assets.domain.outcome import RefusalReason
from stampli_b1_assets.ledger.records import FileRecord, FileState
from stampli_b1_assets.pipeline.checkpoints import Checkpoint, passed
from stampli_b1_assets.pipeline.partitions import partition_key
from stampli_b1_assets.pipeline.refusing import refused
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets.stampli.listing import RemoteFile, is_bad_name, settled
from stampli_b1_assets.stampli.sftp import StampliSftp

FileId = tuple[str, int, int]
"""(name, size in bytes, mtime in seconds)."""

_NEVER_DOWNLOADED = (RefusalReason.BAD_NAME, RefusalReason.TOO_LARGE)


@dataclass(frozen=True)
class Discovery:
    """What lies in the outbound folder now.

    `work` are the files to be run, each with its partition key, in the order of (mtime, name).
    """

    work: tuple[FileRecord, ...]
    known: int
    unsettled: tuple[RemoteFile, ...]
    refused: tuple[FileRecord, ...]

    @property
    def seen(self) -> int:
        """Every file that lies there, but for those passed over by name."""
        return len(self.work) + self.known + len(self.unsettled) + len(self.refused)


def discover(workplace: Workplace, stampli: StampliSftp) -> Discovery:
    """List the folder and tell work from what is known; registers new files, downloads nothing.

    Raises `StampliUnusable` or `LedgerUnusable`.
    """
    listing = stampli.list_outbound()
    records = workplace.ledger.files.all()
    strangers = [file for file in listing if _identity(file) not in records]
    ready, unsettled = _settled(workplace, strangers)
    registered = [_register(workplace, file) for file in ready]
    passed(Checkpoint.FILES_REGISTERED)
    remembered = [records[_identity(file)] for file in listing if _identity(file) in records]
    return _sorted_out(workplace, [*registered, *remembered], unsettled)


def _identity(file: RemoteFile) -> FileId:
    return (file.name, file.size, file.mtime)


def _settled(workplace: Workplace, files: list[RemoteFile]) -> tuple[list[RemoteFile], list[RemoteFile]]:
    now = workplace.clock()
    first_seen = workplace.ledger.files.first_seen([_identity(file) for file in files], now)
    return settled(
        files,
        first_seen={file: first_seen[_identity(file)] for file in files},
        now=now,
        settle_seconds=workplace.settings.stampli.settle_seconds,
    )


def _register(workplace: Workplace, file: RemoteFile) -> FileRecord:
    """Remember a new file: to be taken, or refused for its name or size without a download."""
    settings = workplace.settings.stampli
    record = FileRecord(name=file.name, size=file.size, mtime=file.mtime, state=FileState.FOUND)
    if is_bad_name(file.name):
        detail = (
            f"The name {file.name!r} has a control character or a path separator, and is not safe to use. "
            "Ask Stampli to send the file under a plain name."
        )
        record = refused(record, RefusalReason.BAD_NAME, detail)
    elif file.size > settings.max_file_mb * 10**6:
        detail = (
            f"{file.name} has {file.size} bytes, and at most {settings.max_file_mb} MB are taken. "
            "Raise `stampli.max_file_mb`, or ask Stampli for smaller exports."
        )
        record = refused(record, RefusalReason.TOO_LARGE, detail)
    else:
        record = replace(record, partition=partition_key(settings.outbound_dir, file))
    workplace.ledger.files.save(record)
    return record


def _sorted_out(workplace: Workplace, records: Iterable[FileRecord], unsettled: list[RemoteFile]) -> Discovery:
    work: list[FileRecord] = []
    lying: list[FileRecord] = []
    known = 0
    for record in records:
        if record.state in (FileState.FOUND, FileState.TAKEN) or _may_be_read_now(workplace, record):
            work.append(record)
        elif record.state == FileState.REFUSED:
            lying.append(record)
        else:
            known += 1
    work.sort(key=lambda record: (record.mtime, record.name))
    return Discovery(tuple(work), known, tuple(unsettled), tuple(lying))


def _may_be_read_now(workplace: Workplace, record: FileRecord) -> bool:
    """A refused file is read again only when something changed that may mend it: the layout, or the size cap."""
    if record.state != FileState.REFUSED or record.reason == RefusalReason.BAD_NAME:
        return False
    if record.reason in _NEVER_DOWNLOADED and not record.sha256:
        return record.size <= workplace.settings.stampli.max_file_mb * 10**6
    return record.layout != workplace.layout.fingerprint
