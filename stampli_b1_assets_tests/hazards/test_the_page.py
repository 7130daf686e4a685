"""docs/hazards.md accounts for every hazard, and the tests that it names exist."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "hazards.md").read_text(encoding="utf-8")
ACCOUNTING, PICKING_UP = PAGE.split("## Picking files up")
TABLES = {"hazard": (ACCOUNTING, 72), "pickup": (PICKING_UP, 17)}


def rows(text: str) -> dict[int, str]:
    return {int(number): row for number, row in re.findall(r"^\| (\d+) (\|.*\|)$", text, re.MULTILINE)}


@pytest.mark.parametrize("kind", TABLES)
def test_every_hazard_has_its_row(kind):
    text, count = TABLES[kind]
    assert list(rows(text)) == list(range(1, count + 1))


def test_the_tests_that_are_named_exist():
    defined = {
        name
        for path in TESTS.rglob("test_*.py")
        for name in re.findall(r"^\s*def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named - defined == set()


@pytest.mark.parametrize("kind", TABLES)
def test_a_row_names_its_test_or_says_why_there_is_none(kind):
    text, _ = TABLES[kind]
    for number, row in rows(text).items():
        shown = row.rstrip("|").rpartition("|")[2]
        assert f"test_{kind}_{number:02}_" in shown or "not met" in shown.casefold(), f"{kind} {number}"
