"""The whole chain through a Dagster instance: sync, sensors, checks, hooks, replays, logins."""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from dagster._core.event_api import PartitionKeyFilter

from stampli_b1_assets.defs.build import build_defs
from stampli_b1_assets.defs.checks import ALL_POSTED
from stampli_b1_assets.defs.home import open_instance
from stampli_b1_assets.defs.resources import CYCLE_TAG
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets_tests.fixtures.world import World, invoice_rows

POSTED = dg.AssetKey(["linden", "posted_journal_entries"])


def counts(document: dict[str, Any]) -> dict[str, int]:
    return {name: number for name, number in document["invoices"].items() if number}


def test_an_invoice_goes_from_sftp_to_sap_and_is_known_afterwards(world: World) -> None:
    world.put("a.csv", *invoice_rows("9001"))
    first = world.sync()
    assert counts(first) == {"seen": 1, "posted": 1}
    assert first["files"] == {"seen": 1, "taken": 1, "known": 0, "unsettled": 0, "refused": []}
    assert first["amounts"]["USD"] == {
        "seen": "100.00",
        "posted": "100.00",
        "already_posted": "0.00",
        "held": "0.00",
        "conflict": "0.00",
        "ignored": "0.00",
    }
    second = world.sync()
    assert counts(second) == {}
    assert second["files"]["known"] == 1
    assert len(world.by_key()) == 1


def test_a_held_invoice_is_released_by_mending_the_mapping(world: World) -> None:
    world.put("a.csv", *invoice_rows("9001", gl_account="4711"))
    held = world.sync()
    assert [row["reason"] for row in held["needs_a_person"]] == ["UNMAPPED_GL_ACCOUNT"]
    world.map("gl_accounts.csv", "4711,001300")
    assert counts(world.sync()) == {"seen": 1, "posted": 1}
    assert world.sync()["needs_a_person"] == []


def test_neighbours_of_a_bad_invoice_are_posted(world: World) -> None:
    world.put(
        "a.csv",
        *invoice_rows("9001"),
        *invoice_rows("9002", invoice_amount="12,50", line_amount="12.50"),
        *invoice_rows("9003"),
    )
    document = world.sync()
    assert counts(document) == {"seen": 3, "posted": 2, "held": 1}
    assert document["needs_a_person"][0]["reason"] == "BAD_VALUE"


def test_failed_partitions_are_what_holds_something(world: World) -> None:
    world.put("a.csv", *invoice_rows("9001"))
    world.put("b.csv", *invoice_rows("9002", gl_account="4711"))
    world.sync()
    with open_instance() as instance:
        keys = instance.get_dynamic_partitions("linden_files")
        good, bad = sorted(keys)
        statuses = instance.get_status_by_partition(
            POSTED, keys, build_defs().resolve_assets_def(POSTED).partitions_def
        )
        assert statuses[good].value == "MATERIALIZED"
        assert statuses[bad].value == "FAILED"
        evaluations = instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(POSTED, ALL_POSTED), limit=10
        )
        by_partition = {one.partition: one.status.value for one in evaluations}
    assert by_partition[bad] == "FAILED"


def test_every_partition_has_its_own_check_also_when_all_of_a_range_are_clean(world: World) -> None:
    world.put("a.csv", *invoice_rows("9001", gl_account="4711"))
    world.put("b.csv", *invoice_rows("9002", gl_account="4711"))
    world.sync()
    world.map("gl_accounts.csv", "4711,001300")
    world.sync()
    with open_instance() as instance:
        storage, key = instance.event_log_storage, dg.AssetCheckKey(POSTED, ALL_POSTED)
        latest = {
            one: storage.get_asset_check_execution_history(key, 1, partition_filter=PartitionKeyFilter(key=one))
            for one in instance.get_dynamic_partitions("linden_files")
        }
    assert [record.status.value for (record,) in latest.values()] == ["SUCCEEDED", "SUCCEEDED"]


def test_materializing_the_failed_partition_again_is_the_replay(world: World) -> None:
    world.put("a.csv", *invoice_rows("9001", gl_account="4711"))
    world.sync()
    world.map("gl_accounts.csv", "4711,001300")
    with open_instance() as instance:
        (key,) = instance.get_dynamic_partitions("linden_files")
        result = (
            build_defs()
            .resolve_implicit_global_asset_job_def()
            .execute_in_process(instance=instance, partition_key=key, asset_selection=[POSTED], raise_on_error=False)
        )
    assert result.success
    assert len(world.by_key()) == 1


def tick(instance: dg.DagsterInstance, name: str, cursor: str | None = None) -> Any:
    definitions = build_defs()
    resources = {"stampli": (definitions.resources or {})["stampli"]}
    with dg.build_sensor_context(instance=instance, cursor=cursor, sensor_name=name, resources=resources) as context:
        return definitions.resolve_sensor_def(name).evaluate_tick(context)


def test_the_file_sensor_asks_for_one_run_of_all_new_files(world: World) -> None:
    world.put("a.csv", *invoice_rows("9001"), mtime=1_700_000_000)
    world.put("b.csv", *invoice_rows("9002"), mtime=1_700_000_100)
    with open_instance() as instance:
        data = tick(instance, "linden_stampli_files")
        keys = list(instance.get_dynamic_partitions("linden_files"))
        (request,) = data.run_requests
        assert [
            request.tags["dagster/asset_partition_range_start"],
            request.tags["dagster/asset_partition_range_end"],
        ] == keys
        job = build_defs().resolve_job_def("linden_new_files")
        assert job.execute_in_process(instance=instance, tags=dict(request.tags), raise_on_error=False).success
        again = tick(instance, "linden_stampli_files")
    assert "2 known" in again.skip_message
    assert len(world.by_key()) == 2


