"""Payments of a run: read and counted; posted through the clearing account only when the settings say so."""

from collections.abc import Sequence
from dataclasses import dataclass

from stampli_b1_assets.accounting.payments import assess_payment
from stampli_b1_assets.domain.outcome import Hold, Outcome
from stampli_b1_assets.domain.payment import Payment
from stampli_b1_assets.ledger.records import FileState, PaymentRecord
from stampli_b1_assets.pipeline.reading import FileContent
from stampli_b1_assets.pipeline.session import Session


@dataclass(frozen=True)
class PaymentVerdict:
    """What became of a payment in this cycle."""

    payment: Payment
    partition: str
    outcome: Outcome
    holds: tuple[Hold, ...] = ()


def settle_payments(session: Session, files: Sequence[FileContent]) -> list[PaymentVerdict]:
    """Count the payments of new files, and try the open ones of others again."""
    verdicts = []
    for content in files:
        partition = content.record.partition
        brought = list(content.payments)
        if content.record.state == FileState.DONE:
            still_open = {record.payment_id for record in session.ledger.payments.open_in(partition)}
            brought = [payment for payment in brought if payment.payment_id in still_open]
        verdicts += [_settle(session, payment, partition) for payment in brought]
    session.ledger.payments.save([_record(verdict) for verdict in verdicts], cycle=session.cycle)
    return verdicts


def _settle(session: Session, payment: Payment, partition: str) -> PaymentVerdict:
    if not session.settings.posting.payments.post:
        return PaymentVerdict(payment, partition, Outcome.IGNORED)
    assessment = assess_payment(payment, session.context())
    outcome = Outcome.HELD if assessment.holds else Outcome.IGNORED
    return PaymentVerdict(payment, partition, outcome, assessment.holds)


def _record(verdict: PaymentVerdict) -> PaymentRecord:
    payment = verdict.payment
    return PaymentRecord(
        payment_id=payment.payment_id,
        vendor_id=payment.vendor_id,
        currency=payment.currency,
        amount=payment.amount,
        outcome=verdict.outcome,
        holds=verdict.holds,
        partition=verdict.partition,
        file_name=payment.file_name,
    )
