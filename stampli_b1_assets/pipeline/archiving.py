"""Clean files leave Stampli's outbound folder, when the company wants that: renamed, once the copy here is safe."""

from stampli_b1_assets.errors import FileNotTaken, StampliUnusable
from stampli_b1_assets.ledger.records import FileRecord, FileState
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets.stampli.listing import RemoteFile
from stampli_b1_assets.stampli.sftp import StampliSftp

_THROUGH = (FileState.DONE, FileState.KNOWN)


def archive_clean(workplace: Workplace) -> list[str]:
    """Rename what is clean and still lies there, earlier leftovers too; each on record as `file.archived`.

    Gives a sentence for each file that stays: what is posted is posted, and the next run tries again.
    """
    if workplace.settings.stampli.archive is None:
        return []
    try:
        with workplace.stampli() as stampli:
            records = workplace.ledger.files.all()
            lying = [(file, records.get((file.name, file.size, file.mtime))) for file in stampli.list_outbound()]
            movable = [(file, record) for file, record in lying if record and _may_go(workplace, record)]
            return [told for file, record in movable if (told := _archived(workplace, stampli, file, record))]
    except StampliUnusable as error:
        return [f"Nothing was moved into the archive. {error}"]


def _may_go(workplace: Workplace, record: FileRecord) -> bool:
    is_through = record.state in _THROUGH and record.is_clean
    return is_through and workplace.landing.path_of(record.sha256).exists()


def _archived(workplace: Workplace, stampli: StampliSftp, file: RemoteFile, record: FileRecord) -> str:
    try:
        place = stampli.archive(file, record.sha256)
    except FileNotTaken as error:
        return str(error)
    workplace.ledger.audit.append("file.archived", file.name, "service", {"place": place, "sha256": record.sha256})
    return ""