def test_the_file_sensor_says_why_it_skips_when_stampli_is_away(world: World) -> None:
    world.sandbox.sftp.stop()
    with open_instance() as instance:
        data = tick(instance, "linden_stampli_files")
    assert data.skip_message.startswith("The folder could not be looked at. Stampli's SFTP server")


def test_the_replay_sensor_waits_until_something_changed(world: World) -> None:
    world.put("a.csv", *invoice_rows("9001", gl_account="4711"))
    world.sync()
    with open_instance() as instance:
        first = tick(instance, "linden_replay_held")
        assert [one.tags["stampli_b1/because"] for one in first.run_requests] == ["first look"]
        again = tick(instance, "linden_replay_held", cursor=first.cursor)
        assert again.skip_message == "1 files hold something; nothing has changed this hour."
        world.map("gl_accounts.csv", "4711,001300")
        (request,) = tick(instance, "linden_replay_held", cursor=first.cursor).run_requests
        assert request.tags["stampli_b1/because"] == "mappings"
        job = build_defs().resolve_job_def("linden_replay_held")
        assert job.execute_in_process(instance=instance, tags=dict(request.tags), raise_on_error=False).success
        assert tick(instance, "linden_replay_held").skip_message == "Nothing is held."


def test_the_acknowledgement_sensor_asks_for_a_run_when_there_is_news(world: World) -> None:
    world.put("a.csv", *invoice_rows("9001", gl_account="4711"))
    world.sync()
    world.configure(lambda document: document.update(publish={"acknowledgements": True}))
    inbound = world.sandbox.folder / "sftp" / "inbound"
    with open_instance() as instance:
        (request,) = tick(instance, "linden_acknowledgements").run_requests
        assert request.run_key is None
        job = build_defs().resolve_job_def("linden_acknowledge")
        inbound.rmdir()
        assert not job.execute_in_process(instance=instance, tags={CYCLE_TAG: "1"}, raise_on_error=False).success
        inbound.mkdir()
        (again,) = tick(instance, "linden_acknowledgements").run_requests
        assert again.run_key is None
        assert job.execute_in_process(instance=instance).success
        (file,) = inbound.iterdir()
        assert b"9001,N-9001,held,,,,,UNMAPPED_GL_ACCOUNT," in file.read_bytes()
        assert tick(instance, "linden_acknowledgements").skip_message == "Stampli was told of everything."
        record = instance.get_latest_materialization_event(dg.AssetKey(["linden", "posting_acknowledgements"]))
    assert record is not None
    assert record.asset_materialization is not None
    assert record.asset_materialization.metadata["invoices"].value == 1


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    messages: list[tuple[str, str]] = []

    def note(_urls: object, title: str, body: str, *_: object) -> bool:
        messages.append((title, body))
        return True

    monkeypatch.setattr("stampli_b1_assets.defs.telling.send", note)
    return messages


def settings_of(world: World, **values: int) -> None:
    world.configure(lambda document: document["stampli"].update(values))


def test_silence_is_told_once_each_time_that_the_expected_hours_have_gone_by(
    world: World, told: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_of(world, alarm_hours=1)
    with open_instance() as instance:
        assert tick(instance, "linden_silence").skip_message == "Files come as expected."
    world.put("a.csv", *invoice_rows("9001"))
    world.sync()
    opened, hours = Workplace.open, 2

    def later(*arguments: Any, **options: Any) -> Workplace:
        return opened(*arguments, **options, clock=lambda: datetime.now(UTC) + timedelta(hours=hours))

    monkeypatch.setattr(Workplace, "open", later)
    with open_instance() as instance:
        first = tick(instance, "linden_silence")
        assert (first.skip_message or "").startswith("No new file was taken from /outbound")
        tick(instance, "linden_silence", first.cursor)
        assert [title for title, _ in told] == ["linden: no files from Stampli"]
        hours = 3
        tick(instance, "linden_silence", first.cursor)
        assert len(told) == 2


def test_very_many_files_are_told_once_a_day(world: World, told: list[tuple[str, str]]) -> None:
    settings_of(world, alarm_files=2)
    for name in ("a", "b"):
        world.put(f"{name}.csv", *invoice_rows(name))
    with open_instance() as instance:
        first = tick(instance, "linden_stampli_files")
        assert len(first.run_requests or []) == 1
        tick(instance, "linden_stampli_files", first.cursor)
    assert [title for title, _ in told] == ["linden: very many files"]


def test_what_a_cumulative_export_leaves_out_is_told_with_its_partition(world: World) -> None:
    world.put("a.csv", *invoice_rows("9001"), *invoice_rows("9002"))
    world.sync()
    world.put("b.csv", *invoice_rows("9002"), *invoice_rows("9003"))
    world.sync()
    with open_instance() as instance:
        event = instance.get_latest_materialization_event(POSTED)
    assert event is not None
    assert event.asset_materialization is not None
    assert "leaves out 1 of the invoices that a.csv brought: 9001." in str(event.asset_materialization.metadata)


def test_secrets_reach_no_event_of_the_instance(world: World) -> None:
    world.put("a.csv", *invoice_rows("9001"))
    world.sync()
    secrets = [value for name, value in world.sandbox.environment.items() if "PASSWORD" in name]
    with open_instance() as instance:
        logs = "\n".join(str(entry) for run in instance.get_runs() for entry in instance.all_logs(run.run_id))
    assert not [secret for secret in secrets if secret in logs]
