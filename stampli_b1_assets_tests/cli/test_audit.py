"""`audit verify` and `audit export`: is the trail whole, and what does it say."""

import csv
import io
import json
import sqlite3
from contextlib import closing

import pytest

from stampli_b1_assets_tests.fixtures.world import World, invoice_rows


@pytest.fixture
def trail(world: World, bring) -> World:
    """A company with one posting on record, from a file whose name looks like a formula."""
    bring("=HYPERLINK(1).csv", *invoice_rows("9001"))
    return world


@pytest.fixture
def tamper(trail: World):
    """Change the ledger's file behind the program's back; the triggers that forbid it are dropped first."""

    def tamper(statement: str) -> None:
        with closing(sqlite3.connect(trail.home / "ledger.db")) as connection:
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute(statement)
            connection.commit()

    return tamper


class TestVerify:
    def test_a_whole_trail_is_0_and_its_head_is_named(self, trail, command):
        with trail.workplace() as workplace:
            head = workplace.ledger.audit.head()
        ran = command("audit", "verify")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out == f"linden: {head.sequence} records, all whole.\nHead {head}\n"
        document = {"company": "linden", "records": head.sequence, "head": str(head)}
        assert command("audit", "verify", "--json").json == document

    def test_neither_system_is_asked(self, trail, command):
        trail.configure(lambda document: document["stampli"].update(port=1))
        trail.configure(lambda document: document["b1"].update(service_layer_url="http://127.0.0.1:1/b1s/v2"))
        assert command("audit", "verify").code == 0

    @pytest.mark.parametrize(
        ("statement", "says"),
        [
            (
                "UPDATE audit SET data = replace(data, '100.00', '900.00') WHERE event = 'invoice.posted'",
                " was altered",
            ),
            ("UPDATE audit SET who = 'somebody else' WHERE sequence = 2", "Audit record 2 was altered"),
            ("DELETE FROM audit WHERE sequence = 3", "Audit record 3 is missing"),
            ("DELETE FROM audit WHERE sequence = (SELECT max(sequence) FROM audit)", " is missing: "),
        ],
    )
    def test_an_altered_trail_is_1_and_the_first_bad_record_is_named(self, tamper, command, statement, says):
        tamper(statement)
        ran = command("audit", "verify", "--json")
        assert ran.code == 1
        assert ran.json["company"] == "linden"
        assert says in ran.json["error"]
        assert ran.json["remedy"]
        assert ran.err.startswith("Audit record ")
        assert "Traceback" not in ran.err

    def test_a_head_that_was_noted_elsewhere_must_still_be_there(self, trail, command):
        with trail.workplace() as workplace:
            head = workplace.ledger.audit.head()
            earlier = next(iter(workplace.ledger.audit.export()))
        assert command("audit", "verify", "--head", str(head), "--head", f"1:{earlier.hash}").code == 0
        ran = command("audit", "verify", "--head", f"1:{'0' * 64}")
        assert ran.code == 1
        assert "Audit record 1 is not the one that a head that was kept elsewhere names" in ran.err
        ran = command("audit", "verify", "--head", f"{head.sequence + 5}:{head.hash}")
        assert ran.code == 1
        assert "is missing" in ran.err


class TestExport:
    def test_json_lines_are_the_records_verbatim(self, trail, command):
        ran = command("audit", "export")
        assert (ran.code, ran.err) == (0, "")
        records = [json.loads(line) for line in ran.out.splitlines()]
        with trail.workplace() as workplace:
            expected = list(workplace.ledger.audit.export())
        assert [(one["sequence"], one["hash"], one["data"]) for one in records] == [
            (one.sequence, one.hash, one.data) for one in expected
        ]
        assert "=HYPERLINK(1).csv" in {one["subject"] for one in records}

    def test_csv_defuses_formulas(self, trail, command):
        ran = command("audit", "export", "--format", "csv")
        rows = list(csv.DictReader(io.StringIO(ran.out)))
        assert "'=HYPERLINK(1).csv" in {row["subject"] for row in rows}
        assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())
        assert [int(row["sequence"]) for row in rows] == list(range(1, len(rows) + 1))

    @pytest.mark.parametrize("form", ["csv", "jsonl"])
    def test_into_a_file(self, trail, command, tmp_path, form):
        path = tmp_path / f"trail.{form}"
        printed = command("audit", "export", "--format", form).out
        ran = command("audit", "export", "--format", form, "--output", path)
        count = printed.count("\n") - (form == "csv")
        assert (ran.code, ran.out) == (0, f"linden: {count} records written to {path}.\n")
        assert path.read_bytes().decode() == printed
        document = {"company": "linden", "records": count, "file": str(path)}
        assert command("audit", "export", "--format", form, "--output", path, "--json").json == document

    def test_json_is_one_document_also_without_a_file(self, trail, command):
        ran = command("audit", "export", "--format", "csv", "--json")
        assert ran.code == 0
        lines = command("audit", "export").out.splitlines()
        assert ran.json == {"company": "linden", "records": [json.loads(line) for line in lines]}

    def test_a_file_that_cannot_be_written_is_2(self, trail, command, tmp_path):
        ran = command("audit", "export", "--output", tmp_path / "nowhere" / "trail.jsonl", "--json")
        assert ran.code == 2
        assert "No such file or directory" in ran.err
        assert "No such file or directory" in ran.json["error"]
