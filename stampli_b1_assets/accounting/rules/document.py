"""Rules on the document itself: status, values that must be there, type and sign."""

from collections.abc import Iterator

from stampli_b1_assets.accounting.dates import posting_column, posting_dates
from stampli_b1_assets.accounting.draft import Draft
from stampli_b1_assets.accounting.statuses import StatusKind, status_word
from stampli_b1_assets.config.models import PostingSettings
from stampli_b1_assets.domain.invoice import FaultKind, Invoice, InvoiceType
from stampli_b1_assets.domain.outcome import Hold, Reason

_FILL = "Fill it in Stampli and export the invoice again."


def status_is_known(draft: Draft) -> Iterator[Hold]:
    """A status word that is in no list is never assumed to mean anything; an empty one is a missing value."""
    status = draft.invoice.status
    if status and status_word(draft.invoice, draft.context.settings) is StatusKind.UNKNOWN:
        yield Hold(
            Reason.UNKNOWN_STATUS,
            f"The status “{status}” of invoice {draft.name} is in no list of statuses, so nobody knows what it means.",
            f"Add “{status}” to `posting.postable_statuses` if it may be posted, or to the layout's status words.",
            status,
        )


def values_could_be_read(draft: Draft) -> Iterator[Hold]:
    """What the reader found wrong with single values and rows."""
    for fault in draft.source.faults:
        reason = Reason.REPEATED_LINE if fault.kind is FaultKind.REPEATED_LINE else Reason.BAD_VALUE
        yield Hold(reason, fault.told_of(draft.source.file_name), fault.action, fault.column)


def values_are_there(draft: Draft) -> Iterator[Hold]:
    """Required values that are empty, but those that the reader has named already."""
    for column, value, row in required_values(draft.invoice, draft.context.settings):
        if value in (None, "") and column not in draft.faulty:
            detail = f"{draft.place(row)}{column} of invoice {draft.name} is empty."
            yield Hold(Reason.BAD_VALUE, detail, _FILL, column)


def required_values(invoice: Invoice, settings: PostingSettings) -> Iterator[tuple[str, object, int]]:
    """Column, value, and the row where it stands (0: in all of them)."""
    yield "Stampli Invoice ID", invoice.stampli_id, 0
    yield "Invoice Type", invoice.type, 0
    yield "Invoice Number", invoice.number, 0
    yield "Vendor ID", invoice.vendor_id, 0
    yield "Invoice Date", invoice.invoice_date, 0
    yield "Currency", invoice.currency, 0
    yield "Invoice Amount", invoice.total, 0
    yield "Invoice Status", invoice.status, 0
    column = posting_column(settings)
    if column != "Invoice Date":
        yield column, posting_dates(invoice, settings).posting, 0
    for line in invoice.lines:
        yield "Line #", line.number, line.row
        yield "GL Account", line.gl_account, line.row
        yield "Line Amount", line.amount, line.row


def type_against_sign(invoice: Invoice) -> str:
    """What contradicts itself; nothing when type and sign agree, or one of them is not known."""
    total, type_ = invoice.total, invoice.type
    if not total or type_ is None or (total < 0) == (type_ is InvoiceType.CREDIT_MEMO):
        return ""
    sign = "negative" if total < 0 else "positive"
    return f"is of type {type_}, and its total of {total} {invoice.currency} is {sign}"


def type_and_sign_agree(draft: Draft) -> Iterator[Hold]:
    """An invoice with a negative total, or a credit memo with a positive one, contradicts itself."""
    contradiction = type_against_sign(draft.invoice)
    if not contradiction:
        return
    yield Hold(
        Reason.BAD_VALUE,
        f"{draft.place()}{draft.name} {contradiction}.",
        "Correct the type or the sign in Stampli and export it again.",
        "Invoice Amount",
    )
