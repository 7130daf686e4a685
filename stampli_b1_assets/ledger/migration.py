"""Brings a database to this version's tables; several processes may try at once."""

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import OperationalError

from stampli_b1_assets.errors import LedgerUnusable
from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.database import BUSY_SECONDS, for_writing, translated
from stampli_b1_assets.ledger.urls import shown

_POSTGRESQL_LOCK = 7_213_441_009
"""Any number that nothing else in the database is likely to lock."""


def migrate(engine: Engine) -> None:
    """Make or upgrade the tables in one transaction; a database that is up to date is only looked at.

    Raises `LedgerUnusable` when a newer version of this program wrote the ledger.
    """
    with translated(engine.url):
        with engine.connect() as connection:
            found = revision(connection)
        if found == schema.HEAD:
            return
        _refuse_newer(engine, found)
        if engine.dialect.name == "sqlite":
            _use_write_ahead_log(engine)
        with for_writing(engine.connect()) as connection, connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _POSTGRESQL_LOCK})
            if revision(connection) != schema.HEAD:  # nobody else was quicker
                command.upgrade(config(connection), "head")


def revision(connection: Connection) -> str | None:
    """The migration that the database is at; None for an empty one."""
    if not inspect(connection).has_table(schema.VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {schema.VERSION_TABLE}")).scalar()  # noqa: S608


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, for `migrations/env.py`; there is no alembic.ini."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def _refuse_newer(engine: Engine, found: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    if found is not None and found not in known:
        raise LedgerUnusable(
            f"The ledger ({shown(engine.url)}) was written by a newer version of stampli-b1 (its state is {found!r}).",
            "Install that version again, or name another ledger in `ledger_url`.",
        )


def _use_write_ahead_log(engine: Engine) -> None:
    """Readers and one writer at once. The mode stays with the file; switching fails while others are at it."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            with engine.connect() as connection:
                raw = connection.connection.dbapi_connection
                assert raw is not None
                raw.cursor().execute("PRAGMA journal_mode=WAL").fetchall()
                return
        except (OperationalError, engine.dialect.dbapi.OperationalError) as error:  # type: ignore[union-attr]
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
