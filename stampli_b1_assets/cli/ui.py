"""`make ui`: Dagster's UI on the demo's instance and sandbox, sensors running."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

import click

from stampli_b1_assets.cli.demo import prove_guard_once, running_sandbox
from stampli_b1_assets.defs.build import SENSORS_VARIABLE
from stampli_b1_assets.defs.home import open_instance

_PATIENCE_SECONDS = 30
# Dagster recommends `dg dev`, which needs a package of its own, each time that `dagster dev` starts.
_DAGSTER_DEV = (sys.executable, "-W", "ignore:Function", "-m", "dagster", "dev", "-m", "stampli_b1_assets.definitions")


def ui(arguments: Sequence[str]) -> int:
    """Run `dagster dev` until Ctrl-C, which ends both; more arguments (such as `--port 3001`) are passed on."""
    with running_sandbox() as sandbox:
        with open_instance():  # makes DAGSTER_HOME, which `dagster dev` wants to be there
            pass
        if not prove_guard_once():
            return 1
        os.environ[SENSORS_VARIABLE] = "running"
        click.echo(f"Put exports into {sandbox.folder / 'sftp' / 'outbound'}; Ctrl-C ends everything.")
        command = [*_DAGSTER_DEV, *arguments]
        # In DAGSTER_HOME, or it warns of the repository's own dagster.yaml. In a session of its own, so that Ctrl-C
        # reaches it once, through us, and it can end its own processes.
        home = os.environ["DAGSTER_HOME"]
        return _until_it_ends(subprocess.Popen(command, cwd=home, start_new_session=True))  # noqa: S603 - our own


def _until_it_ends(process: subprocess.Popen[bytes]) -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        return process.wait()
    except _Stopped:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return 0


class _Stopped(BaseException):
    """Somebody asked for the end; no error, so nothing on the way may take it for one."""


def _stop(number: int, frame: FrameType | None) -> None:
    del frame
    signal.signal(number, signal.SIG_IGN)  # once is enough
    raise _Stopped


if __name__ == "__main__":
    sys.exit(ui(sys.argv[1:]))
