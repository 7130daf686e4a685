"""`sandbox`: the embedded SFTP server and Service Layer, kept running."""

import json
import signal
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stampli_b1_assets.cli.common import ALL_WELL

if TYPE_CHECKING:
    from stampli_b1_assets.sandbox.running import Sandbox


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), help="Keep everything here (default: a new folder).")
@click.option("--https", is_flag=True, help="Speak HTTPS with a certificate made on the spot.")
@click.option("--faults", default="", metavar="NAME,…", help="Switch failures on; `--faults list` names them.")
@click.option("--provisioned", is_flag=True, help="Begin with the guard table and field in place.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document on standard output.")
def sandbox(folder: Path | None, https: bool, faults: str, provisioned: bool, is_json: bool) -> int:
    """Run Stampli's SFTP server and SAP's Service Layer on loopback, with a sample company, until Ctrl-C."""
    # Only this command needs the servers, and they are slow to import.
    from stampli_b1_assets.sandbox.running import Sandbox
    from stampli_b1_assets.sandbox.service_layer.faults import BROKEN_COMPANIES, FAULTS

    known = [*FAULTS, *BROKEN_COMPANIES]
    if faults == "list":
        click.echo("\n".join(known))
        return ALL_WELL
    wanted = [name for name in faults.split(",") if name]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)} is none of {', '.join(known)}", param_hint="--faults")
    place = folder or Path(tempfile.mkdtemp(prefix="stampli-b1-sandbox-"))
    with Sandbox(place, https=https, faults=wanted, provisioned=provisioned) as running:
        _tell(running, is_json=is_json)
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        stopped.wait()
    return ALL_WELL


def _tell(running: "Sandbox", *, is_json: bool) -> None:
    facts = {
        "config": str(running.config_path),
        "environment": running.environment,
        "service_layer_url": running.service_layer_url,
        "sftp_port": running.sftp.port,
        "control_url": running.control_url,
        "outbound": str(running.folder / "sftp" / "outbound"),
    }
    if is_json:
        click.echo(json.dumps(facts), nl=True)
        return
    click.echo(running.config_path.read_text(encoding="utf-8"))
    click.echo(f"# Exports lie in {facts['outbound']}; faults and the request log at {facts['control_url']}")
    for name, value in running.environment.items():
        click.echo(f"export {name}={value}")
    click.echo(f"export STAMPLI_B1_CONFIG={facts['config']}")
    click.echo("# Try it in another terminal: stampli-b1 check; stampli-b1 plan; stampli-b1 sync. Ctrl-C ends it.")
