"""From invoices that are ready to what became of them in SAP: reversals first, then the entries."""

from collections.abc import Sequence
from dataclasses import replace

from stampli_b1_assets.accounting.compare import same_as_posted
from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.b1.poster import PostingMode, WriteResult
from stampli_b1_assets.domain.journal_entry import JournalEntry
from stampli_b1_assets.domain.outcome import Hold, Outcome, Reason
from stampli_b1_assets.pipeline.checkpoints import Checkpoint, passed
from stampli_b1_assets.pipeline.conflicts import changed_words_hold
from stampli_b1_assets.pipeline.doubts import look_up
from stampli_b1_assets.pipeline.recording import save
from stampli_b1_assets.pipeline.reversing import is_reversal_of, key_is_taken, reversal_entry
from stampli_b1_assets.pipeline.sending import Item, send
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.verdict import Candidate, Ready, Verdict, held


def write_to_sap(session: Session, ready: Sequence[Ready]) -> list[Verdict]:
    """Post what is ready and conclude; what is in doubt is held, and looked up first in the next cycle."""
    mode = session.posting_mode()
    reversals = [one for one in ready if one.reverses is not None]
    verdicts, reversed_ = _reverse(session, reversals, mode)
    entries = [one for one in ready if one.reverses is None] + reversed_
    return verdicts + _post(session, entries, mode)


def _post(session: Session, ready: Sequence[Ready], mode: PostingMode) -> list[Verdict]:
    pairs = [(one.candidate, one.entry) for one in ready if one.entry is not None]
    items = [Item(candidate.id, candidate.revision, entry) for candidate, entry in pairs]
    results = send(session, items, mode, "invoice")
    return [_verdict(session, candidate, results.get(entry.key)) for candidate, entry in pairs]


def _verdict(session: Session, candidate: Candidate, result: WriteResult | None) -> Verdict:
    if result is not None and result.status == "refused":
        return held(candidate, [_refused(candidate, result)])
    if result is None or result.posted is None:
        return held(candidate, [_in_doubt(candidate)])
    outcome = Outcome.POSTED if result.status == "committed" else Outcome.ALREADY_POSTED
    verdict = Verdict(
        candidate,
        outcome,
        posted=result.posted,
        posted_hash=candidate.content_hash,
        revision=candidate.revision,
        decision=candidate.standing.decision if candidate.standing else "",
    )
    return verdict if outcome is Outcome.POSTED else _compared(session, verdict)


def _compared(session: Session, verdict: Verdict) -> Verdict:
    """Another process posted this key in the meantime: perhaps with other content."""
    assert verdict.posted is not None
    posted = session.b1.read_entry(verdict.posted.jdt_num)
    is_same, words = same_as_posted(verdict.candidate.invoice, session.context(), posted)
    if is_same:
        return verdict
    hold = changed_words_hold(verdict.candidate, verdict.posted.number, words)
    return replace(verdict, outcome=Outcome.CONFLICT, holds=(hold,), posted_hash=f"sap:{verdict.posted.jdt_num}")


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
    done = set()
    for key, undoing in look_up(session, list(wanted)).items():
        done.add(key)
        if not is_reversal_of(undoing, wanted[key][1].reference):
            candidate = wanted.pop(key)[0].candidate
            verdicts.append(held(candidate, [key_is_taken(_posted_number(candidate), undoing)]))
    items = [
        Item(one.candidate.id, one.candidate.revision, entry) for key, (one, entry) in wanted.items() if key not in done
    ]
    results = send(session, items, mode, "reversal")
    for item in items:
        result = results.get(item.entry.key)
        if result is not None and result.posted is not None:
            done.add(item.entry.key)
        else:
            verdicts.append(_verdict(session, wanted[item.entry.key][0].candidate, result))
    onward = [_after_reversal(session, wanted[key][0]) for key in wanted if key in done]
    ended = [one for one in onward if isinstance(one, Verdict)]
    found, missing = _found_already(session, [one for one in onward if isinstance(one, Ready)])
    return verdicts + ended + found, missing


def _posted_number(candidate: Candidate) -> int | None:
    return candidate.standing.doc_number if candidate.standing else None


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
    existing = look_up(session, [one.candidate.key for one in ready])
    found: list[Verdict] = []
    for one in ready:
        candidate, posted = one.candidate, existing.get(one.candidate.key)
        if posted is not None:
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
