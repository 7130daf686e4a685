"""Rules on currency and exchange rate."""

from collections.abc import Iterator

from stampli_b1_assets.accounting.draft import Draft
from stampli_b1_assets.domain.outcome import Hold, Reason


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
