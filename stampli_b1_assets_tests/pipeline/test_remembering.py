"""What is open of a file that the layout does not fit any more is tried, counted and released as before."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stampli_b1_assets.pipeline.deciding import release
from stampli_b1_assets_tests.fixtures.payments import exported, payment
from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.simulation.bench import Bench

VENDORS = b"Vendor ID,Vendor Name,Status\r\n,Nobody,Active\r\n"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, pays=True)
    yield made
    made.close()


def counted(summary: dict[str, Any]) -> tuple[int, int, int]:
    return tuple(summary[kind]["held"] for kind in ("invoices", "vendors", "payments"))  # type: ignore[return-value]


@pytest.fixture
def held(bench: Bench) -> Bench:
    held_rows = [invoice_rows(id_, gl_account="4711", memo="  Größe\n2 ")[0] for id_ in ("9001", "9002", "9003")]
    bench.folder.files["a.csv"] = (csv_bytes(*held_rows, *invoice_rows("9009")), 1_777_000_000)
    bench.folder.files["v.csv"] = (VENDORS, 1_777_000_060)
    bench.folder.files["p.csv"] = (exported(payment("P1")), 1_777_000_120)
    assert counted(bench.cycle("read")) == (3, 1, 1)
    bench.configure("stampli", layout="stampli_european")
    return bench


def test_it_is_counted_in_every_cycle(held: Bench) -> None:
    for name in ("first", "second"):
        assert counted(held.cycle(name)) == (3, 1, 1)


def test_it_is_posted_when_its_cause_is_mended_and_ignored_when_a_person_says_so(held: Bench) -> None:
    with held.workplace() as workplace:
        release(workplace, ["9002"], "ignore", by="T. Ester", note="not ours")
    with (held.directory / "mappings" / "gl_accounts.csv").open("a", encoding="utf-8") as file:
        file.write("4711,006120\n")
    summary = held.cycle("mended")
    assert (summary["invoices"]["posted"], summary["invoices"]["ignored"]) == (2, 1)
    assert summary["payments"]["posted"] == 1
    entry = next(one for one in held.entries() if one["Reference2"] == "9001")
    assert entry["JournalEntryLines"][0]["LineMemo"] == "Größe 2"
    assert counted(held.cycle("after")) == (0, 1, 0)


def test_the_file_read_again_in_its_own_layout_changes_nothing(held: Bench) -> None:
    before = {record.stampli_id: record.content_hash for record in held.ledger().invoices.open()}
    held.cycle("in the other layout")
    held.configure("stampli", layout="stampli_lines")
    assert counted(held.cycle("back")) == (3, 1, 1)
    assert {record.stampli_id: record.content_hash for record in held.ledger().invoices.open()} == before
