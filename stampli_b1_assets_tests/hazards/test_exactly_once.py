"""Hazards 11 to 15: whatever dies, times out or runs twice, each invoice is posted once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from stampli_b1_assets.ledger.ledger import Ledger
from stampli_b1_assets.pipeline import checkpoints
from stampli_b1_assets.pipeline.checkpoints import Checkpoint
from stampli_b1_assets.pipeline.cycle import run_cycle
from stampli_b1_assets.pipeline.deciding import release
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.summary import cycle_document
from stampli_b1_assets.sandbox.service_layer.faults import ArmedFault
from stampli_b1_assets_tests.fixtures.world import invoice_rows
from stampli_b1_assets_tests.hazards.story import (
    NEIGHBOUR,
    counts,
    entries_of,
    lines,
    neighbour_is_posted,
    waiting,
    waits,
)
from stampli_b1_assets_tests.simulation.bench import TIMEOUT_SECONDS, Bench, Crash
from stampli_b1_assets_tests.simulation.transport import Late


@contextmanager
def listening(listener) -> Iterator[None]:
    checkpoints.listeners.append(listener)
    try:
        yield
    finally:
        checkpoints.listeners.remove(listener)


@contextmanager
def dying_at(point: Checkpoint) -> Iterator[None]:
    def die(passed: Checkpoint) -> None:
        if passed is point:
            raise Crash

    with listening(die), pytest.raises(Crash):
        yield


def batches(bench: Bench) -> int:
    """Change sets that SAP has executed."""
    return sum(line.path.endswith("$batch") for line in bench.application.log)


def test_hazard_11_a_request_that_timed_out_is_looked_up_and_not_sent_again(bench, bring):
    bench.is_guarded = False
    bench.new_ledger()
    bench.transport.late = Late("$batch", after=0, seconds=2.5 * TIMEOUT_SECONDS)
    assert counts(bring("a.csv", *invoice_rows("9001"), *NEIGHBOUR)) == {"posted": 2}
    assert batches(bench) == 2
    assert len(entries_of(bench, "9001")) == 1
    assert neighbour_is_posted(bench)


def test_hazard_11_while_sap_cannot_be_asked_the_invoice_is_in_doubt(bench, bring):
    bench.is_guarded = False
    bench.new_ledger()
    bench.transport.late = Late("$batch", after=1, seconds=2 * TIMEOUT_SECONDS)

    def goes_down(passed: Checkpoint) -> None:
        if passed is Checkpoint.INTENTS_WRITTEN:
            bench.clock.at(TIMEOUT_SECONDS / 2, lambda: setattr(bench.transport, "is_down", True))

    with listening(goes_down):
        first = bring("a.csv", *NEIGHBOUR, *invoice_rows("9001"))
    assert ("9001", "held", "OUTCOME_UNKNOWN") in waits(first)
    assert "looks it up" in waiting(first, "9001")["action"]
    bench.clock.sleep(3600)
    bench.transport.is_down = False
    assert counts(bench.cycle("after")) == {"posted": 2}
    assert batches(bench) == 2
    assert len(entries_of(bench, "9001")) == 1
    assert neighbour_is_posted(bench)


def test_hazard_11_with_the_guard_even_a_request_given_up_long_ago_cannot_post_twice(bench, bring):
    bench.transport.late = Late("$batch", after=0, seconds=5000)
    bring("a.csv", *invoice_rows("9001"), *NEIGHBOUR)
    bench.cycle("second")
    bench.clock.sleep(7200)
    bench.cycle("third")
    assert len(entries_of(bench, "9001")) == 1
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize("point", [Checkpoint.INTENTS_WRITTEN, Checkpoint.ANSWERED, Checkpoint.RESOLVED])
def test_hazard_12_a_crash_before_our_record_is_mended_by_a_look_up(bench, put, point):
    put("a.csv", *invoice_rows("9001"), *NEIGHBOUR)
    with dying_at(point):
        bench.cycle("killed")
    intents = [bench.ledger().intents.get(entry["U_StampliKey"]) for entry in bench.entries()]
    assert all(intents)
    bench.clock.sleep(3600)
    after = bench.cycle("after")
    assert after["invoices"]["posted"] + after["invoices"]["already_posted"] == 2
    assert after["needs_a_person"] == []
    assert len(entries_of(bench, "9001")) == 1
    assert neighbour_is_posted(bench)


def test_hazard_13_two_runs_at_once_post_once_even_with_a_ledger_each(bench, put):
    put("a.csv", *invoice_rows("9001"), *NEIGHBOUR)
    path = bench.directory / "another.db"
    other = replace(bench.workplace(), ledger=Ledger.open(f"sqlite:///{path}", "linden", clock=bench.clock))
    other.ledger.save_proof("LINDEN_DEMO", is_proved=True)
    said = []

    def another(passed: Checkpoint) -> None:
        if passed is Checkpoint.INTENTS_WRITTEN and not said:
            said.append("begun")
            with other.b1() as b1:
                discovery = run_cycle(Session(other, b1, "other"))
            said.append(cycle_document(other, "other", discovery, seconds=Decimal(0)))

    with listening(another):
        mine = bench.cycle("mine")
    other.close()
    assert counts(said[1]) == {"posted": 2}
    assert counts(mine) == {"already_posted": 2}
    assert len(entries_of(bench, "9001")) == 1
    assert neighbour_is_posted(bench)


def test_hazard_14_what_half_a_batch_left_open_is_completed(bench, put):
    rows = [row for id_ in ("9001", "9002", "9003") for row in invoice_rows(id_)]
    put("a.csv", *rows, *NEIGHBOUR)
    fault = ArmedFault("worker_crash_in_batch", method="POST", path="$batch")
    bench.application.faults.arm(fault)
    bench.cycle("with a crash in SAP")
    assert bench.application.faults.struck == ["worker_crash_in_batch"]
    bench.clock.sleep(3600)
    bench.cycle("after")
    assert Counter(entry["Reference2"] for entry in bench.entries()) == dict.fromkeys(
        ("9001", "9002", "9003", "9999"), 1
    )
    assert [record.outcome for record in bench.ledger().invoices.open()] == []
    assert neighbour_is_posted(bench)


def test_hazard_15_a_posting_of_two_steps_goes_on_with_the_second(bench, bring):
    bring("a.csv", *invoice_rows("9001"), *NEIGHBOUR)
    bring("b.csv", *invoice_rows("9001", invoice_amount="110.00"))
    with bench.workplace() as workplace:
        for person in ("Ada", "Grace"):
            release(workplace, ["9001"], "reverse-and-repost", by=person, note="corrected by the vendor")
    with dying_at(Checkpoint.REVERSED):
        bench.cycle("killed after the reversal")
    assert counts(bench.cycle("after")) == {"posted": 1}
    vendor = [line for entry in entries_of(bench, "9001") for line in lines(entry) if line[0] == "V20010"]
    assert [credit - debit for _, debit, credit in vendor] == [100, -100, 110]
    assert neighbour_is_posted(bench)
