"""What was about to be sent to SAP, and that no key is ever committed twice."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from stampli_b1_assets.errors import AlreadyCommitted, B1OutcomeUnknown
from stampli_b1_assets.ledger.records import IntentStatus, Resolution


def events(ledger, key: str = "k1") -> list[str]:
    return [record.event for record in ledger.audit.export(subject=key)]


def test_an_intent_is_in_doubt_until_it_is_resolved(ledger, entry):
    ledger.intents.write([entry("k1"), entry("k2")], stampli_ids=["1", "2"], mode="guarded")
    assert list(ledger.intents.unresolved()) == ["k1", "k2"]
    found = ledger.intents.unresolved()["k1"]
    assert (found.stampli_id, found.mode, found.attempt, found.status) == ("1", "guarded", 1, IntentStatus.WRITTEN)
    assert found.payload["lines"][0]["debit"] == "100.00"
    ledger.intents.resolve("k1", "committed", jdt_num=12, doc_number=34)
    assert list(ledger.intents.unresolved()) == ["k2"]
    done = ledger.intents.get("k1")
    assert (done.status, done.jdt_num, done.doc_number) == (IntentStatus.COMMITTED, 12, 34)
    assert done.resolved_at is not None
    assert events(ledger) == ["intent.written", "intent.committed"]


def test_ids_and_revisions_may_go_by_key(ledger, entry):
    entries = [entry("k1"), entry("k2")]
    ledger.intents.write(
        entries, stampli_ids={"k2": "two", "k1": "one"}, mode="fallback", kind="reversal", revision={"k2": 3}
    )
    found = ledger.intents.get_many(["k1", "k2", "k3"])
    assert {key: (one.stampli_id, one.kind, one.revision) for key, one in found.items()} == {
        "k1": ("one", "reversal", 0),
        "k2": ("two", "reversal", 3),
    }


def test_what_is_in_doubt_is_as_old_as_its_last_request(ledger, entry, clock):
    ledger.intents.write([entry("k1"), entry("k2")], stampli_ids=["1", "2"], mode="fallback")
    clock.advance(minutes=9)
    ledger.intents.sending("k1")
    found = ledger.intents.unresolved()
    assert clock() - found["k1"].written_at < timedelta(minutes=1)
    assert clock() - found["k2"].written_at > timedelta(minutes=9)


@pytest.mark.parametrize("outcome", ["refused", "absent"])
def test_what_is_not_in_sap_may_be_sent_again_and_both_attempts_are_kept(ledger, entry, outcome):
    ledger.intents.write([entry("k1", "100.00")], stampli_ids=["1"], mode="guarded")
    ledger.intents.resolve("k1", outcome, code="-5002", text="No.", http_status=400, request_sha256="aa")
    ledger.intents.write([entry("k1", "120.00")], stampli_ids=["1"], mode="fallback")
    assert ledger.intents.get("k1").attempt == 2
    first, second = ledger.intents.attempts("1")
    assert (first["answer"], first["code"], first["request_sha256"]) == (outcome, "-5002", "aa")
    assert (first["payload"]["lines"][0]["debit"], second["payload"]["lines"][0]["debit"]) == ("100.00", "120.00")
    assert (first["mode"], second["mode"], second["answer"]) == ("guarded", "fallback", "")


@pytest.mark.parametrize("outcome", ["written", "unknown", "guard_contradiction"])
def test_what_is_in_doubt_is_not_sent_again_before_it_was_looked_up(ledger, entry, outcome):
    ledger.intents.write([entry("k1")], stampli_ids=["1"], mode="fallback")
    if outcome != "written":
        ledger.intents.resolve("k1", outcome)
    assert "k1" in ledger.intents.unresolved()
    with pytest.raises(B1OutcomeUnknown, match=r"k1.*Look the keys up"):
        ledger.intents.write([entry("k2"), entry("k1")], stampli_ids=["2", "1"], mode="fallback")
    assert ledger.intents.get("k2") is None
    ledger.intents.resolve("k1", "absent")
    ledger.intents.write([entry("k1")], stampli_ids=["1"], mode="fallback")


class TestCommittedOnce:
    @pytest.fixture(autouse=True)
    def committed(self, ledger, entry):
        ledger.intents.write([entry("k1")], stampli_ids=["1"], mode="guarded")
        ledger.intents.resolve("k1", "committed", jdt_num=12)

    def test_it_is_never_written_again_nor_are_its_neighbours(self, ledger, entry):
        with pytest.raises(AlreadyCommitted, match=r"k1.*journal entry 12.*Stampli id 1"):
            ledger.intents.write([entry("k2"), entry("k1")], stampli_ids=["2", "1"], mode="guarded")
        assert ledger.intents.get("k2") is None
        assert ledger.intents.get("k1").attempt == 1

    @pytest.mark.parametrize("status", ["refused", "absent", "unknown"])
    def test_it_does_not_become_anything_else(self, ledger, status):
        with pytest.raises(AlreadyCommitted):
            ledger.intents.resolve("k1", status)
        assert ledger.intents.get("k1").status is IntentStatus.COMMITTED

    def test_it_does_not_become_another_entry(self, ledger):
        with pytest.raises(AlreadyCommitted):
            ledger.intents.resolve("k1", "committed", jdt_num=13)
        assert ledger.intents.get("k1").jdt_num == 12

    def test_to_hear_it_twice_changes_nothing(self, ledger):
        before = ledger.audit.head()
        ledger.intents.resolve("k1", "already_there", jdt_num=12)
        ledger.intents.resolve("k1", "committed")
        assert ledger.audit.head() == before

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE intents SET status = 'absent'",
            "UPDATE intents SET jdt_num = 13",
            "UPDATE intents SET jdt_num = NULL",
            "UPDATE intents SET key = 'other'",
            "DELETE FROM intents",
            "INSERT INTO intents SELECT * FROM intents",
            """INSERT INTO intent_attempts (company, key, attempt, mode, written_at, answer)
               VALUES ('northwind', 'k1', 2, 'guarded', '', 'committed')""",
        ],
    )
    def test_not_even_with_sql(self, ledger, sql, statement):
        with pytest.raises(DBAPIError):
            sql(statement)


def test_a_number_that_comes_later_is_added(ledger, entry):
    ledger.intents.write([entry("k1")], stampli_ids=["1"], mode="guarded")
    ledger.intents.resolve("k1", "committed")
    ledger.intents.resolve("k1", "committed", jdt_num=12)
    assert ledger.intents.get("k1").jdt_num == 12


def test_a_doubt_ends_with_what_the_look_up_finds(ledger, entry):
    ledger.intents.write([entry("k1")], stampli_ids=["1"], mode="guarded")
    ledger.intents.resolve_many([Resolution("k1", "unknown", text="502 Proxy Error", http_status=502)])
    ledger.intents.resolve_many([Resolution("k1", "already_there", jdt_num=12)])
    (attempt,) = ledger.intents.attempts("1")
    assert (attempt["answer"], attempt["jdt_num"], attempt["status"]) == ("committed", 12, "committed")
    assert events(ledger) == ["intent.written", "intent.unknown", "intent.committed"]


def test_a_word_that_means_nothing_is_refused(ledger):
    with pytest.raises(ValueError, match="perhaps"):
        ledger.intents.resolve("k1", "perhaps")
    assert ledger.audit.head().sequence == 0


def test_the_trail_names_what_would_be_sent_by_its_hash(ledger, entry):
    ledger.intents.write([entry("k1")], stampli_ids=["1"], mode="guarded", who="ann")
    (record,) = ledger.audit.export(subject="k1")
    assert record.who == "ann"
    assert '"payload_sha256":"' in record.data
    assert '"mode":"guarded"' in record.data
