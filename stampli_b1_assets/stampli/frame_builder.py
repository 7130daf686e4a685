"""From pieces of text to typed frames: every cell read by its field's grammar, every fault kept beside its row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

import polars as pl

from stampli_b1_assets.domain.invoice import FaultKind
from stampli_b1_assets.stampli.cells import Cells, readers_of
from stampli_b1_assets.stampli.chunks import Chunk, Source
from stampli_b1_assets.stampli.forms import Form, RowPart
from stampli_b1_assets.stampli.kinds import FIELDS, Level
from stampli_b1_assets.stampli.schemas import FAULTS, SCHEMAS
from stampli_b1_assets.stampli.signs import with_layout_signs
from stampli_b1_assets.stampli.sources import INHERITED
from stampli_b1_assets.stampli.text import shortened

FaultRow = dict[str, str]


@dataclass
class FrameBuilder:
    """Builds the frames of one file; `warnings` gathers what people should know of its texts."""

    form: Form
    source: Source
    zone: tzinfo | None
    warnings: dict[str, str] = field(default_factory=dict)

    def frames(self) -> Iterator[pl.DataFrame]:
        """One frame for each piece of the file."""
        for chunk in self.source.chunks():
            yield with_layout_signs(self._frame(chunk), self.form)

    def _frame(self, chunk: Chunk) -> pl.DataFrame:
        height = len(chunk.numbers)
        parts = [str(part) for part in chunk.parts] or [str(RowPart.WHOLE)] * height
        faults: dict[int, list[FaultRow]] = {}
        for problem in chunk.problems:
            faults.setdefault(problem.index, []).append(_fault(problem.column, problem.sentence, problem.action))
        columns = {
            name: self._column(name, cells, chunk, parts, faults)
            for name, cells in readers_of(self.form, self.zone).items()
        }
        schema = SCHEMAS[self.form.kind]
        given: dict[str, Sequence[object]] = {"row": chunk.numbers, "part": parts, **columns}
        given["extra"] = chunk.extras or [""] * height
        frame = pl.DataFrame([pl.Series(name, values, schema[name]) for name, values in given.items()])
        return frame.with_columns(_fault_lists(faults, height)).select(list(schema))

    def _column(
        self, name: str, cells: Cells, chunk: Chunk, parts: list[str], faults: dict[int, list[FaultRow]]
    ) -> list[object]:
        texts = _texts(name, cells, chunk)
        readings: list[object] = [cells[text] for text in texts]
        other = RowPart.HEADER if FIELDS[self.form.kind][name].level is Level.LINE else RowPart.LINE
        for index in cells.indexes_of_faults(texts):
            if parts[index] == other:
                continue  # a document without lines has no line values that could be missing, nor the other way round
            fault = cells.faults[texts[index]]
            label = self.source.labels.get(name, cells.label)
            what = f"{label} is empty" if not texts[index].strip() else f'{label} "{shortened(texts[index])}"'
            sentence = f"{self.source.place} {chunk.numbers[index]}: {what} {fault.problem}".rstrip() + "."
            faults.setdefault(index, []).append(_fault(cells.label, sentence, fault.action))
        self._warn(name, cells, texts, chunk)
        return readings

    def _warn(self, name: str, cells: Cells, texts: Sequence[str], chunk: Chunk) -> None:
        if not cells.suspects or name in self.warnings:
            return
        index = next(index for index, text in enumerate(texts) if text in cells.suspects)
        label = self.source.labels.get(name, cells.label)
        self.warnings[name] = (
            f'{self.source.place} {chunk.numbers[index]}: {label} "{shortened(texts[index])}" looks as if it was '
            "decoded wrongly before it reached us; names of that kind are not written to SAP."
        )


def _texts(name: str, cells: Cells, chunk: Chunk) -> Sequence[str]:
    """The field's text per row: its own cell, else what it inherits, else the layout's constant."""
    own = chunk.columns.get(name)
    inherited = chunk.columns.get(f"{name}{INHERITED}")
    if own is None:
        own = inherited or [cells.constant] * len(chunk.numbers)
    elif inherited is not None:
        own = [text if text.strip() else other for text, other in zip(own, inherited, strict=True)]
    return own


def _fault_lists(faults: Mapping[int, list[FaultRow]], height: int) -> pl.Series:
    """A list per row; built from the few rows that have faults, since polars is slow with many empty lists."""
    places = {row: place for place, row in enumerate(faults, start=1)}
    distinct = pl.Series("faults", [[], *faults.values()], FAULTS)
    return distinct.gather([places.get(row, 0) for row in range(height)])


def _fault(column: str, sentence: str, action: str) -> FaultRow:
    return {"kind": str(FaultKind.BAD_VALUE), "column": column, "detail": sentence, "action": action}
