"""The rules that an invoice must pass before SAP is asked: an ordered list of small functions of one signature."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from stampli_b1_assets.accounting.dates import posting_column
from stampli_b1_assets.accounting.draft import Draft
from stampli_b1_assets.accounting.statuses import StatusKind, status_word
from stampli_b1_assets.accounting.taxes import tax_total
from stampli_b1_assets.domain.invoice import FaultKind, Invoice, InvoiceType
from stampli_b1_assets.domain.money import ZERO, significant_decimals
from stampli_b1_assets.domain.outcome import Hold, Reason

_MOST_DAYS_AHEAD = timedelta(days=366)

Rule = Callable[[Draft], Iterator[Hold]]


def status_is_known(draft: Draft) -> Iterator[Hold]:
    """A status word that is in no list is never assumed to mean anything."""
    if status_word(draft.invoice, draft.context.settings) is StatusKind.UNKNOWN:
        status = draft.invoice.status
        yield Hold(
            Reason.UNKNOWN_STATUS,
            f"The status {status!r} of invoice {draft.invoice.number} is in no list of statuses.",
            "Say what it means: add it to `posting.postable_statuses` if it may be posted.",
            status,
        )


def values_could_be_read(draft: Draft) -> Iterator[Hold]:
    """What the reader found wrong with single values and rows."""
    for fault in draft.invoice.faults:
        reason = Reason.REPEATED_LINE if fault.kind is FaultKind.REPEATED_LINE else Reason.BAD_VALUE
        yield Hold(reason, fault.detail, fault.action, fault.column)


def values_are_there(draft: Draft) -> Iterator[Hold]:
    """Required values that are empty."""
    faulty = {fault.column for fault in draft.invoice.faults}
    for column, value in _required(draft):
        if value in (None, "") and column not in faulty:
            yield _bad_value(draft.invoice, f"{column} is empty", "Fill it in Stampli and export again.", column)


def _required(draft: Draft) -> Iterator[tuple[str, object]]:
    invoice = draft.invoice
    yield "Stampli Invoice ID", invoice.stampli_id
    yield "Invoice Type", invoice.type
    yield "Invoice Number", invoice.number
    yield "Vendor ID", invoice.vendor_id
    yield "Invoice Date", invoice.invoice_date
    yield "Currency", invoice.currency
    yield "Invoice Amount", invoice.total
    yield posting_column(draft.context.settings), draft.dates.posting
    for line in invoice.lines:
        yield "Line #", line.number
        yield "GL Account", line.gl_account
        yield "Line Amount", line.amount


def type_and_sign_agree(draft: Draft) -> Iterator[Hold]:
    """An invoice with a negative total, or a credit memo with a positive one, contradicts itself."""
    total, type_ = draft.invoice.total, draft.invoice.type
    if total is None or type_ is None:
        return
    if (total < 0) != (type_ is InvoiceType.CREDIT_MEMO):
        what = f"it is of type {type_} with a total of {total}"
        yield _bad_value(draft.invoice, what, "Correct the type or the sign in Stampli.", "Invoice Amount")


def decimals_fit_currency(draft: Draft) -> Iterator[Hold]:
    """No more decimals than the currency has: JPY none, KWD three."""
    decimals = draft.decimals
    if decimals is None:
        return
    invoice = draft.invoice
    amounts = [("Invoice Amount", invoice.total), ("Tax Amount", invoice.tax)]
    amounts += [("Line Amount", line.amount) for line in invoice.lines]
    amounts += [("Line Tax Amount", line.tax_amount) for line in invoice.lines]
    for column, amount in amounts:
        if amount is not None and significant_decimals(amount) > decimals:
            what = f"{column} is {amount}, and {invoice.currency} has {decimals} decimals"
            yield _bad_value(invoice, what, "Correct the amount or the currency in Stampli.", column)


def _bad_value(invoice: Invoice, what: str, action: str, column: str) -> Hold:
    return Hold(Reason.BAD_VALUE, f"Invoice {invoice.number or invoice.stampli_id}: {what}.", action, column)


def totals_agree(draft: Draft) -> Iterator[Hold]:
    """Total = lines + tax, exactly, or within the tolerance that the settings give."""
    invoice, rounding = draft.invoice, draft.context.settings.rounding
    difference = draft.rounding
    if difference:
        tolerance = rounding.tolerance if rounding else ZERO
        if abs(difference) > tolerance:
            total = invoice.total if invoice.total is not None else ZERO
            yield Hold(
                Reason.TOTALS_DISAGREE,
                f"Invoice {invoice.number} totals {total} {invoice.currency}, but its lines and tax come to "
                f"{total - difference}: {difference} apart.",
                "Export the invoice whole, or correct its lines in Stampli.",
            )
    by_line = [line.tax_amount for line in invoice.lines if line.tax_amount is not None]
    if by_line and invoice.tax is not None and sum(by_line, ZERO) != invoice.tax:
        yield Hold(
            Reason.TOTALS_DISAGREE,
            f"Invoice {invoice.number} has tax of {tax_total(invoice)}, but the tax of its lines comes to "
            f"{sum(by_line, ZERO)}.",
            "Correct the tax in Stampli.",
        )


def supplier_can_be_posted_to(draft: Draft) -> Iterator[Hold]:
    """The vendor is known to SAP, and SAP posts to it."""
    if draft.invoice.vendor_id:
        yield from draft.supplier.holds


def codes_can_be_posted_to(draft: Draft) -> Iterator[Hold]:
    """Accounts, dimensions and projects of every line."""
    seen: set[tuple[Reason, str, str]] = set()
    for line, codes in zip(draft.lines, draft.codes, strict=True):
        for hold in codes.holds:
            is_new = (hold.reason, hold.code, hold.detail) not in seen
            seen.add((hold.reason, hold.code, hold.detail))
            if is_new and (line.gl_account or hold.reason is not Reason.UNMAPPED_GL_ACCOUNT):
                yield hold
    yield from draft.rounding_codes.holds


def tax_can_be_posted(draft: Draft) -> Iterator[Hold]:
    """Every tax has one code and an account."""
    yield from draft.taxes.holds


def currency_is_known(draft: Draft) -> Iterator[Hold]:
    """SAP knows the currency."""
    currency = draft.invoice.currency
    if currency and draft.decimals is None:
        yield Hold(
            Reason.UNKNOWN_CURRENCY,
            f"Invoice {draft.invoice.number} is in {currency}, a currency that SAP does not have.",
            f"Create {currency} in SAP, or correct the currency in Stampli.",
            currency,
        )


def rate_is_there(draft: Draft) -> Iterator[Hold]:
    """SAP has an exchange rate for the day to post on; never a rate of 1."""
    if draft.decimals is not None and draft.is_foreign and draft.posting_date is not None and draft.rate is None:
        currency, day = draft.invoice.currency, draft.posting_date
        yield Hold(
            Reason.NO_EXCHANGE_RATE,
            f"SAP has no exchange rate for {currency} on {day}.",
            f"Enter the rate of {currency} for {day} in SAP.",
            f"{currency} {day}",
        )


def period_is_open(draft: Draft) -> Iterator[Hold]:
    """The posting date lies in an open period, or may move to one."""
    posting, period = draft.dates.posting, draft.period
    if posting is None or period is None or draft.posting_date is not None:
        return
    detail = f"Posting date {posting} lies in period {period.code}, which is closed in SAP"
    if draft.context.settings.closed_period == "next_open":
        detail += ", and no later period is open"
    action = f"Reopen period {period.code}, or let closed periods move to the next open one (`closed_period`)."
    yield Hold(Reason.PERIOD_CLOSED, f"{detail}.", action, period.code)


def dates_are_in_range(draft: Draft) -> Iterator[Hold]:
    """No absurd date, and a period for the posting date."""
    settings, today = draft.context.settings, draft.context.today
    dates = {"posting": draft.dates.posting, "invoice": draft.dates.tax, "due": draft.dates.due}
    for name, day in dates.items():
        if day is not None and not settings.earliest_date <= day <= today + _MOST_DAYS_AHEAD:
            yield _out_of_range(
                f"The {name} date {day} of invoice {draft.invoice.number} is before {settings.earliest_date} "
                f"or more than {_MOST_DAYS_AHEAD.days} days ahead.",
                "Correct the date in Stampli.",
                day,
            )
    if draft.dates.posting is not None and draft.period is None:
        day = draft.dates.posting
        yield _out_of_range(f"SAP has no posting period for {day}.", "Create the period in SAP, or correct it.", day)


def dates_fit_period(draft: Draft) -> Iterator[Hold]:
    """Due and document date lie in the windows that the period has for them, where these are wider than its own."""
    period = draft.period
    if period is None or draft.posting_date != draft.dates.posting:
        return
    own = (period.posting_from, period.posting_to)
    windows = {
        "due": (draft.dates.due, period.due_from, period.due_to),
        "invoice": (draft.dates.tax, period.tax_from, period.tax_to),
    }
    for name, (day, first, last) in windows.items():
        if day is not None and (first, last) != own and not first <= day <= last:
            detail = f"Period {period.code} takes {name} dates from {first} to {last}, and the invoice has {day}."
            yield _out_of_range(detail, "Correct the date in Stampli, or widen the period in SAP.", day)


def _out_of_range(detail: str, action: str, day: date) -> Hold:
    return Hold(Reason.DATE_OUT_OF_RANGE, detail, action, str(day))


RULES: tuple[Rule, ...] = (
    status_is_known,
    values_could_be_read,
    values_are_there,
    type_and_sign_agree,
    decimals_fit_currency,
    totals_agree,
    supplier_can_be_posted_to,
    codes_can_be_posted_to,
    tax_can_be_posted,
    currency_is_known,
    rate_is_there,
    period_is_open,
    dates_are_in_range,
    dates_fit_period,
)
"""All are asked, in this order; the contract's order of reasons decides which comes first in a report."""
