"""Opening Dagster's instance: made when missing, by one process at a time, and told when it cannot be used."""

import fcntl
import multiprocessing
import sqlite3
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy.exc import OperationalError

from stampli_b1_assets.defs.home import open_instance
from stampli_b1_assets.errors import InstanceUnusable
from stampli_b1_assets_tests.fixtures.world import World, invoice_rows

AT_ONCE = 4


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    return home


def test_nobody_else_opens_it_meanwhile(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    opened = dg.DagsterInstance.from_config

    def from_config(place: str) -> dg.DagsterInstance:
        with (home / ".opening.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                seen.append("would wait")
        return opened(place)

    monkeypatch.setattr(dg.DagsterInstance, "from_config", from_config)
    for _ in range(2):
        with open_instance():
            pass
    assert seen == ["would wait", "would wait"]


def _open_together(barrier: Barrier) -> None:
    barrier.wait()
    with open_instance() as instance:
        instance.get_runs()


@pytest.mark.slow
def test_several_processes_may_make_it_at_once(home: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    barrier = context.Barrier(AT_ONCE)
    processes = [context.Process(target=_open_together, args=(barrier,)) for _ in range(AT_ONCE)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * AT_ONCE
    with open_instance() as instance:
        assert instance.get_runs() == []


def test_databases_that_dagster_cannot_read_are_told_in_a_sentence(home: Path) -> None:
    with open_instance():
        pass
    with closing(sqlite3.connect(home / "history" / "runs.db")) as connection, connection:
        connection.execute("INSERT INTO alembic_version VALUES ('another')")
    with pytest.raises(InstanceUnusable, match=r"cannot be opened: Version table .* more than one head") as raised:
        open_instance()
    assert "may be moved away" in raised.value.remedy


def test_settings_that_dagster_cannot_read_are_told_in_a_sentence(home: Path) -> None:
    home.mkdir()
    (home / "dagster.yaml").write_text("storage: {sqlite: {nonsense: 1}}", encoding="utf-8")
    with pytest.raises(InstanceUnusable, match="cannot be opened"):
        open_instance()


FULL = OperationalError("INSERT", {}, Exception("database or disk is full"))


def test_a_full_disk_is_no_reason_to_move_history_away(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: str) -> None:
        raise FULL

    monkeypatch.setattr(dg.DagsterInstance, "from_config", full)
    with pytest.raises(InstanceUnusable, match="database or disk is full") as raised:
        open_instance()
    assert raised.value.remedy == "Make room on the disk of DAGSTER_HOME, then run the command again."


def test_a_disk_that_fills_during_sync_is_told_in_a_sentence(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise FULL

    world.put("a.csv", *invoice_rows("9001"))
    monkeypatch.setattr(dg.JobDefinition, "execute_in_process", full)
    with pytest.raises(InstanceUnusable, match="what was posted by now is recorded") as raised:
        world.sync()
    assert "Make room" in raised.value.remedy
