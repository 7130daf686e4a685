"""Which files are looked at, which names are bad, and when a file has settled."""

from datetime import UTC, datetime, timedelta

import pytest

from stampli_b1_assets.stampli.listing import RemoteFile, is_bad_name, is_passed_over, settled

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.csv",
        "~draft.csv",
        "a.csv.part",
        "a.PART",
        "a.tmp",
        "a.csv.Tmp",
        "a.filepart",
        "a.csv~",
        ".",
        "~",
        ".part",
    ],
)
def test_passed_over(name):
    assert is_passed_over(name)


@pytest.mark.parametrize(
    "name", ["a.csv", "part", "tmp.csv", "a.part.csv", "a~b.csv", "a.tmp.xml", "A.CSV", "a", "a .csv"]
)
def test_looked_at(name):
    assert not is_passed_over(name)


@pytest.mark.parametrize(
    "name",
    ["", "a/b.csv", "../../etc/passwd", "a\\b.csv", "a\0.csv", "a\nb.csv", "a\x1b[0m.csv", "a\x7f", "a\x85", "\udce9"],
)
def test_bad_names(name):
    assert is_bad_name(name)


@pytest.mark.parametrize(
    "name", ["a.csv", "..csv", "Rechnung März (2).csv", "請求書.csv", "=cmd.csv", "a'b\".csv", "-rf", "a b"]
)
def test_names_that_are_only_labels(name):
    assert not is_bad_name(name)


def split(files, *, seen=None, seconds=30):
    """Names of the settled and of the others; `seen` gives the age of the first listing by name."""
    first = {file: NOW - timedelta(seconds=(seen or {})[file.name]) for file in files if file.name in (seen or {})}
    ready, waiting = settled(files, first_seen=first, now=NOW, settle_seconds=seconds)
    return [file.name for file in ready], [file.name for file in waiting]


def aged(name, seconds):
    return RemoteFile(name, 7, int(NOW.timestamp()) - seconds)


@pytest.mark.parametrize(("age", "is_ready"), [(29, False), (30, True), (31, True), (10**9, True)])
def test_an_mtime_old_enough_settles_at_the_first_listing(age, is_ready):
    ready, waiting = split([aged("a.csv", age)])
    assert (ready, waiting) == ((["a.csv"], []) if is_ready else ([], ["a.csv"]))


@pytest.mark.parametrize("age", [0, -60, -(10**8)])
@pytest.mark.parametrize(("seen", "is_ready"), [(29, False), (30, True)])
def test_a_server_whose_clock_is_ahead_settles_by_two_listings(age, seen, is_ready):
    ready, _ = split([aged("a.csv", age)], seen={"a.csv": seen})
    assert bool(ready) == is_ready


def test_zero_seconds_settle_at_once():
    assert split([aged("a.csv", -500)], seconds=0) == (["a.csv"], [])


def test_both_parts_come_by_mtime_and_name():
    files = [aged("c", 60), aged("b", 90), aged("a", 60), aged("z", 3), aged("y", 5), aged("x", 3)]
    assert split(files) == (["b", "a", "c"], ["y", "x", "z"])
