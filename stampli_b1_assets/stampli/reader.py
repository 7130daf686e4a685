"""Stampli's bytes to frames: one landed file, strictly, as its layout says."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path

import polars as pl

from stampli_b1_assets.stampli.chunks import Source
from stampli_b1_assets.stampli.csv_reader import CsvSource, header_of
from stampli_b1_assets.stampli.csv_text import rows_of
from stampli_b1_assets.stampli.forms import FileFormat, Form
from stampli_b1_assets.stampli.frame_builder import FrameBuilder
from stampli_b1_assets.stampli.kinds import FileKind
from stampli_b1_assets.stampli.layout import Layout
from stampli_b1_assets.stampli.recognising import recognise
from stampli_b1_assets.stampli.records_reader import RecordsSource
from stampli_b1_assets.stampli.rows import Rows
from stampli_b1_assets.stampli.schemas import SCHEMAS
from stampli_b1_assets.stampli.taxes import TAXED_TOGETHER, with_layout_tax
from stampli_b1_assets.stampli.text import size_checked
from stampli_b1_assets.stampli.xml_reader import XmlSource

__all__ = ["ExportFile", "FileKind", "ParsedFile", "open_export", "read_export"]


@dataclass(frozen=True)
class ParsedFile:
    """One file that was read to its end; `rows` has one row per row of the file, in the schema of its kind."""

    form: Form
    rows: Rows
    unknown_columns: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    """All columns of the file, in its order; what `drift.drift` compares."""

    @property
    def kind(self) -> FileKind:
        """What the file brings."""
        return self.form.kind


@dataclass
class ExportFile:
    """A file whose form is known, opened for reading in pieces."""

    form: Form
    source: Source
    zone: tzinfo | None
    warnings: list[str] = field(default_factory=list)

    def frames(self) -> Iterator[pl.DataFrame]:
        """Frames of some 10,000 rows; refuses what shows only further down in the file.

        Tax that has to be taken out of lines needs whole invoices: then the file is read to its end first.
        """
        builder = FrameBuilder(self.form, self.source, self.zone)
        if self.form.tax == "added" or self.form.kind is not FileKind.INVOICES:
            yield from builder.frames()
        else:
            rows = Rows.spooled(builder.frames(), pl.Schema(SCHEMAS[self.form.kind]))
            for frame in rows.documents(TAXED_TOGETHER):
                yield with_layout_tax(frame, self.form)
        self.warnings = [*self.source.warnings, *builder.warnings.values()]


def open_export(
    path: Path, name: str, layout: Layout, *, max_bytes: int, zone: tzinfo | None = None
) -> ExportFile:  # fmt: skip
    """Find the form of a file; refuses what can be told without reading its rows."""
    size_checked(path, name, max_bytes)
    found = recognise(path, name, layout)
    return ExportFile(found.form, _source(path, name, found.form, found.codec), zone)


def read_export(path: Path, name: str, layout: Layout, *, max_bytes: int, zone: tzinfo | None = None) -> ParsedFile:
    """Read a file of any size: memory holds a piece of 10,000 rows, more goes to disk.

    `name` is its name for people, `zone` the company's time zone: with it, a moment in a column of dates becomes the
    date there; without it, it is a fault. Faults of single values are in the rows' column `faults`. Raises
    `FileRefused` for the whole file.
    """
    export = open_export(path, name, layout, max_bytes=max_bytes, zone=zone)
    rows = Rows.spooled(export.frames(), pl.Schema(SCHEMAS[export.form.kind]))
    return ParsedFile(
        export.form,
        rows,
        unknown_columns=tuple(export.source.unknown_columns),
        warnings=tuple(export.warnings),
        columns=tuple(export.source.columns),
    )


def columns_of(path: Path, name: str, layout: Layout, *, max_bytes: int) -> tuple[FileKind, list[str]]:
    """What a file brings, and all its columns, also when the header lacks some that the layout requires.

    An XML file is gone through for them. Raises `FileRefused`.
    """
    size_checked(path, name, max_bytes)
    found = recognise(path, name, layout)
    if found.form.format is FileFormat.CSV:
        header = header_of(rows_of(path, name, found.form, found.codec))
        return found.form.kind, [label.strip() for label in header.cells] if header else []
    source = _source(path, name, found.form, found.codec)
    deque(source.chunks() if found.form.format is FileFormat.XML else (), maxlen=0)
    return found.form.kind, source.columns


def _source(path: Path, name: str, form: Form, codec: str) -> Source:
    if form.format is FileFormat.XML:
        return XmlSource(path, name, form, codec)
    if form.format is FileFormat.RECORDS:
        return RecordsSource(path, name, form, codec)
    return CsvSource(path, name, form, codec)
