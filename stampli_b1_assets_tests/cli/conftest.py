"""Commands as a person runs them: in this process with `command`, or the installed program with `program`."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from stampli_b1_assets.cli.main import run
from stampli_b1_assets.pipeline.cycle import run_cycle
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.summary import cycle_document
from stampli_b1_assets_tests.fixtures.world import World, invoice_rows

PROGRAM = Path(sys.executable).parent / "stampli-b1"


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run a command in this process."""

    def call(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        code = run([str(one) for one in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Ran]:
    """Run the installed program in a process of its own, in an empty folder, with this environment and `variables`."""

    def call(*arguments: str | Path, **variables: str) -> Ran:
        done = subprocess.run(
            [PROGRAM, *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def mixed(world: World) -> World:
    """A world in which one invoice can be posted, two wait for one account, and one file is refused."""
    world.put("good.csv", *invoice_rows("9001"))
    world.put(
        "waiting.csv",
        *invoice_rows("9002", gl_account="006215", invoice_amount="40.00"),
        *invoice_rows("9003", gl_account="006215", invoice_amount="60.50"),
    )
    world.sandbox.put("broken.csv", b"Stampli Invoice ID,Line #,GL Account\n1,2\n")
    return world


@pytest.fixture
def cycle(world: World) -> Callable[[], dict[str, Any]]:
    """One cycle without Dagster, which takes a second to start, and its summary."""
    numbers = count(1)

    def cycle() -> dict[str, Any]:
        with world.workplace() as workplace, workplace.b1() as b1:
            session = Session(workplace, b1, f"cycle {next(numbers)}")
            document = cycle_document(workplace, session.cycle, run_cycle(session), seconds=0)
            workplace.ledger.cycles.finish(session.cycle, document)
            return document

    return cycle


@pytest.fixture
def bring(world: World, cycle: Callable[[], dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """One more export, a minute younger than the one before, and a cycle."""
    minutes = count(1)

    def bring(name: str, *rows: dict[str, str]) -> dict[str, Any]:
        world.put(name, *rows, mtime=1_777_000_000 + 60 * next(minutes))
        return cycle()

    return bring
