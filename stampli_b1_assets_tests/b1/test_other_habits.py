"""Where nobody has published what SAP does, our side works with either behaviour."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from stampli_b1_assets.b1 import paging
from stampli_b1_assets.b1.batch import Fate
from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.b1.guard import change_set
from stampli_b1_assets.b1.poster import PostingMode
from stampli_b1_assets.b1.provisioning import provision
from stampli_b1_assets.sandbox.running import Sandbox
from stampli_b1_assets.sandbox.service_layer.habits import HABITS

GUARDED, UNPROVED, FALLBACK = PostingMode.GUARDED, PostingMode.UNPROVED, PostingMode.FALLBACK
SEEN_AT_ONCE = sorted(set(HABITS) - {"restart_needed"})


@pytest.fixture(params=[f"{habit} {version}" for habit in SEEN_AT_ONCE for version in ("v1", "v2")])
def company(request, tmp_path, settings, naps):
    """The facade on a company of each habit, in each dialect; `run` proves the guard."""
    habit, version = request.param.split()
    with (
        Sandbox(tmp_path / "bare", with_samples=False, dialect=version, faults=[habit]) as sandbox,
        B1(settings(sandbox.service_layer_url), sleep=naps) as b1,
    ):
        b1.sandbox = sandbox
        yield b1


def test_the_guard_is_proved_and_nothing_is_left(company):
    report = provision(company, company.reference_data(), account=None, dry_run=False)
    assert [step for step in report.steps if not step.is_ok] == []
    assert report.is_proved is True
    rows = company.sandbox.journal_entries()
    assert not [row for row in rows if not row.get("_cancelled_by") and row.get("StornoToTr") is None]
    assert company.sandbox.store.all("U_STAMPLI_POSTED") == []


def test_entries_are_posted_once_found_and_refused_the_second_time(company, entry, bad_entry):
    provision(company, company.reference_data(), account=None, dry_run=False)
    entries = [entry(number) for number in range(1, 14)]
    mixed = [*entries[:5], bad_entry(90), *entries[5:]]
    first = {one.entry.key: one.status for one in company.post(mixed, GUARDED)}
    assert first == {**{one.key: "committed" for one in entries}, bad_entry(90).key: "refused"}
    assert {one.status for one in company.post(entries, GUARDED)} == {"already_there"}
    assert sorted(company.posted_by_key([one.key for one in mixed])) == [one.key for one in entries]


def test_a_cancelled_entry_is_known_as_such(company, entry):
    provision(company, company.reference_data(), account=None, dry_run=False)
    company.post([entry(1), entry(2)], GUARDED)
    found = company.posted_by_key([entry(1).key, entry(2).key])
    first, second = found[entry(1).key], found[entry(2).key]
    company.session.write("POST", f"JournalEntries({first.jdt_num})/Cancel")
    again = company.posted_by_key([entry(1).key, entry(2).key])
    assert {key: one.jdt_num for key, one in again.items()} == {key: one.jdt_num for key, one in found.items()}
    assert company.reversals([first, second]) == {first.jdt_num: second.jdt_num + 1}
    assert {one.status for one in company.post([entry(1)], GUARDED)} == {"already_there"}


def test_lists_are_read_to_their_end(company, entry, monkeypatch):
    provision(company, company.reference_data(), account=None, dry_run=False)
    monkeypatch.setattr(paging, "PAGE_ROWS", 4)
    entries = [entry(number) for number in range(1, 14)]
    company.post(entries, GUARDED)
    assert sorted(company.posted_by_key([one.key for one in entries])) == [one.key for one in entries]
    assert len(company.reference_data().partners) == 5


# --- transactions that stand open -----------------------------------------------------------------------------------


@pytest.fixture
def hurried(sandbox, settings):
    """A facade that gives a request 0.4 s, and really sleeps."""
    with B1(settings(sandbox.service_layer_url, timeout_seconds=0.4)) as b1:
        yield b1


def until(is_so):
    """Wait for another thread."""
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def settled(sandbox, results):
    """What is said of each key, and what SAP has of it when nothing is open any more."""
    with sandbox.store.transaction():  # waits for the last one
        in_sap = [row["U_StampliKey"] for row in sandbox.journal_entries()]
    return {one.entry.key: (one.status, in_sap.count(one.entry.key)) for one in results}


@pytest.mark.parametrize("reads", ["", "reads_see_open_transactions", "reads_see_last_commit"])
@pytest.mark.parametrize("mode", [GUARDED, UNPROVED])
@pytest.mark.parametrize("fault", ["slow_transaction", "late_commit", "slow_commit"])
def test_a_change_set_that_takes_longer_than_a_request_may_is_posted_once(sandbox, hurried, entry, reads, mode, fault):
    if reads:
        sandbox.switch_on(reads)
    sandbox.switch_on(fault, path="$batch", seconds=1.0)
    results = hurried.post([entry(1), entry(2)], mode)
    assert settled(sandbox, results) == {entry(number).key: ("committed", 1) for number in (1, 2)}


@pytest.mark.parametrize("reads", ["", "reads_see_open_transactions", "reads_see_last_commit"])
@pytest.mark.parametrize("mode", [GUARDED, UNPROVED])
def test_what_is_rolled_back_in_the_end_is_never_called_posted(sandbox, hurried, entry, reads, mode):
    """SAP runs the customer's own checks inside the transaction: an entry may be seen, and refused all the same."""
    if reads:
        sandbox.switch_on(reads)
    sandbox.switch_on("refused_at_commit", seconds=1.5)
    results = hurried.post([entry(1)], mode)
    ((status, count),) = settled(sandbox, results).values()
    assert (status == "committed") == (count == 1)
    assert count <= 1


