"""Where the instance, the ledger and the frames live: `DAGSTER_HOME`, or `.dagster` where the process was started."""

import os
from pathlib import Path

import dagster as dg

from stampli_b1_assets.errors import LedgerUnusable

HOME = "DAGSTER_HOME"

_SETTINGS = """\
# Written by stampli-b1, since there was none. The repository's dagster.yaml says what else can be set.
telemetry: {enabled: false}
nux: {enabled: false}
concurrency:
  pools: {default_limit: 1, granularity: op}
"""


def dagster_home() -> Path:
    """`$DAGSTER_HOME`, or `./.dagster`: the same folder that `dagster dev` uses with the repository's dagster.yaml."""
    home = os.environ.get(HOME)
    return Path(home) if home else Path.cwd() / ".dagster"


def open_instance() -> dg.DagsterInstance:
    """The Dagster instance of `DAGSTER_HOME`, or of `./dagster.yaml`; folder and settings are made when missing.

    Raises `LedgerUnusable` when the folder cannot be written to.
    """
    home = dagster_home()
    here = Path.cwd()
    place = here if not os.environ.get(HOME) and (here / "dagster.yaml").exists() else home
    settings = place / "dagster.yaml"
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not settings.exists():
            settings.write_text(_SETTINGS, encoding="utf-8")
    except OSError as error:
        raise LedgerUnusable(
            f"DAGSTER_HOME {home} cannot be written to: {error.strerror}.", "Set DAGSTER_HOME to a folder of yours."
        ) from None
    return dg.DagsterInstance.from_config(str(place))
