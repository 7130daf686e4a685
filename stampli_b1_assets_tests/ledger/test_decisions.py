"""Decisions of people: who, why, for which content, and the second person."""

import pytest

from stampli_b1_assets.errors import DecisionRefused


def test_a_decision_counts_for_the_content_that_was_seen(ledger):
    made = ledger.decisions.add("1", "post-anyway", "Ann Lee", "Two deliveries.", content_hash="v1")
    assert made.is_effective
    assert ledger.decisions.effective(["1", "2"]) == {("1", "v1"): "post-anyway"}
    assert ledger.decisions.all_effective() == ledger.decisions.for_invoice("1") == [made]


def test_the_newest_decision_counts(ledger):
    ledger.decisions.add("1", "ignore", "Ann", "Not ours.", content_hash="v1")
    ledger.decisions.add("1", "retry", "Bob", "It is.", content_hash="v1")
    assert ledger.decisions.effective(["1"]) == {("1", "v1"): "retry"}
    assert ledger.decisions.count() == 2


def test_what_was_carried_out_counts_no_more(ledger):
    ledger.decisions.add("1", "retry", "Ann", "Period is open.", content_hash="v1")
    ledger.decisions.add("2", "retry", "Ann", "Period is open.", content_hash="v1")
    ledger.decisions.consume("1")
    ledger.decisions.consume("1")
    assert ledger.decisions.effective(["1", "2"]) == {("2", "v1"): "retry"}
    assert ledger.decisions.for_invoice("1")[0].spent_at is not None
    assert ledger.decisions.count() == 2
    assert [record.event for record in ledger.audit.export(subject="1")] == ["decision.retry", "decision.carried_out"]


@pytest.mark.parametrize(("by", "note"), [("", "why"), ("  ", "why"), ("Ann", ""), ("Ann", " \n")])
def test_a_decision_needs_a_name_and_a_reason(ledger, by, note):
    with pytest.raises(DecisionRefused, match="needs a name and a reason"):
        ledger.decisions.add("1", "retry", by, note)
    assert ledger.decisions.count() == 0


class TestSecondPerson:
    def add(self, ledger, by: str, action: str = "reverse-and-repost", content: str = "v1"):
        return ledger.decisions.add("1", action, by, "Wrong account.", content_hash=content, needs_second_person=True)

    def test_it_counts_when_a_different_person_says_the_same(self, ledger):
        assert not self.add(ledger, "Ann").is_effective
        assert ledger.decisions.effective(["1"]) == {}
        assert [one.by for one in ledger.decisions.pending()] == ["Ann"]
        assert self.add(ledger, "Bob").is_effective
        assert ledger.decisions.effective(["1"]) == {("1", "v1"): "reverse-and-repost"}
        assert ledger.decisions.pending() == ledger.decisions.pending("1") == []

    @pytest.mark.parametrize("again", ["Ann", "ann", " ANN ", "Ａｎｎ"])
    def test_the_same_person_is_no_second_one(self, ledger, again):
        self.add(ledger, "Ann")
        with pytest.raises(DecisionRefused, match="second, different person"):
            self.add(ledger, again)
        assert ledger.decisions.effective(["1"]) == {}

    def test_another_action_or_another_content_is_not_the_same(self, ledger):
        self.add(ledger, "Ann")
        assert not self.add(ledger, "Bob", action="ignore").is_effective
        assert not self.add(ledger, "Cid", content="v2").is_effective
        assert len(ledger.decisions.pending()) == 3

    def test_each_time_takes_two_people(self, ledger):
        self.add(ledger, "Ann")
        self.add(ledger, "Bob")
        ledger.decisions.consume("1")
        assert not self.add(ledger, "Bob").is_effective
        assert self.add(ledger, "Ann").is_effective

    def test_both_names_are_on_record(self, ledger):
        self.add(ledger, "Ann")
        self.add(ledger, "Bob")
        records = list(ledger.audit.export(subject="1"))
        assert [record.who for record in records] == ["Ann", "Bob"]
        assert '"by":"Ann"' in records[1].data
