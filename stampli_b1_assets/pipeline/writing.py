"""The one place where entries are sent to SAP, and where it is decided that sending is safe."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.b1.poster import PostingMode, WriteResult
from stampli_b1_assets.domain.journal_entry import JournalEntry
from stampli_b1_assets.domain.outcome import Hold, Outcome, Reason
from stampli_b1_assets.ledger.records import Resolution
from stampli_b1_assets.pipeline.checkpoints import Checkpoint, passed
from stampli_b1_assets.pipeline.recording import save
from stampli_b1_assets.pipeline.reversing import reversal_entry
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.verdict import Candidate, Ready, Verdict, held

Pair = tuple[Candidate, JournalEntry]

_TIMEOUTS_UNTIL_LOST = 3
"""A write without the guard is sent again only when it is this many time-outs old and still not in SAP."""


def write_to_sap(session: Session, ready: Sequence[Ready]) -> list[Verdict]:
    """Post what is ready (reversals first) and conclude. Intent → request → look-up → outcome, for each."""
    mode = session.posting_mode()
    reversals = [one for one in ready if one.reverses is not None]
    verdicts, reversed_ = _reverse(session, reversals, mode)
    entries = [one for one in ready if one.reverses is None] + reversed_
    return verdicts + _post(session, entries, mode)


def _post(session: Session, ready: Sequence[Ready], mode: PostingMode) -> list[Verdict]:
    pairs = [(one.candidate, one.entry) for one in ready if one.entry is not None]
    waiting, sendable = _part_in_doubt(session, pairs, mode)
    verdicts = [held(candidate, [_in_doubt(candidate)]) for candidate, _ in waiting]
    results = _send(session, sendable, mode, "invoice")
    return verdicts + [_verdict(candidate, result) for (candidate, _), result in zip(sendable, results, strict=True)]


def _send(session: Session, pairs: Sequence[Pair], mode: PostingMode, kind: str) -> list[WriteResult]:
    """Intents first; then the requests; then what became of them."""
    if not pairs:
        return []
    entries = [entry for _, entry in pairs]
    session.ledger.intents.write(
        entries,
        stampli_ids=[candidate.id for candidate, _ in pairs],
        mode=mode,
        kind=kind,
        revision={entry.key: candidate.revision for candidate, entry in pairs},
    )
    passed(Checkpoint.INTENTS_WRITTEN)
    session.has_written = True
    results = session.b1.post(entries, mode)
    passed(Checkpoint.ANSWERED)
    session.ledger.intents.resolve_many([_resolution(result) for result in results])
    _distrust_guard_if_contradicted(session, results)
    passed(Checkpoint.RESOLVED)
    return results


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


def _part_in_doubt(session: Session, pairs: Sequence[Pair], mode: PostingMode) -> tuple[list[Pair], list[Pair]]:
    """Part what an earlier request may still be about to commit inside SAP; with the guard it could not do so twice."""
    patience = timedelta(seconds=_TIMEOUTS_UNTIL_LOST * session.settings.b1.timeout_seconds)
    intents = session.ledger.intents.unresolved()
    now = session.workplace.clock()
    waiting: list[Pair] = []
    sendable: list[Pair] = []
    for candidate, entry in pairs:
        intent = intents.get(entry.key)
        if intent is None:
            sendable.append((candidate, entry))
        elif mode is PostingMode.GUARDED or now - intent.written_at >= patience:
            session.ledger.intents.resolve(entry.key, "absent")  # it was looked up before it came here
            sendable.append((candidate, entry))
        else:
            waiting.append((candidate, entry))
    return waiting, sendable


def _verdict(candidate: Candidate, result: WriteResult) -> Verdict:
    if result.status == "refused":
        return held(candidate, [_refused(candidate, result)])
    if result.posted is None:
        return held(candidate, [_in_doubt(candidate)])
    outcome = Outcome.POSTED if result.status == "committed" else Outcome.ALREADY_POSTED
    return Verdict(
        candidate,
        outcome,
        posted=result.posted,
        posted_hash=candidate.content_hash,
        revision=candidate.revision,
        decision=candidate.standing.decision if candidate.standing else "",
    )


def _refused(candidate: Candidate, result: WriteResult) -> Hold:
    return Hold(
        Reason.B1_REJECTED,
        f"SAP did not accept invoice {candidate.invoice.number}: {result.text} (code {result.code}).",
        "Mend what SAP's text names, in SAP or in Stampli; the invoice is tried again in the next cycle.",
        result.code,
    )


def _in_doubt(candidate: Candidate) -> Hold:
    return Hold(
        Reason.OUTCOME_UNKNOWN,
        f"Invoice {candidate.invoice.number} was being sent when SAP stopped answering; "
        "whether it was posted is not known yet.",
        "Nothing to do: the next cycle looks it up in SAP before anything else, and never sends it blindly.",
    )


def _reverse(session: Session, ready: Sequence[Ready], mode: PostingMode) -> tuple[list[Verdict], list[Ready]]:
    """Post the reversals that a person decided. Returns what ends here, and what is to be posted anew."""
    verdicts: list[Verdict] = []
    wanted: dict[str, tuple[Ready, JournalEntry]] = {}
    for one in ready:
        entry = reversal_entry(session, one)
        if isinstance(entry, Hold):
            verdicts.append(held(one.candidate, [entry]))
        else:
            wanted[entry.key] = (one, entry)
    done = set(session.b1.posted_by_key(list(wanted))) if wanted else set()
    pairs = [(one.candidate, entry) for key, (one, entry) in wanted.items() if key not in done]
    waiting, sendable = _part_in_doubt(session, pairs, mode)
    verdicts += [held(candidate, [_in_doubt(candidate)]) for candidate, _ in waiting]
    results = _send(session, sendable, mode, "reversal")
    for (candidate, entry), result in zip(sendable, results, strict=True):
        if result.posted is not None:
            done.add(entry.key)
        else:
            verdicts.append(_verdict(candidate, result))
    onward = [_after_reversal(session, wanted[key][0]) for key in wanted if key in done]
    ended = [one for one in onward if isinstance(one, Verdict)]
    reposts = [one for one in onward if isinstance(one, Ready)]
    found, missing = _found_already(session, reposts)
    return verdicts + ended + found, missing


def _after_reversal(session: Session, one: Ready) -> Verdict | Ready:
    """The posting is undone: the next revision is free, and takes the new content if there is one."""
    revision = one.candidate.revision + 1
    key = posting_key(session.settings.b1.company_db, "invoice", one.candidate.id, revision)
    candidate = replace(one.candidate, revision=revision, key=key, standing=None)
    if one.entry is None:
        ended = Verdict(candidate, Outcome.IGNORED, revision=revision, decision="reversed")
        save(session, [ended])
        session.ledger.decisions.consume(candidate.id)
        return ended
    # Remembered at once: should this process die now, the next cycle posts the new entry, and reverses nothing.
    save(session, [held(candidate, [_between(candidate)])])
    session.ledger.decisions.consume(candidate.id)
    passed(Checkpoint.REVERSED)
    return Ready(candidate, replace(one.entry, key=key))


def _between(candidate: Candidate) -> Hold:
    return Hold(
        Reason.OUTCOME_UNKNOWN,
        f"Invoice {candidate.invoice.number} was reversed; its new entry is being posted.",
        "Nothing to do: the next cycle looks it up and posts it if it is not there.",
    )


def _found_already(session: Session, ready: Sequence[Ready]) -> tuple[list[Verdict], list[Ready]]:
    """Reposts that an earlier, interrupted run completed."""
    existing = session.b1.posted_by_key([one.candidate.key for one in ready]) if ready else {}
    found: list[Verdict] = []
    for one in ready:
        posted = existing.get(one.candidate.key)
        if posted is not None:
            candidate = one.candidate
            found.append(
                Verdict(
                    candidate,
                    Outcome.POSTED,
                    posted=posted,
                    posted_hash=candidate.content_hash,
                    revision=candidate.revision,
                )
            )
    return found, [one for one in ready if one.candidate.key not in existing]
