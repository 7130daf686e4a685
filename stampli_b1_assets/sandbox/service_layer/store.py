"""The company's rows in SQLite; one writer at a time, real transactions."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from enum import Enum, auto
from pathlib import Path
from typing import Any

import simplejson

Row = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (entity_set TEXT, key TEXT, body TEXT, PRIMARY KEY (entity_set, key));
CREATE TABLE IF NOT EXISTS entries (
    jdt_num INTEGER PRIMARY KEY, stampli_key TEXT, reference TEXT, reference2 TEXT, body TEXT);
CREATE INDEX IF NOT EXISTS entries_by_key ON entries (stampli_key);
CREATE INDEX IF NOT EXISTS entries_by_reference ON entries (reference);
CREATE INDEX IF NOT EXISTS entries_by_reference2 ON entries (reference2);
"""
INDEXED = {"U_StampliKey": "stampli_key", "Reference": "reference", "Reference2": "reference2"}


class Reads(Enum):
    """What a read does about another's open transaction, which depends on SAP's database."""

    WAIT = auto()
    SEE_OPEN = auto()
    SEE_LAST_COMMIT = auto()


class Store:
    """Rows by entity set and key; journal entries in a table of their own.

    `ignores_case`: keys that differ in case only are the same.
    """

    def __init__(self, path: Path | str) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")
        self._connection.executescript(_SCHEMA)
        self._snapshots = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._lock, self._snapshot_lock = threading.RLock(), threading.Lock()
        self._depth = 0
        self._writer = 0
        self.reads = Reads.WAIT
        self.ignores_case = False

    def close(self) -> None:
        """Close the file."""
        with self._lock, self._snapshot_lock:
            self._snapshots.close()
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; an inner transaction is part of the outer one."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
                self._writer = threading.get_ident()
            self._depth += 1
            try:
                yield
            except BaseException:
                self._end("ROLLBACK")
                raise
            self._end("COMMIT")

    def _end(self, how: str) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._connection.execute(how)
            self._writer = 0

    @contextmanager
    def _readable(self) -> Iterator[sqlite3.Connection]:
        """A transaction always sees what it has written itself."""
        if self.reads is Reads.WAIT or self._writer == threading.get_ident():
            with self._lock:
                yield self._connection
        elif self.reads is Reads.SEE_OPEN:
            yield self._connection
        else:
            with self._snapshot_lock:
                yield self._snapshots

    def get(self, entity_set: str, key: str) -> Row | None:
        """One row."""
        compared = " COLLATE NOCASE" if self.ignores_case else ""
        query = f"SELECT body FROM rows WHERE entity_set = ? AND key = ?{compared} ORDER BY key = ? DESC"
        return self._one(query, (entity_set, key, key))

    def put(self, entity_set: str, key: str, row: Row) -> None:
        """Insert or replace one row."""
        self._run("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", (entity_set, key, _dump(row)))

    def delete(self, entity_set: str, key: str) -> bool:
        """Whether there was one to delete."""
        return self._run("DELETE FROM rows WHERE entity_set = ? AND key = ?", (entity_set, key)).rowcount > 0

    def all(self, entity_set: str) -> list[Row]:
        """Every row of a set, by key."""
        with self._readable() as connection:
            rows = connection.execute("SELECT body FROM rows WHERE entity_set = ? ORDER BY key", (entity_set,))
            return [_load(body) for (body,) in rows.fetchall()]

    def add_entry(self, row: Row) -> None:
        """A journal entry, with its JdtNum."""
        values = (row["JdtNum"], row.get("U_StampliKey"), row.get("Reference"), row.get("Reference2"), _dump(row))
        self._run("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)", values)

    def entry(self, jdt_num: int) -> Row | None:
        """One journal entry."""
        return self._one("SELECT body FROM entries WHERE jdt_num = ?", (jdt_num,))

    def entries(self, property_: str | None = None, values: Iterable[str] = ()) -> list[Row]:
        """All journal entries, or those of which an indexed property has one of the values."""
        with self._readable() as connection:
            if property_ is None:
                rows = connection.execute("SELECT body FROM entries ORDER BY jdt_num")
            else:
                wanted = list(values)
                marks = ",".join("?" * len(wanted))
                query = f"SELECT body FROM entries WHERE {INDEXED[property_]} IN ({marks}) ORDER BY jdt_num"
                rows = connection.execute(query, wanted)
            return [_load(body) for (body,) in rows.fetchall()]

    def next_number(self, name: str, first: int) -> int:
        """A counter; numbers of what was rolled back are used again only when the transaction is."""
        row = self.get("_counters", name) or {"value": first - 1}
        value = int(row["value"]) + 1
        self.put("_counters", name, {"value": value})
        return value

    def _one(self, query: str, values: tuple[Any, ...]) -> Row | None:
        with self._readable() as connection:
            found = connection.execute(query, values).fetchone()
        return _load(found[0]) if found else None

    def _run(self, query: str, values: tuple[Any, ...]) -> sqlite3.Cursor:
        with self._lock:
            return self._connection.execute(query, values)


def _dump(row: Row) -> str:
    return str(simplejson.dumps(row, use_decimal=True))


def _load(body: str) -> Row:
    row: Row = json.loads(body, parse_float=Decimal)
    return row
