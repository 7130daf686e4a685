"""Which files were seen, taken, known and refused."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stampli_b1_assets.ledger.records import FileRecord, FileState

FILE = FileRecord("april.csv", 120, 1_775_000_000, FileState.TAKEN, sha256="ab", kind="invoices", partition="april-1")


def events(ledger) -> list[str]:
    return [record.event for record in ledger.audit.export() if record.event.startswith("file")]


def test_a_file_is_known_by_name_size_and_time(ledger):
    ledger.files.save(FILE)
    assert ledger.files.get("april.csv", 120, 1_775_000_000) == replace(
        FILE, taken_at=ledger.files.by_sha256("ab").taken_at
    )
    assert ledger.files.get("april.csv", 121, 1_775_000_000) is None
    assert ledger.files.get("april.csv", 120, 1_775_000_001) is None
    assert ledger.files.get("April.csv", 120, 1_775_000_000) is None


def test_hostile_names_and_absurd_numbers_are_remembered_exactly(ledger):
    names = ["a\nb", "..\\evil", "\0", "na\udcffme", "a\\u0000", "x" * 255, "", "ü" * 80]
    for name in names:
        ledger.files.save(FileRecord(name, 2**64 - 1, 2**70, FileState.REFUSED, reason="BAD_NAME"))
    assert {name for name, _, _ in ledger.files.all()} == set(names)
    assert all(ledger.files.get(name, 2**64 - 1, 2**70).reason == "BAD_NAME" for name in names)


def test_all_come_in_the_order_of_their_first_recording(ledger):
    records = [replace(FILE, name=name, partition=name) for name in ("c", "a", "b")]
    for record in [*records, replace(records[0], detail="again")]:
        ledger.files.save(record)
    assert [name for name, _, _ in ledger.files.all()] == ["c", "a", "b"]
    assert ledger.files.partitions() == ["c", "a", "b"]
    assert ledger.files.by_partition("a").name == "a"


def test_bytes_lead_to_the_file_that_was_taken_not_to_its_copies(ledger):
    ledger.files.save(replace(FILE, name="copy.csv", state=FileState.KNOWN))
    assert ledger.files.by_sha256("ab") is None
    ledger.files.save(replace(FILE, state=FileState.DONE))
    assert ledger.files.by_sha256("ab").name == "april.csv"
    ledger.files.save(FileRecord("bad.csv", 3, 4, FileState.REFUSED, sha256="cd", reason="EMPTY_FILE"))
    assert ledger.files.by_sha256("cd").reason == "EMPTY_FILE"


def test_a_file_that_was_only_found_is_not_taken_yet(ledger, clock):
    ledger.files.save(replace(FILE, state=FileState.FOUND, sha256=""))
    assert ledger.files.by_partition("april-1").taken_at is None
    clock.advance(minutes=5)
    ledger.files.save(FILE)
    assert ledger.files.by_partition("april-1").taken_at == clock.now - timedelta(seconds=1)


def test_news_is_on_record_once(ledger):
    for record in (FILE, FILE, replace(FILE, detail="warned"), replace(FILE, detail="warned")):
        ledger.files.save(record)
    assert events(ledger) == ["file.taken", "file.taken"]


def test_whether_a_partition_is_clean_is_on_record_when_it_changes(ledger):
    ledger.files.save(FILE)
    ledger.files.mark_clean("april-1", False)
    ledger.files.mark_clean("april-1", True)
    ledger.files.mark_clean("april-1", True)
    assert ledger.files.by_partition("april-1").is_clean
    ledger.files.mark_clean("april-1", False)
    assert not ledger.files.by_partition("april-1").is_clean
    assert events(ledger) == ["file.taken", "file.clean", "file.not_clean"]


class TestSettling:
    def test_the_first_listing_counts_as_long_as_size_and_time_stay(self, ledger, clock):
        first, one, grown = clock(), ("a.csv", 1, 10), ("a.csv", 2, 11)
        assert ledger.files.first_seen([one], first) == {one: first}
        later = first + timedelta(minutes=1)
        assert ledger.files.first_seen([one, grown], later) == {one: first, grown: later}
        much_later = first + timedelta(days=3)
        assert ledger.files.first_seen([one], much_later) == {one: first}
        assert ledger.files.first_seen([], much_later) == {}

    def test_listings_of_files_that_are_gone_are_forgotten(self, ledger, clock, sql):
        first, stays, goes = clock(), ("stays", 1, 1), ("goes", 1, 1)
        ledger.files.first_seen([stays, goes], first)
        for day in range(1, 9):
            ledger.files.first_seen([stays], first + timedelta(days=day))
        assert sql("SELECT name FROM listings") == [("stays",)]
        later = first + timedelta(days=9)
        assert ledger.files.first_seen([stays, goes], later) == {stays: first, goes: later}

    def test_thousands_are_listed_at_once(self, ledger, clock):
        listing = [(f"{n}.csv", n, n) for n in range(2500)]
        first = clock()
        ledger.files.first_seen(listing, first)
        assert set(ledger.files.first_seen(listing, clock()).values()) == {first}


@pytest.mark.parametrize("kind", ["invoices", "vendors", "payments"])
def test_partitions_that_hold_anything_open_come_in_the_order_of_their_files(ledger, invoice, kind):
    from stampli_b1_assets.ledger.records import PaymentRecord, VendorRecord

    for name in ("z", "y", "x"):
        ledger.files.save(replace(FILE, name=name, partition=name))
    for name in ("x", "z", "unfiled", ""):
        match kind:
            case "invoices":
                ledger.invoices.save([invoice(f"i{name}", outcome="held", partition=name)], cycle="c")
            case "vendors":
                ledger.vendors.save([VendorRecord(f"v{name}", "N", "held", partition=name)], cycle="c")
            case "payments":
                ledger.payments.save([PaymentRecord(f"p{name}", "V", "USD", None, "held", partition=name)], cycle="c")
    ledger.invoices.save([invoice("fine", partition="y")], cycle="c")
    assert ledger.open_partitions() == ["z", "x", "unfiled"]
