"""When SAP answers in odd ways for long: what is tried again, how often, and when the rest is left for later."""

import json

import httpx
import pytest

from stampli_b1_assets.b1.guarded import GuardedPosting
from stampli_b1_assets.b1.patience import Patience
from stampli_b1_assets.b1.poster import PAUSES, PostingMode
from stampli_b1_assets.b1.unguarded import UnguardedPosting
from stampli_b1_assets.errors import B1Unusable
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal

NOTHING_FOUND = httpx.Response(200, json={"value": []})
PASSING = {"error": {"code": "-1116", "message": "Could not commit transaction: Error -1 detected during transaction"}}


def words(results):
    return [result.status for result in results]


def by_path(**answers):
    """A server that answers by the last part of the path; look-ups find nothing."""

    def answer(request):
        given = answers.get(request.url.path.rsplit("/", 1)[1].strip("$"), NOTHING_FOUND)
        if isinstance(given, Exception):
            raise given
        return given if request.method == "POST" else NOTHING_FOUND

    return answer


def part(status, body):
    content = f"--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 {status} X\r\n\r\n{body}\r\n--b--\r\n".encode()
    return httpx.Response(200, headers={"Content-Type": "multipart/mixed;boundary=b"}, content=content)


@pytest.fixture
def guarded(scripted, naps):
    def make(answer):
        session, script = scripted(answer)
        return GuardedPosting(session, Patience(5, sleep=naps)), script

    return make


def batches(script):
    return [request for request in script.requests if request.url.path.endswith("$batch")]


def test_a_batch_that_is_too_large_as_a_whole_is_sent_one_by_one(guarded, entry):
    posting, script = guarded(by_path(batch=httpx.Response(413, text="<html>Request Entity Too Large</html>")))
    results = posting.post([entry(number) for number in range(1, 4)])
    assert words(results.values()) == ["refused"] * 3
    assert len(batches(script)) == 4
    assert {result.http_status for result in results.values()} == {413}


def test_a_part_with_a_server_error_is_looked_up_and_sent_again(guarded, entry):
    posting, script = guarded(by_path(batch=part(500, "")))
    results = posting.post([entry(1), entry(2)])
    assert words(results.values()) == ["unknown"] * 2
    assert len(batches(script)) == 8  # together, then the first alone; each four times at most
    assert any(not request.url.path.endswith("$batch") for request in script.requests)


def test_a_deadlock_that_never_ends_is_refused_in_the_end(guarded, entry, naps):
    posting, script = guarded(by_path(batch=part(400, json.dumps(PASSING))))
    (result,) = posting.post([entry(1)]).values()
    assert (result.status, result.code) == ("refused", "-1116")
    assert len(batches(script)) == 4
    assert [seconds for seconds in naps.seconds if seconds] == list(PAUSES[:3])


def test_a_deadlock_that_ends_is_nothing_to_talk_about(b1, sandbox, entry, monkeypatch):
    served, times = sandbox.company.handle, iter(range(1000))

    def handle(method, path, body, options):
        if method == "POST" and path == "JournalEntries" and next(times) in (1, 3):
            raise Refusal(-1116, "Could not commit transaction: Error -1 detected during transaction")
        return served(method, path, body, options)

    monkeypatch.setattr(sandbox.company, "handle", handle)
    assert words(b1.post([entry(number) for number in range(1, 8)], PostingMode.GUARDED)) == ["committed"] * 7
    assert len(sandbox.journal_entries()) == 7


@pytest.mark.parametrize("mode", list(PostingMode), ids=str)
def test_a_server_that_refuses_connections_is_waited_for_and_then_an_error(scripted, naps, entry, mode):
    session, script = scripted(httpx.ConnectError("refused"))
    patience = Patience(5, sleep=naps)
    guarded = mode is PostingMode.GUARDED
    posting = GuardedPosting(session, patience) if guarded else UnguardedPosting(session, patience, mode)
    with pytest.raises(B1Unusable, match="cannot be reached"):
        posting.post([entry(1), entry(2)])
    assert len(script.requests) == 1 + len(PAUSES)


@pytest.mark.parametrize("mode", list(PostingMode), ids=str)
def test_a_server_that_comes_back_loses_nothing(b1, sandbox, entry, monkeypatch, mode):
    """Refused connections at first, for longer than one try."""
    send, times = b1.session._connection.send, iter(range(1000))

    def flaky(method, path, **more):
        if method == "POST" and path in ("$batch", "JournalEntries") and next(times) < 3:
            raise httpx.ConnectError("refused")
        return send(method, path, **more)

    monkeypatch.setattr(b1.session._connection, "send", flaky)
    assert words(b1.post([entry(1), entry(2)], mode)) == ["committed"] * 2
    assert len(sandbox.journal_entries()) == 2


@pytest.mark.parametrize("mode", list(PostingMode), ids=str)
def test_after_long_without_success_the_rest_is_not_sent(scripted, naps, entry, mode):
    session, script = scripted(by_path(batch=httpx.Response(504), JournalEntries=httpx.Response(504)))
    now = iter(range(0, 10**6, 20))  # every look at the clock is 20 s later
    patience = Patience(5, sleep=naps, clock=lambda: float(next(now)))
    guarded = mode is PostingMode.GUARDED
    posting = GuardedPosting(session, patience) if guarded else UnguardedPosting(session, patience, mode)
    results = list(posting.post([entry(number) for number in range(1, 31)]).values())
    assert set(words(results)) == {"unknown"}
    assert "did not say" in results[0].text
    assert "not sent" in results[-1].text
    assert len([request for request in script.requests if request.method == "POST"]) <= 3


@pytest.mark.parametrize("mode", [PostingMode.FALLBACK, PostingMode.UNMARKED], ids=str)
def test_a_user_who_may_not_post_is_refused_by_name(scripted, naps, entry, mode):
    body = {"error": {"code": "-6006", "message": "You are not permitted to perform this action"}}
    session, _ = scripted(by_path(JournalEntries=httpx.Response(403, json=body)))
    (result,) = UnguardedPosting(session, Patience(5, sleep=naps), mode).post([entry(1)]).values()
    assert (result.status, result.code, result.http_status) == ("refused", "-6006", 403)


def test_an_entry_that_sap_applied_but_does_not_show_is_not_called_posted(guarded, entry):
    posting, _ = guarded(by_path(batch=part(201, '{"JdtNum":1}')))
    (result,) = posting.post([entry(1)]).values()
    assert (result.status, result.posted) == ("unknown", None)


def test_a_refused_row_that_is_not_there_is_a_refusal_like_any_other(guarded, entry):
    def answer(request):
        if request.url.path.endswith("$batch"):
            return part(400, '{"error":{"code":"-2035","message":"This entry already exists"}}')
        if "U_STAMPLI_POSTED(" in request.url.path:
            return httpx.Response(404, json={"error": {"code": "-2028", "message": "No matching records found"}})
        return NOTHING_FOUND

    posting, _ = guarded(answer)
    (result,) = posting.post([entry(1)]).values()
    assert (result.status, result.code) == ("refused", "-2035")
