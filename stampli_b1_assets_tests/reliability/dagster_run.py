"""A run of Dagster's own command line on new files: `dagster asset materialize`, as a process of its own would do.

`python -m stampli_b1_assets_tests.reliability.dagster_run`, in the environment of a world. What the sensor does comes
first: look at the folder, and add a partition for each file.
"""

import os
from contextlib import suppress
from pathlib import Path

import click
from dagster._cli import cli

from stampli_b1_assets.config.loader import load_companies
from stampli_b1_assets.defs.home import open_instance
from stampli_b1_assets.defs.jobs import FLOW
from stampli_b1_assets.defs.partitions import add_missing
from stampli_b1_assets.pipeline.cycle import find_work, replayable
from stampli_b1_assets.pipeline.workplace import Workplace


def run() -> None:
    """One run for each new file, or else for each that holds something open."""
    company = load_companies(Path(os.environ["STAMPLI_B1_CONFIG"]), os.environ)[0]
    name = company.settings.company
    with Workplace.open(company, Path(os.environ["DAGSTER_HOME"])) as workplace:
        records = find_work(workplace).work or replayable(workplace)
    with open_instance() as instance:
        add_missing(instance, name, [record.partition for record in records])
    select = ",".join(f"{name}/{asset}" for asset in FLOW)
    for record in records:
        arguments = ["asset", "materialize", "-m", "stampli_b1_assets.definitions", "--select", select]
        with suppress(click.ClickException):  # a step that failed, since something is held
            cli([*arguments, "--partition", record.partition], standalone_mode=False)


if __name__ == "__main__":
    run()
