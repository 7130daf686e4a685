"""The whole definitions, held against a picture of them: what changes in the UI is changed on purpose."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from stampli_b1_assets.defs.build import build_defs
from stampli_b1_assets_tests.fixtures.world import World

PICTURE = Path(__file__).parent / "definitions.yaml"
EXAMPLE = Path(__file__).parents[2] / "stampli_b1_assets" / "config" / "example.yaml"


def asset(definitions: dg.Definitions, key: dg.AssetKey) -> dict[str, Any]:
    graph = definitions.resolve_asset_graph()
    node = graph.get(key)
    spec = next(spec for spec in definitions.resolve_all_asset_specs() if spec.key == key)
    made = None if node.is_external else definitions.resolve_assets_def(key)
    facts = {
        "deps": sorted(parent.to_user_string() for parent in node.parent_keys),
        "group": node.group_name,
        "kinds": sorted(node.kinds),
        "partitions": getattr(node.partitions_def, "name", None),
        "backfill": node.backfill_policy.policy_type.value if node.backfill_policy else None,
        "freshness": str(spec.freshness_policy.fail_window.to_timedelta()) if spec.freshness_policy else None,
        "columns": len(spec.metadata["dagster/column_schema"].columns) if spec.metadata else None,
        "pool": made.op.pool if made else None,
        "retries": made.op.retry_policy.max_retries if made and made.op.retry_policy else None,
        "hooks": sorted(hook.name for hook in made.hook_defs) if made else None,
        "checks": sorted(check.name for check in graph.get_check_keys_for_assets({key})),
    }
    return {name: value for name, value in facts.items() if value not in (None, [])}


def picture(definitions: dg.Definitions) -> dict[str, Any]:
    """What people see: names, and how things hang together."""
    keys = sorted(definitions.resolve_asset_graph().get_all_asset_keys())
    repository = definitions.get_repository_def()
    return {
        "assets": {key.to_user_string(): asset(definitions, key) for key in keys},
        "jobs": {
            job.name: {
                "executor": job.executor_def.name,
                "assets": sorted(key.path[-1] for key in job.asset_layer.executable_asset_keys),
            }
            for job in sorted(repository.get_all_jobs(), key=lambda job: job.name)
        },
        "sensors": {
            sensor.name: {"type": sensor.sensor_type.name, "status": sensor.default_status.name}
            for sensor in sorted(repository.sensor_defs, key=lambda sensor: sensor.name)
        },
        "resources": sorted(repository.get_top_level_resources()),
    }


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example company with an address for alerts, without which there are no hooks."""
    path = tmp_path / "example.yaml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8") + 'alerts: ["json://127.0.0.1:1"]\n', encoding="utf-8")
    return path


def test_are_those_of_the_picture(example: Path) -> None:
    """After a change on purpose: `definitions.yaml` is what the failing assertion shows."""
    assert picture(build_defs(example)) == yaml.safe_load(PICTURE.read_text(encoding="utf-8"))


def test_every_asset_and_sensor_is_described() -> None:
    definitions = build_defs(EXAMPLE)
    assert [spec.key for spec in definitions.resolve_all_asset_specs() if not spec.description] == []
    assert [sensor.name for sensor in definitions.get_repository_def().sensor_defs if not sensor.description] == []


def test_acknowledgements_have_an_asset_a_job_and_a_sensor_when_they_are_switched_on(example: Path) -> None:
    example.write_text(example.read_text(encoding="utf-8") + "publish: {acknowledgements: true}\n", encoding="utf-8")
    before = yaml.safe_load(PICTURE.read_text(encoding="utf-8"))
    found = picture(build_defs(example))
    new = {kind: sorted(set(found[kind]) - set(before[kind])) for kind in ("assets", "jobs", "sensors")}
    assert new == {
        "assets": ["example/posting_acknowledgements"],
        "jobs": ["example_acknowledge"],
        "sensors": ["example_acknowledgements"],
    }
    assert found["assets"]["example/posting_acknowledgements"]["deps"] == ["example/posted_journal_entries"]


def test_lists_for_stampli_have_assets_a_job_and_a_schedule_when_they_are_switched_on(example: Path) -> None:
    publish = "publish: {purchase_orders: true, reference_data: true}\n"
    example.write_text(example.read_text(encoding="utf-8") + publish, encoding="utf-8")
    definitions = build_defs(example)
    found, before = picture(definitions), yaml.safe_load(PICTURE.read_text(encoding="utf-8"))
    new = {kind: sorted(set(found[kind]) - set(before[kind])) for kind in ("assets", "jobs", "sensors")}
    names = ["example/published_purchase_orders", "example/published_reference_data"]
    assert new == {"assets": names, "jobs": ["example_publish"], "sensors": []}
    assert [found["assets"][name]["deps"] for name in names] == [["example/b1_reference_data"]] * 2
    (schedule,) = definitions.get_repository_def().schedule_defs
    assert (schedule.name, schedule.job_name, schedule.execution_timezone) == (
        "example_publications", "example_publish", "UTC",
    )  # fmt: skip


def test_load_without_reaching_any_system(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("loading must not connect to anything")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    before = sorted(world.home.rglob("*"))
    dg.Definitions.validate_loadable(build_defs(world.sandbox.config_path))
    assert sorted(world.home.rglob("*")) == before


def test_hold_no_secret(world: World) -> None:
    from dagster._core.remote_representation.external_data import RepositorySnap

    secrets = [value for name, value in world.sandbox.environment.items() if "PASSWORD" in name]
    world.configure(lambda document: document.update(alerts=["json://a:${B1_PASSWORD}@127.0.0.1:1"]))
    snap = str(RepositorySnap.from_def(build_defs(world.sandbox.config_path).get_repository_def()))
    assert "linden_stampli_files" in snap
    assert len(secrets) == 2
    assert not [secret for secret in secrets if secret in snap]


def test_several_companies_are_one_set_each(new_world: Callable[..., World]) -> None:
    world = new_world()
    folder = world.sandbox.config_path.parent / "companies"
    folder.mkdir()
    world.configure(lambda document: document.update(alerts=["json://127.0.0.1:1"], allow_plaintext_secrets=True))
    text = world.sandbox.config_path.read_text(encoding="utf-8")
    for name in ("north", "south"):
        (folder / f"{name}.yaml").write_text(text.replace("company: linden", f"company: {name}"), encoding="utf-8")
    found = picture(build_defs(folder))
    alone = yaml.safe_load(PICTURE.read_text(encoding="utf-8"))
    for kind in ("assets", "jobs", "sensors"):
        expected = {
            yaml.safe_dump({key.replace("example", name): value}).replace("example", name)
            for name in ("north", "south")
            for key, value in alone[kind].items()
            if key != "__ASSET_JOB"
        }
        assert {yaml.safe_dump({key: value}) for key, value in found[kind].items() if key != "__ASSET_JOB"} == expected
    assert found["resources"] == alone["resources"]
