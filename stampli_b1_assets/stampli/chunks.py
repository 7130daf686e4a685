"""What the readers of all formats hand over: pieces of at most some 10,000 rows, text by field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from stampli_b1_assets.stampli.forms import RowPart

CHUNK_ROWS = 10_000
MOST_CHARACTERS = 100_000
"""A longer value refuses the file (`TOO_LARGE`)."""


@dataclass(frozen=True)
class Problem:
    """Something wrong with one row that the reader of the format saw: `sentence` is whole."""

    index: int
    column: str
    sentence: str
    action: str


@dataclass
class Chunk:
    """Some rows of a file. `columns` maps a source (see `Sources`) to its texts, all of one length."""

    numbers: Sequence[int]
    columns: Mapping[str, Sequence[str]]
    extras: Sequence[str] = ()
    """Per row the JSON of what the layout does not use; empty when there is nothing."""
    parts: Sequence[RowPart] = ()
    problems: list[Problem] = field(default_factory=list)


class Source(Protocol):
    """A file of one form, opened for reading; `columns` and `unknown_columns` are complete when all chunks are read."""

    place: str
    """What rows are called in messages: `Row`, or `Line` of an XML file."""
    labels: dict[str, str]
    """The file's own label of each field, for messages."""
    columns: list[str]
    """All labels (or paths) of the file, in its order, for `drift`."""
    unknown_columns: list[str]
    warnings: list[str]

    def chunks(self) -> Iterator[Chunk]:
        """The rows; raises `FileRefused`."""
        ...
