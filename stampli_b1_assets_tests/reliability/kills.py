"""As many real `stampli-b1 sync` processes as asked for, each killed (SIGKILL) at a random moment of its life.

`python -m stampli_b1_assets_tests.reliability.kills --count 1000 --seed 1`. Each round brings a file of three invoices
and starts a process that is killed; every tenth round one is left alone, and everything is counted: each invoice once
in SAP, none missing, nothing in doubt, the audit chain whole. Processes are forked from one that has imported
everything, so that the moments fall into the work and not into Python's imports.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from stampli_b1_assets_tests.fixtures.world import World, invoice_rows

_NURSERY = """
import os, sys
from stampli_b1_assets.cli.main import run
print("ready", flush=True)
for _ in sys.stdin:
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os._exit(run(["sync", "--json"]))
    print(pid, flush=True)
    _, status = os.waitpid(pid, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""
_LONGEST = 2.2
_CALM_EVERY = 10


class Nursery:
    """Forks processes that run `sync` on a world."""

    def __init__(self, world: World) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _NURSERY],
            env={**os.environ, **world.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def sync(self, *, kill_after: float | None) -> int:
        """The exit code; -9 when it was killed before it ended."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        pid = int(self._line())
        if kill_after is not None:
            time.sleep(kill_after)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return int(self._line())

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def verify(world: World, ids: list[str]) -> None:
    """Everything that was brought is in SAP exactly once; raises `AssertionError`."""
    posted = sorted(str(entry["Reference2"]) for entry in world.entries() if entry.get("U_StampliKey"))
    assert posted == sorted(ids), f"{len(posted)} entries for {len(ids)} invoices"
    with world.workplace() as workplace:
        assert not workplace.ledger.intents.unresolved()
        workplace.ledger.audit.verify()


def main() -> int:
    """Exit code 1 when an invoice was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    world = World(Path(tempfile.mkdtemp(prefix="kills-")))
    world.prove_guard()
    nursery, ids, killed, started = Nursery(world), [], 0, time.monotonic()
    for number in range(1, options.count + 1):
        new = [f"{number:05}{letter}" for letter in "abc"]
        ids += new
        world.put(f"f{number:05}.csv", *(row for id_ in new for row in invoice_rows(id_)))
        killed += nursery.sync(kill_after=draw.uniform(0.02, _LONGEST)) == -signal.SIGKILL
        if number % _CALM_EVERY == 0:
            code = nursery.sync(kill_after=None)
            assert code == 0, f"exit code {code} after round {number}, seed {options.seed}"
            verify(world, ids)
        if number % 100 == 0:
            print(f"{number} rounds, {killed} killed, {time.monotonic() - started:.0f} s", flush=True)
    nursery.close()
    world.close()
    print(f"{options.count} rounds, {killed} killed, {len(ids)} invoices once each, {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
