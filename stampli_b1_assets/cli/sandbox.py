"""`sandbox`: the embedded SFTP server and Service Layer, kept running."""

import shlex
import signal
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stampli_b1_assets.cli.common import Options, Output, company_options
from stampli_b1_assets.cli.exit_codes import ALL_WELL

if TYPE_CHECKING:
    from stampli_b1_assets.sandbox.running import Sandbox


def _known_faults() -> dict[str, dict[str, str]]:
    """Group → name → what happens."""
    from stampli_b1_assets.sandbox.service_layer.faults import BROKEN_COMPANIES, FAULTS
    from stampli_b1_assets.sandbox.service_layer.habits import HABITS

    return {
        "Strike once": FAULTS,
        "Stay, and leave the guard without protection": BROKEN_COMPANIES,
        "Stay: where SAP's servers differ": HABITS,
    }


def _faults(_: click.Context, __: click.Parameter, value: str) -> list[str]:
    names = [name.strip() for name in value.split(",") if name.strip()]
    known = [name for group in _known_faults().values() for name in group]
    unknown = [name for name in names if name not in known and name != "list"]
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)} is none of {', '.join(known)}.")
    return names


def _list_faults(*, is_json: bool) -> int:
    groups = _known_faults()
    if is_json:
        Output.document({"faults": {name: text for group in groups.values() for name, text in group.items()}})
        return ALL_WELL
    width = max(len(name) for group in groups.values() for name in group) + 2
    for title, group in groups.items():
        click.echo(f"{title}:")
        for name, text in group.items():
            click.echo(f"  {name:{width}}{text}")
    return ALL_WELL


@click.command(short_help="Stampli's and SAP's servers to try things on.")
@company_options
@click.option("--folder", type=click.Path(path_type=Path), help="Keep everything here (default: a new folder).")
@click.option("--https", is_flag=True, help="Speak HTTPS, with a certificate made on the spot.")
@click.option(
    "--faults",
    default="",
    metavar="NAME,…",
    callback=_faults,
    help="Switch failures on, by name; `--faults list` says what each does.",
)
@click.option("--provisioned", is_flag=True, help="Begin with the guard table and field in place.")
def sandbox(options: Options, folder: Path | None, faults: list[str], *, https: bool, provisioned: bool) -> int:
    """Run Stampli's SFTP server and SAP's Service Layer on loopback, with a sample company, until Ctrl-C.

    It brings a configuration of its own: --config and --company are not used.
    """
    # Only this command needs the servers, and they are slow to import.
    from stampli_b1_assets.sandbox.running import Sandbox

    if "list" in faults:
        return _list_faults(is_json=options.is_json)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    place = (folder or Path(tempfile.mkdtemp(prefix="stampli-b1-sandbox-"))).absolute()
    with Sandbox(place, https=https, faults=faults, provisioned=provisioned) as running:
        _tell(running, faults, is_json=options.is_json)
        stopped.wait()
    return ALL_WELL


def _tell(running: "Sandbox", faults: list[str], *, is_json: bool) -> None:
    facts = {
        "config": str(running.config_path),
        "environment": running.environment,
        "service_layer_url": running.service_layer_url,
        "sftp_port": running.sftp.port,
        "control_url": running.control_url,
        "outbound": str(running.folder / "sftp" / "outbound"),
        "faults": faults,
    }
    if is_json:
        Output.document(facts)
        return
    click.echo(running.config_path.read_text(encoding="utf-8"))
    click.echo(f"# Exports lie in {facts['outbound']}")
    click.echo(
        f"# Faults, the request log and what people do in SAP: curl {facts['control_url']}/faults (docs/sandbox.md)"
    )
    if faults:
        click.echo(f"# Switched on: {', '.join(faults)}")
    variables = {
        **running.environment,
        "STAMPLI_B1_CONFIG": str(running.config_path),
        "DAGSTER_HOME": str(running.folder / "dagster_home"),
    }
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    click.echo("# In another terminal, after these exports: stampli-b1 check; provision; plan; sync. Ctrl-C ends it.")
