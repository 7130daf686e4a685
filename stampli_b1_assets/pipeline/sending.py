"""The one place where entries go to SAP, and where it is decided that sending is safe.

Intent in the ledger, request, look-up, outcome in the ledger: in this order, for invoices, reversals and payments.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from stampli_b1_assets.accounting.identity import PostingKind
from stampli_b1_assets.b1.poster import PostingMode, WriteResult
from stampli_b1_assets.domain.journal_entry import JournalEntry
from stampli_b1_assets.ledger.records import Resolution
from stampli_b1_assets.pipeline.checkpoints import Checkpoint, passed
from stampli_b1_assets.pipeline.right_company import remember_company
from stampli_b1_assets.pipeline.session import Session

_TIMEOUTS_UNTIL_LOST = 3
"""A write without the guard is sent again only when it is this many time-outs old and still not in SAP."""


@dataclass(frozen=True)
class Item:
    """An entry to be sent, with the invoice or payment that it is for."""

    subject_id: str
    revision: int
    entry: JournalEntry


def send(session: Session, items: Sequence[Item], mode: PostingMode, kind: PostingKind) -> dict[str, WriteResult]:
    """Results by key. Entries that SAP has already must have been sifted out before: look, then send.

    Not in the result: what an earlier request may still be about to commit; it waits for a later cycle.
    """
    sendable = [item for item in items if not _is_in_doubt(session, item, mode)]
    if not sendable:
        return {}
    entries = [item.entry for item in sendable]
    remember_company(session.ledger, session.reference)
    session.ledger.intents.write(
        entries,
        stampli_ids=[item.subject_id for item in sendable],
        mode=mode,
        kind=kind,
        revision={item.entry.key: item.revision for item in sendable},
    )
    passed(Checkpoint.INTENTS_WRITTEN)
    session.has_written = True
    results = session.b1.post(entries, mode, sending=session.ledger.intents.sending)
    passed(Checkpoint.ANSWERED)
    session.ledger.intents.resolve_many([_resolution(result) for result in results])
    _distrust_guard_if_contradicted(session, results)
    passed(Checkpoint.RESOLVED)
    return {result.entry.key: result for result in results}


def _is_in_doubt(session: Session, item: Item, mode: PostingMode) -> bool:
    """Whether an earlier request of this key may still commit. With the guard it could not do so twice."""
    intent = session.ledger.intents.get(item.entry.key)
    if intent is None or not intent.status.is_in_doubt:
        return False
    patience = timedelta(seconds=_TIMEOUTS_UNTIL_LOST * session.settings.b1.timeout_seconds)
    if mode is not PostingMode.GUARDED and session.workplace.clock() - intent.written_at < patience:
        return True
    session.ledger.intents.resolve(item.entry.key, "absent")  # it was looked up before it came here
    return False


def _resolution(result: WriteResult) -> Resolution:
    posted = result.posted
    return Resolution(
        key=result.entry.key,
        status=result.status,
        jdt_num=posted.jdt_num if posted else None,
        doc_number=posted.number if posted else None,
        code=result.code,
        text=result.text,
        http_status=result.http_status,
        request_sha256=result.request_sha256,
        response_sha256=result.response_sha256,
    )


def _distrust_guard_if_contradicted(session: Session, results: Sequence[WriteResult]) -> None:
    """A guard row without its entry cannot be, where change sets are atomic: from now on the guard proves nothing."""
    for result in results:
        if result.status == "guard_contradiction":
            detail = f"The guard row {result.entry.key} stands in SAP without its journal entry."
            session.ledger.save_proof(session.settings.b1.company_db, is_proved=False, detail=detail)
