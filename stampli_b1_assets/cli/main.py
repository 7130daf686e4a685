"""`stampli-b1`: the group of commands, and what becomes of errors."""

import sys
from collections.abc import Sequence

import click

from stampli_b1_assets import __version__
from stampli_b1_assets.cli.audit import audit
from stampli_b1_assets.cli.common import NEEDS_A_PERSON, UNUSABLE
from stampli_b1_assets.cli.cycle import plan, sync
from stampli_b1_assets.cli.decisions import evidence, held, release
from stampli_b1_assets.cli.layouts import layout
from stampli_b1_assets.cli.sandbox import sandbox
from stampli_b1_assets.cli.systems import check, provision, reconcile
from stampli_b1_assets.errors import AuditBroken, StampliB1Error


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stampli-b1")
def commands() -> None:
    """Approved invoices, vendors and payments from Stampli into SAP Business One, each exactly once.

    Exit codes: 0 all well; 1 done, and something needs a person; 2 the configuration, or a system that the command
    needs, cannot be used: nothing was changed.
    """


for command in (sync, plan, check, provision, held, release, evidence, reconcile, audit, layout, sandbox):
    commands.add_command(command)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors of ours become one clear sentence, never a traceback."""
    try:
        code = commands.main(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        return NEEDS_A_PERSON
    except click.ClickException as error:
        error.show()
        return UNUSABLE
    except AuditBroken as error:
        click.echo(str(error), err=True)
        return NEEDS_A_PERSON
    except StampliB1Error as error:
        click.echo(str(error), err=True)
        return UNUSABLE
    return code if isinstance(code, int) else 0


def main() -> None:
    """The installed command."""
    sys.exit(run())
