"""What the reading of one file must remember and memory need not hold: a file may have more rows than memory."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import ClassVar, Self

import polars as pl


class _Scratch:
    """A database of SQLite without a name: it spills to the folder for temporary files, and goes when it is closed."""

    _schema: ClassVar[str]

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(self._schema)
        self._database.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """All that was remembered is gone."""
        self._database.close()


class Places(_Scratch):
    """Which rows belong to one document."""

    _schema = "CREATE TABLE rows (place INTEGER PRIMARY KEY, key INTEGER NOT NULL)"
    _in_order_of_first_rows = """
        SELECT FIRST_VALUE(place) OVER (PARTITION BY key ORDER BY place) AS first, place FROM rows ORDER BY first, place
    """

    def add(self, start: int, keys: pl.Series) -> None:
        """Rows from place `start` on, by the signed integers that are the keys of their documents."""
        self._database.executemany("INSERT INTO rows VALUES (?, ?)", enumerate(keys, start))

    def pieces(self, rows: int) -> Iterator[list[int]]:
        """Places of whole documents, in the order of the documents' first rows, `rows` or a few more at a time."""
        with closing(self._database.execute(self._in_order_of_first_rows)) as found:
            piece: list[int] = []
            document = None
            for first, place in found:
                if first != document and len(piece) >= rows:
                    yield piece
                    piece = []
                piece.append(place)
                document = first
            if piece:
                yield piece


class Seen(_Scratch):
    """Words that came before."""

    _schema = "CREATE TABLE words (word TEXT PRIMARY KEY) WITHOUT ROWID"

    def add(self, word: str) -> bool:
        """Whether it is new."""
        return self._database.execute("INSERT OR IGNORE INTO words VALUES (?)", (word,)).rowcount == 1

    def __contains__(self, word: str) -> bool:
        return self._database.execute("SELECT 1 FROM words WHERE word = ?", (word,)).fetchone() is not None


class Headers(_Scratch):
    """Header rows of documents, for their lines: the row's number and its values, by the document's id."""

    _schema = "CREATE TABLE headers (id TEXT UNIQUE, number INTEGER, content TEXT)"

    def add(self, id_: str, number: int, values: Mapping[str, str]) -> bool:
        """Whether the document had none before; else the first one stays."""
        row = (id_, number, json.dumps(values))
        return self._database.execute("INSERT OR IGNORE INTO headers VALUES (?, ?, ?)", row).rowcount == 1

    def get(self, id_: str) -> dict[str, str] | None:
        """The values of a document's header."""
        row = self._database.execute("SELECT content FROM headers WHERE id = ?", (id_,)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def all(self) -> Iterator[tuple[str, int, dict[str, str]]]:
        """Id, number and values, in the order in which they came."""
        with closing(self._database.execute("SELECT id, number, content FROM headers ORDER BY rowid")) as rows:
            for id_, number, content in rows:
                yield id_, number, json.loads(content)


class Sentences(_Scratch):
    """What is wrong with rows, by their number."""

    _schema = "CREATE TABLE sentences (row INTEGER, sentence TEXT, UNIQUE (row, sentence))"

    def add(self, row: int, sentence: str) -> None:
        """Of equal ones, the first stays."""
        self._database.execute("INSERT OR IGNORE INTO sentences VALUES (?, ?)", (row, sentence))

    def of(self, row: int) -> list[str]:
        """In the order in which they came."""
        found = self._database.execute("SELECT sentence FROM sentences WHERE row = ? ORDER BY rowid", (row,))
        return [sentence for (sentence,) in found]
