"""One spelling for every value that is stored or hashed: canonical JSON in plain ASCII."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None

_BLACKED_OUT = frozenset({"password", "passphrase", "secret", "token", "cookie", "authorization", "b1session", "iban"})
"""Keys, compared without case, whose values never reach the ledger."""


def plain(value: Any) -> Any:
    """Turn dataclasses, enums, dates, moments and decimals into what JSON has; amounts become text.

    Raises `TypeError` for floats and anything else that has no one exact spelling.
    """
    if value is None or isinstance(value, bool | int) or type(value) is str:
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _unless_secret(str(key), item) for key, item in value.items()}
    if isinstance(value, AbstractSet):
        return [plain(item) for item in sorted(value)]
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return _scalar(value)


def _unless_secret(key: str, value: Any) -> Any:
    return "(blacked out)" if key.lower() in _BLACKED_OUT and value else plain(value)


def _scalar(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} has no exact place in the ledger")


def canonical(value: Any) -> str:
    """Sorted keys, no blanks, ASCII only: the same value is always the same text, on every database."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def sha256_of(text: str) -> str:
    """Hash of a text's UTF-8 bytes, 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def moment_text(moment: datetime) -> str:
    """A moment as text of fixed width in UTC, so that text order is time order.

    Raises `ValueError` for a moment without a zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs its zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
