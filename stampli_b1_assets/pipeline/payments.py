"""Payments of a run: read and counted; posted through the clearing account only when the settings say so."""

from collections.abc import Sequence
from dataclasses import replace

from stampli_b1_assets.accounting.payments import PaymentAssessment, assess_payment
from stampli_b1_assets.b1.poster import WriteResult
from stampli_b1_assets.domain.journal_entry import JournalEntry
from stampli_b1_assets.domain.outcome import Hold, Outcome, Reason
from stampli_b1_assets.domain.payment import Payment
from stampli_b1_assets.ledger.records import FileState, PaymentRecord
from stampli_b1_assets.pipeline.reading import FileContent
from stampli_b1_assets.pipeline.sending import Item, send
from stampli_b1_assets.pipeline.session import Session


def settle_payments(session: Session, files: Sequence[FileContent]) -> list[PaymentRecord]:
    """Count the payments of new files, and try the open ones of others again; post those that are ready.

    A payment is known by its id; what was posted stays `already_posted`, also when it is voided later (a person
    reverses it, for no rule here undoes a payment by itself).
    """
    work = [(payment, content.record.partition) for content in files for payment in _work(session, content)]
    if not work:
        return []
    is_posting = session.settings.posting.payments.post
    if is_posting:
        session.fetch_payment_rates(payment for payment, _ in work)
    known = session.ledger.payments.get_many([payment.payment_id for payment, _ in work])
    records: dict[str, PaymentRecord] = {}
    ready: dict[str, tuple[PaymentRecord, JournalEntry]] = {}
    for payment, partition in work:
        standing = known.get(payment.payment_id)
        record = _record(payment, partition, standing)
        if standing is not None and standing.jdt_num:
            records[payment.payment_id] = replace(record, outcome=Outcome.ALREADY_POSTED)
            continue
        assessment = assess_payment(payment, session.context()) if is_posting else PaymentAssessment("ignored")
        records[payment.payment_id] = _assessed(record, assessment)
        if assessment.entry is not None:
            ready[payment.payment_id] = (record, assessment.entry)
    records |= _posted(session, ready)
    session.ledger.payments.save(list(records.values()), cycle=session.cycle)
    return list(records.values())


def _work(session: Session, content: FileContent) -> list[Payment]:
    if content.record.state != FileState.DONE:
        return list(content.payments)
    still_open = {record.payment_id for record in session.ledger.payments.open_in(content.record.partition)}
    return [payment for payment in content.payments if payment.payment_id in still_open]


def _assessed(record: PaymentRecord, assessment: PaymentAssessment) -> PaymentRecord:
    outcome = Outcome.HELD if assessment.outcome == "held" else Outcome.IGNORED
    return replace(record, outcome=outcome, holds=assessment.holds)


def _posted(session: Session, ready: dict[str, tuple[PaymentRecord, JournalEntry]]) -> dict[str, PaymentRecord]:
    """Entries that SAP has already are adopted; the others are sent, each once."""
    existing = session.find_keys([entry.key for _, entry in ready.values()])
    done: dict[str, PaymentRecord] = {}
    unsent: list[tuple[str, JournalEntry]] = []
    for id_, (record, entry) in ready.items():
        posted = existing.get(entry.key)
        if posted is None:
            unsent.append((id_, entry))
        else:
            done[id_] = replace(
                record, outcome=Outcome.ALREADY_POSTED, key=entry.key, jdt_num=posted.jdt_num, doc_number=posted.number
            )
    items = [Item(id_, 0, entry) for id_, entry in unsent]
    results = send(session, items, session.posting_mode(), "payment") if items else {}
    return done | {id_: _concluded(ready[id_][0], results.get(entry.key)) for id_, entry in unsent}


def _concluded(record: PaymentRecord, result: WriteResult | None) -> PaymentRecord:
    id_ = record.payment_id
    if result is None or result.posted is None:
        is_refused = result is not None and result.status == "refused"
        hold = _refused(id_, result.text, result.code) if result is not None and is_refused else _in_doubt(id_)
        return replace(record, outcome=Outcome.HELD, holds=(hold,))
    return replace(
        record,
        outcome=Outcome.POSTED if result.status == "committed" else Outcome.ALREADY_POSTED,
        key=result.entry.key,
        jdt_num=result.posted.jdt_num,
        doc_number=result.posted.number,
        posting_date=result.posted.reference_date,
    )


def _refused(id_: str, text: str, code: str) -> Hold:
    detail = f"SAP did not accept payment {id_}: {text} (code {code})."
    return Hold(Reason.B1_REJECTED, detail, "Mend what SAP's text names; it is tried again in the next cycle.", code)


def _in_doubt(id_: str) -> Hold:
    detail = f"Payment {id_} was being sent when SAP stopped answering."
    return Hold(Reason.OUTCOME_UNKNOWN, detail, "Nothing to do: the next cycle looks it up first.")


def _record(payment: Payment, partition: str, standing: PaymentRecord | None) -> PaymentRecord:
    record = PaymentRecord(
        payment_id=payment.payment_id or f"{payment.file_name}#{partition}",
        vendor_id=payment.vendor_id,
        currency=payment.currency,
        amount=payment.amount,
        outcome=Outcome.IGNORED,
        partition=partition,
        file_name=payment.file_name,
        file_sha256=payment.file_sha256,
        content=payment,
    )
    if standing is None:
        return record
    return replace(record, key=standing.key, jdt_num=standing.jdt_num, doc_number=standing.doc_number)
