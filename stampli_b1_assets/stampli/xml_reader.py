"""XML exports: documents and their lines by path, whatever the order of elements and the namespace."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from stampli_b1_assets.domain.outcome import RefusalReason
from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.stampli.chunks import CHUNK_ROWS, MOST_CHARACTERS, Chunk, Problem
from stampli_b1_assets.stampli.controls import Tally
from stampli_b1_assets.stampli.forms import Form, RowPart, XmlShape
from stampli_b1_assets.stampli.sources import field_labels, sources_of
from stampli_b1_assets.stampli.text import shortened
from stampli_b1_assets.stampli.xml_paths import Predicates, canonical
from stampli_b1_assets.stampli.xml_text import XmlEvents, parse

_TELLING = ("stampli_id", "number", "total")
"""What has two of these where a document has them is a document."""
_MOST_PATHS = 1_000
"""More kinds of values than any export has; each is remembered, so that they would fill the memory."""


@dataclass
class _Scope:
    """Values found so far in the root, a document or a line, by path; `line` is where it begins."""

    line: int
    values: dict[str, str] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)

    def put(self, path: str, value: str) -> None:
        if path in self.values and path not in self.repeated:
            self.repeated.append(path)
        self.values.setdefault(path, value)


@dataclass
class _Element:
    path: str
    has_children: bool = False
    has_comment: bool = False
    pieces: list[str] = field(default_factory=list)
    length: int = 0

    @property
    def is_container(self) -> bool:
        return self.has_children or self.has_comment


@dataclass(frozen=True)
class _Row:
    scopes: tuple[_Scope, ...]
    part: RowPart

    @property
    def number(self) -> int:
        return self.scopes[-1].line

    def values(self) -> dict[str, str]:
        """All values by path; a path belongs to one scope only."""
        return {path: value for scope in self.scopes for path, value in scope.values.items()}


class _Documents(XmlEvents):
    """Gathers rows: one for each line of a document, with the values of the document and of the root."""

    def __init__(self, name: str, shape: XmlShape, value_paths: frozenset[str], predicates: Predicates) -> None:
        self.name = name
        self.rows: list[_Row] = []
        self.documents: list[_Scope] = []
        self.root: _Scope | None = None
        self.beside: Counter[str] = Counter()
        """Elements outside of documents, by path."""
        self._shape, self._value_paths, self._predicates = shape, value_paths, predicates
        self._open: list[_Element] = []
        self._document: _Scope | None = None
        self._line: _Scope | None = None
        self._lines: list[_Scope] = []

    def begin(self, element: str, attributes: Mapping[str, str]) -> None:
        if not self._open:
            self._begin_root(element)
            path = ""
        else:
            self._open[-1].has_children = True
            self._refuse_mixed(self._open[-1])
            path, attributes = self._predicates.place(self._open[-1].path, element, attributes)
        self._open.append(_Element(path))
        if path == self._shape.record:
            self._document, self._lines = _Scope(self.line), []
        elif path == self._shape.line:
            self._line = _Scope(self.line)
        elif path and self._document is None and not self._shape.record.startswith(f"{path}/"):
            self._met_beside(path)
        for name, value in attributes.items():
            self._scope().put(f"{path}/@{name}".lstrip("/"), value)

    def _met_beside(self, path: str) -> None:
        self.beside[path] += 1
        if len(self.beside) > _MOST_PATHS:
            raise self.too_large(f"more than {_MOST_PATHS:,} different elements stand beside the documents")

    def text(self, text: str) -> None:
        element = self._open[-1]
        if element.is_container and not text.strip():
            return  # blanks between elements would add up over the whole file
        element.pieces.append(text)
        element.length += len(text)
        if element.length > MOST_CHARACTERS:
            raise self.too_large(f"a value has more than {MOST_CHARACTERS:,} characters")
        self._refuse_mixed(element)

    def comment(self) -> None:
        if self._open:
            self._open[-1].has_comment = True
            self._refuse_mixed(self._open[-1])

    def end(self) -> None:
        element = self._open.pop()
        value = "".join(element.pieces)
        if element.path in self._value_paths or (value.strip() and not element.has_children):
            self._scope().put(element.path, value)
        if element.path == self._shape.line and self._line is not None:
            self._lines.append(self._line)
            self._line = None
        elif element.path == self._shape.record and self._document is not None:
            self._end_document(self._document)

    def _end_document(self, document: _Scope) -> None:
        root = self.root
        assert root is not None
        if self._shape.line is None:
            self.rows.append(_Row((root, document), RowPart.WHOLE))
        elif self._lines:
            self.rows += [_Row((root, document, line), RowPart.WHOLE) for line in self._lines]
        else:
            self.rows.append(_Row((root, document), RowPart.HEADER))
        self.documents.append(document)
        self._document, self._lines = None, []

    def _begin_root(self, element: str) -> None:
        if element != self._shape.root:
            raise FileRefused(
                RefusalReason.UNKNOWN_KIND,
                f"{self.name} begins with the element {shortened(element)}, not with {self._shape.root}.",
                "Declare its form in the layout.",
            )
        self.root = _Scope(self.line)

    def _scope(self) -> _Scope:
        scope = self._line or self._document or self.root
        assert scope is not None
        return scope

    def _refuse_mixed(self, element: _Element) -> None:
        """A value is text and nothing else: `4<!-- x -->51.00` is 451.00 to one parser and 4 to another."""
        if not element.is_container:
            return
        is_value = element.path in self._value_paths
        if is_value or any(piece.strip() for piece in element.pieces):
            what = "an element" if element.has_children else "a comment"
            if not is_value and element.has_children:
                where = element.path or self._shape.root
                text = shortened("".join(element.pieces).strip())
                raise self.forbidden(f"the text “{text}” stands between the elements of {where}")
            raise self.forbidden(f"{what} stands inside the value {element.path or self._shape.root}")
        element.pieces.clear()


class XmlSource:
    """An XML file of one form.

    Refuses `BROKEN_XML`, `FORBIDDEN_XML`, `CONTROL_TOTAL`, `TOO_LARGE`, `NOT_TEXT` and `UNKNOWN_KIND`.
    """

    place = "Line"

    def __init__(self, path: Path, name: str, form: Form, codec: str) -> None:
        assert form.xml is not None
        self.name, self.form, self._shape = name, form, form.xml
        self.labels = field_labels(form, {})
        self.columns: list[str] = []
        self.unknown_columns: list[str] = []
        self.warnings: list[str] = []
        self._path, self._codec = path, codec
        self._sources = {key: tuple(map(canonical, paths)) for key, paths in sources_of(form).items()}
        declared = [path for paths in self._sources.values() for path in paths]
        controls = [canonical(path) for path in (self._shape.count, self._shape.total) if path]
        self._known = {*declared, *controls, *map(canonical, form.ignored)}
        self._used = {*declared, *controls}
        values = frozenset(path for path in self._known if "@" not in path.rpartition("/")[2])
        self._events = _Documents(name, self._shape, values, Predicates.of(self._known))
        self._tally = Tally(form.numbers)
        self._plain: set[str] = set()

    def chunks(self) -> Iterator[Chunk]:
        """Rows in pieces, in the order of the file."""
        rows = self._rows()
        while piece := list(islice(rows, CHUNK_ROWS)):
            yield self._chunk(piece)
        self._refuse_strangers()
        self._check_controls()

    def _refuse_strangers(self) -> None:
        """Documents under another name or in another place would be lost in silence: `CreditMemo` beside `Invoice`,
        `Batch/Invoice` where the layout has `Invoice`.

        An unknown element that is none, such as a head of the whole file, is only told of.
        """
        for element, count in self._events.beside.items():
            is_known = any(path == element or path.startswith(f"{element}/") for path in self._known)
            if not is_known and self._seems_a_document(element, count):
                raise FileRefused(
                    RefusalReason.UNKNOWN_KIND,
                    f"{self.name} has {count} of the element {shortened(element)} beside {self._tally.documents} of "
                    f"{self._shape.record}; the layout does not know it, and documents may stand in it.",
                    f"Have Stampli export all documents as {self._shape.record}; if these are none, name their values "
                    "under `ignored` in the layout.",
                )

    def _seems_a_document(self, element: str, count: int) -> bool:
        record, values = self._shape.record, self._events.root.values if self._events.root else {}
        inner = {path for path in values if path.startswith(f"{element}/")}
        telling = [path for name in _TELLING for path in self._sources.get(name, ())]
        alike = inner.intersection(path.replace(record, element, 1) for path in telling)
        is_sibling = element.rpartition("/")[0] == record.rpartition("/")[0]
        is_namesake = element.rpartition("/")[2] == record.rpartition("/")[2]
        is_among_them = is_sibling and bool(inner) and (count > 1 or not self._tally.documents)
        return is_among_them or len(alike) > (0 if is_namesake else 1)

    def _rows(self) -> Iterator[_Row]:
        events = self._events
        for _ in parse(self._path, self._codec, events):
            for document in events.documents:
                self._count(document)
            events.documents.clear()
            yield from events.rows
            events.rows.clear()

    def _count(self, document: _Scope) -> None:
        self._tally.documents += 1
        for path in self._sources.get("total", ()):
            if path in document.values:
                self._tally.add(document.values[path])
                return

    def _check_controls(self) -> None:
        root = self._events.root
        for what, path in (("documents", self._shape.count), ("total", self._shape.total)):
            if path and root and canonical(path) in root.values:
                self._tally.expected[what] = root.values[canonical(path)]
        self.warnings += self._tally.check(self.name)

    def _chunk(self, rows: list[_Row]) -> Chunk:
        values = [row.values() for row in rows]
        columns = {key: [_first(one, paths) for one in values] for key, paths in self._sources.items()}
        problems = [problem for index, row in enumerate(rows) for problem in self._problems(index, row)]
        return Chunk(
            numbers=[row.number for row in rows],
            columns=columns,
            extras=[self._extra(one) for one in values],
            parts=[row.part for row in rows],
            problems=problems,
        )

    def _extra(self, values: Mapping[str, str]) -> str:
        extra: dict[str, str] = {}
        for path, value in values.items():
            if path in self._plain:
                continue
            if path not in self.columns:
                self._meet(path)
            if path not in self._used and value.strip():
                extra[path] = value
        return json.dumps(extra, ensure_ascii=False) if extra else ""

    def _meet(self, path: str) -> None:
        """A path seen for the first time."""
        self.columns.append(path)
        if len(self.columns) > _MOST_PATHS:
            raise self._events.too_large(f"more than {_MOST_PATHS:,} different elements and attributes hold values")
        if path in self._used:
            self._plain.add(path)
        if path not in self._known:
            self.unknown_columns.append(path)

    def _problems(self, index: int, row: _Row) -> Iterator[Problem]:
        for scope in row.scopes:
            for path in scope.repeated:
                if path in self._used:
                    yield Problem(
                        index,
                        path,
                        f"Line {row.number}: {path} stands there more than once, and only one can be right.",
                        "Correct it in Stampli and export it again.",
                    )


def _first(values: Mapping[str, str], paths: tuple[str, ...]) -> str:
    """The first of several paths whose value is not blank."""
    if len(paths) == 1:
        return values.get(paths[0], "")
    return next((value for path in paths if (value := values.get(path, "")).strip()), "")
