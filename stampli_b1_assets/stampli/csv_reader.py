"""Exports with a header row: columns by name, whatever their order."""

import difflib
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from stampli_b1_assets.domain.outcome import RefusalReason
from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.stampli.chunks import CHUNK_ROWS, Chunk
from stampli_b1_assets.stampli.controls import Tally
from stampli_b1_assets.stampli.csv_text import TextRow, rows_of
from stampli_b1_assets.stampli.forms import Form, TotalRow
from stampli_b1_assets.stampli.scratch import Seen
from stampli_b1_assets.stampli.sources import field_labels, required_labels, sources_of
from stampli_b1_assets.stampli.text import label_key, shortened, word_key


class CsvSource:
    """A CSV file of one form; the header is read and checked at once. Refuses `BAD_HEADER`, `BROKEN_CSV`."""

    place = "Row"

    def __init__(self, path: Path, name: str, form: Form, codec: str) -> None:
        self.name, self.form = name, form
        self.warnings: list[str] = []
        self._path = path
        self._rows = rows_of(path, name, form, codec)
        header = header_of(self._rows)
        self._header = header.cells if header else []
        self.columns = [label.strip() for label in self._header]
        self._keys = [label_key(label) for label in self._header]
        self._refuse_bad_header()
        self._positions = {
            source: position
            for source, labels in sources_of(form).items()
            if (position := self._position(labels)) is not None
        }
        found = {source: self._header[position].strip() for source, position in self._positions.items()}
        self.labels = field_labels(form, found)
        self._unused = self._unused_columns()
        ignored = {label_key(label) for label in form.ignored}
        self.unknown_columns = [label for position, label in self._unused if self._keys[position] not in ignored]
        self._tally = Tally(form.numbers)

    def chunks(self) -> Iterator[Chunk]:
        """Rows in pieces; refuses `BROKEN_CSV`, `TOO_LARGE` and `CONTROL_TOTAL`."""
        rows = self._documents(self._whole_rows())
        while piece := list(islice(rows, CHUNK_ROWS)):
            yield self._chunk(piece)
        self.warnings += self._tally.check(self.name)

    def _chunk(self, rows: Sequence[TextRow]) -> Chunk:
        columns: list[tuple[str, ...]] = list(zip(*(row.cells for row in rows), strict=True))
        return Chunk(
            numbers=[row.number for row in rows],
            columns={source: columns[position] for source, position in self._positions.items()},
            extras=self._extras(columns),
            parts=[self.form.part] * len(rows),
        )

    def _extras(self, columns: Sequence[tuple[str, ...]]) -> list[str]:
        if not self._unused:
            return []
        labels = [label for _, label in self._unused]
        rows = zip(*(columns[position] for position, _ in self._unused), strict=True)
        return [
            json.dumps({label: cell for label, cell in zip(labels, cells, strict=True) if cell}, ensure_ascii=False)
            if any(cells)
            else ""
            for cells in rows
        ]

    def _whole_rows(self) -> Iterator[TextRow]:
        """Rows with as many cells as the header; blank lines at the end are harmless."""
        width, blank = len(self._header), None
        emptied = 0
        for row in self._rows:
            if row.is_blank and width > 1:
                blank = blank or row
                continue
            if blank is not None and self.form.blank_rows == "refuse":
                raise self._broken(blank, f"is blank, and rows follow; it should have {width} fields")
            blank = None
            if len(row.cells) != width:
                raise self._broken(row, f"has {len(row.cells)} fields, the header has {width}{self._cut_off()}")
            if any(row.cells) and any(cell.strip() for cell in row.cells):
                yield row
            else:
                emptied += 1
        if emptied:
            self.warnings.append(f"{emptied} rows of {self.name} hold nothing but delimiters; they were left out.")

    def _cut_off(self) -> str:
        with self._path.open("rb") as file:
            file.seek(-1, 2)
            return "" if file.read(1) in b"\r\n" else "; the file seems to be cut off, it has no last line end"

    def _broken(self, row: TextRow, what: str) -> FileRefused:
        return FileRefused(
            RefusalReason.BROKEN_CSV, f"{self.name}: {row.place} {what}.", "Have the file uploaded again, whole."
        )

    def _documents(self, rows: Iterator[TextRow]) -> Iterator[TextRow]:
        """Rows that are documents; a total row is kept as control total and never posted."""
        total = self.form.total_row
        if total is None:
            yield from rows
            return
        position, word = self._required_position(total.column), word_key(total.word)
        with Seen() as seen:
            for row in rows:
                if word_key(row.cells[position]) == word:
                    if total.amount is not None:
                        self._tally.expected["total"] = row.cells[self._required_position(total.amount)]
                else:
                    self._count(row, total, seen)
                    yield row

    def _count(self, row: TextRow, total: TotalRow, seen: Seen) -> None:
        """Add a row's amount; the total of a document with several rows counts once, by its Stampli id."""
        id_position = self._positions.get("stampli_id")
        if total.sums == "total" and id_position is not None and not seen.add(row.cells[id_position]):
            return
        position = self._positions.get(total.sums)
        if position is not None:
            self._tally.add(row.cells[position])

    def _position(self, labels: Sequence[str]) -> int | None:
        for label in labels:
            if label_key(label) in self._keys:
                return self._keys.index(label_key(label))
        return None

    def _required_position(self, label: str) -> int:
        position = self._position([label])
        if position is None:
            raise self._bad_header(f"lacks the column {label}, which the layout's `total_row` names")
        return position

    def _unused_columns(self) -> list[tuple[int, str]]:
        used = set(self._positions.values())
        return [
            (position, label.strip() or f"(column {position + 1})")
            for position, label in enumerate(self._header)
            if position not in used
        ]

    def _refuse_bad_header(self) -> None:
        doubled = sorted({label for label, key in zip(self._header, self._keys, strict=True) if self._is_doubled(key)})
        if doubled:
            raise self._bad_header(f"has the column {shortened(', '.join(doubled), 200)} more than once")
        for labels in sources_of(self.form).values():
            both = [label for label in labels if label_key(label) in self._keys]
            if len(both) > 1:
                raise self._bad_header(f"has both {' and '.join(both)}, which mean the same in this layout")
        missing = [labels for labels in required_labels(self.form) if self._position(labels) is None]
        if missing:
            columns = "column" if len(missing) == 1 else "columns"
            raise self._bad_header(f"lacks the required {columns} {', '.join(map(self._missing, missing))}")

    def _is_doubled(self, key: str) -> bool:
        return bool(key) and self._keys.count(key) > 1

    def _missing(self, labels: Sequence[str]) -> str:
        """With the nearest label that nothing else in the layout is read from."""
        known = {label_key(label) for others in sources_of(self.form).values() for label in others}
        strange = [key for key in self._keys if key not in known]
        near = difflib.get_close_matches(label_key(labels[0]), strange, n=1, cutoff=0.7)
        if not near:
            return " or ".join(labels)
        found = self._header[self._keys.index(near[0])].strip()
        is_blank = "".join(found.split()).casefold() == "".join(labels[0].split()).casefold()
        hint = f"{shortened(found)} is there, with another kind of blank" if is_blank else f"is it {shortened(found)}?"
        return f"{' or '.join(labels)} ({hint})"

    def _bad_header(self, what: str) -> FileRefused:
        return FileRefused(
            RefusalReason.BAD_HEADER,
            f"The header of {self.name} {what}.",
            "Mend the export template in Stampli, or declare the column's name in the layout.",
        )


def header_of(rows: Iterator[TextRow]) -> TextRow | None:
    """The first row that is not blank: the header; blank rows above it are harmless."""
    return next((row for row in rows if not row.is_blank), None)
