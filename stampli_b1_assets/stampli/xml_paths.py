"""Paths of layouts into XML: `Invoice/Lines/Line/Dim[@name=Department]`, `Invoice/@id`, `@companyId`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_PREDICATE = re.compile(r"\[@(?P<name>[\w.-]+)=(?P<quote>['\"]?)(?P<value>[^'\"\]]*)(?P=quote)\]")


def canonical(path: str) -> str:
    """One way of writing: no leading slash, no quotes in predicates."""
    return _PREDICATE.sub(r"[@\g<name>=\g<value>]", path.strip().lstrip("/"))


@dataclass(frozen=True)
class Predicates:
    """Which elements are told apart by an attribute: path without predicate → attribute."""

    attributes: Mapping[str, str]

    @classmethod
    def of(cls, paths: Iterable[str]) -> "Predicates":
        """Those that occur in `paths` (canonical)."""
        found = {}
        for path in paths:
            for match in _PREDICATE.finditer(path):
                found[path[: match.start()]] = match["name"]
        return cls(found)

    def place(self, parent: str, element: str, attributes: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
        """The element's canonical path, and its attributes without the one that became part of it."""
        path = f"{parent}/{element}" if parent else element
        name = self.attributes.get(path)
        if name is None or name not in attributes:
            return path, attributes
        rest = {key: value for key, value in attributes.items() if key != name}
        return f"{path}[@{name}={attributes[name]}]", rest
