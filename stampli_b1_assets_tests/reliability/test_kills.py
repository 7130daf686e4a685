"""Processes that are killed at every marked point, and at random moments; another carries on."""

import random
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from dagster import DagsterRun, DagsterRunStatus

from stampli_b1_assets.defs.home import open_instance
from stampli_b1_assets.pipeline.checkpoints import Checkpoint
from stampli_b1_assets_tests.fixtures.world import World, invoice_rows
from stampli_b1_assets_tests.reliability.processes import doomed, finished_sync, start

IDS = [str(number) for number in range(9001, 9013)]

# REVERSED is passed only when a person decided a reversal: the simulated weeks crash there.
POINTS = [point for point in Checkpoint if point is not Checkpoint.REVERSED]


def fill(world: World) -> None:
    """Two files, twelve invoices, one vendor that is new to SAP."""
    world.sandbox.put(
        "vendors.csv",
        b"Vendor ID,Vendor Name,Status,Last Modified\r\nV20099,Newcomer Ltd,Active,2026-05-01T10:00:00Z\r\n",
    )
    world.put("a.csv", *(row for id_ in IDS[:6] for row in invoice_rows(id_)))
    world.put("b.csv", *(row for id_ in IDS[6:] for row in invoice_rows(id_, vendor_id="V20099")))


def assert_once_each(world: World) -> None:
    posted = sorted(entry["Reference2"] for entry in world.entries() if entry.get("U_StampliKey"))
    assert posted == IDS
    assert set(world.by_key().values()) == {1}
    with world.workplace() as workplace:
        assert {record.outcome for record in workplace.ledger.invoices.all()} <= {"posted", "already_posted"}
        assert not workplace.ledger.intents.unresolved()
        workplace.ledger.audit.verify()


@pytest.mark.slow
@pytest.mark.parametrize("is_proved", [True, False], ids=["guarded", "unproved"])
@pytest.mark.parametrize("point", POINTS)
def test_a_process_killed_at_a_marked_point_loses_and_doubles_nothing(
    new_world: Callable[..., World], point: Checkpoint, is_proved: bool
) -> None:
    world = new_world()
    world.configure(lambda document: document["b1"].update(timeout_seconds=1))
    if is_proved:
        world.prove_guard()
    fill(world)
    process = doomed(world, point)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, f"{point} is never passed"
    deadline = time.monotonic() + 60
    while finished_sync(world)["needs_a_person"]:  # without a proved guard, what is in doubt is waited for
        assert time.monotonic() < deadline
    assert_once_each(world)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_process_killed_at_a_random_moment_loses_and_doubles_nothing(world: World, seed: int) -> None:
    fill(world)
    moment = random.Random(seed).uniform(1.5, 6)
    process = start(world, ["sync", "--json"])
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=moment)
    process.kill()
    process.communicate()
    finished_sync(world)
    assert_once_each(world)


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 4])
def test_several_at_once_post_each_invoice_once(world: World, count: int) -> None:
    fill(world)
    processes = [start(world, ["sync", "--json"]) for _ in range(count)]
    for process in processes:
        _, err = process.communicate(timeout=240)
        assert process.returncode in (0, 1), err
    finished_sync(world)
    assert_once_each(world)


@pytest.mark.slow
def test_two_with_a_ledger_each_post_each_invoice_once(new_world: Callable[..., World]) -> None:
    """Not even the lease is shared: only SAP's own database stands between them."""
    world = new_world()
    world.prove_guard()
    fill(world)
    first = start(world, ["sync", "--json"])
    home, world.home = world.home, world.home.with_name("another-home")
    world.home.mkdir()
    world.prove_guard()
    second = start(world, ["sync", "--json"])
    for process in (first, second):
        _, err = process.communicate(timeout=240)
        assert process.returncode in (0, 1), err
    world.home = home
    assert set(world.by_key().values()) == {1}
    assert len(world.by_key()) == len(IDS)


@pytest.mark.slow
def test_a_lost_ledger_is_filled_again_from_sap(world: World) -> None:
    fill(world)
    finished_sync(world)
    for file in world.home.glob("ledger.db*"):
        file.unlink()
    document = finished_sync(world)
    assert document["invoices"]["already_posted"] == len(IDS)
    assert_once_each(world)


@pytest.mark.slow
def test_a_run_of_dagster_s_that_died_is_not_waited_for(world: World) -> None:
    """It was launched from the UI, and killed with its place in the pool: nothing but its status tells of it."""
    fill(world)
    with open_instance() as instance:
        run = DagsterRun("linden_new_files", status=DagsterRunStatus.STARTED)
        instance.add_run(run)
        instance.event_log_storage.initialize_concurrency_limit_to_default("linden")
        assert instance.event_log_storage.claim_concurrency_slot("linden", run.run_id, "step").is_claimed
    finished_sync(world)
    assert_once_each(world)
