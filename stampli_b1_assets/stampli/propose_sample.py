"""Some rows of an unknown file: how it is written, and which texts stand in which column."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from stampli_b1_assets.errors import FileRefused, LayoutError
from stampli_b1_assets.stampli.kinds import Level
from stampli_b1_assets.stampli.text import begins_with_markup, encoding_of
from stampli_b1_assets.stampli.xml_sample import sample_of

SAMPLE_ROWS = 1000
_ENCODINGS = ("utf-8", "utf-16", "cp1252")


@dataclass
class Sample:
    """Some rows of the file: label (or path) → texts; `settings` say how it was read.

    `rows` are those of a file without a header, whose first cells seem to be record types; then there are no columns.
    """

    columns: dict[str, list[str]]
    settings: dict[str, object] = field(default_factory=dict)
    rows: list[list[str]] = field(default_factory=list)
    record: str = ""
    line: str = ""
    """Paths of the elements that are a document and a line, in XML that has both."""

    def may_hold(self, label: str, level: Level, *, is_sure: bool) -> bool:
        """Whether values of that level can stand there: of lines within a line, of documents anywhere else.

        What is surely meant for lines may stand above them, too, and count for all of them.
        """
        if not self.line:
            return True
        if label.startswith(f"{self.line}/"):
            return level is Level.LINE
        return is_sure or (level is Level.HEADER and label.startswith(f"{self.record}/"))

    def without_lines(self) -> "Sample":
        """As of a kind that has no lines."""
        shape = self.settings.get("xml")
        rest = {key: value for key, value in shape.items() if key != "line"} if isinstance(shape, dict) else shape
        return replace(self, line="", settings={**self.settings, "xml": rest})


def sample_from(path: Path) -> Sample:
    """Look at the first 1,000 rows. Raises `LayoutError` when there are none, `FileRefused` for what is no text."""
    codec = _codec(path)
    declared = codec.removesuffix("-sig")
    settings: dict[str, object] = {} if declared == "utf-8" else {"encoding": declared}
    if begins_with_markup(path, codec):
        found = sample_of(path, codec, SAMPLE_ROWS)
        settings = {"format": "xml", **settings, "xml": found.shape()}
        return Sample(found.columns, settings, record=found.record, line=found.line)
    with path.open(encoding=codec, newline="") as file:
        lines = list(islice(file, SAMPLE_ROWS))
    delimiter, rows = _split(path, lines)
    if delimiter != ",":
        settings["delimiter"] = delimiter
    if has_record_types(rows):
        return Sample({}, settings, rows)
    return _under_header(rows, settings)


def has_record_types(rows: Sequence[Sequence[str]]) -> bool:
    """Few short words in the first cells, each with a width of its own: `H`, `L` and `T`."""
    widths: dict[str, set[int]] = {}
    for row in rows:
        widths.setdefault(row[0], set()).add(len(row))
    is_short = all(0 < len(word) <= 10 and not word.isdigit() for word in widths)
    is_repeated = max(Counter(row[0] for row in rows).values()) > 1
    own_widths = {max(of_word) for of_word in widths.values()}
    return is_short and is_repeated and 2 <= len(widths) <= 4 and len(own_widths) == len(widths)


def _split(path: Path, lines: Sequence[str]) -> tuple[str, list[list[str]]]:
    delimiter = max(",;\t|", key=lambda sign: _consistency(lines, sign))
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error as error:
        raise LayoutError(f"{path.name} is no sound CSV: {error}.", "Mend the file first.") from None
    if not rows:
        raise LayoutError(f"{path.name} has no header.", "Give a file that has one.")
    return delimiter, rows


def _under_header(rows: Sequence[list[str]], settings: dict[str, object]) -> Sample:
    """The header is the first row as wide as most; narrower ones above it are a title."""
    width = Counter(len(row) for row in rows).most_common(1)[0][0]
    first = next(index for index, row in enumerate(rows) if len(row) == width) if width > 1 else 0
    title = {"skip_rows": first} if first else {}
    header = [label.strip() for label in rows[first]]
    whole = [row for row in rows[first + 1 :] if len(row) == len(header)]
    columns = {label: [row[index] for row in whole] for index, label in enumerate(header)}
    return Sample(columns, {**settings, **title})


def _codec(path: Path) -> str:
    refusal: FileRefused | None = None
    for encoding in _ENCODINGS:
        try:
            return encoding_of(path, path.name, encoding, None)
        except FileRefused as error:
            refusal = refusal or error
    assert refusal is not None
    raise refusal


def _consistency(lines: Sequence[str], delimiter: str) -> tuple[int, int]:
    """How many rows are as wide as most, when that is more than one cell; then how many cells."""
    try:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
    except csv.Error:
        return (0, 0)
    wide = {width: count for width, count in widths.items() if width > 1}
    most = max(wide, key=lambda width: (wide[width], width), default=0)
    return (sum(wide.values()), most)
