"""Money is `Decimal`, made here and nowhere else; never a float."""

import re
from decimal import Decimal

_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)

# ISO 4217 currencies whose minor unit is not two decimals, for where SAP does not say.
_ISO_DECIMALS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}

ZERO = Decimal(0)


def money(text: str) -> Decimal:
    """Read a plain decimal number such as `-1951.00`; ASCII digits only.

    Raises `ValueError` for anything else: `Decimal` alone would take `NaN`, `1_000` and `1e3`.
    """
    if not _PLAIN_NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a plain decimal number such as 1951.00")
    return Decimal(text)


def iso_decimals(currency: str) -> int:
    """Decimals of a currency after ISO 4217 (JPY 0, KWD 3); 2 for the ones not listed."""
    return _ISO_DECIMALS.get(currency, 2)


def significant_decimals(amount: Decimal) -> int:
    """Decimals that carry value: `12000.00` has none, `12.345` has three."""
    if amount == 0:
        return 0
    exponent = amount.normalize().as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError(f"{amount} is no amount of money")
    return max(0, -exponent)


def fixed(amount: Decimal, decimals: int) -> Decimal:
    """Give an exact amount its currency's decimals: `Decimal("1951")` → `Decimal("1951.00")`.

    Raises `ValueError` when that would round; rounding is only ever done by name (`accounting.journal`).
    """
    if significant_decimals(amount) > decimals:
        raise ValueError(f"{amount} has more than {decimals} decimals")
    result = amount.quantize(Decimal(1).scaleb(-decimals))
    return result or abs(result)  # no "-0.00"
