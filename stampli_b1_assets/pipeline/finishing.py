"""The end of a run: which files are done, which hold something that needs a person, and why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stampli_b1_assets.domain.outcome import Hold, refused_action
from stampli_b1_assets.ledger.records import FileRecord, FileState
from stampli_b1_assets.pipeline.checkpoints import Checkpoint, passed
from stampli_b1_assets.pipeline.leaving_out import left_out
from stampli_b1_assets.pipeline.reading import FileContent
from stampli_b1_assets.pipeline.session import Session

Row = dict[str, str]


@dataclass(frozen=True)
class FileResult:
    """What one file's partition holds after a run; open rows: kind, id, number, outcome, reason, detail, action.

    `left_out`: a sentence when the export leaves out invoices that the one before it brought.
    """

    partition: str
    file_name: str
    open: tuple[Row, ...]
    left_out: str = ""

    @property
    def is_clean(self) -> bool:
        """Nothing in it needs a person."""
        return not self.open


def finish(session: Session, files: Sequence[FileContent]) -> list[FileResult]:
    """Mark files as done, once all they brought is recorded, and tell the clean from the others."""
    results = []
    for content in files:
        record = session.ledger.files.by_partition(content.record.partition) or content.record
        told = ""
        if record.state == FileState.TAKEN:
            record = replace(record, state=FileState.DONE)
            told = _tell_what_is_left_out(session, record)
        rows = _open_rows(session, record.partition)
        if record.state == FileState.REFUSED:
            action = refused_action(record.reason)
            rows.append(_row("file", record.name, "", "refused", str(record.reason), record.detail, action))
        elif record.state == FileState.FOUND:
            detail = f"{record.name} could not be fetched."
            rows.append(_row("file", record.name, "", "not taken", "NOT_TAKEN", detail, "It is tried again by itself."))
        session.ledger.files.save(replace(record, is_clean=not rows))
        results.append(FileResult(record.partition, record.name, tuple(rows), told))
    passed(Checkpoint.FILES_FINISHED)
    return results


def _tell_what_is_left_out(session: Session, record: FileRecord) -> str:
    """On record with the file and with each invoice, for its evidence."""
    found = left_out(session.ledger, record)
    if found is None:
        return ""
    audit, who = session.ledger.audit, session.who
    with session.ledger.transaction():
        audit.append("file.leaves_out", record.name, who, {"previous": found.previous, "count": len(found.ids)})
        for id_ in found.ids:
            audit.append("invoice.left_out", id_, who, {"previous": found.previous, "file": record.name})
    return found.sentence


def _open_rows(session: Session, partition: str) -> list[Row]:
    ledger = session.ledger
    rows = [
        _row("invoice", one.stampli_id, one.number, one.outcome, *_first(one.holds))
        for one in ledger.invoices.open_in(partition)
    ]
    rows += [
        _row("vendor", one.vendor_id or one.row_key, one.name, one.outcome, *_first(one.holds))
        for one in ledger.vendors.open_in(partition)
    ]
    rows += [
        _row("payment", one.payment_id, "", one.outcome, *_first(one.holds))
        for one in ledger.payments.open_in(partition)
    ]
    return rows


def _first(holds: Sequence[Hold]) -> tuple[str, str, str]:
    if not holds:
        return "", "", ""
    return str(holds[0].reason), holds[0].detail, holds[0].action


def _row(kind: str, id_: str, number: str, outcome: str, reason: str, detail: str, action: str) -> Row:
    return {
        "kind": kind,
        "id": id_,
        "number": number,
        "outcome": outcome,
        "reason": reason,
        "detail": detail,
        "action": action,
    }
