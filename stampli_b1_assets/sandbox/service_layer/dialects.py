"""One answer in two dialects: v1 (OData v3) and v2 (OData v4) differ in annotations, dates, links and errors."""

import re
import urllib.parse
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any

import simplejson

from stampli_b1_assets.sandbox.service_layer.company import Answer, Options
from stampli_b1_assets.sandbox.service_layer.properties import names_with_type
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal

DEFAULT_PAGE = 20
_PAGE_SIZE = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)", re.IGNORECASE)


class Dialect:
    """How one version speaks; `host` is what the caller called this server, `habits` where servers differ."""

    def __init__(self, version: str, host: str = "localhost:50000", habits: AbstractSet[str] = frozenset()) -> None:
        self.version = version
        self.is_v2 = version == "v2"
        self._habits = habits
        self.root = f"https://{host}/b1s/{version}"
        """SAP stands behind TLS, whatever this simulator does."""

    @property
    def content_type(self) -> str:
        """Of JSON."""
        mark = "odata.metadata=minimal" if self.is_v2 else "odata=minimalmetadata"
        return f"application/json;{mark};charset=utf-8"

    def options(self, query: str, headers: dict[str, str]) -> Options:
        """What a request asks for; header names in lower case."""
        params = {name: values[-1] for name, values in urllib.parse.parse_qs(query, keep_blank_values=True).items()}
        size = page_size(headers)
        return Options(
            params,
            DEFAULT_PAGE if size is None else size,
            headers.get("b1s-replacecollectionsonpatch", "").casefold() == "true",
            ("$count", "true") if self.is_v2 else ("$inlinecount", "allpages"),
            headers.get("if-match", ""),
            is_v2=self.is_v2,
            ignores_case=headers.get("b1s-caseinsensitive", "").casefold() == "true",
        )

    def document(self, answer: Answer, path: str, query: str) -> bytes:
        """The body of an answer that has one."""
        context = "@odata.context" if self.is_v2 else "odata.metadata"
        where = {context: f"{self.root}/$metadata#{answer.context}"}
        if answer.rows is not None:
            return dump({**where, **self._page(answer, path, query)})
        value = self._value(answer.value)
        if isinstance(value, dict):
            etag = {"@odata.etag" if self.is_v2 else "odata.etag": answer.etag} if answer.etag else {}
            return dump({**where, **etag, **value})
        return dump(value if self.is_v2 else {context: f"{self.root}/$metadata#Edm.String", "value": value})

    def _page(self, answer: Answer, path: str, query: str) -> dict[str, Any]:
        page: dict[str, Any] = {}
        if answer.count is not None:
            page["@odata.count" if self.is_v2 else "odata.count"] = answer.count if self.is_v2 else str(answer.count)
        page["value"] = [self._value(row) for row in answer.rows or ()]
        if answer.next_skip is not None:
            options = [] if "links_forget_options" in self._habits else query.split("&")
            kept = [one for one in options if one and not urllib.parse.unquote(one).startswith("$skip=")]
            link = f"{path}?{'&'.join([*kept, f'$skip={answer.next_skip}'])}"
            page["@odata.nextLink" if self.is_v2 else "odata.nextLink"] = link if self.is_v2 else f"/b1s/v1/{link}"
        return page

    def _value(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._value(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if isinstance(value, str) and len(value) == 10 and name in names_with_type("DateTime"):
            return f"{value}T00:00:00Z" if self.is_v2 else value
        if isinstance(value, int | Decimal) and name in names_with_type("Double"):
            return _double(Decimal(value))
        return value

    def error(self, refusal: Refusal, *, is_in_batch: bool) -> bytes:
        """v1: a number and an object; v2: two strings."""
        number = -1 if refusal.code == -2035 and "duplicates_are_code_minus_1" in self._habits else refusal.code
        if self.is_v2 and not (is_in_batch and "v1_errors_in_v2_batches" in self._habits):
            code = number if "numeric_codes_in_v2" in self._habits else str(number)
            return dump({"error": {"code": code, "message": refusal.text}})
        error: dict[str, Any] = {"code": number, "message": {"lang": "en-us", "value": refusal.text}}
        if is_in_batch:
            error["innererror"] = {"context": None, "trace": None}
        return dump({"error": error})


def page_size(headers: dict[str, str]) -> int | None:
    """The page size that the caller asks for; `B1-PageSize` is none of the names (seen live)."""
    preferred = preferred_page_size(headers)
    text = headers.get("b1s-pagesize", "")
    return int(text) if preferred is None and text.isascii() and text.isdigit() else preferred


def preferred_page_size(headers: dict[str, str]) -> int | None:
    """The one that the answer confirms."""
    match = _PAGE_SIZE.search(headers.get("prefer", ""))
    return int(match[1]) if match else None


def parse(body: bytes) -> Any:
    """JSON of a request, money as `Decimal`."""
    if not body.strip():
        return None
    try:
        return simplejson.loads(body.decode("utf-8"), use_decimal=True)
    except (ValueError, RecursionError):
        raise Refusal(-1000, "Invalid JSON body") from None


def dump(value: Any) -> bytes:
    """JSON of an answer."""
    return simplejson.dumps(value, use_decimal=True, ensure_ascii=False).encode()


def _double(value: Decimal) -> Decimal:
    """A double has no memory of zeros: 100.00 is answered as 100.0."""
    text = f"{value.normalize():f}"
    return Decimal(text if "." in text else f"{text}.0")
