"""What a layout makes of rows, and what a layout says, in words: for people who write layouts."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stampli_b1_assets.stampli.forms import Form, Numbers
from stampli_b1_assets.stampli.kinds import FIELDS
from stampli_b1_assets.stampli.layout import Layout
from stampli_b1_assets.stampli.rows import Rows

_NO_VALUES = ("row", "part", "extra", "faults")


@dataclass(frozen=True)
class RowReport:
    """One row: the values read (empty ones left out), and the sentences of its faults."""

    row: int
    values: dict[str, str]
    faults: tuple[str, ...]
    unused: str = ""
    """JSON of what the layout does not use."""


def explained(rows: Rows) -> Iterator[RowReport]:
    """What came of each row."""
    for frame in rows.pieces():
        yield from map(_report, frame.iter_rows(named=True))


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
    yield f"{form.title}, {form.encoding}, dates {' or '.join(form.dates)}, numbers such as {_example(form.numbers)}"
    fields = FIELDS[form.kind]
    width = max(map(len, form.columns))
    for name, column in form.columns.items():
        place = " or ".join(column.name) or (f"always {column.constant!r}" if column.constant is not None else "record")
        needed = " (required)" if column.required else ""
        yield f"  {name:{width}}  {place}{needed}: {fields[name].description}"
    if form.records is not None:
        types = form.records
        parts = [(types.header_word, types.header), (types.line_word, types.line), (types.trailer_word, types.trailer)]
        yield from (f"  {word} record: {', '.join(cells)}" for word, cells in parts if word is not None)


def _example(numbers: Numbers) -> str:
    """Negative, with all that the grammar has."""
    group = (numbers.thousands or ("",))[0].replace("nbsp", "\u00a0")
    body = f"{(numbers.currency_signs or ('',))[0]}1{group}951{numbers.decimal}00"
    return {"front": f"-{body}", "behind": f"{body}-", "parentheses": f"({body})"}[(numbers.minus or ("front",))[0]]
