"""Write verdicts to the ledger, with this cycle's count of them."""

from collections.abc import Sequence

from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.verdict import Verdict, record_of


def save(session: Session, verdicts: Sequence[Verdict]) -> None:
    """One transaction: the records, the versions brought, the cycle's count, the audit trail. Empty: nothing."""
    if verdicts:
        invoices = {verdict.candidate.id: verdict.candidate.invoice for verdict in verdicts}
        records = [record_of(verdict) for verdict in verdicts]
        session.ledger.invoices.save(records, invoices=invoices, cycle=session.cycle, who=session.who)
