"""Picking up, 1 to 9: when a file is taken, what makes it a new one, and what happens when fetching goes wrong."""

import pytest

from stampli_b1_assets.ledger.records import FileState
from stampli_b1_assets.pipeline.watching import crowd
from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.hazards.outbox import MTIME, connect, files, refusals
from stampli_b1_assets_tests.hazards.story import (
    NEIGHBOUR,
    counts,
    entries_of,
    neighbour_is_posted,
    waits,
)

INVOICES = [row for number in range(9001, 9006) for row in invoice_rows(str(number))]


def two_lines(id_):
    """An invoice of 100.00 in two lines of 50.00."""
    (first,) = invoice_rows(id_, line_amount="50.00")
    return [first, {**first, "Line #": "2"}]


# --- 1 half-written files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.csv.part", "a.csv.tmp", "a.csv.filepart", "a.csv~", ".a.csv", "~a.csv", "A.TMP"])
def test_pickup_01_an_upload_under_a_temporary_name_is_passed_over(outbox, name):
    outbox.put("neighbour.csv", *NEIGHBOUR)
    path = outbox.put(name, *invoice_rows("9001"))
    assert files(outbox.cycle()) == {"taken": 1}
    assert neighbour_is_posted(outbox.bench)
    path.rename(path.with_name("b.csv"))
    assert counts(outbox.cycle()) == {"posted": 1}


def test_pickup_01_a_file_that_still_grows_is_not_taken_until_it_has_settled(outbox, configure):
    configure("stampli", settle_seconds=30)
    whole = csv_bytes(*INVOICES)
    outbox.put("neighbour.csv", *NEIGHBOUR, mtime=outbox.now() - 31)
    for part in (whole[:300], whole[:700], whole):
        outbox.put("a.csv", part, mtime=outbox.now())
        summary = outbox.cycle()
        assert files(summary)["unsettled"] == 1
        assert summary["needs_a_person"] == []
        outbox.bench.clock.sleep(29)
    assert neighbour_is_posted(outbox.bench)
    assert len(outbox.bench.entries()) == 1
    assert outbox.cycle(seconds_later=1)["invoices"]["posted"] == 5


def test_pickup_01_a_file_that_only_seems_settled_proves_itself_by_its_content(outbox):
    outbox.put("neighbour.csv", *NEIGHBOUR)
    whole = csv_bytes(*INVOICES)
    cut = outbox.put("cut.csv", whole[:-40])
    outbox.put("cut.xml", b"<StampliExport><Invoice id='1'><Number>N</Number>")
    summary = outbox.cycle()
    assert refusals(summary) == {"cut.csv": "BROKEN_CSV", "cut.xml": "BROKEN_XML"}
    assert len(outbox.bench.entries()) == 1
    assert neighbour_is_posted(outbox.bench)
    outbox.put(cut.name, whole)
    assert counts(outbox.cycle()) == {"posted": 5}


def test_pickup_01_a_file_cut_between_two_rows_of_an_invoice_holds_that_invoice(outbox):
    first, second = two_lines("9001")
    outbox.put("a.csv", *NEIGHBOUR, first)
    assert waits(outbox.cycle()) == [("9001", "held", "TOTALS_DISAGREE")]
    assert neighbour_is_posted(outbox.bench)
    outbox.put("a.csv", *NEIGHBOUR, first, second)
    assert counts(outbox.cycle()) == {"posted": 1, "already_posted": 1}


# --- 2 changes while it is read ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["file_grows", "file_changes_after_stat"])
def test_pickup_02_a_file_that_changes_while_it_is_read_is_not_taken(outbox, fault):
    outbox.put("a.csv", *invoice_rows("9001"))
    outbox.put("neighbour.csv", *NEIGHBOUR)
    outbox.faults.arm(fault)
    summary = outbox.cycle()
    assert files(summary) == {"taken": 1, "unsettled": 1}
    assert len(outbox.bench.entries()) == 1
    assert len(outbox.landed()) == 1
    outbox.put("a.csv", *invoice_rows("9001"))
    outbox.put("neighbour.csv", *NEIGHBOUR)
    outbox.cycle()
    assert len(entries_of(outbox.bench, "9001")) == 1
    assert neighbour_is_posted(outbox.bench)


def test_pickup_02_what_is_appended_meanwhile_is_fetched_as_a_whole_later(outbox):
    path = outbox.put("a.csv", *invoice_rows("9001"))
    outbox.faults.arm("file_grows")  # a line that is no row
    assert files(outbox.cycle()) == {"unsettled": 1}
    assert path.read_bytes().endswith(b"grown\n")
    assert refusals(outbox.cycle()) == {"a.csv": "BROKEN_CSV"}
    assert outbox.bench.entries() == []


