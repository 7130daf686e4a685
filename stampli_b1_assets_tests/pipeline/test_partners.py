"""Vendors of many files and rows: each planned once with all of its rows, and on record even when SAP goes away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stampli_b1_assets.errors import B1Unusable, DecisionRefused
from stampli_b1_assets.pipeline import checkpoints
from stampli_b1_assets.pipeline.checkpoints import Checkpoint
from stampli_b1_assets.pipeline.deciding import release
from stampli_b1_assets.pipeline.waiting import held_document
from stampli_b1_assets.reports.evidence import sections, title
from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.simulation.bench import Bench

PIECE = 4
HEADER = "Vendor ID,Vendor Name,Status,Tax ID,Email,Last Modified\r\n"
EARLY, LATE = "2026-05-01T09:00:00Z", "2026-05-02T09:00:00Z"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    for module in ("csv_reader", "rows"):
        monkeypatch.setattr(f"stampli_b1_assets.stampli.{module}.CHUNK_ROWS", PIECE)
    monkeypatch.setattr("stampli_b1_assets.pipeline.selecting._WINDOW", PIECE)
    made = Bench(tmp_path)
    yield made
    made.close()


def put(bench: Bench, name: str, *rows: str) -> None:
    """A file of vendors, a minute after the one before."""
    bench.clock.sleep(60)
    content = HEADER + "".join(f"{row}\r\n" for row in rows)
    bench.folder.files[name] = (content.encode(), 1_777_000_000 + 60 * len(bench.folder.files))


def email(bench: Bench, code: str) -> str:
    row = bench.store.get("BusinessPartners", code)
    return str(row["EmailAddress"]) if row else "not there"


def test_rows_of_a_vendor_that_lie_far_apart_are_looked_at_together(bench: Bench) -> None:
    many = [f"V4{number:04},Vendor {number},Active,,v{number}@x.example,{EARLY}" for number in range(10)]
    late = f"V40000,Vendor 0,Active,,late@x.example,{LATE}"
    put(bench, "a.csv", late, *many)
    put(bench, "b.csv", *many[1:3], f"V40001,Vendor 1,Active,,also-late@x.example,{LATE}", *many[3:])
    assert bench.cycle("both")["vendors"] == {"created": 10, "updated": 0, "unchanged": 0, "held": 0}
    assert [email(bench, f"V4000{number}") for number in range(3)] == [
        "late@x.example", "also-late@x.example", "v2@x.example",
    ]  # fmt: skip


def test_a_vendor_created_from_one_piece_is_known_to_the_next(bench: Bench) -> None:
    rows = [f"V4{number:04},Vendor {number % 9},Active,TAX-{number % 9},,{EARLY}" for number in range(18)]
    put(bench, "a.csv", *rows)
    assert bench.cycle("once")["vendors"] == {"created": 9, "updated": 0, "unchanged": 9, "held": 0}


def test_of_a_file_tried_again_only_what_is_held_is_looked_at(bench: Bench) -> None:
    sound = [f"V4{number:04},Vendor {number},Active,,," for number in range(9)]
    put(bench, "a.csv", *sound, "V20010,Nordlys AS,Active,NO918000333,,", ",Without an id,Active,,,")
    assert bench.cycle("new")["vendors"] == {"created": 9, "updated": 0, "unchanged": 0, "held": 2}
    assert bench.cycle("again")["vendors"] == {"created": 0, "updated": 0, "unchanged": 0, "held": 2}
    with (bench.directory / "mappings" / "vendors.csv").open("a", encoding="utf-8") as file:
        file.write("V20010,V40003\n")
    third = bench.cycle("mapped")
    assert third["vendors"] == {"created": 0, "updated": 1, "unchanged": 0, "held": 1}
    assert [row["id"] for row in third["needs_a_person"]] == ["a.csv#12"]


def test_what_a_file_of_vendors_says_comes_before_what_an_invoice_says(bench: Bench) -> None:
    bench.configure("posting", new_vendors="from_invoice")
    ids = [f"V4{number:04}" for number in range(6)]
    put(bench, "vendors.csv", *(f"{id_},Name of {id_},Active,,{id_}@x.example," for id_ in ids[:5]))
    rows = [invoice_rows(f"90{n}", vendor_id=ids[n % 6], vendor_name="As billed")[0] for n in range(12)]
    bench.folder.files["invoices.csv"] = (csv_bytes(*rows), 1_777_100_000)
    summary = bench.cycle("both")
    assert summary["vendors"] == {"created": 6, "updated": 0, "unchanged": 0, "held": 0}
    assert summary["invoices"]["posted"] == 12
    assert email(bench, ids[0]) == f"{ids[0]}@x.example"
    names = [bench.store.get("BusinessPartners", id_)["CardName"] for id_ in ids[4:]]  # type: ignore[index]  # there
    assert names == [f"Name of {ids[4]}", "As billed"]


def test_a_vendor_that_waits_for_a_person_is_not_created_by_an_invoice(bench: Bench) -> None:
    bench.configure("posting", new_vendors="from_invoice")
    put(bench, "vendors.csv", "V40001,Fernhill of another name,Active,84-5550101,,")
    first = bench.cycle("the vendor")
    assert [(row["id"], row["reason"]) for row in first["needs_a_person"]] == [("V40001", "INVALID_VENDOR")]
    rows = invoice_rows("9001", vendor_id="V40001", vendor_name="Fernhill of another name")
    bench.folder.files["invoices.csv"] = (csv_bytes(*rows), 1_777_100_000)
    summary = bench.cycle("the invoice")
    assert bench.store.get("BusinessPartners", "V40001") is None
    assert {row["id"] for row in summary["needs_a_person"]} == {"V40001", "9001"}


def test_when_sap_goes_away_what_was_created_is_on_record(bench: Bench) -> None:
    put(bench, "a.csv", *(f"V4{number:04},Vendor {number},Active,,,{EARLY}" for number in range(6)))
    written: list[Checkpoint] = []

    def listen(passed: Checkpoint) -> None:
        if passed is Checkpoint.PARTNER_WRITTEN:
            written.append(passed)
            if len(written) == 6:
                raise B1Unusable("SAP stopped answering.", "See that it runs.")

    checkpoints.listeners.append(listen)
    try:
        with pytest.raises(B1Unusable, match="stopped answering"):
            bench.cycle("cut off")
    finally:
        checkpoints.listeners.remove(listen)
    known = bench.ledger().vendors.get_many([f"V4{number:04}" for number in range(6)])
    assert {id_: record.outcome for id_, record in known.items()} == {f"V4{n:04}": "created" for n in range(5)}
    assert bench.cycle("again")["vendors"] == {"created": 0, "updated": 0, "unchanged": 6, "held": 0}


def modified(bench: Bench, code: str, moment: str, mail: str) -> str:
    return f"{code},Newcomer,Active,,{mail},{moment}"


def test_an_older_row_changes_nothing_whichever_file_comes_later(bench: Bench) -> None:
    put(bench, "new.csv", modified(bench, "V40000", LATE, "new@x.example"))
    bench.cycle("new")
    put(bench, "old.csv", modified(bench, "V40000", EARLY, "old@x.example"))
    assert bench.cycle("old")["vendors"] == {"created": 0, "updated": 0, "unchanged": 1, "held": 0}
    assert email(bench, "V40000") == "new@x.example"
    assert bench.ledger().vendors.get_many(["V40000"])["V40000"].file_name == "new.csv"
    put(bench, "same.csv", modified(bench, "V40000", LATE, "same@x.example"))
    assert bench.cycle("same")["vendors"]["updated"] == 1


def test_an_older_row_does_not_release_a_newer_one(bench: Bench) -> None:
    put(bench, "new.csv", f"V20010,Nordlys AS,Active,NO918000333,,{LATE}")
    put(bench, "old.csv", f"V20010,Fernhill Groundworks Ltd,Active,,older@x.example,{EARLY}")
    del bench.folder.files["old.csv"]
    assert bench.cycle("new")["vendors"]["held"] == 1
    put(bench, "old.csv", f"V20010,Fernhill Groundworks Ltd,Active,,older@x.example,{EARLY}")
    summary = bench.cycle("old")
    assert [(row["id"], row["reason"]) for row in summary["needs_a_person"]] == [("V20010", "INVALID_VENDOR")]
    assert email(bench, "V20010") == "accounts@fernhill.example"


def test_a_person_may_leave_a_vendor_alone_until_it_changes(bench: Bench) -> None:
    put(bench, "a.csv", ",Without an id,Active,,,", "V20010,Nordlys AS,Active,NO918000333,,")
    bench.cycle("held")
    with bench.workplace() as workplace:
        release(workplace, ["a.csv#2", "V20010"], "ignore", by="T. Ester", note="known")
    assert bench.cycle("ignored")["vendors"] == {"created": 0, "updated": 0, "unchanged": 2, "held": 0}
    put(bench, "b.csv", "V20010,Nordlys AS,Active,NO918000333,,")
    assert bench.cycle("the same again")["vendors"]["held"] == 0
    put(bench, "c.csv", "V20010,Nordlys ASA,Active,NO918000333,,")
    assert bench.cycle("changed")["vendors"]["held"] == 1
    with bench.workplace() as workplace:
        assert held_document(workplace)["decisions"] == []


def test_what_fits_invoices_alone_is_not_for_vendors(bench: Bench) -> None:
    put(bench, "a.csv", ",Without an id,Active,,,")
    bench.cycle("held")
    with bench.workplace() as workplace, pytest.raises(DecisionRefused, match="post-anyway is not for vendors"):
        release(workplace, ["a.csv#2"], "post-anyway", by="T. Ester", note="known")


def test_a_newer_file_of_the_same_name_closes_rows_without_an_id(bench: Bench) -> None:
    put(bench, "a.csv", ",Without an id,Active,,,", "V20010,Nordlys AS,Active,NO918000333,,")
    bench.cycle("held")
    put(bench, "other.csv", "V40000,Newcomer,Active,,,")
    assert bench.cycle("another name")["vendors"]["held"] == 2
    put(bench, "a.csv", "V40001,With an id,Active,,,")
    summary = bench.cycle("the same name")
    assert [row["id"] for row in summary["needs_a_person"]] == ["V20010"]
    assert bench.cycle("after")["vendors"]["held"] == 1
    assert [one.subject_id for one in bench.ledger().vendors.open()] == ["V20010"]


def test_a_vendor_that_no_open_invoice_names_any_more_waits_no_longer(bench: Bench) -> None:
    bench.configure("posting", new_vendors="from_invoice")
    rows = invoice_rows("9001", vendor_id="V40001", vendor_name="BÃ¤ckerei")
    bench.folder.files["invoices.csv"] = (csv_bytes(*rows), 1_777_100_000)
    waiting = {row["id"]: row for row in bench.cycle("held")["needs_a_person"]}
    assert "decoded wrongly" in waiting["V40001"]["detail"]
    assert "is held itself" in waiting["9001"]["detail"]
    assert waiting["9001"]["action"] == waiting["V40001"]["action"]
    with bench.workplace() as workplace:
        release(workplace, ["9001"], "ignore", by="T. Ester", note="not ours")
    bench.cycle("ignored")
    assert bench.cycle("after")["needs_a_person"] == []
    assert bench.ledger().vendors.open() == []


def test_a_vendor_that_is_inactive_in_stampli_is_not_created_by_an_invoice(bench: Bench) -> None:
    bench.configure("posting", new_vendors="from_invoice")
    put(bench, "vendors.csv", "V40001,Closed Ltd,Inactive,,,")
    rows = invoice_rows("9001", vendor_id="V40001", vendor_name="Closed Ltd")
    bench.folder.files["invoices.csv"] = (csv_bytes(*rows), 1_777_100_000)
    summary = bench.cycle("both")
    assert bench.store.get("BusinessPartners", "V40001") is None
    assert [(row["id"], row["reason"]) for row in summary["needs_a_person"]] == [("9001", "UNKNOWN_VENDOR")]


def test_the_story_of_a_vendor_can_be_told(bench: Bench) -> None:
    put(bench, "a.csv", "V40001,Newcomer,Active,,,", "V20010,Nordlys AS,Active,NO918000333,,")
    bench.cycle("both")
    created, held = (bench.ledger().evidence_of(id_) for id_ in ("V40001", "V20010"))
    assert created["is_known"]
    assert title(created) == "Vendor V40001 Newcomer of linden"
    standing = {section.title: section.lines for section in sections(created)}["Where it stands"]
    assert standing == ("created", "in SAP: business partner V40001")
    assert [file["name"] for file in held["files"]] == ["a.csv"]
    assert any("the same id, another vendor" in line for section in sections(held) for line in section.lines)


def test_two_files_of_one_name_keep_what_is_theirs(bench: Bench) -> None:
    put(bench, "a.csv", "V20010,Nordlys AS,Active,NO918000333,,")
    bench.cycle("first")
    put(bench, "a.csv", "V40001,Newcomer,Active,,,", "V20024,Nordlys AS,Active,NO918000333,,")
    for name in ("second", "both again"):
        assert bench.cycle(name)["vendors"]["held"] == 2
    partitions = {one.vendor_id: one.partition for one in bench.ledger().vendors.open()}
    assert len(set(partitions.values())) == 2
    with (bench.directory / "mappings" / "vendors.csv").open("a", encoding="utf-8") as file:
        file.write("V20024,V40001\n")
    assert [row["id"] for row in bench.cycle("mapped")["needs_a_person"]] == ["V20010"]


def test_a_held_vendor_without_an_id_is_nobody_s_reason(bench: Bench) -> None:
    put(bench, "vendors.csv", ",Without an id,Active,,,")
    bench.folder.files["invoices.csv"] = (csv_bytes(*invoice_rows("9001", vendor_id="")), 1_777_100_000)
    waiting = {row["id"]: row for row in bench.cycle("both")["needs_a_person"]}
    assert "held itself" not in waiting["9001"]["detail"]
    with bench.session("context") as session:
        assert session.context().held_vendors == {}
