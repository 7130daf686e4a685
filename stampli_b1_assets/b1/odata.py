"""OData as the Service Layer speaks it: keys, queries, filters, values, in both dialects."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qs, quote, urlsplit

from stampli_b1_assets.b1.wire import Json

_MOST_URL_BYTES = 6_000  # Apache's line limit is 8,190 bytes by default


def text(value: str) -> str:
    """A text literal; single quotes are doubled (guide p. 34)."""
    return "'" + value.replace("'", "''") + "'"


def keyed(entity_set: str, key: str | int) -> str:
    """The path of one row, percent-encoded: `BusinessPartners('A%2FB')`, `JournalEntries(5123)`."""
    literal = str(key) if isinstance(key, int) else quote(text(key), safe="'")
    return f"{entity_set}({literal})"


def with_query(path: str, options: Mapping[str, str]) -> str:
    """The path with its query options; blanks as `%20`, for `+` is a plus in OData."""
    if not options:
        return path
    return path + "?" + "&".join(f"{name}={quote(value, safe='$,()')}" for name, value in options.items())


def equals_any(property_: str, values: Sequence[str]) -> str:
    """A filter for any of the values; `in` is not on SAP's list of operators (guide p. 32)."""
    return " or ".join(f"{property_} eq {text(value)}" for value in values)


def chunks_for_url(property_: str, values: Iterable[str]) -> Iterator[list[str]]:
    """Split values so that each filter fits a URL, percent signs included."""
    chunk: list[str] = []
    size = 0
    for value in values:
        cost = len(f"{property_}%20eq%20%20or%20") + len(quote(text(value), safe=""))
        if chunk and size + cost > _MOST_URL_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(value)
        size += cost
    if chunk:
        yield chunk


def next_options(answer: Mapping[str, Json]) -> dict[str, str] | None:
    """The query options of an answer's next link (`…?$skip=20`, or a `$skiptoken`); None at the end."""
    link = answer.get("@odata.nextLink") or answer.get("odata.nextLink")
    if not isinstance(link, str):
        return None
    return {name: values[-1] for name, values in parse_qs(urlsplit(link).query).items()}


def day(value: Json) -> date | None:
    """v2 gives `2026-03-31T00:00:00Z`, v1 `2026-03-31`: the first ten characters are the date, no zone is applied."""
    if not isinstance(value, str) or not value:
        return None
    plain = value[:10] if "-" in value[:5] else f"{value[:4]}-{value[4:6]}-{value[6:8]}"
    return date.fromisoformat(plain)


def is_yes(value: Json) -> bool:
    """SAP's booleans are the enum BoYesNoEnum."""
    return value in ("tYES", "Y", True)


def amount(value: Json) -> Decimal:
    """Money of an answer; absent is zero."""
    return Decimal(str(value)) if value not in (None, "") else Decimal(0)


def string(value: Json) -> str:
    """A text property; null is empty."""
    return "" if value is None else str(value)