# --- 3 to 6 names, times, order ---------------------------------------------------------------------------------------


def test_pickup_03_a_file_with_an_old_mtime_is_not_missed(outbox):
    outbox.put("new.csv", *NEIGHBOUR, mtime=MTIME)
    outbox.cycle()
    outbox.put("old.csv", *invoice_rows("9001"), mtime=MTIME - 20 * 365 * 86_400)
    outbox.put("epoch.csv", *invoice_rows("9002"), mtime=0)
    summary = outbox.cycle()
    assert files(summary) == {"taken": 2, "known": 1}
    assert counts(summary) == {"posted": 2}
    assert neighbour_is_posted(outbox.bench)


def test_pickup_03_a_server_whose_clock_is_ahead_settles_by_two_listings(outbox, configure):
    configure("stampli", settle_seconds=30)
    outbox.put("a.csv", *NEIGHBOUR, mtime=outbox.now() + 7_200)
    assert files(outbox.cycle()) == {"unsettled": 1}
    assert files(outbox.cycle(seconds_later=29)) == {"unsettled": 1}
    assert files(outbox.cycle(seconds_later=1)) == {"taken": 1}
    assert neighbour_is_posted(outbox.bench)


@pytest.mark.parametrize("mtime", [MTIME, MTIME + 60, MTIME - 60])
def test_pickup_04_a_name_used_again_is_another_file(outbox, mtime):
    outbox.put("export.csv", *NEIGHBOUR)
    outbox.cycle()
    outbox.put("export.csv", *invoice_rows("9001"), *invoice_rows("9002"), mtime=mtime)
    summary = outbox.cycle()
    assert files(summary) == {"taken": 1}
    assert counts(summary) == {"posted": 2}
    assert len(outbox.landed()) == 2
    assert neighbour_is_posted(outbox.bench)


def test_pickup_05_the_same_bytes_under_another_name_or_time_are_known(outbox):
    outbox.put("a.csv", *INVOICES, *NEIGHBOUR)
    outbox.cycle()
    outbox.put("renamed.csv", *INVOICES, *NEIGHBOUR)
    outbox.put("a.csv", *INVOICES, *NEIGHBOUR, mtime=MTIME + 5)
    summary = outbox.cycle()
    assert files(summary) == {"known": 2}
    assert summary["invoices"]["seen"] == 0
    assert len(outbox.bench.entries()) == 6
    assert len(outbox.landed()) == 1
    trail = [one for one in outbox.bench.ledger().audit.export() if one.event == f"file.{FileState.KNOWN}"]
    assert {one.subject for one in trail} == {"a.csv", "renamed.csv"}
    assert all("The same bytes as a.csv." in one.data for one in trail)


def test_pickup_05_refused_bytes_that_come_again_are_refused_under_their_own_name(outbox):
    outbox.put("a.csv", b"Colour\nblue\n")
    outbox.cycle()
    outbox.put("b.csv", b"Colour\nblue\n")
    details = {one["file"]: one["detail"] for one in outbox.cycle()["files"]["refused"]}
    assert details["a.csv"].startswith("a.csv fits no kind of file")
    assert details["b.csv"].startswith("b.csv has the same bytes as a.csv, which was refused: a.csv fits")


@pytest.mark.parametrize(("first", "second"), [("z.csv", "a.csv"), ("a.csv", "z.csv")])
def test_pickup_06_files_of_one_cycle_are_taken_by_time_and_then_by_name(outbox, first, second):
    outbox.put(second, *invoice_rows("9001", invoice_amount="200.00"), mtime=MTIME + 1)
    outbox.put(first, *invoice_rows("9001"), *NEIGHBOUR, mtime=MTIME)
    summary = outbox.cycle()
    assert waits(summary) == [("9001", "conflict", "CHANGED_AFTER_POSTING")]
    assert summary["amounts"]["USD"]["conflict"] == "200.00"
    (entry,) = entries_of(outbox.bench, "9001")
    assert entry["Reference3"] == first
    assert neighbour_is_posted(outbox.bench)


def test_pickup_06_of_one_time_the_name_decides(outbox):
    outbox.put("b.csv", *invoice_rows("9001", invoice_amount="200.00"))
    outbox.put("a.csv", *invoice_rows("9001"))
    outbox.cycle()
    assert entries_of(outbox.bench, "9001")[0]["Reference3"] == "a.csv"


