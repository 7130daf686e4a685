"""Posting behind the guard on the live simulator: whatever fails, every key stands in SAP exactly once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.b1.poster import PostingMode
from stampli_b1_assets.errors import B1Unusable

GUARDED = PostingMode.GUARDED


def words(results):
    return [result.status for result in results]


def test_entries_are_posted_and_found_under_their_keys(b1, sandbox, entry):
    entries = [entry(number) for number in range(1, 4)]
    results = b1.post(entries, GUARDED)
    assert words(results) == ["committed"] * 3
    assert [result.entry for result in results] == entries
    assert [result.posted.key for result in results] == [one.key for one in entries]
    assert [(result.posted.jdt_num, result.posted.number) for result in results] == [
        (row["JdtNum"], row["Number"]) for row in sandbox.journal_entries()
    ]


def test_what_stands_in_sap_is_what_was_sent(b1, sandbox, entry):
    one = entry(1)
    (result,) = b1.post([one], GUARDED)
    read = b1.read_entry(result.posted.jdt_num)
    assert [(line.account_code, line.card_code, line.debit, line.credit) for line in read.lines] == [
        ("006200", "", one.lines[0].debit, None),
        ("157600", "", one.lines[1].debit, None),
        ("200000", "V20010", None, one.lines[2].credit),
    ]
    assert (read.memo, read.reference, read.reference2) == (one.memo, one.reference, one.reference2)
    assert (read.reference_date, read.tax_date, read.due_date) == (one.reference_date, one.tax_date, one.due_date)
    assert read.lines[0].dimensions == {"CostingCode": "PM"}
    assert sandbox.journal_entries()[0]["Reference3"] == "invoices.csv"


def test_nothing_to_post_asks_nothing(b1):
    assert b1.post([], GUARDED) == []
    assert b1.logins == 0


def test_a_second_posting_is_refused_by_sap_and_found(b1, sandbox, entry):
    (first,) = b1.post([entry(1)], GUARDED)
    (second,) = b1.post([entry(1)], GUARDED)
    assert (second.status, second.posted.jdt_num) == ("already_there", first.posted.jdt_num)
    assert len(sandbox.journal_entries()) == 1


def test_refused_ones_do_not_stop_their_neighbours(b1, entry, bad_entry, keys_in_sap):
    numbers = range(1, 26)
    bad = {2, 3, 4, 10, 11, 25}
    results = b1.post([bad_entry(one) if one in bad else entry(one) for one in numbers], GUARDED)
    assert {number for number, result in zip(numbers, results, strict=True) if result.status == "refused"} == bad
    assert {(one.code, one.http_status) for one in results if one.status == "refused"} == {("-2028", 400)}
    assert all("NOSUCH" in one.text for one in results if one.status == "refused")
    assert len(keys_in_sap()) == 25 - len(bad)


def test_a_batch_of_refused_ones_alone_ends(b1, bad_entry, sandbox):
    assert words(b1.post([bad_entry(number) for number in range(1, 21)], GUARDED)) == ["refused"] * 20
    assert sandbox.store.all("U_STAMPLI_POSTED") == []


def test_evidence_is_the_hash_of_what_went_over_the_wire(b1, entry):
    (result,) = b1.post([entry(1)], GUARDED)
    assert len(result.request_sha256) == len(result.response_sha256) == 64
    assert result.http_status == 201


@pytest.mark.parametrize(
    "fault",
    [
        "session_expiry",
        "gateway_502_before",
        "gateway_502_after",
        "cut_before",
        "cut_during",
        "cut_after",
        "worker_crash_in_batch",
        "service_unavailable_503",
        "truncated_json",
        "stale_keep_alive",
        "empty_500",
        "empty_500_after",
        "html_200",
    ],
)
@pytest.mark.parametrize("times", [1, 2])
def test_every_fault_ends_with_each_key_once(b1, sandbox, entry, keys_in_sap, fault, times):
    after = 1 if fault == "session_expiry" else 0  # a session that is lost twice on end is an error of its own
    for number in range(times):
        sandbox.switch_on(fault, method="POST", path="$batch", after=2 * after * number)
    entries = [entry(number) for number in range(1, 36)]
    results = b1.post(entries, GUARDED)
    assert fault in sandbox.application.faults.struck
    assert words(results) == ["committed"] * 35
    assert keys_in_sap() == [one.key for one in entries]


@pytest.mark.parametrize("fault", ["slow_commit", "late_commit"])
def test_a_commit_after_the_time_out_is_found_or_refused_the_second_time(sandbox, settings, entry, keys_in_sap, fault):
    sandbox.switch_on(fault, method="POST", path="$batch", seconds=1.0)
    with B1(settings(sandbox.service_layer_url, timeout_seconds=0.4)) as b1:
        results = b1.post([entry(number) for number in range(1, 4)], GUARDED)
    assert words(results) == ["committed"] * 3
    assert Counter(keys_in_sap()).most_common(1)[0][1] == 1


def test_a_poisonous_entry_does_not_take_its_batch_with_it(b1, sandbox, entry, monkeypatch):
    """A refusal inside a change set crashed the worker on old builds (seen live): HTTP 502 each time."""
    served = sandbox.application.handle

    def handle(request):
        if request.path.endswith("$batch") and entry(3).key.encode() in request.body:
            sandbox.switch_on("gateway_502_before", method="POST", path="$batch")
        return served(request)

    monkeypatch.setattr(sandbox.application, "handle", handle)
    results = b1.post([entry(number) for number in range(1, 9)], GUARDED)
    assert words(results) == ["committed", "committed", "unknown", *["committed"] * 5]


def test_sap_going_away_leaves_what_was_sent_in_doubt_and_the_rest_unsent(b1, sandbox, entry, keys_in_sap):
    sandbox.switch_on("gateway_502_after", method="POST", path="$batch", times=1, after=1)
    sandbox.switch_on("service_unavailable_503", times=1000, after=3)
    results = b1.post([entry(number) for number in range(1, 41)], GUARDED)
    assert set(words(results)) == {"committed", "unknown"}
    committed = [one.entry.key for one in results if one.status == "committed"]
    assert set(committed) <= set(keys_in_sap())
    unsent = [one for one in results if "not sent" in one.text]
    assert unsent
    assert not {one.entry.key for one in unsent} & set(keys_in_sap())


def test_sap_that_cannot_be_reached_at_all_is_an_error_and_no_result(settings, naps, entry, sandbox):
    sandbox.service_layer.stop()
    with (
        B1(settings(sandbox.service_layer_url), sleep=naps) as b1,
        pytest.raises(B1Unusable, match="cannot be reached"),
    ):
        b1.post([entry(1)], GUARDED)


def test_a_guard_row_without_its_entry_is_a_contradiction(b1, sandbox, entry):
    key = entry(1).key
    sandbox.store.put("U_STAMPLI_POSTED", key, {"Code": key, "Name": key})
    (result,) = b1.post([entry(1)], GUARDED)
    assert result.status == "guard_contradiction"
    assert "without its journal entry" in result.text
    assert sandbox.journal_entries() == []


def test_two_at_once_post_each_key_once(sandbox, settings, naps, entry, keys_in_sap):
    entries = [entry(number) for number in range(1, 31)]

    def post(_):
        with B1(settings(sandbox.service_layer_url), sleep=naps) as b1:
            return b1.post(entries, GUARDED)

    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(post, range(3)))
    assert keys_in_sap() == [one.key for one in entries]
    by_key = Counter(one.entry.key for results in runs for one in results if one.status == "committed")
    assert by_key == Counter(one.key for one in entries)
    assert {one.status for results in runs for one in results} == {"committed", "already_there"}
