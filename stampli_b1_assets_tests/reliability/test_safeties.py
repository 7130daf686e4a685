"""Each safety is needed: with it taken away, the very same story posts twice, loses, or believes what is not so."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.b1.batch import Operation
from stampli_b1_assets.b1.entries import ENTITY_SET, to_sap
from stampli_b1_assets.b1.poster import WriteResult, found
from stampli_b1_assets.b1.unguarded import UnguardedPosting
from stampli_b1_assets.domain.journal_entry import PostedEntry
from stampli_b1_assets.errors import AuditBroken, LeaseHeld
from stampli_b1_assets.pipeline import checkpoints, cycle
from stampli_b1_assets.pipeline.checkpoints import Checkpoint
from stampli_b1_assets.pipeline.existing import InSap
from stampli_b1_assets_tests.fixtures.payments import exported, payment
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


@pytest.mark.parametrize("bench", [False], indirect=True)
@pytest.mark.parametrize("is_read_back", [True, False])
def test_the_read_back(bench: Bench, is_read_back: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something between us and SAP answers as SAP does when it has committed, and SAP never saw the request."""
    answer, told = bench.transport.handle_request, []

    def lying(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path.endswith("JournalEntries") and not told:
            told.append("committed")
            return httpx.Response(201, json={"JdtNum": 9, "Number": 9, "ReferenceDate": "2026-04-30"}, request=request)
        return answer(request)

    def believed(self: UnguardedPosting, attempts: list[Any], done: dict[str, WriteResult]) -> None:
        for one in attempts:
            posted = PostedEntry(one.entry.key, 9, 9, one.entry.reference_date)
            done[one.entry.key] = found(one.entry, posted, "committed", one.evidence)

    monkeypatch.setattr(bench.transport, "handle_request", lying)
    if not is_read_back:
        monkeypatch.setattr(UnguardedPosting, "_look_up", believed)
    bench.cycle("first")
    bench.clock.sleep(3600)
    bench.cycle("second")
    assert told == ["committed"]
    assert entries(bench) == (1 if is_read_back else 0)


@pytest.fixture
def paying(tmp_path: Path) -> Iterator[Bench]:
    """Posts payments, without a guard; invoice 8001 is in SAP."""
    made = Bench(tmp_path, is_guarded=False, pays=True)
    made.company.hides_user_tables = True
    made.folder.files["a.csv"] = (csv_bytes(*invoice_rows("8001")), 1_777_000_000)
    made.cycle("invoices")
    yield made
    made.close()


def pay(bench: Bench, **changes: str) -> None:
    """The payment as it is exported now."""
    row = payment("P-1", stampli_invoice_id="8001", **changes)
    number = len(bench.folder.files)
    bench.folder.files[f"{number}.csv"] = (exported(row), 1_777_000_000 + number)


def of_payment(bench: Bench) -> int:
    return len([entry for entry in bench.entries() if entry["Reference2"] == "P-1"])


def changing(number: Iterator[int]) -> Callable[..., str]:
    """Keys that are not the same whenever they are asked for."""
    return lambda company, kind, id_, revision=0: posting_key(company, kind, f"{id_} {next(number)}", revision)


@pytest.mark.parametrize("is_the_same", [True, False])
def test_the_key_of_a_payment(paying: Bench, is_the_same: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger is lost after the payment was posted."""
    if not is_the_same:
        monkeypatch.setattr("stampli_b1_assets.accounting.payments.posting_key", changing(count()))
    pay(paying)
    paying.cycle("first")
    paying.new_ledger()
    paying.cycle("second")
    assert of_payment(paying) == (1 if is_the_same else 2)


@pytest.mark.parametrize("is_the_same", [True, False])
def test_the_key_of_a_reversal(paying: Bench, is_the_same: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies after SAP reversed a voided payment, and before that is on record."""
    pay(paying)
    paying.cycle("first")
    pay(paying, status="Voided")
    if not is_the_same:
        monkeypatch.setattr("stampli_b1_assets.pipeline.paid.posting_key", changing(count()))

    def die(passed: Checkpoint) -> None:
        if passed is Checkpoint.ANSWERED:
            raise Crash

    checkpoints.listeners.append(die)
    try:
        with pytest.raises(Crash):
            paying.cycle("killed")
    finally:
        checkpoints.listeners.remove(die)
    paying.cycle("second")
    assert of_payment(paying) == (2 if is_the_same else 3)


@pytest.mark.parametrize("is_hashed", [True, False])
def test_the_hash_of_an_audit_record(bench: Bench, is_hashed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody writes another amount into the trail, past the triggers."""
    bench.cycle("first")
    with bench.workplace() as workplace:
        with workplace.ledger._database.writing() as connection:
            connection.execute(text("DROP TRIGGER audit_no_update"))
            changed = "UPDATE audit SET data = replace(data, '100.00', '900.00') WHERE event = 'invoice.posted'"
            assert connection.execute(text(changed)).rowcount == 1
        if not is_hashed:
            monkeypatch.setattr("stampli_b1_assets.ledger.chain.record_hash", lambda row: row["hash"])
        with nullcontext() if not is_hashed else pytest.raises(AuditBroken, match="was altered"):
            workplace.ledger.audit.verify()
