"""Old partitions of clean files are retired, then their runs; what is open or another's is left alone."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from stampli_b1_assets.defs.home import open_instance
from stampli_b1_assets.defs.launches import belongs_to
from stampli_b1_assets.defs.retiring import purge_runs, retire, retire_partitions
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets_tests.fixtures.world import World, invoice_rows


def workplace_in(world: World, days: int) -> Workplace:
    """The company as it is so many days from now."""
    company = world.companies()[0]
    return Workplace.open(company, world.home, clock=lambda: datetime.now(UTC) + timedelta(days=days))


@pytest.fixture
def synced(world: World) -> World:
    world.configure(lambda document: document.update(partition_days=10))
    world.put("clean.csv", *invoice_rows("9001"))
    world.put("held.csv", *invoice_rows("9002", gl_account="4711"))
    world.sync()
    return world


def keys(instance: dg.DagsterInstance) -> list[str]:
    return sorted(key.rsplit("-", 1)[0] for key in instance.get_dynamic_partitions("linden_files"))


@pytest.mark.parametrize(("days", "left"), [(9, ["clean", "held"]), (11, ["held"])])
def test_partitions_of_clean_files_are_retired_in_their_time(synced: World, days: int, left: list[str]) -> None:
    with open_instance() as instance, workplace_in(synced, days) as workplace:
        retire_partitions(instance, workplace)
        assert keys(instance) == left
        assert retire_partitions(instance, workplace) == []


@pytest.mark.parametrize(("days", "runs"), [(39, 1), (41, 0)])
def test_runs_are_deleted_a_month_later(synced: World, days: int, runs: int) -> None:
    with open_instance() as instance, workplace_in(synced, days) as workplace:
        retire(instance, workplace)
        assert len(instance.get_runs()) == runs


def test_what_still_waits_is_posted_after_its_run_is_gone(synced: World) -> None:
    with open_instance() as instance, workplace_in(synced, 1000) as workplace:
        retire(instance, workplace)
        assert instance.get_runs() == []
    synced.map("gl_accounts.csv", "4711,001300")
    assert synced.sync()["invoices"]["posted"] == 1


@pytest.mark.parametrize(
    ("job_name", "status"),
    [
        pytest.param("oak_new_files", dg.DagsterRunStatus.SUCCESS, id="another company's"),
        pytest.param("linden_new_files", dg.DagsterRunStatus.STARTED, id="not finished"),
    ],
)
def test_other_runs_are_left_alone(synced: World, job_name: str, status: dg.DagsterRunStatus) -> None:
    @dg.job(name=job_name)
    def nothing() -> None:
        pass

    with open_instance() as instance, workplace_in(synced, 1000) as workplace:
        made = instance.create_run_for_job(nothing, status=status)
        purge_runs(instance, workplace)
        assert [run.run_id for run in instance.get_runs()] == [made.run_id]


@pytest.mark.parametrize(("company", "is_its"), [("linden", True), ("oak", False)])
def test_what_people_launch_belongs_to_the_company_of_its_assets(company: str, *, is_its: bool) -> None:
    selected = frozenset({dg.AssetKey(["linden", "posted_journal_entries"])})
    run = dg.DagsterRun(job_name="__ASSET_JOB", run_id="3f0c", asset_selection=selected)
    assert belongs_to(run, company) is is_its
