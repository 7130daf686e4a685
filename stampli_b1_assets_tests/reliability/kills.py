"""As many real `stampli-b1 sync` and `dagster` processes as asked for, each killed (SIGKILL) at a random moment.

`python -m stampli_b1_assets_tests.reliability.kills --count 1000 --seed 1`. Each round brings files of invoices and
payments and starts a process that is killed, every fourth a run of Dagster's own command line; every tenth round one
is left alone, and everything is counted: each invoice and payment once in SAP, voided ones reversed once, none missing,
nothing in doubt, the audit chain whole. Processes are forked from one that has imported
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
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from select import select

from stampli_b1_assets_tests.fixtures.payments import exported, payment
from stampli_b1_assets_tests.fixtures.world import World, invoice_rows

_NURSERY = """
import os, sys
from stampli_b1_assets.cli.main import run
from stampli_b1_assets_tests.reliability import dagster_run
print("ready", flush=True)
for kind in sys.stdin:
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os._exit(run(["sync", "--json"]) if kind.strip() == "sync" else dagster_run.run() or 0)
    print(pid, flush=True)
    _, status = os.waitpid(pid, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""
_LONGEST = {"sync": 0.6, "dagster": 1.5}
"""The latest moment to kill, in times of what an undisturbed `sync` of ten rounds takes on this machine now."""
_CALM_EVERY = 10
_DAGSTER_EVERY = 4


class Nursery:
    """Forks processes that run `sync`, or `dagster`, on a world."""

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

    def run(self, kind: str, *, kill_after: float | None) -> int:
        """The exit code; -9 when it was killed before it ended."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{kind}\n")
        self._process.stdin.flush()
        pid = int(self._line())
        assert self._process.stdout is not None
        if kill_after is not None and not select([self._process.stdout], [], [], kill_after)[0]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return int(self._line())

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


@dataclass
class Brought:
    """What the files said so far: invoices, payments that stand, and payments that were voided after they came."""

    invoices: list[str] = field(default_factory=list)
    paid: list[str] = field(default_factory=list)
    voided: list[str] = field(default_factory=list)

    def bring(self, world: World, number: int) -> None:
        """Three invoices; the payment of the first of the round before; every third payment is voided a round later."""
        new = [f"{number:05}{letter}" for letter in "abc"]
        self.invoices += new
        world.put(f"f{number:05}.csv", *(row for id_ in new for row in invoice_rows(id_)))
        payments = [payment(f"P{number:05}", stampli_invoice_id=f"{number - 1:05}a")] if number > 1 else []
        self.paid += [one["Payment ID"] for one in payments]
        if number % 3 == 0 and number > 3:
            late = self.paid.pop(-2)
            self.voided.append(late)
            payments.append(payment(late, stampli_invoice_id=f"{number - 2:05}a", status="Voided"))
        if payments:
            world.sandbox.put(f"p{number:05}.csv", exported(*payments))


def verify(world: World, brought: Brought) -> None:
    """Everything that was brought is in SAP exactly once; raises `AssertionError`."""
    entries = Counter(str(entry["Reference2"]) for entry in world.entries() if entry.get("U_StampliKey"))
    voided = {id_: entries.pop(id_, 0) for id_ in brought.voided}
    wanted = Counter([*brought.invoices, *brought.paid])
    assert entries == wanted, f"twice: {entries - wanted}; missing: {wanted - entries}"
    assert set(voided.values()) <= {0, 2}, f"neither reversed once nor never posted: {voided}"
    assert set(world.by_key().values()) == {1}
    with world.workplace() as workplace:
        assert not workplace.ledger.intents.unresolved()
        workplace.ledger.audit.verify()


def main() -> int:
    """Exit code 1 when a document was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    world = World(Path(tempfile.mkdtemp(prefix="kills-")))
    world.configure(lambda one: one["posting"].update(payments={"post": True, "clearing_account": "101900"}))
    world.prove_guard()
    nursery, brought, killed, started = Nursery(world), Brought(), Counter[str](), time.monotonic()
    pace = 2.0
    for number in range(1, options.count + 1):
        brought.bring(world, number)
        kind = "dagster" if number % _DAGSTER_EVERY == 0 else "sync"
        killed[kind] += nursery.run(kind, kill_after=draw.uniform(0.02, pace * _LONGEST[kind])) == -signal.SIGKILL
        if number % _CALM_EVERY == 0:
            pace, code = time.monotonic(), nursery.run("sync", kill_after=None)
            pace = time.monotonic() - pace
            assert code == 0, f"exit code {code} after round {number}, seed {options.seed}"
            verify(world, brought)
            print(f"{number} rounds, killed: {dict(killed)}, {time.monotonic() - started:.0f} s", flush=True)
    nursery.close()
    world.close()
    print(
        f"{options.count} rounds, killed: {dict(killed)}, {len(brought.invoices)} invoices and {len(brought.paid)} "
        f"payments once each, {len(brought.voided)} voided, {time.monotonic() - started:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
