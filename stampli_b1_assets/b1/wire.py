"""JSON as it travels: money stays Decimal in both directions, never a binary fraction."""

from collections.abc import Callable
from typing import Any

import simplejson

Json = Any
"""A value of JSON; objects are `dict[str, Json]`, numbers with a fraction are `Decimal`."""


def dumps(value: Json) -> bytes:
    """Compact UTF-8; a `Decimal` is written with exactly the decimals that it has."""
    return simplejson.dumps(value, use_decimal=True, ensure_ascii=False, separators=(",", ":")).encode()


def canonical(value: Json, plain: Callable[[object], Json]) -> bytes:
    """One spelling for one value: keys in order; `plain` turns what JSON does not know into what it does."""
    return simplejson.dumps(
        value, use_decimal=True, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=plain
    ).encode()


def loads(content: bytes) -> Json:
    """Parse; raises `ValueError` for what is no JSON (HTML of the balancer, a body that was cut off)."""
    return simplejson.loads(content.decode("utf-8"), use_decimal=True)