@pytest.mark.parametrize("mode", [GUARDED, UNPROVED])
def test_a_refusal_at_the_commit_is_tried_again(sandbox, b1, entry, mode):
    sandbox.switch_on("refused_at_commit")
    results = b1.post([entry(1)], mode)
    assert settled(sandbox, results) == {entry(1).key: ("committed", 1)}


def test_a_refusal_at_every_commit_is_told_in_the_end(sandbox, b1, entry):
    sandbox.switch_on("refused_at_commit", times=100)
    (result,) = b1.post([entry(1)], GUARDED)
    assert (result.status, result.code) == ("refused", "-1116")
    assert sandbox.journal_entries() == []


@pytest.mark.parametrize(("fault", "other"), [("slow_transaction", "committed"), ("refused_at_commit", "refused")])
def test_a_duplicate_of_what_stands_open_elsewhere_is_waited_for(sandbox, settings, entry, fault, other):
    """The guard row is seen before its entry is, and may still go with it."""
    sandbox.switch_on("reads_see_open_transactions")
    sandbox.switch_on(fault, path="$batch", seconds=1.5)
    with B1(settings(sandbox.service_layer_url)) as first, B1(settings(sandbox.service_layer_url)) as second:
        first.session.log_in()
        with ThreadPoolExecutor(1) as pool:
            open_one = pool.submit(first.session.batch, [change_set(entry(1))], is_protected=True)
            until(lambda: sandbox.store.get("U_STAMPLI_POSTED", entry(1).key))
            (result,) = second.post([entry(1)], GUARDED)
            ((theirs,), _, _) = open_one.result()
    assert theirs.fate is (Fate.APPLIED if other == "committed" else Fate.REFUSED)
    assert result.status == ("already_there" if other == "committed" else "committed")
    assert settled(sandbox, [result])[entry(1).key][1] == 1


def test_a_guard_row_that_shows_a_minute_before_its_entry_is_no_contradiction(sandbox, settings, entry):
    seconds = []

    def sleep(pause):
        seconds.append(pause)
        if sum(seconds) > 60 and not sandbox.journal_entries():
            row = {"JdtNum": 5001, "Number": 1, "ReferenceDate": "2026-05-04", "U_StampliKey": entry(1).key}
            sandbox.store.add_entry({**row, "JournalEntryLines": []})

    sandbox.store.put("U_STAMPLI_POSTED", entry(1).key, {"Code": entry(1).key, "Name": entry(1).key})
    with B1(settings(sandbox.service_layer_url, timeout_seconds=60), sleep=sleep) as b1:
        (result,) = b1.post([entry(1)], GUARDED)
    assert (result.status, result.posted.jdt_num) == ("already_there", 5001)


@pytest.mark.parametrize("fault", ["gateway_502_before", "cut_before"])
def test_an_entry_that_never_had_a_guard_row_is_not_posted_again(sandbox, b1, entry, fault):
    b1.post([entry(1)], FALLBACK)
    sandbox.switch_on(fault, method="POST", path="$batch")
    results = b1.post([entry(1)], GUARDED)
    assert settled(sandbox, results) == {entry(1).key: ("committed", 1)}


# --- sessions and rights --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [GUARDED, UNPROVED, FALLBACK])
def test_a_session_may_end_as_minus_304(sandbox, b1, entry, mode):
    path = "JournalEntries" if mode is FALLBACK else "$batch"
    sandbox.switch_on("session_expiry_304", method="POST", path=path)
    results = b1.post([entry(1)], mode)
    assert settled(sandbox, results) == {entry(1).key: ("committed", 1)}
    assert b1.logins == 2


def test_a_read_may_lose_its_session_as_minus_304(sandbox, b1):
    sandbox.switch_on("session_expiry_304", method="GET")
    assert len(b1.reference_data().partners) == 5


def test_a_missing_right_is_told_with_saps_words(sandbox, b1, entry):
    sandbox.switch_on("not_permitted_403", path="$batch")
    (result,) = b1.post([entry(1)], GUARDED)
    assert (result.status, result.http_status, result.code) == ("refused", 403, "-6006")
    assert "not permitted" in result.text
