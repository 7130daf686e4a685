"""The three dates of a posting, by the company's policy; nothing is shifted but a moment into its zone."""

from dataclasses import dataclass
from datetime import date

from stampli_b1_assets.config.models import PostingSettings
from stampli_b1_assets.domain.invoice import Invoice


@dataclass(frozen=True)
class PostingDates:
    """Posting, document and due date; `None` = not given. Before any move out of a closed period."""

    posting: date | None
    tax: date | None
    due: date | None


def posting_dates(invoice: Invoice, settings: PostingSettings) -> PostingDates:
    """The dates by `posting.posting_date`; an empty due date is the invoice date."""
    return PostingDates(_posting(invoice, settings), invoice.invoice_date, invoice.due_date or invoice.invoice_date)


def posting_column(settings: PostingSettings) -> str:
    """The column that the policy takes the posting date from, for messages."""
    columns = {"invoice_date": "Invoice Date", "authorized_date": "Authorized Date", "posting_date": "Posting Date"}
    return columns[settings.posting_date]


def _posting(invoice: Invoice, settings: PostingSettings) -> date | None:
    if settings.posting_date == "invoice_date":
        return invoice.invoice_date
    if settings.posting_date == "authorized_date":
        return invoice.authorized_at.astimezone(settings.zone).date() if invoice.authorized_at else None
    return invoice.posting_date
