"""Whole entity sets, whatever the build of the Service Layer knows of them."""

from collections.abc import Sequence

from stampli_b1_assets.b1.refusals import refused_read
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.b1.wire import Json
from stampli_b1_assets.errors import B1Refused

_UNKNOWN_SET = ("-1002", "200")


def read_all(
    service: ServiceLayer, entity_set: str, key: str, select: Sequence[str] = (), filter_: str = ""
) -> list[Json]:
    """All rows in the order of `key`, whole ones without `select`. Raises `B1Unusable`.

    A property that an older build does not know is refused by name: it is read without it then.
    """
    wanted = list(select)
    while True:
        try:
            return service.get_all(entity_set, select=wanted, orderby=key, filter=filter_)
        except B1Refused as refusal:
            unknown = next((name for name in wanted if name != key and f"'{name}'" in refusal.text), None)
            if unknown is None:
                raise refused_read(entity_set, refusal) from None
            wanted.remove(unknown)


def read_if_known(service: ServiceLayer, entity_set: str, key: str) -> list[Json]:
    """All rows; none where this Service Layer has no such entity set (code -1002 or 200, seen live with HTTP 400)."""
    try:
        return service.get_all(entity_set, select=(), orderby=key)
    except B1Refused as refusal:
        if refusal.status == 404 or refusal.code in _UNKNOWN_SET:
            return []
        raise refused_read(entity_set, refusal) from None
