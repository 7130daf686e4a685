"""Lists for Stampli: whole, in its codes, written when they have changed, and noted once they were written."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stampli_b1_assets.errors import StampliUnusable
from stampli_b1_assets.ledger.facts import Facts
from stampli_b1_assets.pipeline.publishing import ORDER_COLUMNS, publish_purchase_orders, publish_reference_data
from stampli_b1_assets_tests.simulation.bench import Bench, Crash
from stampli_b1_assets_tests.simulation.folder import FolderClient


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def add_mapping(bench: Bench, file: str, row: str) -> None:
    with (bench.directory / "mappings" / file).open("a", encoding="utf-8") as mapping:
        mapping.write(row + "\n")


def orders(bench: Bench) -> str:
    """The name of the file that was written, if any."""
    bench.clock.sleep(60)
    with bench.session("orders") as session:
        (made,) = publish_purchase_orders(session)
        return made.name


def rows(bench: Bench, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(bench.folder.inbound[name].decode())))


def test_each_line_of_an_open_order_is_a_row(bench: Bench) -> None:
    found = rows(bench, orders(bench))
    assert [(row["PO Number"], row["PO Line"], row["Status"]) for row in found] == [
        ("1000231", "0", "Open"), ("1000231", "1", "Closed"), ("1000232", "0", "Open"),
    ]  # fmt: skip
    assert tuple(found[0]) == ORDER_COLUMNS
    assert list(found[0].values()) == [
        "", "1000231", "0", "V20010", "Fernhill Groundworks Ltd", "2026-03-02", "USD", "AGG-20", "Aggregate, 20 mm",
        "40.00", "32.5000", "1300.00", "25.00", "", "001300", "PM", "P-0110", "Open", "2026-03-02T16:15:00Z",
    ]  # fmt: skip
    assert (found[2]["Vendor Name"], found[2]["Line Amount"]) == ("Bäckerei Sonnenschein GmbH", "500.00")


def test_codes_are_those_that_stampli_knows(bench: Bench) -> None:
    add_mapping(bench, "vendors.csv", "fern,V20010")
    add_mapping(bench, "gl_accounts.csv", "SITE,001300")
    add_mapping(bench, "dimensions.csv", "department,Projects,PM")
    add_mapping(bench, "dimensions.csv", "class,no department,PM")
    first, *_ = rows(bench, orders(bench))
    assert [first[name] for name in ("Vendor ID", "GL Account", "Department", "Project")] == [
        "fern", "SITE", "Projects", "P-0110",
    ]  # fmt: skip


def test_a_vendor_that_sap_numbered_stands_under_the_id_that_stampli_knows(bench: Bench) -> None:
    id_ = "STAMPLI-VENDOR-0001"
    vendor = f"Vendor ID,Vendor Name,Status\r\n{id_},Newcomer,Active\r\n"
    bench.folder.files["vendors.csv"] = (vendor.encode(), 1_777_000_000)
    assert bench.cycle("created")["vendors"]["created"] == 1
    card_code = bench.ledger().vendors.get_many([id_])[id_].card_code
    assert card_code not in ("", id_)
    order = bench.store.get("PurchaseOrders", "1") or {}
    bench.store.put("PurchaseOrders", "1", {**order, "CardCode": card_code})
    assert rows(bench, orders(bench))[0]["Vendor ID"] == id_
    with bench.session("lists") as session:
        vendors = publish_reference_data(session)[0]
    listed = {row["Vendor ID"] for row in rows(bench, vendors.name)}
    assert id_ in listed
    assert card_code not in listed


def test_a_list_is_written_again_only_when_it_has_changed(bench: Bench) -> None:
    first = orders(bench)
    assert first.startswith("purchase_orders_")
    assert orders(bench) == ""
    row = bench.store.get("PurchaseOrders", "2") or {}
    bench.store.put("PurchaseOrders", "2", {**row, "DocumentStatus": "bost_Close"})
    second = orders(bench)
    assert len(rows(bench, second)) == 2
    assert sorted(bench.folder.inbound) == sorted([first, second])


def test_that_all_orders_are_closed_is_told_and_that_there_never_were_any_is_not(bench: Bench) -> None:
    first = bench.store.get("PurchaseOrders", "1") or {}
    for key in ("1", "2"):
        bench.store.delete("PurchaseOrders", key)
    assert orders(bench) == ""
    bench.store.put("PurchaseOrders", "1", first)
    assert len(rows(bench, orders(bench))) == 2
    bench.store.delete("PurchaseOrders", "1")
    assert rows(bench, orders(bench)) == []


def test_what_cannot_be_written_is_written_next_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise StampliUnusable("The folder /inbound does not exist.", "Create it.")

    with monkeypatch.context() as patched:
        patched.setattr(FolderClient, "write_inbound", refuse)
        with pytest.raises(StampliUnusable):
            orders(bench)
    assert orders(bench) != ""


def test_dying_before_it_is_noted_writes_it_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(Facts, "set", die)
        with pytest.raises(Crash):
            orders(bench)
    (before,) = bench.folder.inbound.values()
    assert bench.folder.inbound[orders(bench)] == before


def test_the_lists_have_what_an_invoice_may_be_coded_with(bench: Bench) -> None:
    add_mapping(bench, "vendors.csv", "fern,V20010")
    with bench.session("lists") as session:
        made = {one.kind: one for one in publish_reference_data(session)}
        assert [one.is_new for one in publish_reference_data(session)] == [False] * 3
    assert {kind: one.rows for kind, one in made.items()} == {"vendors": 4, "gl_accounts": 9, "dimensions": 9}
    vendors = {row["Vendor ID"]: row for row in rows(bench, made["vendors"].name)}
    assert (vendors["fern"]["Status"], vendors["V20047"]["Status"]) == ("Active", "Inactive")
    assert (vendors["fern"]["Tax ID"], vendors["fern"]["Postal Code"]) == ("84-5550101", "80012")
    accounts = {row["GL Account"] for row in rows(bench, made["gl_accounts"].name)}
    assert "001300" in accounts
    assert not accounts & {"200000", "600000", "006999"}
    dimensions = rows(bench, made["dimensions"].name)
    assert {"Field": "Project", "Value": "P-0110", "SAP Code": "P-0110"} in dimensions
    assert {row["Value"] for row in dimensions if row["Field"] == "Location"} == {"BER", "DEN"}


def test_what_was_written_is_in_the_audit_trail(bench: Bench) -> None:
    name = orders(bench)
    events = [record for record in bench.ledger().audit.export() if record.event == "purchase_orders.published"]
    assert [(record.subject, json.loads(record.data)["rows"]) for record in events] == [(name, 3)]
