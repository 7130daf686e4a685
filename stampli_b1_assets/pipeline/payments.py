"""Payments of a run: read and counted; posted through the clearing account only when the settings say so."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from stampli_b1_assets.accounting.identity import payment_hash, posting_key
from stampli_b1_assets.accounting.payments import assess_payment, is_voided
from stampli_b1_assets.b1.poster import WriteResult
from stampli_b1_assets.domain.journal_entry import JournalEntry
from stampli_b1_assets.domain.outcome import Hold, Outcome
from stampli_b1_assets.domain.payment import Payment
from stampli_b1_assets.errors import B1Unusable
from stampli_b1_assets.ledger.decisions import payment_subject
from stampli_b1_assets.ledger.records import FileState, PaymentRecord
from stampli_b1_assets.pipeline import payment_checks
from stampli_b1_assets.pipeline.doubts import being_looked_up
from stampli_b1_assets.pipeline.paid import Case, with_sap
from stampli_b1_assets.pipeline.reading import FileContent
from stampli_b1_assets.pipeline.sending import Item, send
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.voiding import reverse_voided

Brought = tuple[Payment, str]
"""A payment and the partition (file) that brings it."""

_WINDOW = 5_000
"""Payments that are looked at together: memory never holds a whole file."""


def settle_payments(session: Session, files: Sequence[FileContent]) -> None:
    """Count the payments of new files, and try the open ones of others again; post those that are ready.

    A payment is known by its id. One that was posted and is voided now is reversed, once, under its own key. Raises
    `B1Unusable` before anything was written to SAP, and `LedgerUnusable`.
    """
    gone: B1Unusable | None = None
    work = _brought_last(session, files)
    while window := list(islice(work, _WINDOW)):
        cases = _cases(session, window)
        if not session.settings.posting.payments.post:
            records = [_with_outcome(case, _unposted(case)) for case in cases]
        else:
            records, gone = _settled_or_cut_off(session, cases, gone)
        session.ledger.payments.save(records, cycle=session.cycle)


def _brought_last(session: Session, files: Sequence[FileContent]) -> Iterator[Brought]:
    """Of a payment that several files bring, what the last of them brings."""
    last: dict[str, str] = {}
    if len(files) > 1:
        last = {_id(payment): partition for payment, partition in _brought(session, files)}
    for payment, partition in _brought(session, files):
        if last.get(_id(payment), partition) == partition:
            yield payment, partition


def _brought(session: Session, files: Sequence[FileContent]) -> Iterator[Brought]:
    for content in files:
        for payment in _work(session, content):
            yield payment, content.record.partition


def _work(session: Session, content: FileContent) -> Iterator[Payment]:
    if content.record.state != FileState.DONE:
        yield from content.payments
        return
    still_open = {record.payment_id for record in session.ledger.payments.open_in(content.record.partition)}
    if still_open:
        yield from (payment for payment in content.payments if _id(payment) in still_open)


def _id(payment: Payment) -> str:
    """The Stampli id; for a row without one, its file and row."""
    row = payment.applications[0].row if payment.applications else 0
    return payment.payment_id or f"{payment.file_name}#{row}"


def _cases(session: Session, work: Sequence[Brought]) -> list[Case]:
    """One per payment id."""
    ids = [_id(payment) for payment, _ in work]
    known = session.ledger.payments.get_many(ids)
    decisions = session.ledger.decisions.effective([payment_subject(id_) for id_ in ids])
    cases = {}
    for payment, partition in work:
        record = _record(session, payment, partition, known.get(_id(payment)))
        decision = decisions.get((payment_subject(record.payment_id), record.content_hash), "")
        cases[record.payment_id] = Case(payment, record, decision)
    return list(cases.values())


def _record(session: Session, payment: Payment, partition: str, standing: PaymentRecord | None) -> PaymentRecord:
    id_ = _id(payment)
    record = PaymentRecord(
        payment_id=id_,
        vendor_id=payment.vendor_id,
        currency=payment.currency,
        amount=payment.amount,
        outcome=Outcome.IGNORED,
        content_hash=payment_hash(payment),
        key=posting_key(session.settings.b1.company_db, "payment", id_),
        partition=partition,
        file_name=payment.file_name,
        file_sha256=payment.file_sha256,
        content=payment,
    )
    if standing is None:
        return record
    return replace(
        record,
        jdt_num=standing.jdt_num,
        doc_number=standing.doc_number,
        posting_date=standing.posting_date,
        posted_hash=standing.posted_hash,
        is_reversed=standing.is_reversed,
    )


def _unposted(case: Case) -> Outcome:
    return Outcome.ALREADY_POSTED if case.record.jdt_num and not case.record.is_reversed else Outcome.IGNORED


def _with_outcome(case: Case, outcome: Outcome, *holds: Hold) -> PaymentRecord:
    return replace(case.record, outcome=outcome, holds=holds, decision=case.decision)


def _settled_or_cut_off(
    session: Session, cases: Sequence[Case], gone: B1Unusable | None
) -> tuple[list[PaymentRecord], B1Unusable | None]:
    """When SAP goes away in the middle of a run that wrote to it, all of them wait, and are looked up first."""
    if gone is None:
        try:
            session.fetch_payment_rates(case.payment for case in cases)
            return _settled(session, cases), None
        except B1Unusable as error:
            if not session.has_written:
                raise
            gone = error
    return [_with_outcome(case, Outcome.HELD, payment_checks.cut_off(case.record, gone)) for case in cases], gone


def _settled(session: Session, cases: Sequence[Case]) -> list[PaymentRecord]:
    """SAP is asked by key first; what it has is never sent again, and what was voided since is reversed."""
    cases = with_sap(session, cases)
    voided = [case for case in cases if _is_to_be_reversed(case)]
    done = {record.payment_id: record for record in reverse_voided(session, voided)}
    rest = [case for case in cases if case.record.payment_id not in done]
    standing = {case.record.payment_id: record for case in rest if (record := _standing(case)) is not None}
    new = [case for case in rest if case.record.payment_id not in standing]
    done |= standing | {record.payment_id: record for record in _posted(session, new)}
    return [done[case.record.payment_id] for case in cases]


def _is_to_be_reversed(case: Case) -> bool:
    is_there = bool(case.record.jdt_num) and not case.record.is_reversed
    return is_there and is_voided(case.payment) and case.decision != "ignore"


def _standing(case: Case) -> PaymentRecord | None:
    """What needs no posting: in SAP before, voided before it came here, or ignored by a person."""
    record, is_over = case.record, is_voided(case.payment) or case.decision == "ignore"
    if not record.jdt_num and not is_over:
        return None
    if case.is_in_doubt:
        return _with_outcome(case, Outcome.HELD, being_looked_up(f"Payment {record.payment_id}"))
    if is_over:
        return _with_outcome(case, _unposted(case))
    if record.is_reversed:
        return _with_outcome(case, Outcome.CONFLICT, payment_checks.came_back(record))
    if record.posted_hash in ("", record.content_hash):
        return _with_outcome(case, Outcome.POSTED if case.was_in_doubt else Outcome.ALREADY_POSTED)
    return _with_outcome(case, Outcome.CONFLICT, payment_checks.changed(record))


def _posted(session: Session, cases: Sequence[Case]) -> list[PaymentRecord]:
    """Assess, check against invoices and SAP, and send what is ready, each once."""
    records: list[PaymentRecord] = []
    ready: list[tuple[Case, JournalEntry]] = []
    context = session.context()
    for case in cases:
        assessment = assess_payment(case.payment, context)
        if assessment.entry is not None:
            ready.append((case, assessment.entry))
        else:
            outcome = Outcome.HELD if assessment.holds else Outcome.IGNORED
            records.append(_with_outcome(case, outcome, *assessment.holds))
    checked = [(case.payment, entry) for case, entry in ready if case.decision != "post-anyway"]
    waiting = payment_checks.waiting_for_invoices(session, [payment for payment, _ in checked])
    twins = payment_checks.made_in_sap(session, checked)
    sendable = []
    for case, entry in ready:
        id_ = case.payment.payment_id
        if id_ in twins:
            records.append(_with_outcome(case, Outcome.CONFLICT, twins[id_]))
        elif id_ in waiting:
            records.append(_with_outcome(case, Outcome.HELD, waiting[id_]))
        else:
            sendable.append((case, entry))
    return records + _sent(session, sendable)


def _sent(session: Session, ready: Sequence[tuple[Case, JournalEntry]]) -> list[PaymentRecord]:
    items = [Item(case.record.payment_id, 0, entry) for case, entry in ready]
    results = send(session, items, session.posting_mode(), "payment") if items else {}
    return [_concluded(case, results.get(entry.key)) for case, entry in ready]


def _concluded(case: Case, result: WriteResult | None) -> PaymentRecord:
    if result is None or result.posted is None:
        return _with_outcome(case, Outcome.HELD, payment_checks.not_posted(case.record.payment_id, result))
    return replace(
        case.record,
        outcome=Outcome.POSTED if result.status == "committed" else Outcome.ALREADY_POSTED,
        posted_hash=case.record.content_hash,
        jdt_num=result.posted.jdt_num,
        doc_number=result.posted.number,
        posting_date=result.posted.reference_date,
        decision=case.decision,
    )
