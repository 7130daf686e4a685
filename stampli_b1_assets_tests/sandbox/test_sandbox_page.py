"""The page about the sandbox names everything that can be switched on, in the program's own words.

`python -m stampli_b1_assets_tests.sandbox.test_sandbox_page` writes its two tables.
"""

import json
import re
import shlex
from pathlib import Path

import pytest

from stampli_b1_assets.sandbox.service_layer.control import Control
from stampli_b1_assets.sandbox.service_layer.faults import BROKEN_COMPANIES, FAULTS
from stampli_b1_assets.sandbox.service_layer.habits import HABITS

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"
TABLES = {"faults": ("fault | what happens", FAULTS), "states": ("state | what it means", BROKEN_COMPANIES | HABITS)}


def written(text):
    """The page with its tables as they must be."""
    for name, (head, rows) in TABLES.items():
        table = "\n".join([f"| {head} |", "| --- | --- |", *(f"| `{one}` | {said} |" for one, said in rows.items())])
        begin, end = f"<!-- {name}: begin -->\n", f"\n<!-- {name}: end -->"
        text = f"{text.partition(begin)[0]}{begin}{table}{end}{text.partition(end)[2]}"
    return text


def test_the_tables_are_what_the_program_knows():
    text = PAGE.read_text(encoding="utf-8")
    assert text == written(text)


def commands():
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(r"curl [^`#\n]*\$CONTROL[^`#\n]*", text)


@pytest.mark.parametrize("command", commands())
def test_every_command_of_the_page_works(simulator, v2, entry, command):
    v2.post("JournalEntries", entry())  # 5001, which one of them cancels
    words = shlex.split(command)
    path = next(word for word in words if word.startswith("$CONTROL")).removeprefix("$CONTROL")
    body = words[words.index("-d") + 1] if "-d" in words else ""
    method = words[words.index("-X") + 1] if "-X" in words else "POST" if body else "GET"
    status, document = Control(simulator.application).handle(method, path, body.encode())
    assert status == 200, document
    assert json.dumps(document, default=str)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
