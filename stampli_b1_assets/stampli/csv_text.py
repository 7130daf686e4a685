"""Strict CSV: rows of a text file, or a refusal that names row and line; no row is ever mended or dropped."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from stampli_b1_assets.domain.outcome import RefusalReason
from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.stampli.chunks import MOST_CHARACTERS
from stampli_b1_assets.stampli.forms import Form

_LONGEST_LINE = 4_000_000
"""Characters of one physical line; a longer one is no row of any export, and would fill the memory."""

_WHOLE = "Have the file uploaded again, whole."


class LineTooLong(Exception):
    """A physical line of more than `_LONGEST_LINE` characters."""


@dataclass(frozen=True)
class TextRow:
    """`number` counts rows from 1 as a spreadsheet does; `line` is the last physical line of it."""

    number: int
    line: int
    cells: list[str]

    @property
    def is_blank(self) -> bool:
        """Whether there is not even a delimiter."""
        return not self.cells or (len(self.cells) == 1 and not self.cells[0].strip())

    @property
    def place(self) -> str:
        """For messages: `Row 3`, with the physical line where it is another."""
        return f"Row {self.number}" if self.line == self.number else f"Row {self.number} (line {self.line} of the file)"


def rows_of(path: Path, name: str, form: Form, codec: str) -> Iterator[TextRow]:
    """All rows from the header on, blank ones and comments too; refuses `BROKEN_CSV` and `TOO_LARGE`."""
    with path.open(encoding=codec, newline="") as file:
        reader = csv.reader(
            _lines(file),
            delimiter=form.delimiter,
            quotechar=form.quote,
            quoting=csv.QUOTE_NONE if form.quote is None else csv.QUOTE_MINIMAL,
            strict=True,
        )
        number = 0
        try:
            for number, cells in enumerate(reader, start=1):
                if cells and max(map(len, cells)) > MOST_CHARACTERS:
                    raise _too_long(name, number)
                if number > form.skip_rows and not _is_comment(cells, form):
                    yield TextRow(number, reader.line_num, cells)
        except LineTooLong:
            raise _too_long(name, number + 1) from None
        except csv.Error as error:
            raise _broken(path, name, form, codec, number + 1, reader.line_num, str(error)) from None


def _is_comment(cells: list[str], form: Form) -> bool:
    return bool(form.comment and cells and cells[0].startswith(form.comment))


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE and line[-1] not in "\r\n":
            raise LineTooLong
        yield line


def _too_long(name: str, number: int) -> FileRefused:
    return FileRefused(
        RefusalReason.TOO_LARGE,
        f"{name}, row {number}: a field has more than {MOST_CHARACTERS:,} characters.",
        "Shorten it in Stampli, or see whether a quote is missing there.",
    )


def _broken(path: Path, name: str, form: Form, codec: str, number: int, line: int, error: str) -> FileRefused:
    """In words what csv's reader found; its own limit on fields (131,072) is ours (100,000)."""
    if "field limit" in error:
        if not _quotes_close(path, form, codec):
            return _refused(name, number, "a quote is opened and never closed")
        return _too_long(name, number)
    if "unexpected end of data" in error:
        return _refused(name, number, "a quote is opened and never closed")
    if "expected after" in error:
        return _refused(name, number, f"text follows a closing quote (line {line} of the file)")
    return _refused(name, number, error)


def _refused(name: str, number: int, what: str) -> FileRefused:
    return FileRefused(RefusalReason.BROKEN_CSV, f"{name}, row {number}: {what}.", _WHOLE)


def _quotes_close(path: Path, form: Form, codec: str) -> bool:
    """Whether every quote that opens a field is closed and followed by a delimiter or line end; a second look."""
    quote, begins, is_open = form.quote, True, False
    with path.open(encoding=codec, newline="") as file:
        before = ""
        while block := file.read(1 << 20):
            for one in block:
                if is_open:
                    if one == quote:
                        is_open, before = False, quote
                    continue
                if before == quote and one == quote:
                    is_open, before = True, ""
                    continue
                if before == quote and one not in (form.delimiter, "\r", "\n"):
                    return False
                is_open = begins and one == quote
                begins = one in (form.delimiter, "\r", "\n")
                before = ""
    return not is_open
