"""Money, counts and foreign texts as people can read them."""

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Document = Mapping[str, Any]
"""JSON as a command prints it; amounts are text with their currency's decimals."""

_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, halves of characters, line and paragraph separators."""
_REORDERING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def money(amount: Decimal | str, currency: str = "") -> str:
    """`12,400.00 USD`: grouped, with the decimals that it has."""
    value = Decimal(amount)
    exponent = value.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return f"{value:,.{decimals}f} {currency}".strip()


def sums(by_currency: Mapping[str, Decimal | str]) -> str:
    """Several currencies in their order, such as `535.50 EUR, 3,360.50 USD`; empty for none."""
    return ", ".join(money(amount, currency) for currency, amount in sorted(by_currency.items()))


def amounts(by_currency: Mapping[str, Mapping[str, str]], outcome: str) -> str:
    """The sums of one outcome in every currency that has any."""
    return sums({currency: of[outcome] for currency, of in by_currency.items() if Decimal(of[outcome])})


def counted(number: int, noun: str) -> str:
    """`1 invoice`, `2 invoices`, `1,200 invoices`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def visible(text: str) -> str:
    """Text of others without anything that could steer a terminal or hide: an escape is seen as `x1b`.

    A line break becomes a space, so that a memo stays on its line.
    """
    return "".join(map(_visible, text))


def _visible(sign: str) -> str:
    if sign in "\r\n":
        return " "
    if unicodedata.category(sign) in _UNSEEN or sign in _REORDERING:
        return sign.encode("unicode_escape").decode("ascii")
    return sign


def visible_document(value: Any) -> Any:
    """The same for every text of a document; what machines read stays as it is."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {key: visible_document(item) for key, item in value.items()}
    return [visible_document(item) for item in value] if isinstance(value, list | tuple) else value