@pytest.mark.parametrize("is_vendor_first", [True, False])
def test_pickup_06_an_invoice_may_come_before_its_vendor(outbox, configure, is_vendor_first):
    configure("posting", new_vendors="from_vendor_file")
    vendor = b"Vendor ID,Vendor Name,Status\r\nV777,Seventh Quarry,Active\r\n"
    puts = [
        lambda: outbox.put("vendors.csv", vendor),
        lambda: outbox.put("invoices.csv", *invoice_rows("9001", vendor_id="V777"), *NEIGHBOUR),
    ]
    for put in puts if is_vendor_first else reversed(puts):
        put()
        summary = outbox.cycle()
    assert summary["invoices"]["held"] == 0
    assert len(entries_of(outbox.bench, "9001")) == 1
    assert neighbour_is_posted(outbox.bench)


# --- 7 archiving ------------------------------------------------------------------------------------------------------


def test_pickup_07_by_default_the_server_is_never_written_to(outbox):
    outbox.put("clean.csv", *NEIGHBOUR)
    outbox.put("held.csv", *invoice_rows("9001", gl_account="4711"))
    outbox.put("broken.csv", b"Stampli Invoice ID,Line #,GL Account\n1,2\n")
    before = outbox.everything()
    outbox.cycle()
    outbox.cycle()
    assert outbox.everything() == before
    assert {path.name for path in outbox.server.root.iterdir()} == {"outbound", "inbound"}


def test_pickup_07_when_told_to_clean_files_are_renamed_into_the_archive(outbox, configure):
    configure("stampli", archive="/archive")
    outbox.put("clean.csv", *NEIGHBOUR)
    outbox.put("held.csv", *invoice_rows("9001", gl_account="4711"))
    outbox.put("broken.csv", b"Stampli Invoice ID,Line #,GL Account\n1,2\n")
    outbox.cycle()
    assert {path.name for path in outbox.outbound.iterdir()} == {"held.csv", "broken.csv"}
    (archived,) = (outbox.server.root / "archive" / "2026" / "04").iterdir()
    (copy,) = (path for path in outbox.landed() if path.read_bytes() == csv_bytes(*NEIGHBOUR))
    assert archived.name == f"clean.csv.{copy.parent.name}{copy.name[:6]}"
    assert archived.read_bytes() == copy.read_bytes()
    mapping = outbox.bench.directory / "mappings" / "gl_accounts.csv"
    mapping.write_text(mapping.read_text(encoding="utf-8") + "4711,001300\n", encoding="utf-8")
    summary = outbox.cycle()
    assert counts(summary) == {"posted": 1}
    assert {path.name for path in outbox.outbound.iterdir()} == {"broken.csv"}
    assert neighbour_is_posted(outbox.bench)
    assert [one.subject for one in outbox.bench.ledger().audit.export() if one.event == "file.archived"] == [
        "clean.csv",
        "held.csv",
    ]


def test_pickup_07_nothing_in_the_archive_is_overwritten_and_a_move_that_fails_harms_nothing(outbox, configure):
    configure("stampli", archive="/archive")
    outbox.put("a.csv", *NEIGHBOUR)
    outbox.cycle()
    (archived,) = (outbox.server.root / "archive" / "2026" / "04").iterdir()
    archived.write_bytes(b"someone else's")
    outbox.put("a.csv", *NEIGHBOUR)
    outbox.put("b.csv", *invoice_rows("9001"))
    assert counts(outbox.cycle()) == {"posted": 1}
    assert archived.read_bytes() == b"someone else's"
    assert {path.name for path in outbox.outbound.iterdir()} == {"a.csv"}
    assert neighbour_is_posted(outbox.bench)


@pytest.mark.sshd
def test_pickup_07_openssh_s_own_server_is_fetched_from_and_archived_on_likewise(bench, sshd, configure):
    settings = sshd.settings(archive=f"{sshd.folder}/archive", settle_seconds=0).model_dump(mode="json")
    configure("stampli", **{name: "" if value is None else value for name, value in settings.items()})
    bench._stampli = connect
    sshd.put("clean.csv", csv_bytes(*NEIGHBOUR), MTIME)
    sshd.put("held.csv", csv_bytes(*invoice_rows("9001", gl_account="4711")), MTIME)
    (sshd.outbound / "bad\\name.csv").write_bytes(b"x")
    assert files(bench.cycle("first")) == {"taken": 2, "refused": 1}
    assert neighbour_is_posted(bench)
    (archived,) = (sshd.folder / "archive" / "2026" / "04").iterdir()
    assert archived.read_bytes() == csv_bytes(*NEIGHBOUR)
    assert {path.name for path in sshd.outbound.iterdir()} == {"held.csv", "bad\\name.csv"}
    assert files(bench.cycle("second")) == {"known": 1, "refused": 1}
    assert len(bench.entries()) == 1


