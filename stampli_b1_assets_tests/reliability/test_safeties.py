"""Each safety is needed: with it taken away, the very same story posts an invoice twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stampli_b1_assets.b1.batch import Operation
from stampli_b1_assets.b1.entries import ENTITY_SET, to_sap
from stampli_b1_assets.errors import LeaseHeld
from stampli_b1_assets.pipeline import checkpoints, cycle
from stampli_b1_assets.pipeline.checkpoints import Checkpoint
from stampli_b1_assets.pipeline.existing import InSap
from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.simulation.bench import TIMEOUT_SECONDS, Bench, Crash
from stampli_b1_assets_tests.simulation.transport import Late


@pytest.fixture
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    is_guarded = getattr(request, "param", True)
    made = Bench(tmp_path, is_guarded=is_guarded)
    made.company.hides_user_tables = not is_guarded
    made.folder.files["a.csv"] = (csv_bytes(*invoice_rows("8001")), 1_777_000_000)
    yield made
    made.close()


def entries(bench: Bench) -> int:
    return len([entry for entry in bench.entries() if entry["Reference2"] == "8001"])


@pytest.mark.parametrize("bench", [False], indirect=True)
@pytest.mark.parametrize("is_looked_up", [True, False])
def test_the_look_up(bench: Bench, is_looked_up: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger is lost after a posting, and there is no guard."""
    bench.cycle("first")
    bench.new_ledger()
    if not is_looked_up:
        monkeypatch.setattr("stampli_b1_assets.pipeline.classifying.find_existing", lambda *_: InSap({}, {}))
        monkeypatch.setattr("stampli_b1_assets.pipeline.duplicates._strangers_in_sap", lambda *_: {})
    bench.cycle("second")
    assert entries(bench) == (1 if is_looked_up else 2)


@pytest.mark.parametrize("is_there", [True, False])
def test_the_guard(bench: Bench, is_there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """SAP executes a request that everybody has given up, after it was sent again."""
    if not is_there:

        def only_the_entry(entry: Any) -> list[Operation]:
            return [Operation("POST", ENTITY_SET, to_sap(entry))]

        monkeypatch.setattr("stampli_b1_assets.b1.guarded.change_set", only_the_entry)
    bench.transport.late = Late("$batch", 0, seconds=5000)
    bench.cycle("first")
    bench.clock.sleep(3600)
    bench.cycle("second")
    bench.clock.sleep(3600)
    bench.cycle("third")
    assert entries(bench) == (1 if is_there else 2)


@pytest.mark.parametrize("bench", [False], indirect=True)
@pytest.mark.parametrize("is_told", [True, False])
def test_the_age_of_the_last_request(bench: Bench, is_told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a guard, in a slow backlog: SAP still works on the fifth request, long after its intent was written."""
    if not is_told:
        monkeypatch.setattr("stampli_b1_assets.ledger.intents.Intents.sending", lambda *_: None)
    rows = [row for id_ in ("8001", "8002", "8003", "8004", "8005") for row in invoice_rows(id_)]
    bench.folder.files["a.csv"] = (csv_bytes(*rows), 1_777_000_000)
    served = bench.company.handle

    def slow(method: str, path: str, *rest: Any) -> Any:
        bench.clock.sleep(0.9 * TIMEOUT_SECONDS if (method, path) == ("POST", "JournalEntries") else 0)
        return served(method, path, *rest)

    monkeypatch.setattr(bench.company, "handle", slow)
    bench.transport.late = Late("JournalEntries", 4, TIMEOUT_SECONDS, kills=Crash)
    with pytest.raises(Crash):
        bench.cycle("killed while waiting")
    bench.cycle("second")
    bench.clock.sleep(3600)
    bench.cycle("third")
    assert len(bench.entries()) == (5 if is_told else 6)


@pytest.mark.parametrize("bench", [False], indirect=True)
@pytest.mark.parametrize("is_written", [True, False])
def test_the_intent(bench: Bench, is_written: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a guard, a request is still running inside SAP when the next cycle begins."""
    if not is_written:
        for name in ("write", "sending", "resolve_many"):
            monkeypatch.setattr(f"stampli_b1_assets.ledger.intents.Intents.{name}", lambda *_, **__: None)
    bench.transport.late = Late("JournalEntries", 0, TIMEOUT_SECONDS, kills=Crash)
    with pytest.raises(Crash):
        bench.cycle("killed while waiting")
    bench.cycle("second")
    bench.clock.sleep(3600)
    bench.cycle("third")
    assert entries(bench) == (1 if is_written else 2)


@pytest.mark.parametrize("bench", [False], indirect=True)
@pytest.mark.parametrize("is_held", [True, False])
def test_the_lease(bench: Bench, is_held: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a guard, a second process begins while the first is about to send."""
    monkeypatch.setattr(cycle, "LEASE_PATIENCE_SECONDS", 0)
    seen: list[str] = []

    def another(passed: Checkpoint) -> None:
        if passed is Checkpoint.PARTNERS_SAVED and not seen:
            seen.append("begun")
            try:
                bench.cycle("another")
                seen.append("ran")
            except LeaseHeld:
                seen.append("waits")

    if not is_held:
        monkeypatch.setattr("stampli_b1_assets.ledger.lease.Lease.__enter__", lambda self: self)
        monkeypatch.setattr("stampli_b1_assets.ledger.lease.Lease.__exit__", lambda *_: None)
    checkpoints.listeners.append(another)
    try:
        bench.cycle("first")
    finally:
        checkpoints.listeners.remove(another)
    assert seen == (["begun", "waits"] if is_held else ["begun", "ran"])
    assert entries(bench) == 1  # the look-up and the intent stand behind the lease
