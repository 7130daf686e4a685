"""Exports of record types: no header row, the first cell of each row tells header, line or trailer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self

from stampli_b1_assets.domain.outcome import RefusalReason
from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.stampli.chunks import CHUNK_ROWS, Chunk
from stampli_b1_assets.stampli.controls import Tally
from stampli_b1_assets.stampli.csv_text import TextRow, rows_of
from stampli_b1_assets.stampli.forms import Form, RecordTypes, RowPart
from stampli_b1_assets.stampli.scratch import Headers, Seen
from stampli_b1_assets.stampli.sources import field_labels
from stampli_b1_assets.stampli.text import shortened

_ID = "stampli_id"
_WHOLE = "Have the file uploaded again, whole."


@dataclass(frozen=True)
class _Record:
    number: int
    values: Mapping[str, str]
    part: RowPart


class _Documents:
    """What is known so far of the file's documents."""

    def __init__(self) -> None:
        self.headers, self._with_lines = Headers(), Seen()
        self._last: tuple[str, Mapping[str, str]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.headers.close()
        self._with_lines.close()

    def header_of_line(self, id_: str) -> Mapping[str, str] | None:
        """The values of the header that came before; a document's lines mostly follow one another."""
        if self._last is None or self._last[0] != id_:
            self._with_lines.add(id_)
            header = self.headers.get(id_)
            if header is None:
                return None
            self._last = id_, header
        return self._last[1]

    def without_lines(self) -> Iterator[_Record]:
        """Headers of documents that have none."""
        for id_, number, values in self.headers.all():
            if id_ not in self._with_lines:
                yield _Record(number, values, RowPart.HEADER)


class RecordsSource:
    """A file of record types. Refuses `BROKEN_CSV` (also without its trailer), `CONTROL_TOTAL`, `TOO_LARGE`."""

    place = "Row"

    def __init__(self, path: Path, name: str, form: Form, codec: str) -> None:
        assert form.records is not None
        self.name = name
        self.labels = field_labels(form, {})
        self.columns = [*form.records.header, *form.records.line]
        self.unknown_columns: list[str] = []
        self.warnings: list[str] = []
        self._types: RecordTypes = form.records
        self._rows = rows_of(path, name, form, codec)
        self._tally = Tally(form.numbers)
        self._has_ended = False

    def chunks(self) -> Iterator[Chunk]:
        """A row for each line, with the values of its header; headers without lines come last."""
        fields = sorted({*self._types.header, *self._types.line} - {"-"})
        with _Documents() as documents:
            records = self._joined(documents)
            while piece := list(islice(records, CHUNK_ROWS)):
                yield Chunk(
                    numbers=[record.number for record in piece],
                    columns={name: [record.values.get(name, "") for record in piece] for name in fields},
                    parts=[record.part for record in piece],
                )
        self.warnings += self._tally.check(self.name)

    def _joined(self, documents: _Documents) -> Iterator[_Record]:
        for row in self._rows:
            if row.is_blank:
                continue
            if self._has_ended:
                raise self._broken(row, "follows the trailer")
            yield from self._of_row(row, documents)
        if self._types.trailer_word is not None and not self._has_ended:
            raise FileRefused(
                RefusalReason.BROKEN_CSV, f"{self.name} has no trailer; it seems to be cut off.", _WHOLE
            )  # fmt: skip
        yield from documents.without_lines()

    def _of_row(self, row: TextRow, documents: _Documents) -> Iterator[_Record]:
        types, word = self._types, row.cells[0]
        if word == types.header_word:
            yield from self._header(row, documents)
        elif word == types.line_word:
            yield self._line(row, documents)
        elif word == types.trailer_word:
            self._tally.expected = dict(self._values(row, types.trailer))
            self._has_ended = True
        else:
            known = ", ".join(one for one in (types.header_word, types.line_word, types.trailer_word) if one)
            raise self._broken(row, f'has the record type "{shortened(word)}"; known are {known}')

    def _header(self, row: TextRow, documents: _Documents) -> Iterator[_Record]:
        """Kept until its lines come; one that comes a second time is a row of its own, so that both are compared."""
        values = self._values(row, self._types.header)
        self._tally.documents += 1
        self._tally.add(values.get("total", ""))
        if not documents.headers.add(values.get(_ID, "").strip(), row.number, values):
            yield _Record(row.number, values, RowPart.HEADER)

    def _line(self, row: TextRow, documents: _Documents) -> _Record:
        """With its header's values; a line without a header has none, which is a fault of that document."""
        values = self._values(row, self._types.line)
        self._tally.lines += 1
        header = documents.header_of_line(values.get(_ID, "").strip())
        own = {name: value for name, value in values.items() if value.strip() or header is None}
        return _Record(row.number, {**(header or {}), **own}, RowPart.WHOLE)

    def _values(self, row: TextRow, fields: Sequence[str]) -> dict[str, str]:
        if len(row.cells) != len(fields) + 1:
            raise self._broken(row, f"has {len(row.cells)} fields, its record type has {len(fields) + 1}")
        return {name: cell for name, cell in zip(fields, row.cells[1:], strict=True) if name != "-"}

    def _broken(self, row: TextRow, what: str) -> FileRefused:
        return FileRefused(RefusalReason.BROKEN_CSV, f"{self.name}: {row.place} {what}.", _WHOLE)
