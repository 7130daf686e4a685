"""One database, one company: engine, transactions, and database errors in words."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import URL, Column, Connection, Engine, Table, create_engine, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from stampli_b1_assets.errors import LedgerUnusable
from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.urls import shown

BUSY_SECONDS = 60
"""How long a write waits for another process's transaction before it gives up."""

_CHUNK = 1000
_WRITES = "stampli_b1_writes"
Item = TypeVar("Item")


def utc_now() -> datetime:
    """The moment now, in UTC."""
    return datetime.now(UTC)


def engine_for(url: URL) -> Engine:
    """An engine whose SQLite transactions say at their beginning whether they will write.

    SQLite's own default begins late and so fails with "locked" where waiting would do; `BEGIN IMMEDIATE` waits.
    Commits are on disk before they return (`synchronous=FULL`): an intent must outlive a power cut.
    """
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        executemany_mode="values_plus_batch",  # otherwise thousands of rows are thousands of round trips
        connect_args={"connect_timeout": 10, "application_name": "stampli-b1"},
    )


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous=FULL")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def for_writing(connection: Connection) -> Connection:
    """Mark a connection: its next transaction will write."""
    return connection.execution_options(**{_WRITES: True})


class Database:
    """The connection of one company's ledger; threads may share it.

    `writing()` is one transaction and holds the company's audit head, so that all writers of one company queue up
    and the chain stays one chain. Called within another `writing()` of the same thread it joins that transaction.
    """

    def __init__(self, engine: Engine, company: str, clock: Callable[[], datetime]) -> None:
        self.engine = engine
        self.company = company
        self.clock = clock
        self._open = threading.local()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes. Raises `LedgerUnusable` when the database fails; then nothing was written."""
        joined: Connection | None = getattr(self._open, "connection", None)
        if joined is not None:
            with translated(self.engine.url), joined.begin_nested():  # whoever catches an error goes on without it
                yield joined
            return
        with translated(self.engine.url), for_writing(self.engine.connect()) as connection, connection.begin():
            head = select(schema.audit_heads).where(schema.audit_heads.c.company == self.company)
            connection.execute(head.with_for_update())
            self._open.connection = connection
            try:
                yield connection
            finally:
                self._open.connection = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view; within `writing()` of the same thread it sees what was written so far."""
        joined: Connection | None = getattr(self._open, "connection", None)
        if joined is not None:
            with translated(self.engine.url):
                yield joined
            return
        with translated(self.engine.url), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901
            with connection.begin():
                yield connection

    def upsert(
        self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]
    ) -> None:
        """Insert rows, or overwrite the columns that they name where `company` and `keys` are there already."""
        if not rows:
            return
        make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        statement = make(table)
        unique = ["company", *keys]
        changed = {name: statement.excluded[name] for name in rows[0] if name not in unique}
        complete = (
            statement.on_conflict_do_update(index_elements=unique, set_=changed)
            if changed
            else statement.on_conflict_do_nothing(index_elements=unique)
        )
        connection.execute(complete, [{"company": self.company, **row} for row in rows])

    def insert_new(self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows; those that are there already stay as they are."""
        if rows:
            make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            statement = make(table).on_conflict_do_nothing()
            connection.execute(statement, [{"company": self.company, **row} for row in rows])

    def rows(
        self, connection: Connection, table: Table, column: Column[Any], values: Iterable[Any], *where: Any
    ) -> list[Any]:
        """Rows of this company whose `column` is one of `values`, asked for in chunks."""
        found: list[Any] = []
        for chunk in chunks(list(dict.fromkeys(values))):
            query = select(table).where(table.c.company == self.company, column.in_(chunk), *where)
            found += connection.execute(query)
        return found


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Slices that fit one statement of either database."""
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turn the database's errors into `LedgerUnusable`, without statements, values or passwords."""
    try:
        yield
    except SQLAlchemyError as error:
        words = str(error.orig).strip().splitlines() if isinstance(error, DBAPIError) and error.orig else []
        reason = words[0] if words else type(error).__name__
        raise LedgerUnusable(f"The ledger ({shown(url)}) failed: {reason}.", _remedy(reason)) from None


def _remedy(reason: str) -> str:
    for sign, remedy in _REMEDIES.items():
        if sign in reason:
            return remedy
    return "Nothing was changed; see that the database runs and can be reached, then try again."


_REMEDIES = {
    "locked": "Another process is writing for very long; find it, then try again.",
    "unable to open": "See that the file is no folder and that this user may read and write it.",
    "not a database": "The file is no ledger: name another one in `ledger_url`, or put the right one back.",
    "malformed": "The file is damaged: put a copy back, or move it away; it is filled again from SAP.",
    "readonly": "Let this user write the ledger's file and its folder.",
    "full": "Make room on the disk.",
    "authentication": "Mend user and password in `ledger_url`.",
    "does not exist": "Make that database or user, or mend `ledger_url`.",
}
