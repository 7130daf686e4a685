"""Which form of a layout a file has: told by its content, never by its name."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stampli_b1_assets.domain.outcome import RefusalReason
from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.stampli.csv_reader import header_of
from stampli_b1_assets.stampli.csv_text import rows_of
from stampli_b1_assets.stampli.forms import FileFormat, Form, Recognition
from stampli_b1_assets.stampli.layout import Layout
from stampli_b1_assets.stampli.sources import required_labels
from stampli_b1_assets.stampli.text import begins_with_markup, encoding_of, label_key, shortened
from stampli_b1_assets.stampli.xml_text import root_of


@dataclass(frozen=True)
class Recognised:
    """The form of a file, and the codec that its whole text was decoded with."""

    form: Form
    codec: str


def recognise(path: Path, name: str, layout: Layout) -> Recognised:
    """The first form of the layout that the file fits; refuses `NOT_TEXT` and `UNKNOWN_KIND`."""
    codecs = _Codecs(path, name)
    texts = [(form, codec) for form in layout.forms if (codec := codecs.of(form)) is not None]
    if not texts:
        raise codecs.refusals[0]
    if begins_with_markup(path, texts[0][1]):
        return _xml(path, name, texts)
    first_rows: list[tuple[Form, list[str]]] = []
    refusals: list[FileRefused] = []
    for form, codec in texts:
        if form.format is FileFormat.XML:
            continue
        cells = _first_row(path, name, form, codec, refusals)
        if _fits(form, cells):
            return Recognised(form, codec)
        first_rows.append((form, cells))
    if refusals and len(refusals) == len(first_rows):
        raise refusals[0]
    raise _unknown(name, first_rows)


class _Codecs:
    """The file's codec by declared encoding, each tried once."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        self._known: dict[tuple[str, str | None], str | None] = {}
        self.refusals: list[FileRefused] = []

    def of(self, form: Form) -> str | None:
        declared = (form.encoding, form.fallback_encoding)
        if declared not in self._known:
            self._known[declared] = None
            try:
                self._known[declared] = encoding_of(self._path, self._name, *declared)
            except FileRefused as refusal:
                self.refusals.append(refusal)
        return self._known[declared]


def _xml(path: Path, name: str, texts: list[tuple[Form, str]]) -> Recognised:
    forms = [(form, codec) for form, codec in texts if form.xml is not None]
    if not forms:
        raise _stranger(name, "is XML, and the layout declares no XML form")
    root = root_of(path, name, forms[0][1])
    for form, codec in forms:
        if form.xml is not None and form.xml.root == root:
            return Recognised(form, codec)
    known = ", ".join(form.xml.root for form, _ in forms if form.xml)
    raise _stranger(name, f"has the root element {shortened(root)}; the layout knows {known}")


def _first_row(path: Path, name: str, form: Form, codec: str, refusals: list[FileRefused]) -> list[str]:
    """The header's cells; none when it is broken for this form's delimiter and quote, which `refusals` tells."""
    try:
        row = header_of(rows_of(path, name, form, codec))
    except FileRefused as refusal:
        refusals.append(refusal)
        return []
    return row.cells if row else []


def _fits(form: Form, cells: list[str]) -> bool:
    if form.records is not None:
        words = (form.records.header_word, form.records.line_word, form.records.trailer_word)
        return bool(cells) and cells[0] in words
    keys = {label_key(cell) for cell in cells}
    rule = recognition_of(form)
    found = sum(label_key(label) in keys for label in rule.of)
    return found >= rule.at_least and not any(label_key(label) in keys for label in rule.without)


def recognition_of(form: Form) -> Recognition:
    """The form's rule; by default two of its required columns, or all when it has but one."""
    if form.recognise is not None:
        return form.recognise
    labels = [label for names in required_labels(form) for label in names]
    labels = labels or [label for column in form.columns.values() for label in column.name]
    return Recognition(of=tuple(labels), at_least=min(2, len(labels)) or 1)


def _unknown(name: str, first_rows: list[tuple[Form, list[str]]]) -> FileRefused:
    """Names the nearest form and what differs."""
    if not first_rows:
        return _stranger(name, "is not XML, and the layout declares XML forms only")
    form, cells = max(first_rows, key=lambda one: _nearness(*one))
    if not any(cell.strip() for cell in cells):
        return _stranger(name, "has no header")
    odd = _odd_first_row(cells)
    if odd:
        return _stranger(name, odd)
    return _stranger(name, f"fits no kind of file; nearest is {form.title}: {'; '.join(_differences(form, cells))}")


def _odd_first_row(cells: list[str]) -> str:
    """What a first row is that is no header, or one of another delimiter, where it can be told; else nothing."""
    first = cells[0].strip()
    if first.casefold().startswith(("# ", "sep=")):
        return f"begins with “{shortened(first)}”, which is no header; `skip_rows` in a layout passes over such rows"
    if len(cells) == 1:
        for sign, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars"), (",", "commas")):
            if first.count(sign) > 1:
                return f"has columns that are separated by {word}; no form of the layout has that `delimiter`"
    return ""


def _labels(form: Form) -> set[str]:
    return {label_key(label) for column in form.columns.values() for label in column.name}


def _missing(form: Form, keys: set[str]) -> list[str]:
    return [labels[0] for labels in required_labels(form) if not keys.intersection(map(label_key, labels))]


def _nearness(form: Form, cells: list[str]) -> int:
    keys = {label_key(cell) for cell in cells}
    return 3 * len(_labels(form) & keys) - len(_missing(form, keys))


def _differences(form: Form, cells: list[str]) -> Iterator[str]:
    keys = {label_key(cell) for cell in cells}
    missing = _missing(form, keys)
    known = _labels(form) | {label_key(label) for label in form.ignored}
    strange = [cell.strip() for cell in cells if label_key(cell) not in known]
    if missing:
        yield f"it lacks {shortened(', '.join(missing), 200)}"
    if strange:
        yield f"it has the unknown {shortened(', '.join(strange), 200)}"
    rule = recognition_of(form)
    absent = [label for label in rule.of if label_key(label) not in keys]
    if not missing and len(rule.of) - len(absent) < rule.at_least:
        yield f"of `recognise` it lacks {shortened(', '.join(absent), 200)}; {rule.at_least} must be there"
    unwelcome = [label for label in rule.without if label_key(label) in keys]
    if unwelcome:
        yield f"it has {', '.join(unwelcome)}, which files of this kind do not have"


def _stranger(name: str, what: str) -> FileRefused:
    return FileRefused(
        RefusalReason.UNKNOWN_KIND,
        f"{name} {what}.",
        "If it is a new export of Stampli's, declare it in the layout; if not, take it out of the folder.",
    )
