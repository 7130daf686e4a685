"""Ranges of partitions: every wanted key is covered, and what lies far apart gets a run of its own."""

import pytest

from stampli_b1_assets.defs.partitions import ranges

KEYS = [f"k{number:03}" for number in range(100)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([], []),
        (["k005"], [("k005", "k005")]),
        (["k005", "k006", "k007"], [("k005", "k007")]),
        (["k007", "k005"], [("k005", "k007")]),
        (["k000", "k021"], [("k000", "k021")]),
        (["k000", "k022"], [("k000", "k000"), ("k022", "k022")]),
        (["k000", "k050", "k051", "k099"], [("k000", "k000"), ("k050", "k051"), ("k099", "k099")]),
    ],
)
def test_ranges_cover_what_is_wanted(wanted: list[str], expected: list[tuple[str, str]]) -> None:
    assert ranges(KEYS, wanted) == expected


def test_a_key_named_twice_is_one() -> None:
    assert ranges(KEYS, ["k001", "k001"]) == [("k001", "k001")]
