"""How a run came to be, told from the run itself: whose it is, and whether a person launched it."""

import dagster as dg

from stampli_b1_assets.defs.jobs import job_names
from stampli_b1_assets.defs.resources import CYCLE_TAG

_SENSOR_TAG = "dagster/sensor_name"  # Dagster exports no name for it


def is_automatic(run: dg.DagsterRun) -> bool:
    """A sensor or `sync` launched it, as they do many times a day."""
    return _SENSOR_TAG in run.tags or CYCLE_TAG in run.tags


def belongs_to(run: dg.DagsterRun, company: str) -> bool:
    """It runs a job of the company, or was launched in the UI for an asset of it."""
    selected = run.asset_selection or ()
    return run.job_name in job_names(company) or any(key.path[0] == company for key in selected)
