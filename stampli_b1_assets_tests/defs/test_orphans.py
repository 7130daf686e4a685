"""Runs of dead processes are failed and release their places; runs of living ones are left alone."""

import subprocess
import sys

import dagster as dg

from stampli_b1_assets.defs.orphans import OWNER_TAG, owner, release_orphans


def started_run(instance: dg.DagsterInstance, tag: str) -> dg.DagsterRun:
    @dg.job(name="linden_new_files")
    def nothing() -> None:
        pass

    return instance.create_run_for_job(nothing, tags={OWNER_TAG: tag}, status=dg.DagsterRunStatus.STARTED)


def owner_of_a_dead_process() -> str:
    script = "from stampli_b1_assets.defs.orphans import owner; print(owner())"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def test_a_dead_process_is_not_waited_for() -> None:
    with dg.instance_for_test() as instance:
        dead = started_run(instance, owner_of_a_dead_process())
        alive = started_run(instance, owner())
        assert [run.run_id for run in release_orphans(instance, "linden")] == [dead.run_id]
        assert instance.get_run_by_id(dead.run_id).status is dg.DagsterRunStatus.FAILURE
        assert instance.get_run_by_id(alive.run_id).status is dg.DagsterRunStatus.STARTED


def test_a_process_of_another_host_is_left_alone() -> None:
    with dg.instance_for_test() as instance:
        run = started_run(instance, "another-host:1:1")
        assert release_orphans(instance, "linden") == []
        assert instance.get_run_by_id(run.run_id).status is dg.DagsterRunStatus.STARTED


def test_another_company_s_run_is_left_to_its_own_sync() -> None:
    with dg.instance_for_test() as instance:
        started_run(instance, owner_of_a_dead_process())
        assert release_orphans(instance, "oak") == []
