"""What people decide takes effect in the next cycle: reversals, reposts, duplicates that are none, what is ignored."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.errors import DecisionRefused
from stampli_b1_assets.pipeline import checkpoints
from stampli_b1_assets.pipeline.checkpoints import Checkpoint
from stampli_b1_assets.pipeline.deciding import release
from stampli_b1_assets.sandbox.sample_company import COMPANY_DB
from stampli_b1_assets.sandbox.service_layer import journal_entries
from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.simulation.bench import Bench, Crash


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def bring(bench: Bench, name: str, *rows: dict[str, str]) -> dict[str, Any]:
    """One more export, and a cycle."""
    bench.folder.files[name] = (csv_bytes(*rows), 1_777_000_000 + 60 * len(bench.folder.files))
    return bench.cycle(f"cycle of {name}")


def decide(bench: Bench, id_: str, action: str, *people: str) -> None:
    with bench.workplace() as workplace:
        for person in people:
            release(workplace, [id_], action, by=person, note="as the vendor says")


def vendor_balance(bench: Bench) -> Decimal:
    lines = [line for entry in bench.entries() for line in entry["JournalEntryLines"] if line["ShortName"] == "V20010"]
    return sum((Decimal(line["Credit"]) - Decimal(line["Debit"]) for line in lines), Decimal(0))


def keys(bench: Bench) -> list[str]:
    return [entry["U_StampliKey"] for entry in bench.entries()]


def test_a_change_is_reversed_and_posted_anew_each_once(bench: Bench) -> None:
    bring(bench, "a.csv", *invoice_rows("9001"))
    changed = bring(bench, "b.csv", *invoice_rows("9001", invoice_amount="110.00"))
    assert [row["reason"] for row in changed["needs_a_person"]] == ["CHANGED_AFTER_POSTING"]
    decide(bench, "9001", "reverse-and-repost", "Ada", "Grace")
    done = bench.cycle("after")
    assert done["invoices"]["posted"] == 1
    assert keys(bench) == [
        posting_key(COMPANY_DB, "invoice", "9001", 0),
        posting_key(COMPANY_DB, "reversal", "9001", 0),
        posting_key(COMPANY_DB, "invoice", "9001", 1),
    ]
    assert vendor_balance(bench) == Decimal("110.00")
    again = bring(bench, "c.csv", *invoice_rows("9001", invoice_amount="110.00", memo="seen again"))
    assert again["invoices"]["already_posted"] == 1
    assert len(bench.entries()) == 3


def test_one_person_alone_reverses_nothing(bench: Bench) -> None:
    bring(bench, "a.csv", *invoice_rows("9001"))
    bring(bench, "b.csv", *invoice_rows("9001", invoice_amount="110.00"))
    decide(bench, "9001", "reverse-and-repost", "Ada")
    with pytest.raises(DecisionRefused):
        decide(bench, "9001", "reverse-and-repost", " ada ")
    assert bench.cycle("after")["invoices"]["conflict"] == 1
    assert len(bench.entries()) == 1


def test_a_crash_between_reversal_and_repost_doubles_nothing(bench: Bench) -> None:
    bring(bench, "a.csv", *invoice_rows("9001"))
    bring(bench, "b.csv", *invoice_rows("9001", invoice_amount="110.00"))
    decide(bench, "9001", "reverse-and-repost", "Ada", "Grace")

    def die(passed: Checkpoint) -> None:
        if passed is Checkpoint.REVERSED:
            raise Crash

    checkpoints.listeners.append(die)
    try:
        with pytest.raises(Crash):
            bench.cycle("crashed")
    finally:
        checkpoints.listeners.remove(die)
    assert vendor_balance(bench) == 0
    bench.cycle("after")
    assert len(bench.entries()) == 3
    assert vendor_balance(bench) == Decimal("110.00")


def test_a_cancelled_invoice_is_reversed_and_not_posted_anew(bench: Bench) -> None:
    bring(bench, "a.csv", *invoice_rows("9001"))
    cancelled = bring(bench, "b.csv", *invoice_rows("9001", invoice_status="Canceled Invoice"))
    assert [row["reason"] for row in cancelled["needs_a_person"]] == ["CANCELLED_AFTER_POSTING"]
    decide(bench, "9001", "reverse-and-repost", "Ada", "Grace")
    assert bench.cycle("after")["invoices"]["ignored"] == 1
    assert vendor_balance(bench) == 0
    assert bench.cycle("later")["needs_a_person"] == []


def test_a_conflict_ends_by_itself_when_the_export_agrees_again(bench: Bench) -> None:
    bring(bench, "a.csv", *invoice_rows("9001"))
    bring(bench, "b.csv", *invoice_rows("9001", invoice_amount="110.00"))
    agreed = bring(bench, "c.csv", *invoice_rows("9001", memo="agreed"))
    assert agreed["invoices"] == {
        "seen": 1,
        "posted": 0,
        "already_posted": 1,
        "held": 0,
        "conflict": 0,
        "ignored": 0,
    }


def test_a_duplicate_that_is_none_is_posted_when_somebody_says_so(bench: Bench) -> None:
    bring(bench, "a.csv", *invoice_rows("9001", invoice_number="INV-007"))
    twin = bring(bench, "b.csv", *invoice_rows("9002", invoice_number="inv 7"), *invoice_rows("9003"))
    assert [(row["id"], row["reason"]) for row in twin["needs_a_person"]] == [("9002", "PROBABLE_DUPLICATE")]
    assert twin["invoices"]["posted"] == 1
    decide(bench, "9002", "post-anyway", "Ada")
    assert bench.cycle("after")["invoices"]["posted"] == 1
    assert len(bench.entries()) == 3


def test_two_of_one_number_in_one_cycle_the_earlier_is_posted(bench: Bench) -> None:
    both = bring(
        bench, "a.csv", *invoice_rows("9001", invoice_number="INV-7"), *invoice_rows("9002", invoice_number="INV 07")
    )
    assert both["invoices"]["posted"] == 1
    assert both["needs_a_person"][0]["id"] == "9002"


def test_an_entry_keyed_by_hand_makes_a_probable_duplicate(bench: Bench) -> None:
    lines = [{"AccountCode": "001300", "Debit": 100}, {"ShortName": "V20010", "Credit": 100}]
    with bench.store.transaction():
        journal_entries.post(
            bench.store, {"ReferenceDate": "2026-04-30", "Reference": "N-9001", "JournalEntryLines": lines}, frozenset()
        )
    held = bring(bench, "a.csv", *invoice_rows("9001"))
    assert [row["reason"] for row in held["needs_a_person"]] == ["PROBABLE_DUPLICATE"]


@pytest.mark.parametrize("window", [1, 2, 3, 5_000])
def test_however_many_invoices_are_looked_at_together_the_outcomes_are_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    monkeypatch.setattr("stampli_b1_assets.pipeline.posting._WINDOW", window)
    first = [*invoice_rows("9001"), *invoice_rows("9002", gl_account="4711"), *invoice_rows("9003")]
    second = [
        *invoice_rows("9003", invoice_amount="110.00"),
        *invoice_rows("9004", invoice_number="n 9001"),
        *invoice_rows("9001"),
        *invoice_rows("9005"),
    ]
    bench.folder.files["a.csv"] = (csv_bytes(*first), 1_777_000_000)
    bench.folder.files["b.csv"] = (csv_bytes(*second), 1_777_000_060)
    summary = bench.cycle("both")
    waiting = {row["id"]: row["reason"] for row in summary["needs_a_person"]}
    assert waiting == {
        "9002": "UNMAPPED_GL_ACCOUNT",
        "9003": "CHANGED_AFTER_POSTING",
        "9004": "PROBABLE_DUPLICATE",
    }
    assert summary["invoices"] | {"seen": 5, "posted": 2, "held": 1, "conflict": 2} == summary["invoices"]
    assert len(bench.entries()) == 3


def test_what_is_ignored_stays_so_until_its_content_changes(bench: Bench) -> None:
    bring(bench, "a.csv", *invoice_rows("9001", gl_account="4711"))
    decide(bench, "9001", "ignore", "Ada")
    assert bench.cycle("after")["invoices"]["ignored"] == 1
    assert bench.cycle("later")["invoices"]["seen"] == 0
    assert bring(bench, "b.csv", *invoice_rows("9001"))["invoices"]["posted"] == 1


def test_who_approved_in_stampli_does_not_release_here(bench: Bench) -> None:
    bring(bench, "a.csv", *invoice_rows("9001", gl_account="4711"))
    with pytest.raises(DecisionRefused):
        decide(bench, "9001", "ignore", "M.Reyes@linden.example")


def test_of_two_versions_in_one_cycle_the_earlier_is_posted_and_the_later_is_a_conflict(bench: Bench) -> None:
    bench.folder.files["a.csv"] = (csv_bytes(*invoice_rows("9001")), 1_777_000_000)
    bench.folder.files["b.csv"] = (csv_bytes(*invoice_rows("9001", invoice_amount="110.00")), 1_777_000_060)
    both = bench.cycle("both")
    assert both["invoices"] | {"seen": 1} == both["invoices"]
    assert both["invoices"]["conflict"] == 1
    assert both["amounts"]["USD"]["conflict"] == "110.00"
    assert vendor_balance(bench) == Decimal("100.00")
