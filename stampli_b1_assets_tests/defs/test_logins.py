"""One login to the Service Layer per run, whichever way it was launched."""

from collections.abc import Callable, Mapping, Sequence

import dagster as dg
import pytest

from stampli_b1_assets.defs.build import build_defs
from stampli_b1_assets.defs.home import open_instance
from stampli_b1_assets.defs.partitions import range_tags
from stampli_b1_assets_tests.fixtures.world import World, invoice_rows

FLOW = (
    "stampli_exports",
    "parsed_invoices",
    "parsed_vendors",
    "parsed_payments",
    "b1_reference_data",
    "synced_business_partners",
    "posted_journal_entries",
)


def key(name: str) -> dg.AssetKey:
    return dg.AssetKey(["linden", name])


def by_a_person(instance: dg.DagsterInstance, assets: Sequence[str], **options: object) -> None:
    job = build_defs().resolve_implicit_global_asset_job_def()
    assert job.execute_in_process(instance=instance, asset_selection=[key(name) for name in assets], **options).success


def one_partition(instance: dg.DagsterInstance) -> None:
    by_a_person(instance, FLOW, partition_key=instance.get_dynamic_partitions("linden_files")[0])


def one_asset(instance: dg.DagsterInstance) -> None:
    by_a_person(instance, ["posted_journal_entries"], partition_key=instance.get_dynamic_partitions("linden_files")[0])


def a_range(instance: dg.DagsterInstance) -> None:
    """What a backfill of several partitions becomes."""
    (tags,) = range_tags(instance, "linden", instance.get_dynamic_partitions("linden_files"))
    by_a_person(instance, FLOW, tags=tags)


def reference_data(instance: dg.DagsterInstance) -> None:
    by_a_person(instance, ["b1_reference_data"])


def by_job(name: str) -> Callable[[dg.DagsterInstance], None]:
    """What a sensor asks for."""

    def launch(instance: dg.DagsterInstance) -> None:
        (tags,) = range_tags(instance, "linden", instance.get_dynamic_partitions("linden_files"))
        assert build_defs().resolve_job_def(name).execute_in_process(instance=instance, tags=tags).success

    return launch


LAUNCHES: Mapping[str, Callable[[dg.DagsterInstance], None]] = {
    "the file sensor's run": by_job("linden_new_files"),
    "the replay sensor's run": by_job("linden_replay_held"),
    "one partition from the UI": one_partition,
    "one asset of one partition from the UI": one_asset,
    "a backfill of a range from the UI": a_range,
    "an asset without partitions from the UI": reference_data,
}

POSTS = {
    "one partition from the UI": 1,
    "one asset of one partition from the UI": 1,
    "an asset without partitions from the UI": 0,
}


@pytest.mark.parametrize("way", LAUNCHES)
def test_of_a_run(world: World, way: str) -> None:
    for number in range(3):
        world.put(f"{number}.csv", *invoice_rows(f"900{number}", gl_account="4711"))
    world.sync()
    world.map("gl_accounts.csv", "4711,001300")
    sessions = world.sandbox.sessions
    before = sessions.logins
    with open_instance() as instance:
        LAUNCHES[way](instance)
    assert sessions.logins - before == 1
    assert len(world.by_key()) == POSTS.get(way, 3)


def test_of_sync_also_when_it_has_new_files_and_held_ones(world: World) -> None:
    """Two runs: what is held of earlier files is tried again in one of its own."""
    world.put("held.csv", *invoice_rows("9001", gl_account="4711"))
    world.sync()
    world.put("new.csv", *invoice_rows("9002"))
    before = world.sandbox.sessions.logins
    document = world.sync()
    assert (len(document["runs"]), world.sandbox.sessions.logins - before) == (2, 2)
    before = world.sandbox.sessions.logins
    assert len(world.sync()["runs"]) == 1
    assert world.sandbox.sessions.logins - before == 1


def test_of_sync_without_work_is_none(world: World) -> None:
    world.put("a.csv", *invoice_rows("9001"))
    world.sync()
    before = world.sandbox.sessions.logins
    assert world.sync()["runs"] == []
    assert world.sandbox.sessions.logins == before
