"""Write verdicts to the ledger, with this cycle's count of them."""

from collections.abc import Sequence
from dataclasses import replace

from stampli_b1_assets.domain.money import iso_decimals, significant_decimals
from stampli_b1_assets.ledger.records import InvoiceRecord
from stampli_b1_assets.pipeline.checkpoints import Checkpoint, passed
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.verdict import Verdict, record_of


def save(session: Session, verdicts: Sequence[Verdict]) -> None:
    """One transaction: the records, the versions brought, the cycle's count, the audit trail. Empty: nothing."""
    if verdicts:
        records = [_countable(session, record_of(verdict)) for verdict in verdicts]
        session.ledger.invoices.save(records, cycle=session.cycle, who=session.who)
        passed(Checkpoint.VERDICTS_SAVED)


def _countable(session: Session, record: InvoiceRecord) -> InvoiceRecord:
    """An amount that its currency cannot have is no amount: the invoice counts in number only."""
    decimals = session.reference.currencies.get(record.currency, iso_decimals(record.currency))
    if record.amount is not None and significant_decimals(record.amount) > decimals:
        return replace(record, amount=None)
    return record
