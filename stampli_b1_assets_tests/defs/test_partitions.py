"""Ranges of partitions: every wanted key is covered, and what lies far apart gets a run of its own."""

import dagster as dg
import pytest
from sqlalchemy.exc import IntegrityError

from stampli_b1_assets.defs.partitions import add_missing, ranges

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


def test_keys_that_another_process_adds_at_the_same_moment_are_there_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        look = instance.get_dynamic_partitions

        def looked_too_early(name: str) -> list[str]:
            seen = list(look(name))
            monkeypatch.setattr(instance, "get_dynamic_partitions", look)
            instance.add_dynamic_partitions(name, ["k002"])
            return seen

        def refusing(name: str, keys: list[str]) -> None:
            """As SQLite and PostgreSQL do when Dagster's own look was too early as well."""
            if set(keys) & set(look(name)):
                raise IntegrityError("INSERT", {}, ValueError("UNIQUE constraint failed"))
            add(name, keys)

        add = instance.add_dynamic_partitions
        monkeypatch.setattr(instance, "get_dynamic_partitions", looked_too_early)
        monkeypatch.setattr(instance, "add_dynamic_partitions", refusing)
        add_missing(instance, "linden", ["k001", "k002", "k003"])
        assert list(look("linden_files")) == ["k002", "k001", "k003"]
