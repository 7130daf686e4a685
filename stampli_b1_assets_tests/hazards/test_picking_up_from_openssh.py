"""Picking up from OpenSSH's own server: what the other tests show with the sandbox's, shown with the real thing.

Where sshd is not installed these are skipped, and say so.
"""

import os
from types import SimpleNamespace

import pytest

from stampli_b1_assets.errors import StampliUnusable
from stampli_b1_assets_tests.fixtures.sshd import new_key, public_line
from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.hazards.outbox import MTIME, Outbox, files, refusals
from stampli_b1_assets_tests.hazards.story import NEIGHBOUR, counts, neighbour_is_posted

pytestmark = pytest.mark.sshd


@pytest.fixture
def openssh(bench, sshd, configure):
    """The bench, fetching from OpenSSH's server; files are taken at once."""
    settings = sshd.settings(settle_seconds=0).model_dump(mode="json")
    configure("stampli", **{name: "" if value is None else value for name, value in settings.items()})
    return Outbox(bench, SimpleNamespace(root=sshd.folder, faults=None))


def test_pickup_01_openssh_s_files_settle_and_uploads_are_passed_over(openssh, configure):
    configure("stampli", settle_seconds=30)
    for name in ("a.csv.part", ".hidden.csv", "b.csv~", "~c.csv", "d.TMP", "e.filepart"):
        openssh.put(name, *invoice_rows("9001"))
    openssh.put("growing.csv", csv_bytes(*invoice_rows("9002"))[:-9], mtime=openssh.now())
    openssh.put("neighbour.csv", *NEIGHBOUR)
    assert files(openssh.cycle()) == {"taken": 1, "unsettled": 1}
    openssh.put("growing.csv", *invoice_rows("9002"), mtime=openssh.now() + 5)
    assert files(openssh.cycle(seconds_later=10)) == {"known": 1, "unsettled": 1}
    assert counts(openssh.cycle(seconds_later=60)) == {"posted": 1}
    assert neighbour_is_posted(openssh.bench)


def test_pickup_03_04_05_openssh_s_files_are_known_by_name_size_time_and_bytes(openssh):
    openssh.put("new.csv", *NEIGHBOUR)
    assert files(openssh.cycle()) == {"taken": 1}
    openssh.put("old.csv", *invoice_rows("9001"), mtime=1)
    assert files(openssh.cycle()) == {"taken": 1, "known": 1}
    openssh.put("old.csv", *invoice_rows("9002"), mtime=2)
    openssh.put("copy.csv", *NEIGHBOUR, mtime=MTIME + 1)
    assert files(openssh.cycle()) == {"taken": 1, "known": 2}
    assert len(openssh.landed()) == len(openssh.bench.entries()) == 3
    assert neighbour_is_posted(openssh.bench)


def test_pickup_06_openssh_s_files_are_taken_by_time_and_then_by_name(openssh):
    openssh.put("a.csv", *invoice_rows("9001", invoice_amount="3.00"), mtime=MTIME + 2)
    openssh.put("b.csv", *invoice_rows("9001", invoice_amount="2.00"), mtime=MTIME + 1)
    openssh.put("c.csv", *invoice_rows("9001", invoice_amount="1.00"), mtime=MTIME + 1)
    openssh.cycle()
    (entry,) = openssh.bench.entries()
    assert entry["Reference3"] == "b.csv"


def test_pickup_08_openssh_s_folder_of_many_files_is_listed_whole(openssh):
    exports = [csv_bytes(*invoice_rows(f"900{number}")) for number in range(3)]
    for number in range(400):
        openssh.put(f"export-{number:04}.csv", exports[number % 3])
    openssh.put("zz-neighbour.csv", *NEIGHBOUR, mtime=MTIME + 9)
    assert files(openssh.cycle()) == {"taken": 4, "known": 397}
    assert files(openssh.cycle()) == {"known": 401}
    assert neighbour_is_posted(openssh.bench)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_pickup_09_openssh_s_refusal_of_one_file_stops_no_other(openssh):
    openssh.put("a.csv", *invoice_rows("9001")).chmod(0)
    openssh.put("neighbour.csv", *NEIGHBOUR, mtime=MTIME + 1)
    assert files(openssh.cycle()) == {"taken": 1, "unsettled": 1}
    assert neighbour_is_posted(openssh.bench)


def test_pickup_10_another_host_key_of_openssh_s_stops_everything(openssh, configure, tmp_path):
    openssh.put("a.csv", *invoice_rows("9001"))
    configure("stampli", host_keys=[public_line(new_key(tmp_path / "other" / "key"))])
    with pytest.raises(StampliUnusable, match="showed the host key"):
        openssh.cycle()
    assert openssh.bench.entries() == []


@pytest.mark.parametrize("name", [b"a\\b.csv", b"new\nline.csv", b"bell\x07.csv", b"\xff\xfe.csv"], ids=repr)
def test_pickup_11_a_hostile_name_from_openssh_is_refused_unread(openssh, name):
    (openssh.outbound / os.fsdecode(name)).write_bytes(csv_bytes(*invoice_rows("9001")))
    openssh.put("neighbour.csv", *NEIGHBOUR)
    summary = openssh.cycle()
    assert files(summary) == {"taken": 1, "refused": 1}
    assert set(refusals(summary).values()) == {"BAD_NAME"}
    assert len(openssh.landed()) == 1
    assert neighbour_is_posted(openssh.bench)


def test_pickup_11_openssh_s_links_folders_and_pipes_are_not_followed(openssh):
    outside = openssh.server.root / "secret.csv"
    outside.write_bytes(csv_bytes(*invoice_rows("9001")))
    (openssh.outbound / "link.csv").symlink_to(outside)
    (openssh.outbound / "loop").symlink_to(openssh.outbound)
    (openssh.outbound / "folder.csv").mkdir()
    os.mkfifo(openssh.outbound / "fifo.csv")
    openssh.put("neighbour.csv", *NEIGHBOUR)
    assert files(openssh.cycle()) == {"taken": 1}
    assert len(openssh.bench.entries()) == 1


def test_pickup_12_13_sizes_that_openssh_tells_are_believed(openssh, configure):
    configure("stampli", max_file_mb=1)
    openssh.put("big.csv", csv_bytes(*invoice_rows("9001")).ljust(1_000_001))
    openssh.put("empty.csv", b"")
    openssh.put("neighbour.csv", *NEIGHBOUR)
    assert refusals(openssh.cycle()) == {"big.csv": "TOO_LARGE", "empty.csv": "EMPTY_FILE"}
    assert neighbour_is_posted(openssh.bench)
