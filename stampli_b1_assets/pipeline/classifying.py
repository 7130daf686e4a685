"""Decide about invoices before anything is written: ignored, held, in SAP already, in conflict, or ready to post.

Reads the ledger and SAP, writes neither (the plan uses it as it is). The order of questions is the order of
functions in `_QUESTIONS`: the first that answers decides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from stampli_b1_assets.accounting.assess import Assessment, assess
from stampli_b1_assets.accounting.dates import posting_dates
from stampli_b1_assets.accounting.identity import content_hash, duplicate_key, posting_key
from stampli_b1_assets.accounting.statuses import StatusKind, status_word
from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.domain.outcome import Hold, Outcome, Reason
from stampli_b1_assets.ledger.records import InvoiceRecord
from stampli_b1_assets.pipeline.conflicts import cancelled_hold, changed_hold, reversed_hold
from stampli_b1_assets.pipeline.doubts import being_looked_up
from stampli_b1_assets.pipeline.existing import Existing, find_existing, find_undone
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.verdict import Candidate, Ready, Verdict, held, invoice_id, remembered

DOCUMENT_REASONS = frozenset({Reason.BAD_VALUE, Reason.REPEATED_LINE, Reason.TOTALS_DISAGREE, Reason.UNKNOWN_STATUS})
"""Holds that say that the document itself is not whole; the others say that SAP would not take it now."""


@dataclass
class Classified:
    """Verdicts that are final, and candidates that may be posted; both in the order of the invoices."""

    verdicts: list[Verdict] = field(default_factory=list)
    ready: list[Ready] = field(default_factory=list)


@dataclass(frozen=True)
class _Case:
    """One candidate with everything that its questions ask for."""

    session: Session
    candidate: Candidate
    status: StatusKind
    existing: Existing | None
    decision: str
    is_in_doubt: bool
    """A request for it, or for its reversal, may still commit in SAP."""
    free_revision: int | None
    """The next one, where all that SAP has of it was reversed and the ledger does not know why."""


def classify(session: Session, brought: Sequence[tuple[Invoice, str]]) -> Classified:
    """Decide about each (invoice, partition); ids are unique within `brought`."""
    session.recall_card_codes(invoice.vendor_id for invoice, _ in brought)
    session.fetch_rates(invoice for invoice, _ in brought)
    standing = session.ledger.invoices.get_many([invoice_id(invoice) for invoice, _ in brought])
    candidates = [_candidate(session, invoice, where, standing.get(invoice_id(invoice))) for invoice, where in brought]
    result = Classified()
    for case in _cases(session, candidates):
        answer = next(answer for question in _QUESTIONS if (answer := question(case)) is not None)
        if isinstance(answer, Ready):
            result.ready.append(answer)
        else:
            result.verdicts.append(answer)
    return result


def _cases(session: Session, candidates: Sequence[Candidate]) -> list[_Case]:
    """The candidates, at the revision that counts in SAP, with what the ledger and SAP know of them."""
    undone = find_undone(session, [one for one in candidates if one.is_posted])
    candidates = [_after_reversal(session, one) if undone.get(one.id) else one for one in candidates]
    in_sap = find_existing(session, [one for one in candidates if not one.is_posted and one.invoice.stampli_id])
    anew = in_sap.revisions
    doubtful = session.ledger.intents.doubtful([_key(session, one, anew.get(one.id)) for one in candidates])
    decisions = session.ledger.decisions.effective([one.id for one in candidates])
    return [
        _Case(
            session=session,
            candidate=one,
            status=status_word(one.invoice, session.settings.posting),
            existing=in_sap.entries.get(one.id),
            decision=decisions.get((one.id, one.content_hash), ""),
            is_in_doubt=_key(session, one, anew.get(one.id)) in doubtful or undone.get(one.id) is False,
            free_revision=anew.get(one.id),
        )
        for one in candidates
    ]


def _after_reversal(session: Session, candidate: Candidate) -> Candidate:
    """SAP has the reversal, and only the record of it is missing: the decision is carried out, the posting undone."""
    session.ledger.decisions.consume(candidate.id)
    return _at(session, replace(candidate, standing=None), candidate.revision + 1)


def _key(session: Session, candidate: Candidate, revision: int | None) -> str:
    return (
        candidate.key
        if revision is None
        else posting_key(session.settings.b1.company_db, "invoice", candidate.id, revision)
    )


def _at(session: Session, candidate: Candidate, revision: int) -> Candidate:
    key = _key(session, candidate, revision)
    assessment = _assessed(session, candidate.invoice, revision)
    return replace(candidate, revision=revision, key=key, assessment=assessment)


def candidate_of(session: Session, invoice: Invoice, partition: str) -> Candidate:
    """One invoice with what the ledger and the rules say of it; asks SAP for nothing."""
    standing = session.ledger.invoices.get_many([invoice_id(invoice)])
    return _candidate(session, invoice, partition, standing.get(invoice_id(invoice)))


def _candidate(session: Session, invoice: Invoice, partition: str, standing: InvoiceRecord | None) -> Candidate:
    revision = standing.revision if standing else 0
    settings = session.settings
    key = posting_key(settings.b1.company_db, "invoice", invoice_id(invoice), revision)
    return Candidate(
        invoice=invoice,
        partition=partition,
        assessment=_assessed(session, invoice, revision),
        content_hash=content_hash(invoice, posting_dates(invoice, settings.posting)),
        duplicate_key=duplicate_key(invoice.vendor_id, invoice.type, invoice.number) if invoice.type else "",
        key=key,
        revision=revision,
        standing=standing,
    )


def _assessed(session: Session, invoice: Invoice, revision: int) -> Assessment:
    return assess(invoice, replace(session.context(), revision=revision))


# --- the questions, in order -------------------------------------------------------------------------------------


def _is_it_in_sap_already(case: _Case) -> Verdict | Ready | None:
    """The ledger knows a posting: only its document is looked at, since it is not to be posted."""
    if not case.candidate.is_posted:
        return None
    answer = _came_back(case, case.candidate, Outcome.ALREADY_POSTED)
    if case.is_in_doubt and isinstance(answer, Verdict):
        return held(case.candidate, [being_looked_up(f"The reversal of invoice {case.candidate.invoice.number}")])
    return answer


def _did_sap_have_it_without_our_knowing(case: _Case) -> Verdict | Ready | None:
    """A crash before our record, or a ledger that was lost: SAP is the truth."""
    if case.existing is None:
        return None
    candidate = _adopted(case.candidate, case.existing)
    outcome = Outcome.POSTED if case.existing.is_ours_in_doubt else Outcome.ALREADY_POSTED
    answer = _came_back(case, candidate, outcome)
    if isinstance(answer, Verdict):
        return replace(answer, posted=case.existing.posted)
    return answer


def _adopted(candidate: Candidate, existing: Existing) -> Candidate:
    """The candidate as if the ledger had known the posting all along."""
    posted, invoice = existing.posted, candidate.invoice
    record = InvoiceRecord(
        stampli_id=candidate.id,
        number=invoice.number,
        vendor_id=invoice.vendor_id,
        type=str(invoice.type or ""),
        duplicate_key=candidate.duplicate_key,
        currency=invoice.currency,
        amount=invoice.total,
        content_hash=candidate.content_hash,
        outcome=Outcome.ALREADY_POSTED,
        posted_hash=existing.posted_hash,
        revision=existing.revision,
        key=posted.key,
        jdt_num=posted.jdt_num,
        doc_number=posted.number,
        posting_date=posted.reference_date,
    )
    return replace(candidate, standing=record, revision=existing.revision)


def _came_back(case: _Case, candidate: Candidate, outcome: Outcome) -> Verdict | Ready:
    if case.status is StatusKind.CANCELLED:
        return _cancelled(case, candidate)
    if case.status is StatusKind.UNKNOWN:
        return held(candidate, _faults(candidate))
    standing = candidate.standing
    is_same = standing is not None and standing.posted_hash == candidate.content_hash
    if is_same or case.status is StatusKind.NOT_POSTABLE:
        return remembered(Verdict(candidate, outcome))
    return _changed(case, candidate)


def _changed(case: _Case, candidate: Candidate) -> Verdict | Ready:
    if case.decision == "ignore":
        return remembered(Verdict(candidate, Outcome.IGNORED, decision="ignore"))
    if faults := _faults(candidate):
        return held(candidate, faults)
    if case.decision == "reverse-and-repost":
        return _reversal_and_new_entry(case, candidate)
    return held(candidate, [changed_hold(case.session, candidate)])


def _faults(candidate: Candidate) -> list[Hold]:
    return [hold for hold in candidate.assessment.holds if hold.reason in DOCUMENT_REASONS]


def _cancelled(case: _Case, candidate: Candidate) -> Verdict | Ready:
    if case.decision == "ignore":
        return remembered(Verdict(candidate, Outcome.IGNORED, decision="ignore"))
    if case.decision == "reverse-and-repost" and candidate.standing is not None:
        return Ready(candidate, None, reverses=candidate.standing.jdt_num)
    return held(candidate, [cancelled_hold(candidate)])


def _reversal_and_new_entry(case: _Case, candidate: Candidate) -> Verdict | Ready:
    again = _assessed(case.session, candidate.invoice, candidate.revision + 1)
    if again.outcome == "held":
        return held(candidate, [*again.holds, changed_hold(case.session, candidate)])
    standing = candidate.standing
    return Ready(replace(candidate, assessment=again), again.entry, reverses=standing.jdt_num if standing else None)


def _is_it_to_be_ignored(case: _Case) -> Verdict | None:
    candidate = case.candidate
    if candidate.assessment.outcome != "ignored" and case.decision != "ignore":
        return None
    if case.is_in_doubt:  # ignored for good only when nothing can come of what was sent
        return held(candidate, [being_looked_up(f"Invoice {candidate.invoice.number}")])
    decision = "" if candidate.assessment.outcome == "ignored" else "ignore"
    return Verdict(candidate, Outcome.IGNORED, revision=candidate.revision, decision=decision)


def _must_it_wait(case: _Case) -> Verdict | None:
    holds = case.candidate.assessment.holds
    return held(case.candidate, holds) if holds else None


def _was_it_reversed_without_our_knowing(case: _Case) -> Verdict | Ready | None:
    """A ledger that was lost does not say whether a new entry was to follow."""
    if case.free_revision is None:
        return None
    if case.decision != "post-anyway":
        return held(case.candidate, [reversed_hold(case.candidate)])
    anew = _at(case.session, case.candidate, case.free_revision)
    return Ready(anew, anew.assessment.entry)


def _ready(case: _Case) -> Ready:
    return Ready(case.candidate, case.candidate.assessment.entry)


_QUESTIONS: tuple[Callable[[_Case], Verdict | Ready | None], ...] = (
    _is_it_in_sap_already,
    _did_sap_have_it_without_our_knowing,
    _is_it_to_be_ignored,
    _must_it_wait,
    _was_it_reversed_without_our_knowing,
    _ready,
)
