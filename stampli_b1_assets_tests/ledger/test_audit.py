"""The audit trail: whatever is altered, removed, swapped, inserted or cut off is found, and named."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from sqlalchemy.exc import DBAPIError

from stampli_b1_assets.errors import AuditBroken, LedgerUnusable
from stampli_b1_assets.ledger import chain
from stampli_b1_assets.ledger.chain import GENESIS, record_hash
from stampli_b1_assets.ledger.ledger import Ledger
from stampli_b1_assets.ledger.records import AuditHead

LENGTH = 6
POSITIONS = range(1, LENGTH + 1)
COLUMNS = ("at", "event", "subject", "who", "data", "previous_hash", "hash")

Sql = Callable[..., list]


@pytest.fixture
def trail(ledger, sql) -> Ledger:
    """A trail of six records, which the triggers do not protect any more."""
    for number in POSITIONS:
        ledger.audit.append("thing.done", f"subject {number}", "ann", {"number": number})
    drop_triggers(sql)
    return ledger


def drop_triggers(sql: Sql) -> None:
    is_sqlite = _is_sqlite(sql)
    for name in ("audit_no_update", "audit_no_delete") if is_sqlite else ("audit_no_change", "audit_no_truncate"):
        sql(f"DROP TRIGGER {name}" + ("" if is_sqlite else " ON audit"))


def _is_sqlite(sql: Sql) -> bool:
    try:
        sql("SELECT 1 FROM sqlite_master")
    except DBAPIError:
        return False
    return True


def broken_at(ledger: Ledger, anchors=()) -> int:
    with pytest.raises(AuditBroken) as broken:
        ledger.audit.verify(anchors)
    assert f"{broken.value.sequence}" in str(broken.value) or "head" in str(broken.value)
    return broken.value.sequence


def rehash(sql: Sql, sequence: int) -> str:
    """Give a record the hash of its content, as somebody who knows the method would."""
    (row,) = sql("SELECT * FROM audit WHERE sequence = :n", {"n": sequence})
    made = record_hash(row._mapping)
    sql("UPDATE audit SET hash = :hash WHERE sequence = :n", {"hash": made, "n": sequence})
    return made


def rewrite_from(sql: Sql, sequence: int, length: int = LENGTH) -> None:
    """Make the whole rest of the chain, and the head, agree with a record."""
    for number in range(sequence, length + 1):
        made = rehash(sql, number)
        sql("UPDATE audit SET previous_hash = :hash WHERE sequence = :n", {"hash": made, "n": number + 1})
    sql("UPDATE audit_heads SET hash = :hash", {"hash": made})


def renumber(sql: Sql, first: int, by: int) -> None:
    """Move all records from `first` on up or down by one."""
    sql("UPDATE audit SET sequence = -sequence WHERE sequence >= :first", {"first": first})
    sql("UPDATE audit SET sequence = -sequence + :by WHERE sequence < 0", {"by": by})


class TestGrowing:
    def test_it_holds_at_every_length(self, ledger):
        assert ledger.audit.head() == GENESIS
        assert ledger.audit.verify() == 0
        for number in POSITIONS:
            record = ledger.audit.append("e", "s", "w", {})
            assert ledger.audit.head() == AuditHead(number, record.hash)
            assert ledger.audit.verify() == number

    def test_each_record_hangs_on_the_one_before(self, trail):
        records = list(trail.audit.export())
        assert [record.sequence for record in records] == list(POSITIONS)
        assert [record.previous_hash for record in records] == [GENESIS.hash, *(record.hash for record in records[:-1])]
        assert len({record.hash for record in records}) == LENGTH
        assert json.loads(records[2].data) == {"number": 3}

    def test_it_is_read_and_checked_in_pieces(self, trail, monkeypatch):
        monkeypatch.setattr(chain, "_CHUNK", 2)
        monkeypatch.setattr("stampli_b1_assets.ledger.audit._CHUNK", 2)
        assert trail.audit.verify() == LENGTH
        assert [record.sequence for record in trail.audit.export()] == list(POSITIONS)
        assert [record.sequence for record in trail.audit.export(after=4)] == [5, 6]

    def test_any_text_can_be_on_record(self, ledger):
        subject = "file\udc80\0\n\\u0000 ü"
        made = ledger.audit.append("e", subject, "Ünal", {"détail": subject, "amount": "1.10"})
        (found,) = ledger.audit.export(subject=subject)
        assert found == made
        assert json.loads(found.data)["détail"] == subject
        ledger.audit.verify()

    def test_secrets_are_blacked_out(self, ledger):
        record = ledger.audit.append("e", "s", "w", {"login": {"Password": "hunter2", "user": "ann", "iban": ""}})
        assert json.loads(record.data) == {"login": {"Password": "(blacked out)", "user": "ann", "iban": ""}}

    def test_a_float_is_refused(self, ledger):
        with pytest.raises(TypeError, match="float"):
            ledger.audit.append("e", "s", "w", {"amount": 1.5})
        assert ledger.audit.head() == GENESIS

    @pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'bob'", "DELETE FROM audit"])
    def test_the_database_itself_refuses_changes(self, ledger, sql, statement):
        ledger.audit.append("e", "s", "ann", {})
        with pytest.raises(DBAPIError, match="append-only"):
            sql(statement)
        assert ledger.audit.verify() == 1


class TestTampering:
    @pytest.mark.parametrize("column", COLUMNS)
    @pytest.mark.parametrize("position", POSITIONS)
    def test_an_altered_value(self, trail, sql, position, column):
        sql(f"UPDATE audit SET {column} = {column} || ' ' WHERE sequence = :n", {"n": position})
        assert broken_at(trail) == position

    @pytest.mark.parametrize("position", POSITIONS)
    def test_an_altered_value_with_a_new_hash(self, trail, sql, position):
        sql("UPDATE audit SET data = :data WHERE sequence = :n", {"data": '{"number":0}', "n": position})
        rehash(sql, position)
        assert broken_at(trail) == position

    @pytest.mark.parametrize("position", POSITIONS[1:])
    def test_a_record_hung_on_another_one(self, trail, sql, position):
        sql("UPDATE audit SET previous_hash = :hash WHERE sequence = :n", {"hash": "f" * 64, "n": position})
        rehash(sql, position)
        assert broken_at(trail) == position

    @pytest.mark.parametrize("position", POSITIONS)
    def test_text_moved_from_one_column_to_the_next(self, trail, sql, position):
        sql("UPDATE audit SET event = event || subject, subject = '' WHERE sequence = :n", {"n": position})
        assert broken_at(trail) == position

    @pytest.mark.parametrize("position", POSITIONS)
    def test_a_removed_record(self, trail, sql, position):
        sql("DELETE FROM audit WHERE sequence = :n", {"n": position})
        assert broken_at(trail) == position

    @pytest.mark.parametrize("position", POSITIONS)
    def test_a_removed_record_whose_gap_was_closed(self, trail, sql, position):
        sql("DELETE FROM audit WHERE sequence = :n", {"n": position})
        renumber(sql, position + 1, -1)
        assert broken_at(trail) == position

    @pytest.mark.parametrize("position", POSITIONS[:-1])
    def test_two_swapped_records(self, trail, sql, position):
        for old, new in ((position, 100), (position + 1, position), (100, position + 1)):
            sql("UPDATE audit SET sequence = :new WHERE sequence = :old", {"new": new, "old": old})
        assert broken_at(trail) == position

    @pytest.mark.parametrize("position", [*POSITIONS, LENGTH + 1])
    def test_an_inserted_record(self, trail, sql, position):
        previous = sql("SELECT hash FROM audit WHERE sequence = :n", {"n": position - 1})
        renumber(sql, position, 1)
        row = {
            "company": "northwind",
            "sequence": position,
            "at": "2026-04-01T08:00:00.000000+00:00",
            "event": "decision.ignore",
            "subject": "1",
            "who": "nobody",
            "data": "{}",
            "previous_hash": previous[0].hash if previous else GENESIS.hash,
        }
        row["hash"] = record_hash(row)
        sql(f"INSERT INTO audit ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})", row)
        assert broken_at(trail) == position

    @pytest.mark.parametrize("position", POSITIONS)
    def test_a_record_given_to_another_company(self, trail, sql, position):
        sql("UPDATE audit SET company = 'southwind' WHERE sequence = :n", {"n": position})
        assert broken_at(trail) == position

    @pytest.mark.parametrize("position", POSITIONS)
    def test_a_renumbered_record(self, trail, sql, position):
        sql("UPDATE audit SET sequence = 1000 WHERE sequence = :n", {"n": position})
        assert broken_at(trail) == position

    @pytest.mark.parametrize("position", POSITIONS)
    def test_everything_cut_off_from_somewhere(self, trail, sql, position):
        sql("DELETE FROM audit WHERE sequence >= :n", {"n": position})
        assert broken_at(trail) == position

    @pytest.mark.parametrize("position", [0, *POSITIONS[:-1]])
    def test_a_head_that_was_moved_back(self, trail, sql, position):
        sql("UPDATE audit_heads SET sequence = :n", {"n": position})
        assert broken_at(trail) == position + 1

    def test_a_head_of_another_hash(self, trail, sql):
        sql("UPDATE audit_heads SET hash = :hash", {"hash": "f" * 64})
        assert broken_at(trail) == LENGTH

    def test_a_head_that_is_gone(self, trail, sql, url):
        sql("DELETE FROM audit_heads")
        with Ledger.open(url, "northwind") as again:
            assert broken_at(again) == LENGTH + 1
            with pytest.raises(LedgerUnusable, match=r"head .* missing"):
                again.audit.append("e", "s", "w", {})


class TestAnchors:
    """Who can write the whole database can make another chain; heads that were printed or sent still tell."""

    @pytest.mark.parametrize("position", POSITIONS)
    def test_a_rewritten_trail(self, trail, sql, position):
        anchors = [(record.sequence, record.hash) for record in trail.audit.export()]
        assert trail.audit.verify(anchors) == LENGTH
        sql("UPDATE audit SET who = 'nobody' WHERE sequence = :n", {"n": position})
        rewrite_from(sql, position)
        assert trail.audit.verify() == LENGTH
        assert broken_at(trail, anchors) == position

    @pytest.mark.parametrize("position", POSITIONS)
    def test_a_trail_cut_off_with_its_head(self, trail, sql, position):
        anchor = trail.audit.head()
        sql("DELETE FROM audit WHERE sequence >= :n", {"n": position})
        last = sql("SELECT hash FROM audit ORDER BY sequence DESC LIMIT 1")
        values = {"n": position - 1, "hash": last[0].hash if last else GENESIS.hash}
        sql("UPDATE audit_heads SET sequence = :n, hash = :hash", values)
        assert trail.audit.verify() == position - 1
        assert broken_at(trail, [anchor]) == position

    def test_finished_cycles_are_anchors_too(self, trail, sql):
        head = trail.cycles.finish("c1", {})
        trail.audit.append("e", "s", "w", {})
        sql("UPDATE audit SET who = 'nobody' WHERE sequence = 2")
        rewrite_from(sql, 2, head.sequence + 1)
        assert broken_at(trail) == head.sequence

    def test_a_cut_before_a_finished_cycle(self, trail, sql):
        trail.cycles.finish("c1", {})
        sql("DELETE FROM audit")
        sql("DELETE FROM audit_heads")
        assert broken_at(trail) == 1

    def test_an_anchor_of_another_trail(self, trail):
        assert broken_at(trail, [(3, "f" * 64)]) == 3
        assert broken_at(trail, [(LENGTH + 3, "f" * 64)]) == LENGTH + 1


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("value", ["CAST(data AS BLOB)", "x'00'"])
def test_values_of_other_types(trail, sql, value):
    """SQLite keeps what it is given, whatever the column."""
    sql(f"UPDATE audit SET data = {value} WHERE sequence = 3")
    assert broken_at(trail) == 3


_APPENDER = """
import sys
from stampli_b1_assets.ledger.ledger import Ledger
with Ledger.open(sys.argv[1], "northwind") as ledger:
    for number in range(int(sys.argv[3])):
        ledger.audit.append("e", sys.argv[2], "process", {"number": number})
        print(number, flush=True)
"""


def appender(url: str, name: str, times: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _APPENDER, url, name, str(times)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_processes_that_append_at_once_make_one_chain(url, ledger):
    processes = [appender(url, f"p{number}", 40) for number in range(4)]
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    assert ledger.audit.verify() == 160
    for number in range(4):
        records = list(ledger.audit.export(subject=f"p{number}"))
        assert [json.loads(record.data)["number"] for record in records] == list(range(40))


@pytest.mark.slow
@pytest.mark.parametrize("written", [1, 7, 30])
def test_a_killed_process_leaves_a_whole_chain(url, ledger, written):
    process = appender(url, "victim", 100_000)
    for _ in range(written):
        process.stdout.readline()
    process.kill()
    process.communicate()
    length = ledger.audit.verify()
    assert length >= written
    ledger.audit.append("e", "after", "w", {})
    assert ledger.audit.verify() == length + 1
