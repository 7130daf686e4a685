"""Where the ledger lives: SQLite files and PostgreSQL addresses, and names for them that hide passwords."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from stampli_b1_assets.errors import LedgerUnusable

_REMEDY = "Set `ledger_url` to sqlite:///ledger.db or postgresql://user@host/database."
_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg2")


def ledger_url(url: str, home: Path | None = None) -> URL:
    """Read `ledger_url`; a relative SQLite path is taken from `home` (DAGSTER_HOME) when that is given.

    Bare `postgresql://` is pinned to psycopg2, the driver that Dagster's own storage uses: SQLAlchemy 2.1 would
    take psycopg 3. Raises `LedgerUnusable`; the message never shows the address, which may hold a password.
    """
    try:
        read = make_url(url)
    except ArgumentError:
        raise LedgerUnusable("The ledger's address cannot be read.", _REMEDY) from None
    if read.drivername in _POSTGRESQL:
        return read.set(drivername="postgresql+psycopg2")
    if read.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise LedgerUnusable(f"The ledger cannot live in {read.drivername}.", _REMEDY)
    return _sqlite_file(read, home)


def _sqlite_file(url: URL, home: Path | None) -> URL:
    if not url.database or url.database == ":memory:":
        raise LedgerUnusable("The ledger needs a file that outlives this process.", _REMEDY)
    path = Path(url.database) if home is None else home / url.database
    if not path.parent.is_dir():
        raise LedgerUnusable(
            f"The ledger's folder {path.parent} does not exist.", "Make it, or mend `ledger_url` or DAGSTER_HOME."
        )
    return url.set(database=str(path))


def shown(url: URL) -> str:
    """The address for people: no user, no password, no options."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f"PostgreSQL database {url.database} on {url.host or 'this machine'}"
