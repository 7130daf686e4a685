"""Payments that were posted and are voided since: their reversals, each once."""

from collections.abc import Sequence
from dataclasses import replace

from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.accounting.periods import open_date
from stampli_b1_assets.accounting.reversal import reversal_of
from stampli_b1_assets.b1.poster import PostingMode
from stampli_b1_assets.domain.journal_entry import JournalEntry, PostedEntry
from stampli_b1_assets.domain.outcome import Hold, Outcome
from stampli_b1_assets.domain.payment import Payment
from stampli_b1_assets.ledger.records import PaymentRecord
from stampli_b1_assets.pipeline.payment_checks import not_posted
from stampli_b1_assets.pipeline.reversing import NEEDS_THE_FIELD, is_reversal_of, key_is_taken, no_open_period
from stampli_b1_assets.pipeline.sending import Item, send
from stampli_b1_assets.pipeline.session import Session


def reverse_voided(session: Session, voided: Sequence[tuple[Payment, PaymentRecord]]) -> list[PaymentRecord]:
    """The records after their reversal: `posted` when this run posted it, `ignored` when SAP had it before, or held."""
    keys = {
        record.payment_id: posting_key(session.settings.b1.company_db, "reversal", record.payment_id)
        for _, record in voided
    }
    in_sap = session.find_keys(list(keys.values()))
    records: list[PaymentRecord] = []
    sendable: list[tuple[PaymentRecord, JournalEntry]] = []
    for payment, record in voided:
        key = keys[record.payment_id]
        entry = _reversal(session, payment, record, key, in_sap.get(key))
        if entry is None:
            records.append(replace(record, outcome=Outcome.IGNORED, is_reversed=True))
        elif isinstance(entry, Hold):
            records.append(replace(record, outcome=Outcome.HELD, holds=(entry,)))
        else:
            sendable.append((record, entry))
    return records + _sent(session, sendable)


def _reversal(
    session: Session, payment: Payment, record: PaymentRecord, key: str, found: PostedEntry | None
) -> JournalEntry | Hold | None:
    """Dated on the day of the void, never before the payment; moved to the next open period where that is closed.

    None when SAP has it.
    """
    if session.posting_mode() is PostingMode.UNMARKED or record.jdt_num is None:
        return NEEDS_THE_FIELD
    posted = session.b1.read_entry(record.jdt_num)
    if found is not None:
        return None if is_reversal_of(found, posted.reference) else key_is_taken(posted.number, found)
    day = max(payment.voided_date or posted.reference_date, posted.reference_date)
    when = open_date(day, session.reference.periods)
    if when is None:
        return no_open_period(posted.number, day)
    currencies = session.reference.currencies
    decimals = currencies.get(session.reference.local_currency, 2)
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
