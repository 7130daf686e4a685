"""The shape of an unknown XML file: which element is a document, which a line, and where values stand."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stampli_b1_assets.stampli.synonyms import LINE_LABELS, path_keys
from stampli_b1_assets.stampli.xml_text import XmlEvents, parse

_CONTROLS = {"count": ("count",), "total": ("total", "sum")}
_NAMING = ("name", "type", "key", "field")
"""Attributes by which elements of one name are told apart, as in `<Dim name="Department">`."""


@dataclass
class XmlSample:
    """Paths from the root element, each with the texts found there."""

    root: str = ""
    record: str = ""
    line: str = ""
    columns: dict[str, list[str]] = field(default_factory=dict)

    def shape(self) -> dict[str, str]:
        """The key `xml` of a form; attributes of the root that count or add up become control totals."""
        shape = {"root": self.root, "record": self.record}
        if self.line:
            shape["line"] = self.line
        for path in [path for path in self.columns if path.startswith("@")]:
            what = next((key for key, words in _CONTROLS.items() if any(one in path.casefold() for one in words)), None)
            if what is not None and what not in shape:
                shape[what] = path
                del self.columns[path]
        return shape


class _Paths(XmlEvents):
    def __init__(self, name: str) -> None:
        self.name = name
        self.root = ""
        self.counts: Counter[str] = Counter()
        self.values: dict[str, list[str]] = {}
        self.repeated: set[str] = set()
        """Elements that stand several times in one."""
        self._open: list[tuple[str, list[str], bool]] = []
        self._children: list[set[str]] = []

    def begin(self, element: str, attributes: Mapping[str, str]) -> None:
        if not self._open:
            self.root, path = element, ""
        else:
            parent, pieces, _ = self._open[-1]
            self._open[-1] = (parent, pieces, True)
            path = f"{parent}/{element}".lstrip("/")
            if path in self._children[-1]:
                self.repeated.add(path)
            self._children[-1].add(path)
        self._children.append(set())
        self.counts[path] += 1
        naming = next((one for one in _NAMING if set(attributes) == {one}), None)
        if naming is not None:
            path = f"{path}[@{naming}={attributes[naming]}]"
        else:
            for name, value in attributes.items():
                self.values.setdefault(f"{path}/@{name}".lstrip("/"), []).append(value)
        self._open.append((path, [], False))

    def text(self, text: str) -> None:
        self._open[-1][1].append(text)

    def comment(self) -> None:
        """Not of interest."""

    def end(self) -> None:
        path, pieces, has_children = self._open.pop()
        self._children.pop()
        value = "".join(pieces)
        if not has_children and value.strip():
            self.values.setdefault(path, []).append(value)


def sample_of(path: Path, codec: str, most: int) -> XmlSample:
    """Read up to some `most` documents; refuses what `xml_text.parse` refuses."""
    paths = _Paths(path.name)
    for _ in parse(path, codec, paths):
        if paths.counts and max(paths.counts.values()) > most:
            break
    record = _record(paths)
    return XmlSample(paths.root, record, _line(paths, record), paths.values)


def _record(paths: _Paths) -> str:
    """The outermost element that comes again and again and holds values; of a single document the one with most."""
    values = Counter(inner for one in paths.values for inner in _around(one))
    repeated = [one for one, count in paths.counts.items() if one and count > 1 and values[one]]
    if repeated:
        return min(repeated, key=lambda one: (one.count("/"), -values[one]))
    record = ""
    while True:
        inner = [one for one in paths.counts if one and one.rpartition("/")[0] == record and values[one]]
        best = max(inner, key=lambda one: values[one], default="")
        if not best or (record and values[best] < values[record]):
            return record or best
        record = best


def _line(paths: _Paths, record: str) -> str:
    """Of the elements in a document that hold what lines have, one that comes several times in it, or holds most."""
    known: Counter[str] = Counter()
    for path in paths.values:
        around = path.rpartition("/")[0].partition("[")[0]
        if around.startswith(f"{record}/"):
            known[around] += not LINE_LABELS.isdisjoint(path_keys(path))
    best = max(known, key=lambda one: (known[one] > 0, one in paths.repeated, known[one]), default="")
    return best if known[best] else ""


def _around(path: str) -> list[str]:
    """The elements that a value stands within, without predicates."""
    parts = [part.partition("[")[0] for part in path.split("/")][:-1]
    return ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
