"""Posting without a proved guard: sent once, then only looked at."""

from dataclasses import replace
from decimal import Decimal

import pytest

from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.b1.poster import PostingMode
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal

UNPROVED, FALLBACK, UNMARKED = PostingMode.UNPROVED, PostingMode.FALLBACK, PostingMode.UNMARKED
PATHS = {UNPROVED: "$batch", FALLBACK: "JournalEntries", UNMARKED: "JournalEntries"}
MODES = pytest.mark.parametrize("mode", list(PATHS), ids=str)


def words(results):
    return [result.status for result in results]


def writes(sandbox, mode):
    return [line for line in sandbox.application.log if line.method == "POST" and line.path.endswith(PATHS[mode])]


@MODES
def test_entries_are_posted_once_and_found(b1, sandbox, entry, bad_entry, mode):
    results = b1.post([entry(1), bad_entry(2), entry(3)], mode)
    assert words(results) == ["committed", "refused", "committed"]
    assert (results[1].code, results[1].http_status) == ("-2028", 400)
    assert all(len(one.request_sha256) == len(one.response_sha256) == 64 for one in results)
    assert [row["Reference2"] for row in sandbox.journal_entries()] == ["9001", "9003"]
    assert len(writes(sandbox, mode)) == 3


def test_without_the_user_field_it_is_not_sent(b1, sandbox, entry):
    b1.post([entry(1)], UNMARKED)
    b1.post([entry(2)], FALLBACK)
    first, second = sandbox.journal_entries()
    assert "U_StampliKey" not in first
    assert second["U_StampliKey"] == entry(2).key


def test_without_the_guard_no_row_is_written(b1, sandbox, entry):
    b1.post([entry(1)], FALLBACK)
    assert sandbox.store.all("U_STAMPLI_POSTED") == []
    b1.post([entry(2)], UNPROVED)
    assert [row["Code"] for row in sandbox.store.all("U_STAMPLI_POSTED")] == [entry(2).key]


@MODES
@pytest.mark.parametrize("fault", ["gateway_502_after", "cut_after", "cut_during", "truncated_json", "empty_500_after"])
def test_what_was_committed_in_doubt_is_found_and_never_sent_again(b1, sandbox, entry, mode, fault):
    sandbox.switch_on(fault, method="POST", path=PATHS[mode])
    assert words(b1.post([entry(1), entry(2)], mode)) == ["committed", "committed"]
    assert len(sandbox.journal_entries()) == 2
    assert len(writes(sandbox, mode)) == 2


@MODES
@pytest.mark.parametrize("fault", ["gateway_502_before", "cut_before", "service_unavailable_503", "html_200"])
def test_what_does_not_show_up_stays_in_doubt_and_is_never_sent_again(b1, sandbox, naps, entry, mode, fault):
    sandbox.switch_on(fault, method="POST", path=PATHS[mode])
    results = b1.post([entry(1), entry(2)], mode)
    assert words(results) == ["unknown", "committed"]
    assert [row["Reference2"] for row in sandbox.journal_entries()] == ["9002"]
    assert len(writes(sandbox, mode)) == 2
    assert 2 * 5 <= sum(naps.seconds) <= 5 * 5  # it is waited for about two time-outs, and no longer


@MODES
def test_a_late_commit_is_waited_for(sandbox, settings, entry, mode):
    sandbox.switch_on("late_commit", method="POST", path=PATHS[mode], seconds=1.0)
    with B1(settings(sandbox.service_layer_url, timeout_seconds=0.6)) as b1:
        assert words(b1.post([entry(1)], mode)) == ["committed"]
    assert len(sandbox.journal_entries()) == 1


@MODES
def test_a_lost_session_is_looked_up_and_sent_again(b1, sandbox, entry, mode):
    b1.guard()
    sandbox.switch_on("session_expiry", method="POST", path=PATHS[mode])
    assert words(b1.post([entry(1)], mode)) == ["committed"]
    assert (len(sandbox.journal_entries()), b1.logins) == (1, 2)
    asked = [line.method for line in sandbox.application.log if not line.path.endswith(("Login", "U_STAMPLI_POSTED"))]
    read_back = ["GET", "GET"] if mode is UNMARKED else ["GET"]  # without the field, the lines are compared too
    assert asked[asked.index("POST") :] == ["POST", "GET", "POST", *read_back]


def test_a_known_key_is_found_before_it_could_be_posted_twice(b1, sandbox, entry):
    b1.post([entry(1)], UNPROVED)
    (again,) = b1.post([entry(1)], UNPROVED)
    assert again.status == "already_there"
    assert len(sandbox.journal_entries()) == 1


def test_a_row_without_its_entry_tells_that_the_guard_does_not_protect(b1, sandbox, entry, bad_entry):
    sandbox.switch_on("change_set_not_atomic")
    assert words(b1.post([bad_entry(1)], UNPROVED)) == ["refused"]
    assert words(b1.post([entry(1)], UNPROVED)) == ["guard_contradiction"]
    assert sandbox.journal_entries() == []


def test_without_the_field_only_the_very_same_entry_counts(b1, sandbox, entry):
    """Same Stampli id, number and dates, other amounts: that is another posting."""
    b1.post([entry(1)], FALLBACK)
    sandbox.switch_on("gateway_502_before", method="POST", path="JournalEntries")
    lines = entry(1).lines
    more = (replace(lines[0], debit=Decimal("101.00")), lines[1], replace(lines[2], credit=Decimal("120.00")))
    (result,) = b1.post([entry(1, key="f" * 40, lines=more)], UNMARKED)
    assert result.status == "unknown"


def test_a_deadlock_is_tried_again_after_a_look(b1, sandbox, entry, monkeypatch):
    served, times = sandbox.company.handle, iter(range(100))

    def handle(method, path, body, options):
        if method == "POST" and path == "JournalEntries" and next(times) < 2:
            raise Refusal(-1116, "Could not commit transaction: Error -1 detected during transaction")
        return served(method, path, body, options)

    monkeypatch.setattr(sandbox.company, "handle", handle)
    assert words(b1.post([entry(1)], FALLBACK)) == ["committed"]
    assert len(sandbox.journal_entries()) == 1
