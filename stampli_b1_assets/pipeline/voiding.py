"""Payments that were posted and are voided since: their reversals, each once."""

from collections.abc import Sequence
from dataclasses import replace

from stampli_b1_assets.accounting.periods import open_date
from stampli_b1_assets.accounting.reversal import reversal_of
from stampli_b1_assets.b1.poster import PostingMode
from stampli_b1_assets.domain.journal_entry import JournalEntry
from stampli_b1_assets.domain.outcome import Hold, Outcome
from stampli_b1_assets.ledger.records import PaymentRecord
from stampli_b1_assets.pipeline.paid import Case, reversal_key
from stampli_b1_assets.pipeline.payment_checks import not_posted
from stampli_b1_assets.pipeline.reversing import NEEDS_THE_FIELD, key_is_taken, no_open_period, not_ours, own_entry
from stampli_b1_assets.pipeline.sending import Item, send
from stampli_b1_assets.pipeline.session import Session


def reverse_voided(session: Session, voided: Sequence[Case]) -> list[PaymentRecord]:
    """The records after their reversal, posted or held. Reversals that SAP has must have been sifted out before."""
    records: list[PaymentRecord] = []
    sendable: list[tuple[PaymentRecord, JournalEntry]] = []
    for case in voided:
        record, entry = case.record, _reversal(session, case)
        if isinstance(entry, Hold):
            records.append(replace(record, outcome=Outcome.HELD, holds=(entry,)))
        else:
            sendable.append((record, entry))
    return records + _sent(session, sendable)


def _reversal(session: Session, case: Case) -> JournalEntry | Hold:
    """Dated on the day of the void, never before the payment; moved to the next open period where that is closed."""
    payment, record = case.payment, case.record
    if session.posting_mode() is PostingMode.UNMARKED or record.jdt_num is None:
        return NEEDS_THE_FIELD
    posted = own_entry(session, record.jdt_num, record.key, record.payment_id)
    if posted is None:
        return not_ours(f"payment {record.payment_id}", record.doc_number)
    if case.taken_by is not None:
        return key_is_taken(posted.number, case.taken_by)
    day = max(payment.voided_date or posted.reference_date, posted.reference_date)
    when = open_date(day, session.reference.periods)
    if when is None:
        return no_open_period(posted.number, day)
    currencies = session.reference.currencies
    decimals = currencies.get(session.reference.local_currency, 2)
    key = reversal_key(session, record.payment_id)
    return reversal_of(posted, key=key, date=when, decimals=decimals, currencies=currencies)


def _sent(session: Session, ready: Sequence[tuple[PaymentRecord, JournalEntry]]) -> list[PaymentRecord]:
    items = [Item(record.payment_id, 0, entry) for record, entry in ready]
    results = send(session, items, session.posting_mode(), "reversal") if items else {}
    records = []
    for record, entry in ready:
        result = results.get(entry.key)
        if result is None or result.posted is None:
            hold = not_posted(f"{record.payment_id}'s reversal", result)
            records.append(replace(record, outcome=Outcome.HELD, holds=(hold,)))
        else:
            records.append(replace(record, outcome=Outcome.POSTED, is_reversed=True))
    return records
