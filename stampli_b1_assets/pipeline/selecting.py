"""Which invoices of a file are work in this run."""

from collections.abc import Iterator

from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.ledger.records import FileState
from stampli_b1_assets.pipeline.reading import FileContent
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.verdict import invoice_id


def open_invoices(session: Session, content: FileContent) -> Iterator[Invoice]:
    """All invoices of a file that is new; of one that was done before, those still open that it brought last."""
    if content.record.state != FileState.DONE:
        yield from content.invoices
        return
    still_open = {record.stampli_id for record in session.ledger.invoices.open_in(content.record.partition)}
    if still_open:
        yield from (invoice for invoice in content.invoices if invoice_id(invoice) in still_open)
