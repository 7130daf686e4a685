"""The audit trail as lines of text."""

import csv
import io
import json

import pytest

from stampli_b1_assets.ledger.export import as_csv, as_json_lines

SUBJECTS = ["1", "=cmd|' /C calc'!A0", "-5", "+1", "@x", "\tx", "\0x", 'a "quoted", name\nin two lines', "ü", "\udc80"]


@pytest.fixture
def trail(ledger):
    for subject in SUBJECTS:
        ledger.audit.append("e", subject, "=ann", {"subject": subject, "amount": "-5.00"})
    return ledger


def test_json_lines_are_verbatim(trail):
    lines = [json.loads(line) for line in as_json_lines(trail.audit.export())]
    assert [line["subject"] for line in lines] == SUBJECTS
    assert [json.loads(line["data"])["subject"] for line in lines] == SUBJECTS
    assert lines[-1]["hash"] == trail.audit.head().hash


def test_csv_is_harmless_in_a_spreadsheet(trail):
    text = "".join(as_csv(trail.audit.export()))
    text.encode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["subject"] for row in rows] == [
        "1",
        "'=cmd|' /C calc'!A0",
        "'-5",
        "'+1",
        "'@x",
        "'\tx",
        "\\x00x",
        'a "quoted", name\nin two lines',
        "ü",
        "\\udc80",
    ]
    assert {row["who"] for row in rows} == {"'=ann"}
    assert rows[1]["sequence"] == "2"


def test_an_empty_trail_has_a_header(ledger):
    assert list(as_json_lines(ledger.audit.export())) == []
    assert list(as_csv(ledger.audit.export())) == ["sequence,at,event,subject,who,data,previous_hash,hash\r\n"]
