"""`make ui`: Dagster's UI on the demo's instance and sandbox, sensors running."""

import os
import subprocess
import sys

import click

from stampli_b1_assets.cli.demo import FOLDER, prepare
from stampli_b1_assets.sandbox.running import Sandbox


def ui(arguments: list[str]) -> int:
    """Run `dagster dev` until Ctrl-C; more arguments (such as `--port 3001`) are passed on."""
    with Sandbox(FOLDER / "sandbox") as sandbox:
        prepare(sandbox)
        os.environ["STAMPLI_B1_SENSORS"] = "running"
        click.echo(f"Put exports into {sandbox.folder / 'sftp' / 'outbound'}; Ctrl-C ends the servers.")
        command = [sys.executable, "-m", "dagster", "dev", "-m", "stampli_b1_assets.definitions", *arguments]
        try:
            return subprocess.run(command, check=False).returncode  # noqa: S603 - our own interpreter
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(ui(sys.argv[1:]))
