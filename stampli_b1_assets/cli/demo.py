"""`make demo`: the sandbox, one whole cycle through Dagster on sample exports, and what came of it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from stampli_b1_assets.cli.common import Options, Output, chosen, opened
from stampli_b1_assets.cli.exit_codes import ALL_WELL, NEEDS_A_PERSON, UNUSABLE
from stampli_b1_assets.cli.main import run
from stampli_b1_assets.pipeline.posted import posted_document
from stampli_b1_assets.reports import postings
from stampli_b1_assets.sandbox.running import Sandbox

FOLDER = Path(".demo")


@contextmanager
def running_sandbox() -> Iterator[Sandbox]:
    """The demo's sandbox, with this process, and what it starts, pointed at it. Its folder is kept between runs."""
    with Sandbox(FOLDER / "sandbox") as sandbox:
        os.environ |= {
            **sandbox.environment,
            "DAGSTER_HOME": str((FOLDER / "dagster_home").absolute()),
            "STAMPLI_B1_CONFIG": str(sandbox.config_path.absolute()),
            "DAGSTER_DISABLE_TELEMETRY": "yes",
        }
        yield sandbox


def demo() -> int:
    """Run it; 0 also when something is held, for something is meant to be."""
    with running_sandbox():
        click.echo("A Stampli SFTP server and a Service Layer are running on loopback.\n")
        if not prove_guard_once():
            return 1
        click.echo("One cycle: SFTP → parsed invoices → business partners → journal entries.\n")
        if run(["sync"]) not in (ALL_WELL, NEEDS_A_PERSON):
            return 1
        _show_postings()
        click.echo("\nDoes SAP have what was posted, and nothing else of ours?\n")
        if run(["reconcile"]) == UNUSABLE:
            return 1
        click.echo(_NEXT)
    return 0


def _options() -> Options:
    return Options(Path(os.environ["STAMPLI_B1_CONFIG"]), None, is_json=False)


def prove_guard_once() -> bool:
    """Provision the sandbox's company unless an earlier run did; whether its guard is proved."""
    loaded = chosen(_options())[0]
    with opened(loaded) as workplace:
        proof = workplace.ledger.proof(loaded.settings.b1.company_db)
    if proof is not None and proof.is_proved:
        return True
    click.echo("First, once: the guard that keeps SAP from taking an invoice twice, and its proof.\n")
    is_proved = run(["provision"]) == ALL_WELL
    click.echo("")
    return is_proved


def _show_postings() -> None:
    loaded = chosen(_options())[0]
    with opened(loaded) as workplace:
        document = posted_document(workplace)
    click.echo("")
    Output(is_json=False).show(postings.render, document)


_NEXT = """
What you can do next:
  make demo                                nothing is posted twice
  echo 006215,006200 >> .demo/sandbox/mappings/gl_accounts.csv && make demo
                                           one hold is mended, and its invoice is posted by itself
  make ui                                  the lineage, the runs and the checks in Dagster's UI, on this very instance
  cp your_export.csv .demo/sandbox/sftp/outbound/ && make demo
                                           your own export against the sample company
  README.md                                the same on your own systems"""

if __name__ == "__main__":
    sys.exit(demo())
