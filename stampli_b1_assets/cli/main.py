"""`stampli-b1`: the group of commands, and what becomes of errors. Imports little, so that it answers at once."""

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from stampli_b1_assets import __version__
from stampli_b1_assets.cli.exit_codes import ALL_WELL, NEEDS_A_PERSON, UNUSABLE
from stampli_b1_assets.cli.stopping import STOPPED

_COMMANDS = {
    "sync": "cycle",
    "plan": "cycle",
    "check": "systems",
    "provision": "systems",
    "held": "decisions",
    "release": "decisions",
    "evidence": "decisions",
    "reconcile": "systems",
    "audit": "audit",
    "layout": "layouts",
    "sandbox": "sandbox",
}
"""Command → module of this package, imported when the command is asked for."""


class _Commands(click.Group):
    """Imports only what the command needs: `held` does not wait for Dagster."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which people meet them."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        del ctx
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = getattr(import_module(f"stampli_b1_assets.cli.{module}"), cmd_name)
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stampli-b1")
def commands() -> None:
    """Approved invoices, vendors and payments from Stampli into SAP Business One, each exactly once.

    Exit codes: 0 all well; 1 done, and something needs a person; 2 the configuration, or a system that the command
    needs, cannot be used: nothing was changed.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors of ours become one clear sentence, never a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = commands.main(args=given, prog_name="stampli-b1", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo(STOPPED, err=True)
        return NEEDS_A_PERSON
    except click.ClickException as error:
        error.show()
        _document({"error": error.format_message(), "remedy": "See --help."}, given)
        return UNUSABLE
    except Exception as error:  # noqa: BLE001 - with --json, a document comes whatever happens
        return _told(error, given)
    return code if isinstance(code, int) else ALL_WELL


def _told(raised: Exception, given: Sequence[str]) -> int:
    from stampli_b1_assets.cli.common import code_of, complain, failure, sentence_of

    error = sentence_of(raised)
    complain(error)
    _document(failure(error), given)
    return code_of(error)


def _document(document: dict[str, str], given: Sequence[str]) -> None:
    """With `--json`, standard output has one document whatever happens."""
    if "--json" in given:
        from stampli_b1_assets.cli.common import Output

        Output.document(document)


def main() -> None:
    """The installed command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = run()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = NEEDS_A_PERSON
    except KeyboardInterrupt:
        code = NEEDS_A_PERSON
    sys.exit(code)
