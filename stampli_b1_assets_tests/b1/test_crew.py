"""Several sessions, when the backlog is worth their logins."""

import itertools

import pytest

from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.b1.crew import sessions_worth
from stampli_b1_assets.b1.poster import PostingMode


@pytest.mark.parametrize(
    ("entries", "seconds_each", "most", "expected"),
    [(0, 1, 4, 1), (4, 1, 4, 1), (6, 1, 4, 2), (100, 1, 4, 4), (100, 0.01, 4, 1), (100, 1, 1, 1), (90, 0.1, 8, 2)],
)
def test_a_session_is_worth_five_seconds_of_work(entries, seconds_each, most, expected):
    assert sessions_worth(entries, seconds_each, most) == expected


def slow_clock(seconds):
    """Every look at the clock takes so long: SAP seems slow, and no one has to wait."""
    ticks = itertools.count(step=seconds)
    return lambda: next(ticks)


@pytest.fixture
def slow(sandbox, settings, naps):
    with B1(settings(sandbox.service_layer_url, max_sessions=3), sleep=naps, clock=slow_clock(1.0)) as b1:
        yield b1


def test_a_small_backlog_needs_one_login(b1, entry):
    b1.post([entry(number) for number in range(1, 41)], PostingMode.GUARDED)
    assert b1.logins == 1


@pytest.mark.parametrize("mode", [PostingMode.GUARDED, PostingMode.FALLBACK], ids=str)
def test_a_large_backlog_of_a_slow_sap_takes_sessions_up_to_the_limit(slow, sandbox, entry, keys_in_sap, mode):
    entries = [entry(number) for number in range(1, 101)]
    results = slow.post(entries, mode)
    assert [result.entry.key for result in results] == [one.key for one in entries]
    assert {result.status for result in results} == {"committed"}
    assert keys_in_sap() == [one.key for one in entries]
    assert slow.logins == 3
    assert sandbox.sessions._last_used.keys() == {_session_of(sandbox, slow)}  # the others have logged out


def _session_of(sandbox, b1):
    return b1.session._cookies["B1SESSION"]


def test_a_second_login_that_sap_refuses_costs_nothing_but_speed(slow, sandbox, entry, keys_in_sap):
    slow.session.log_in()
    sandbox.switch_on("login_refused", times=10)
    results = slow.post([entry(number) for number in range(1, 61)], PostingMode.GUARDED)
    assert {result.status for result in results} == {"committed"}
    assert len(keys_in_sap()) == 60


def test_faults_in_several_sessions_end_with_each_key_once(slow, sandbox, entry, keys_in_sap):
    for fault in ("gateway_502_after", "cut_during", "session_expiry", "worker_crash_in_batch"):
        sandbox.switch_on(fault, method="POST", path="$batch", after=2)
    entries = [entry(number) for number in range(1, 121)]
    results = slow.post(entries, PostingMode.GUARDED)
    assert {result.status for result in results} == {"committed"}
    assert keys_in_sap() == [one.key for one in entries]
    assert len(sandbox.application.faults.struck) == 4
