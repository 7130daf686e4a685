"""The one place where entries go to SAP, and where it is decided that sending is safe.

Intent in the ledger, request, look-up, outcome in the ledger: in this order, for invoices, reversals and payments.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from stampli_b1_assets.accounting.identity import PostingKind
from stampli_b1_assets.b1.poster import WITH_A_ROW, PostingMode, WriteResult
from stampli_b1_assets.domain.journal_entry import JournalEntry
from stampli_b1_assets.ledger.records import IntentRecord, IntentStatus, Resolution
from stampli_b1_assets.pipeline.checkpoints import Checkpoint, passed
from stampli_b1_assets.pipeline.right_company import remember_company
from stampli_b1_assets.pipeline.session import Session


@dataclass(frozen=True)
class Item:
    """An entry to be sent, with the invoice or payment that it is for."""

    subject_id: str
    revision: int
    entry: JournalEntry


def send(session: Session, items: Sequence[Item], mode: PostingMode, kind: PostingKind) -> dict[str, WriteResult]:
    """Results by key. Entries that SAP has already must have been sifted out before: look, then send.

    Not in the result: what an earlier request may still be about to commit, and what the ledger knows as committed
    though SAP does not show it. Both wait for a later cycle.
    """
    intents = session.ledger.intents.get_many([item.entry.key for item in items])
    sendable = [item for item in items if _may_be_sent(session, intents.get(item.entry.key), mode)]
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


def _may_be_sent(session: Session, intent: IntentRecord | None, mode: PostingMode) -> bool:
    """Whether no earlier request of this key may commit beside a new one. A proved guard would not let it.

    What is still in doubt after the look-up waits, however old it is by now: the look was as old.
    """
    if intent is None or not intent.status.is_in_doubt:
        return intent is None or intent.status is not IntentStatus.COMMITTED
    return mode is PostingMode.GUARDED and intent.mode in WITH_A_ROW and session.ledger.intents.give_up(intent)


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
