"""Money and counts as people write them."""

from collections.abc import Mapping
from decimal import Decimal


def money(amount: Decimal | str, currency: str = "") -> str:
    """`12,400.00 USD`: grouped, with the decimals that it has."""
    value = Decimal(amount)
    exponent = value.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return f"{value:,.{decimals}f} {currency}".strip()


def amounts(by_currency: Mapping[str, Mapping[str, str]], outcome: str) -> str:
    """The sums of one outcome in every currency that has any, such as `535.50 EUR, 3,360.50 USD`."""
    sums = ((currency, Decimal(of_currency[outcome])) for currency, of_currency in by_currency.items())
    return ", ".join(money(by_currency[currency][outcome], currency) for currency, amount in sums if amount)


def counted(number: int, noun: str) -> str:
    """`1 invoice`, `2 invoices`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
