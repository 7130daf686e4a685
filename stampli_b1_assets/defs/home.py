"""Where the instance, the ledger and the frames live: `DAGSTER_HOME`, or `.dagster` where the process was started."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from stampli_b1_assets.errors import InstanceUnusable, LedgerUnusable

HOME = "DAGSTER_HOME"

_SETTINGS = """\
# Written by stampli-b1, since there was none. The repository's dagster.yaml says what else can be set.
telemetry: {enabled: false}
nux: {enabled: false}
concurrency:
  pools: {default_limit: 1, granularity: op}
"""
_LOCK = ".opening.lock"


def dagster_home() -> Path:
    """`$DAGSTER_HOME`, or `./.dagster`: the same folder that `dagster dev` uses with the repository's dagster.yaml."""
    home = os.environ.get(HOME)
    return Path(home) if home else Path.cwd() / ".dagster"


def open_instance() -> dg.DagsterInstance:
    """The Dagster instance of `DAGSTER_HOME`, or of `./dagster.yaml`; folder and settings are made when missing.

    One process after the other: two that make Dagster's databases at once leave them unreadable for good (1.13).
    Raises `LedgerUnusable` when the folder cannot be written to, `InstanceUnusable` when Dagster cannot open it.
    """
    home = dagster_home()
    here = Path.cwd()
    place = here if not os.environ.get(HOME) and (here / "dagster.yaml").exists() else home
    settings = place / "dagster.yaml"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with alone_in(home):
            if not settings.exists():
                settings.write_text(_SETTINGS, encoding="utf-8")
            return _opened(place)
    except OSError as error:
        raise LedgerUnusable(
            f"DAGSTER_HOME {home} cannot be written to: {error.strerror}.", "Set DAGSTER_HOME to a folder of yours."
        ) from None


@contextmanager
def alone_in(home: Path) -> Iterator[None]:
    """Wait until no other process is in here with this home; the system lets go of a process that dies."""
    with (home / _LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _opened(place: Path) -> dg.DagsterInstance:
    try:
        return dg.DagsterInstance.from_config(str(place))
    except Exception as error:  # noqa: BLE001 - SQLite, PostgreSQL, alembic, dagster.yaml: all mean the same to us
        raise instance_unusable(f"Dagster's instance of {place} cannot be opened", error) from None


def instance_unusable(what: str, error: Exception) -> InstanceUnusable:
    """The sentence for a database of Dagster's that fails; a full disk is no reason to move anything away."""
    why = next(iter(str(error).splitlines()), "") or type(error).__name__
    if "disk" in why or "No space left" in why:
        return InstanceUnusable(f"{what}: {why}.", "Make room on the disk of DAGSTER_HOME, then run the command again.")
    return InstanceUnusable(
        f"{what}: {why}.",
        "Check dagster.yaml there and the database that it names. Without one the folders history and schedules "
        "are it: they hold what the UI shows of past runs, nothing that posting needs, and may be moved away.",
    )
