"""All rows of an entity set, page by page, without losing any when rows come or go meanwhile."""

from collections.abc import Callable, Mapping

from stampli_b1_assets.b1.odata import next_options
from stampli_b1_assets.b1.wire import Json
from stampli_b1_assets.errors import B1Unusable

PAGE_ROWS = 500
_MOST_PAGES = 10_000
_RESTARTS = 3

ReadPage = Callable[[Mapping[str, str], Mapping[str, str]], Json]
"""Query options and headers beyond the fixed ones → one page's document."""


class _Shifted(Exception):
    """Rows were added or deleted before the place that was reached."""


def read_pages(read_page: ReadPage, entity_set: str, key: str) -> list[Json]:
    """Rows in the order of their unique `key`.

    SAP's next link is a plain offset, not a snapshot (guide p. 34): a row deleted meanwhile would hide another. So
    every page begins with the last row of the one before; when that is another row, the reading starts again.
    """
    for _ in range(_RESTARTS):
        try:
            return _read(read_page, entity_set, key)
        except _Shifted:
            continue
    raise B1Unusable(f"{entity_set} changed in SAP while it was read.", "Try again later.", is_passing=True)


def _read(read_page: ReadPage, entity_set: str, key: str) -> list[Json]:
    rows: list[Json] = []
    more: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        page = _rows_of(answer := read_page(more, {"Prefer": f"odata.maxpagesize={PAGE_ROWS}"}))
        fresh = page[1:] if "$skip" in more else page
        if "$skip" in more and (not page or page[0].get(key) != rows[-1].get(key)):
            raise _Shifted
        rows += fresh
        link = next_options(answer)
        if link is None:
            return rows
        if not fresh:
            raise _Shifted
        more = {"$skiptoken": link["$skiptoken"]} if "$skiptoken" in link else {"$skip": str(len(rows) - 1)}
    raise B1Unusable(f"SAP gave more than {_MOST_PAGES} pages of {entity_set}.", "Ask SAP's administrator.")


def _rows_of(answer: Json) -> list[Json]:
    rows = answer.get("value") if isinstance(answer, Mapping) else None
    if not isinstance(rows, list):
        raise B1Unusable("SAP's answer is no list of rows.", "Check `b1.service_layer_url`.", is_passing=True)
    return rows
