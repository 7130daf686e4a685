"""Rules on currency and exchange rate."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from stampli_b1_assets.accounting.draft import Draft
from stampli_b1_assets.domain.outcome import Hold, Reason

_FAR = Decimal("0.05")
"""Rates of one day differ by less from bank to bank, whichever of the two currencies they count in."""
_MOST = 10**9


def currency_is_known(draft: Draft) -> Iterator[Hold]:
    """SAP knows the currency."""
    currency = draft.invoice.currency
    if currency and draft.decimals is None:
        yield unknown_currency(f"Invoice {draft.name}", currency)


def rate_is_there(draft: Draft) -> Iterator[Hold]:
    """SAP has an exchange rate for the day to post on; never a rate of 1."""
    day = draft.posting_date
    if draft.decimals is not None and draft.is_foreign and day is not None and draft.rate is None:
        yield no_rate(draft.invoice.currency, str(day))


def another_rate(draft: Draft) -> Iterator[str]:
    """Says when the file's own rate is far from SAP's, which is the one that counts."""
    text, rate, currency = draft.invoice.exchange_rate.strip(), draft.rate, draft.invoice.currency
    if not text or rate is None or not draft.is_foreign:
        return
    theirs, ours = _plain(text), f"{rate.normalize():f}"
    if theirs is None:
        yield f"Stampli's exchange rate of {currency} is no number; posted at SAP's rate {ours}."
    elif all(abs(one / rate - 1) > _FAR for one in (theirs, 1 / theirs)):
        yield (
            f"Stampli's exchange rate of {currency} is {theirs:f}, SAP's on {draft.posting_date} is {ours}; "
            "posted at SAP's."
        )


def _plain(text: str) -> Decimal | None:
    try:
        rate = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return rate if rate.is_finite() and 0 < rate < _MOST else None


def unknown_currency(document: str, currency: str) -> Hold:
    """A currency that SAP does not have."""
    return Hold(
        Reason.UNKNOWN_CURRENCY,
        f"{document} is in {currency}, a currency that SAP does not have.",
        f"Create {currency} in SAP, or correct the currency in Stampli.",
        currency,
    )


def no_rate(currency: str, day: str) -> Hold:
    """No exchange rate on that day."""
    return Hold(
        Reason.NO_EXCHANGE_RATE,
        f"SAP has no exchange rate for {currency} on {day}.",
        f"Enter the rate of {currency} for {day} in SAP.",
        f"{currency} {day}",
    )
