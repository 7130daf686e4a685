"""Where the instance, the ledger and the frames live: `DAGSTER_HOME`, or `.dagster` where the process was started."""

import os
from pathlib import Path

import dagster as dg

HOME = "DAGSTER_HOME"


def dagster_home() -> Path:
    """`$DAGSTER_HOME`, or `./.dagster`: the same folder that `dagster dev` uses with the repository's dagster.yaml."""
    home = os.environ.get(HOME)
    return Path(home) if home else Path.cwd() / ".dagster"


def open_instance() -> dg.DagsterInstance:
    """The Dagster instance of `DAGSTER_HOME`, or of `./dagster.yaml`; its folder is made when missing."""
    home = dagster_home()
    home.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
    if os.environ.get(HOME):
        return dg.DagsterInstance.get()
    here = Path.cwd()
    return dg.DagsterInstance.from_config(str(here if (here / "dagster.yaml").exists() else home))
