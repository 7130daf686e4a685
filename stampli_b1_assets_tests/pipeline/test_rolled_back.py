"""An entry that SAP shows before its transaction ends, and then takes back, is not believed."""

import pytest

from stampli_b1_assets.pipeline import checkpoints
from stampli_b1_assets.pipeline.checkpoints import Checkpoint
from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.simulation.bench import Bench, Crash


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A cycle was killed after SAP had taken its change set."""
    made = Bench(tmp_path)
    made.folder.files["a.csv"] = (csv_bytes(*invoice_rows("9001")), 1_777_000_000)

    def die(passed):
        if passed is Checkpoint.ANSWERED:
            raise Crash

    with monkeypatch.context() as dying:
        dying.setattr(checkpoints, "listeners", [die])
        with pytest.raises(Crash):
            made.cycle("killed")
    assert len(made.entries()) == 1
    yield made
    made.close()


@pytest.fixture
def rolls_back(bench, monkeypatch):
    """That change set stood open: the first write to its row waits for its end, and finds nothing there."""
    served, (row,), (entry,) = bench.company.handle, bench.store.all("U_STAMPLI_POSTED"), bench.entries()

    def end():
        if entry in bench.entries():
            bench.store.delete("U_STAMPLI_POSTED", row["Code"])
            bench.store._run("DELETE FROM entries WHERE jdt_num = ?", (entry["JdtNum"],))

    def handle(method, path, body, options):
        if method == "PATCH" and row["Code"] in path:
            end()
        return served(method, path, body, options)

    monkeypatch.setattr(bench.company, "handle", handle)
    return end


def test_what_is_there_for_good_is_taken(bench):
    bench.clock.sleep(900)
    assert bench.cycle("after")["invoices"]["posted"] == 1
    assert [entry["Reference2"] for entry in bench.entries()] == ["9001"]


def test_what_is_taken_back_is_posted_again(bench, rolls_back):
    bench.clock.sleep(900)
    assert bench.cycle("after")["invoices"]["posted"] == 1
    rolls_back()
    assert [entry["Reference2"] for entry in bench.entries()] == ["9001"]


def test_what_stands_without_its_row_is_not_posted_again(bench):
    """Somebody deleted the row in SAP's own client."""
    (row,) = bench.store.all("U_STAMPLI_POSTED")
    bench.store.delete("U_STAMPLI_POSTED", row["Code"])
    bench.clock.sleep(900)
    assert bench.cycle("after")["invoices"]["posted"] == 1
    assert [entry["Reference2"] for entry in bench.entries()] == ["9001"]
