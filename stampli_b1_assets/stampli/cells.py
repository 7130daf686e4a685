"""The cells of one column, each distinct text read once."""

import re
from collections.abc import Iterator, Sequence
from datetime import tzinfo

from stampli_b1_assets.stampli.forms import Column, Form
from stampli_b1_assets.stampli.kinds import FIELDS, Field, Grammar
from stampli_b1_assets.stampli.text import looks_decoded_wrongly, word_key
from stampli_b1_assets.stampli.values import (
    Reader,
    Unreadable,
    Value,
    date_reader,
    moment_reader,
    number_reader,
    read_code,
    read_name,
    read_text,
    status_reader,
    type_reader,
)

_NULLABLE = frozenset({Grammar.MONEY, Grammar.DATE, Grammar.MOMENT})
_FILL = Unreadable("", "Fill it in Stampli and export it again.")
_MEANS_EMPTY = Unreadable("means empty, and must be filled", _FILL.action)
_DECODED_WRONGLY = Unreadable(
    "was decoded wrongly before it reached us",
    "Have Stampli export it again, in the encoding that the layout declares.",
)


class Cells(dict[str, Value]):
    """Text of a cell → its value; unknown texts are read on the way. What cannot be read is in `faults`."""

    def __init__(self, field: Field, column: Column | None, reader: Reader) -> None:
        super().__init__()
        self.label = field.label
        self.constant = (column.constant if column else None) or ""
        self.faults: dict[str, Unreadable] = {}
        self.suspects: set[str] = set()
        self._empty: Value = None if field.grammar in _NULLABLE else ""
        self._is_for_people = field.grammar in (Grammar.NAME, Grammar.TEXT)
        self._must_be_filled = column is not None and column.must_be_filled
        self._extract = re.compile(column.extract) if column and column.extract else None
        self._empty_words = {word_key(word) for word in column.empty_words} if column else set()
        self._reader = reader

    def __missing__(self, text: str) -> Value:
        value = self._read(text)
        if self._is_for_people and looks_decoded_wrongly(text):
            self.suspects.add(text)
            value = value if value or not self._must_be_filled else _DECODED_WRONGLY
        if isinstance(value, Unreadable):
            self.faults[text] = value
            value = self._empty
        self[text] = value
        return value

    def _read(self, text: str) -> Value | Unreadable:
        is_blank = not text.strip()
        if is_blank or (self._empty_words and word_key(text) in self._empty_words):
            missing = _FILL if is_blank else _MEANS_EMPTY
            return missing if self._must_be_filled else self._empty
        if self._extract is not None:
            match = self._extract.fullmatch(text.strip())
            if match is None:
                return Unreadable(f"does not match the layout's pattern {self._extract.pattern}")
            text = match[1]
        return self._reader(text)

    def indexes_of_faults(self, texts: Sequence[str]) -> Iterator[int]:
        """Where in a column unreadable texts stand."""
        if self.faults:
            yield from (index for index, text in enumerate(texts) if text in self.faults)


def readers_of(form: Form, zone: tzinfo | None) -> dict[str, Cells]:
    """For every field of the kind, declared or not, the reader of its cells."""
    return {
        name: Cells(field, form.columns.get(name), _reader(field.grammar, form, zone))
        for name, field in FIELDS[form.kind].items()
    }


def _reader(grammar: Grammar, form: Form, zone: tzinfo | None) -> Reader:
    types = {word: str(type_) for word, type_ in form.types.items()}
    readers: dict[Grammar, Reader] = {
        Grammar.CODE: read_code,
        Grammar.TEXT: read_text,
        Grammar.NAME: read_name,
        Grammar.MONEY: number_reader(form.numbers),
        Grammar.DATE: date_reader(form.dates, zone),
        Grammar.MOMENT: moment_reader(form.dates, form.moments, zone),
        Grammar.TYPE: type_reader(types),
        Grammar.STATUS: status_reader(form.statuses),
    }
    return readers[grammar]