# --- 8 many files -----------------------------------------------------------------------------------------------------


def test_pickup_08_a_folder_with_very_many_files_is_listed_whole_and_known_ones_are_no_work(outbox):
    exports = [csv_bytes(*invoice_rows(f"9{number:03}")) for number in range(3)]
    for number in range(200):
        outbox.put(f"export-{number:04}.csv", exports[number % 3])
    outbox.put("zz-neighbour.csv", *NEIGHBOUR, mtime=MTIME + 9)
    assert files(outbox.cycle()) == {"taken": 4, "known": 197}
    assert neighbour_is_posted(outbox.bench)
    logins = len(outbox.server.logins)
    assert files(outbox.cycle()) == {"known": 201}
    assert len(outbox.server.logins) == logins + 1
    assert len(outbox.bench.entries()) == 4


def test_pickup_08_so_many_files_that_an_alarm_is_raised_are_taken_all_the_same(outbox, configure):
    configure("stampli", alarm_files=3)
    outbox.put("a.csv", *invoice_rows("9001"))
    outbox.put("b.csv", *NEIGHBOUR)
    with outbox.bench.workplace() as workplace:
        assert crowd(workplace, 2) == ""
        assert crowd(workplace, 3) == (
            "/outbound holds 3 files; an alert is set at 3, for listing them takes ever longer."
        )
    outbox.put("c.csv", *invoice_rows("9003"))
    assert files(outbox.cycle()) == {"taken": 3}


# --- 9 fetching fails -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["no_permission", "cut_mid_file"])
def test_pickup_09_a_failure_that_lasts_is_one_file_s_and_no_neighbour_s(outbox, configure, fault):
    configure("stampli", downloads=1)
    outbox.put("a.csv", *invoice_rows("9001"))
    outbox.put("neighbour.csv", *NEIGHBOUR, mtime=MTIME + 1)
    outbox.faults.arm(fault, 3)  # as often as a file is tried
    summary = outbox.cycle()
    assert files(summary) == {"taken": 1, "unsettled": 1}
    assert counts(summary) == {"posted": 1}
    assert neighbour_is_posted(outbox.bench)
    assert counts(outbox.cycle()) == {"posted": 1}
    assert len(outbox.bench.entries()) == 2


def test_pickup_09_a_connection_lost_midway_is_made_again_in_the_same_cycle(outbox):
    outbox.put("a.csv", *invoice_rows("9001", memo="x" * 90_000))
    outbox.faults.arm("cut_mid_file", 1)
    assert counts(outbox.cycle()) == {"posted": 1}
    (copy,) = outbox.landed()
    assert copy.read_bytes() == (outbox.outbound / "a.csv").read_bytes()


def test_pickup_09_a_file_that_vanishes_after_the_listing_is_no_error(outbox):
    outbox.put("a.csv", *invoice_rows("9001"))
    outbox.put("neighbour.csv", *NEIGHBOUR, mtime=MTIME + 1)
    outbox.faults.arm("file_vanishes")
    assert counts(outbox.cycle()) == {"posted": 1}
    (gone,) = {"a.csv", "neighbour.csv"} - {path.name for path in outbox.outbound.iterdir()}
    assert files(outbox.cycle()) == {"known": 1}
    outbox.put(gone, *(NEIGHBOUR if gone == "neighbour.csv" else invoice_rows("9001")))
    assert counts(outbox.cycle()) == {"posted": 1}
    assert len(outbox.bench.entries()) == 2
    assert neighbour_is_posted(outbox.bench)


def test_pickup_09_only_whole_copies_lie_in_landing(outbox):
    outbox.put("a.csv", *INVOICES, *NEIGHBOUR)
    outbox.faults.arm("cut_mid_file", 100)
    outbox.cycle()
    assert outbox.landed() == []
    outbox.faults.armed.clear()
    outbox.cycle()
    assert [path.read_bytes() for path in outbox.landed()] == [csv_bytes(*INVOICES, *NEIGHBOUR)]
    assert neighbour_is_posted(outbox.bench)
