"""What Stampli is told of its invoices: each once, with its last outcome, and never lost when nobody listens."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from stampli_b1_assets.errors import StampliUnusable
from stampli_b1_assets.ledger.facts import Facts
from stampli_b1_assets.pipeline import acknowledging
from stampli_b1_assets.pipeline.acknowledging import COLUMNS, acknowledge, news
from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.simulation.bench import Bench, Crash
from stampli_b1_assets_tests.simulation.folder import FolderClient

Rows = list[dict[str, str]]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    made.configure("publish", acknowledgements=True)
    yield made
    made.close()


def bring(bench: Bench, *rows: dict[str, str]) -> None:
    """One more export, a minute later, and a cycle."""
    number = len(bench.folder.files)
    bench.folder.files[f"{number}.csv"] = (csv_bytes(*rows), 1_777_000_000 + 60 * number)
    bench.clock.sleep(60)
    bench.cycle(f"cycle {number}")


def told(bench: Bench) -> list[Rows]:
    """The files for Stampli in the order of their names, row by row."""
    texts = [content.decode() for _, content in sorted(bench.folder.inbound.items())]
    return [list(csv.DictReader(io.StringIO(text))) for text in texts]


def test_each_invoice_of_a_cycle_has_sap_s_number_or_the_reason_it_waits(bench: Bench) -> None:
    ignored = invoice_rows("9003", invoice_status="Pending Approval")
    bring(bench, *invoice_rows("9001"), *invoice_rows("9002", gl_account="4711"), *ignored)
    (rows,) = told(bench)
    assert tuple(rows[0]) == COLUMNS
    by_id = {row["Stampli Invoice ID"]: row for row in rows}
    assert {id_: row["Result"] for id_, row in by_id.items()} == {"9001": "posted", "9002": "held", "9003": "ignored"}
    (entry,) = bench.entries()
    assert list(by_id["9001"].values())[3:] == [
        "JournalEntry", str(entry["Number"]), str(entry["JdtNum"]), entry["ReferenceDate"], "", "",
    ]  # fmt: skip
    assert list(by_id["9002"].values())[3:8] == ["", "", "", "", "UNMAPPED_GL_ACCOUNT"]
    assert "4711" in by_id["9002"]["Error Text"]
    assert "gl_accounts.csv" in by_id["9002"]["Error Text"]


def test_later_cycles_tell_what_they_saw_and_nothing_else(bench: Bench) -> None:
    bring(bench, *invoice_rows("9001"))
    bring(bench, *invoice_rows("9001", memo="another"), *invoice_rows("9002"))
    bench.cycle("without news")
    results = [[(row["Stampli Invoice ID"], row["Result"]) for row in rows] for rows in told(bench)]
    assert results == [[("9001", "posted")], [("9001", "already_posted"), ("9002", "posted")]]
    with bench.workplace() as workplace:
        assert news(workplace) is None
        trail = [one for one in workplace.ledger.audit.export() if one.event == "acknowledgement.written"]
    assert [one.subject for one in trail] == sorted(bench.folder.inbound)


def test_what_could_not_be_written_is_told_next_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise StampliUnusable("The folder is full.", "Make room.")

    with monkeypatch.context() as patched:
        patched.setattr(FolderClient, "write_inbound", refuse)
        with pytest.raises(StampliUnusable):
            bring(bench, *invoice_rows("9001"))
    assert told(bench) == []
    bring(bench, *invoice_rows("9002"))
    assert [[row["Result"] for row in rows] for rows in told(bench)] == [["posted", "posted"]]


def test_dying_after_the_file_was_written_writes_the_same_file_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember = Facts.set

    def die(self: Facts, name: str, value: str, *, who: str = "service") -> None:
        if name == "acknowledged until":
            raise Crash
        remember(self, name, value, who=who)

    with monkeypatch.context() as patched:
        patched.setattr(Facts, "set", die)
        with pytest.raises(Crash):
            bring(bench, *invoice_rows("9001"))
    written = dict(bench.folder.inbound)
    assert len(written) == 1
    with bench.workplace() as workplace:
        assert [one.invoices for one in acknowledge(workplace)] == [1]
        assert acknowledge(workplace) == []
    assert bench.folder.inbound == written


def test_many_invoices_are_told_in_several_files(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stampli_b1_assets.pipeline.cycle.acknowledge", lambda _: [])
    for number in range(9001, 9006):
        bring(bench, *invoice_rows(str(number)))
    monkeypatch.setattr(acknowledging, "_MOST", 2)
    with bench.workplace() as workplace:
        assert [one.invoices for one in acknowledge(workplace)] == [2, 2, 1]
    assert [[row["Stampli Invoice ID"] for row in rows] for rows in told(bench)] == [
        ["9001", "9002"], ["9003", "9004"], ["9005"],
    ]  # fmt: skip
