"""`make demo`: the sandbox, one whole cycle through Dagster on sample exports, and what came of it."""

import os
import sys
from pathlib import Path

import click

from stampli_b1_assets.cli.main import run
from stampli_b1_assets.sandbox.running import Sandbox

FOLDER = Path(".demo")


def prepare(sandbox: Sandbox) -> None:
    """Point this process, and what it starts, at the sandbox."""
    home = (FOLDER / "dagster_home").absolute()
    os.environ |= {
        **sandbox.environment,
        "DAGSTER_HOME": str(home),
        "STAMPLI_B1_CONFIG": str(sandbox.config_path.absolute()),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }


def demo() -> int:
    """Run it; 0 also when something is held, for something is meant to be."""
    with Sandbox(FOLDER / "sandbox") as sandbox:
        prepare(sandbox)
        click.echo("A Stampli SFTP server and a Service Layer are running on loopback. First the guard, once:\n")
        if run(["provision"]) > 0:
            return 1
        click.echo("\nNow one cycle: SFTP → parsed invoices → business partners → journal entries.\n")
        if run(["sync"]) > 1:
            return 1
        click.echo("\nWhat waits, by cause:\n")
        run(["held"])
        click.echo("\nDoes SAP have what Stampli approved?\n")
        run(["reconcile"])
        click.echo(_NEXT)
    return 0


_NEXT = """
Run `make demo` again: nothing is posted twice. Or mend a hold first:
  echo 006215,006200 >> .demo/sandbox/mappings/gl_accounts.csv
`make ui` shows the lineage, the runs and the checks in Dagster's UI on this very instance."""

if __name__ == "__main__":
    sys.exit(demo())
