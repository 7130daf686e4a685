"""Rules on amounts: decimals of the currency, and sums that must agree."""

from collections.abc import Iterator

from stampli_b1_assets.accounting.draft import Draft
from stampli_b1_assets.accounting.taxes import line_tax_total, tax_total
from stampli_b1_assets.domain.money import ZERO, significant_decimals
from stampli_b1_assets.domain.outcome import Hold, Reason

_WHOLE = "Have Stampli export the invoice whole, or correct its lines there."


def decimals_fit_currency(draft: Draft) -> Iterator[Hold]:
    """No more decimals than the currency has in SAP: yen none, dinar three; zeros at the end do not count."""
    decimals, invoice = draft.decimals, draft.invoice
    if decimals is None:
        return
    amounts = [("Invoice Amount", invoice.total, 0, ""), ("Tax Amount", invoice.tax, 0, "")]
    for line in invoice.lines:
        amounts.append(("Line Amount", line.amount, line.row, f" of line {line.number}"))
        amounts.append(("Line Tax Amount", line.tax_amount, line.row, f" of line {line.number}"))
    for column, amount, row, which in amounts:
        if amount is not None and significant_decimals(amount) > decimals:
            detail = (
                f"{draft.place(row)}{column}{which} of invoice {draft.name} is {amount}, and {invoice.currency} has "
                f"{decimals or 'no'} decimals."
            )
            yield Hold(Reason.BAD_VALUE, detail, "Correct the amount or the currency in Stampli.", column)


def lines_and_tax_make_total(draft: Draft) -> Iterator[Hold]:
    """Total = lines + tax, exactly, or within the tolerance that the settings give (inclusive)."""
    rounding, difference, total = draft.context.settings.rounding, draft.difference, draft.invoice.total
    tolerance = rounding.tolerance if rounding else ZERO
    if total is None or difference is None or abs(difference) <= tolerance:
        return
    allowed = f", more than the tolerance of {tolerance}" if tolerance else ""
    yield Hold(
        Reason.TOTALS_DISAGREE,
        f"{draft.place()}Invoice {draft.name} totals {total} {draft.invoice.currency}, but its lines and tax come to "
        f"{total - difference}: {abs(difference)} apart{allowed}.",
        _WHOLE,
    )


def line_tax_makes_tax(draft: Draft) -> Iterator[Hold]:
    """Tax by line adds up to the tax of the whole invoice, where both are given."""
    invoice = draft.invoice
    by_line = line_tax_total(invoice.lines)
    is_given = any(line.tax_amount is not None for line in invoice.lines)
    is_in_doubt = bool(draft.faulty & {"Tax Amount", "Line Tax Amount"})
    if not is_given or is_in_doubt or invoice.tax is None or by_line == invoice.tax:
        return
    yield Hold(
        Reason.TOTALS_DISAGREE,
        f"{draft.place()}Invoice {draft.name} has tax of {tax_total(invoice)} {invoice.currency}, but the tax of its "
        f"lines comes to {by_line}.",
        "Correct the tax in Stampli and export the invoice again.",
    )
