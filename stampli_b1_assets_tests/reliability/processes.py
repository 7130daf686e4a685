"""Start, kill and wait for processes of the command line on a world."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from stampli_b1_assets_tests.fixtures.world import World

_CLI = [sys.executable, "-c", "from stampli_b1_assets.cli.main import main; main()"]


def start(world: World, arguments: Sequence[str], command: Sequence[str] = tuple(_CLI)) -> "subprocess.Popen[str]":
    """A process of its own group, with the world's environment."""
    return subprocess.Popen(
        [*command, *arguments],
        env={**os.environ, **world.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def doomed(world: World, point: str, count: int = 1) -> "subprocess.Popen[str]":
    """A `sync` that kills itself at a marked point."""
    command = [sys.executable, "-m", "stampli_b1_assets_tests.reliability.doomed_sync"]
    return start(world, [point, str(count)], command)


def finished_sync(world: World) -> dict[str, Any]:
    """A whole `sync --json` in a process of its own; its document."""
    process = start(world, ["sync", "--json"])
    out, err = process.communicate(timeout=120)
    assert process.returncode in (0, 1), err
    assert out, f"exit code {process.returncode} without a document: {err}"
    document: dict[str, Any] = json.loads(out)
    return document
