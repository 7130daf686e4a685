"""What a layout makes of a file, row by row, and what a layout says, in words: for people who write layouts."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from stampli_b1_assets.stampli.forms import Form
from stampli_b1_assets.stampli.kinds import FIELDS
from stampli_b1_assets.stampli.layout import Layout
from stampli_b1_assets.stampli.reader import open_export

_NO_VALUES = ("row", "part", "extra", "faults")


@dataclass(frozen=True)
class RowReport:
    """One row: the values read (empty ones left out), and the sentences of its faults."""

    row: int
    values: dict[str, str]
    faults: tuple[str, ...]
    unused: str = ""
    """JSON of what the layout does not use."""


@dataclass(frozen=True)
class Explanation:
    """A file as a layout reads it."""

    form: str
    rows: tuple[RowReport, ...]
    unknown_columns: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def faulty(self) -> int:
        """How many rows have faults."""
        return sum(bool(row.faults) for row in self.rows)


def explain(path: Path, layout: Layout, *, max_bytes: int = 500_000_000, zone: str = "UTC") -> Explanation:
    """Read a file and tell of each row what came of it; raises `FileRefused` as reading does."""
    export = open_export(path, path.name, layout, max_bytes=max_bytes, zone=ZoneInfo(zone))
    rows = tuple(_report(row) for frame in export.frames() for row in frame.iter_rows(named=True))
    return Explanation(
        form=export.form.title,
        rows=rows,
        unknown_columns=tuple(export.source.unknown_columns),
        warnings=tuple(export.warnings),
    )


def _report(row: dict[str, Any]) -> RowReport:
    values = {
        name: _shown(value) for name, value in row.items() if name not in _NO_VALUES and value not in (None, "")
    }  # fmt: skip
    return RowReport(row["row"], values, tuple(fault["detail"] for fault in row["faults"]), row["extra"])


def _shown(value: object) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def show(layout: Layout) -> str:
    """The layout in words: one block a form, one line a field."""
    head = f"{layout.name}: {layout.description}".rstrip(": ")
    return "\n\n".join([head, *("\n".join(_form_lines(form)) for form in layout.forms)]) + "\n"


def _form_lines(form: Form) -> Iterator[str]:
    example = f"1951{form.numbers.decimal}00"
    yield f"{form.title}, {form.encoding}, dates {' or '.join(form.dates)}, numbers such as {example}"
    fields = FIELDS[form.kind]
    width = max(map(len, form.columns))
    for name, column in form.columns.items():
        place = " or ".join(column.name) or (f"always {column.constant!r}" if column.constant is not None else "record")
        needed = " (required)" if column.required else ""
        yield f"  {name:{width}}  {place}{needed}: {fields[name].description}"
