"""One login per run, cookies by hand, what is repeated and what never is."""

import threading
from collections import Counter

import httpx
import pytest

from stampli_b1_assets.b1.batch import Operation
from stampli_b1_assets.b1.service_layer import ServiceLayer, SessionLost
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused, B1Unusable

URL = "https://b1.example.com:50000/b1s/v2"
LOST = {"error": {"code": "301", "message": "Invalid session or session already timeout."}}
LOST_WITHOUT_401 = {"error": {"code": -304, "message": {"value": "Fail to get DB Credentials from SLD"}}}
OPERATIONS = [[Operation("POST", "U_STAMPLI_POSTED", {"Code": "k", "Name": "k"})]]
APPLIED = httpx.Response(
    200,
    headers={"Content-Type": "multipart/mixed;boundary=b"},
    content=b"--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 201 Created\r\n\r\n{}\r\n--b--\r\n",
)


def lost(status: int = 401) -> httpx.Response:
    return httpx.Response(status, json=LOST if status == 401 else LOST_WITHOUT_401)


# --- login ---------------------------------------------------------------------------------------------------------


def test_nothing_is_sent_before_the_first_request(scripted):
    _, script = scripted(httpx.Response(200, json={}))
    assert script.logins == 0


def test_many_requests_need_one_login_and_carry_both_cookies(scripted):
    session, script = scripted(httpx.Response(200, json={"value": []}))
    for _ in range(3):
        session.get("Projects")
    assert (script.logins, session.logins, session.version) == (1, 1, "1000280")
    assert {request.headers["Cookie"] for request in script.requests} == {"B1SESSION=session-1; ROUTEID=.node1"}


def test_a_balancer_that_moves_the_session_is_followed(scripted):
    moved = httpx.Response(200, headers=[("Set-Cookie", "ROUTEID=.node2; path=/b1s")], json={})
    session, script = scripted(moved, httpx.Response(200, json={}))
    session.get("Projects")
    session.get("Projects")
    assert script.requests[1].headers["Cookie"] == "B1SESSION=session-1; ROUTEID=.node2"


def test_expect_is_never_sent_and_redirects_are_never_followed(scripted):
    session, script = scripted(httpx.Response(302, headers={"Location": "https://elsewhere.example"}))
    with pytest.raises(B1Refused):
        session.get("Projects")
    assert "expect" not in script.requests[0].headers
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        (-304, "Fail to get DB Credentials from SLD", "Check `b1.username`, `b1.password`"),
        (100000027, "Login failed", "Check `b1.username`, `b1.password`"),
        (100000055, "The account is blocked", "the user is locked"),
        (-1, "User is Locked", "the user is locked"),
    ],
)
def test_a_refused_login_is_told_once_and_never_tried_again(scripted, naps, code, text, words):
    login = httpx.Response(401, json={"error": {"code": code, "message": {"value": text}}})
    session, script = scripted(httpx.Response(200, json={}), login=login)
    for _ in range(3):
        with pytest.raises(B1Unusable, match=words) as error:
            session.get("Projects")
    assert not error.value.is_passing
    assert (script.logins, naps.seconds) == (1, [])
    assert "sandbox-b1" not in str(error.value)


@pytest.mark.parametrize(
    "login",
    [
        httpx.Response(200, text="<html>Sign in to the network</html>"),
        httpx.Response(200, json=[1]),
        httpx.Response(200, json={"hello": 1}),
        httpx.Response(400, text="<html>You're speaking plain HTTP to an SSL-enabled server port</html>"),
        httpx.Response(404, text="<html>Not Found</html>"),
        httpx.Response(302, headers={"Location": "https://elsewhere.example"}),
    ],
)
def test_what_is_no_service_layer_is_said(scripted, login):
    session, _ = scripted(httpx.Response(200, json={}), login=login)
    with pytest.raises(B1Unusable, match="does not answer like a Service Layer"):
        session.log_in()


def test_a_login_that_fails_with_503_is_tried_again_like_a_read(scripted, naps):
    session, script = scripted(httpx.Response(200, json={}), login=httpx.Response(503))
    with pytest.raises(B1Unusable) as error:
        session.get("Projects")
    assert error.value.is_passing
    assert (script.logins, len(naps.seconds)) == (4, 3)


def test_closing_logs_out_and_forgives_a_dead_server(settings):
    seen = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path.rsplit("/", 1)[1])
        if seen[-1] == "Logout":
            raise httpx.ConnectError("gone")
        return httpx.Response(200, json={"SessionId": "s"})

    with ServiceLayer(settings(), transport=httpx.MockTransport(handle)) as session:
        session.log_in()
    assert seen == ["Login", "Logout"]


# --- a lost session ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 400])
def test_a_read_logs_in_once_more_and_is_repeated(scripted, status):
    session, script = scripted(lost(status), httpx.Response(200, json={"a": 1}))
    assert session.get("Projects") == {"a": 1}
    assert script.logins == 2
    assert script.requests[1].headers["Cookie"].startswith("B1SESSION=session-2")


def test_a_session_that_is_lost_again_at_once_is_not_chased(scripted):
    session, script = scripted(lost())
    with pytest.raises(B1Unusable, match="does not keep the session"):
        session.get("Projects")
    assert script.logins == 2


@pytest.mark.parametrize("status", [401, 400])
def test_a_guarded_batch_is_sent_again_after_a_new_login(scripted, status):
    session, script = scripted(lost(status), APPLIED)
    results, sent, _ = session.batch(OPERATIONS, is_protected=True)
    assert (results[0].status, script.logins, len(script.requests)) == (201, 2, 2)
    assert script.requests[1].content == sent


@pytest.mark.parametrize("send", ["write", "batch"])
def test_an_unguarded_write_is_left_to_whoever_can_look_it_up(scripted, send):
    session, script = scripted(lost())
    with pytest.raises(SessionLost):
        session.write("POST", "JournalEntries", {}) if send == "write" else session.batch(
            OPERATIONS, is_protected=False
        )
    assert (script.logins, len(script.requests)) == (2, 1)


def test_threads_that_lose_one_session_log_in_once_between_them(settings):
    logins = Counter()
    both_lost = threading.Barrier(2, timeout=10)

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(("/Login", "/Logout")):
            logins[request.url.path] += 1
            return httpx.Response(200, json={"SessionId": f"s{sum(logins.values())}"})
        return lost() if "s1" in request.headers["Cookie"] else httpx.Response(200, json={})

    class Waiting(ServiceLayer):
        def _renew(self, stale):
            if stale:
                both_lost.wait()
            super()._renew(stale)

    session = Waiting(settings(), transport=httpx.MockTransport(handle))
    session.log_in()
    threads = [threading.Thread(target=session.get, args=("Projects",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert session.logins == 2


# --- reads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure",
    [
        httpx.Response(500),
        httpx.Response(502, text="<html>Proxy Error</html>"),
        httpx.Response(200, text='{"value":[{"Code":'),
        httpx.Response(200, text="<html>Sign in</html>"),
        httpx.ReadTimeout("late"),
        httpx.ConnectError("refused"),
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
    ],
    ids=["500", "502", "cut off", "html", "late", "refused", "disconnected"],
)
def test_a_read_is_repeated_with_pauses(scripted, naps, failure):
    session, script = scripted(failure, failure, httpx.Response(200, json={"a": 1}))
    assert session.get("Projects") == {"a": 1}
    assert len(script.requests) == 3
    assert len(naps.seconds) == 2
    assert all(seconds > 0 for seconds in naps.seconds)


def test_a_read_is_given_up_after_four_tries(scripted):
    session, script = scripted(httpx.Response(503))
    with pytest.raises(B1Unusable, match="HTTP 503") as error:
        session.get("Projects")
    assert (len(script.requests), error.value.is_passing) == (4, True)


def test_a_read_that_is_not_allowed_names_who_can_help(scripted):
    body = {"error": {"code": "-6006", "message": "You are not permitted to perform this action"}}
    session, script = scripted(httpx.Response(403, json=body))
    with pytest.raises(B1Unusable, match=r"Give the user of `b1\.username` the authorisation"):
        session.get("Projects")
    assert len(script.requests) == 1


def test_a_service_action_that_only_reads_is_repeated_too(scripted):
    session, script = scripted(httpx.Response(502), httpx.Response(200, json=[1]))
    assert session.call("CompanyService_GetPeriods") == [1]
    assert [request.method for request in script.requests] == ["POST", "POST"]


def test_an_answer_that_trickles_in_is_given_up(settings):
    class Drip(httpx.SyncByteStream):
        def __iter__(self):
            while True:
                yield b" "

    now = iter(range(10**9))

    def handle(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Drip())

    from stampli_b1_assets.b1.connection import Connection  # the clock's seam is here

    connection = Connection(settings(), transport=httpx.MockTransport(handle), clock=lambda: float(next(now)))
    with pytest.raises(httpx.ReadTimeout):
        connection.send("GET", "Projects", content=b"", headers={})


# --- writes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure",
    [
        httpx.Response(500),
        httpx.Response(502, text="<html>Proxy Error</html>"),
        httpx.Response(201, text='{"JdtNum":'),
        httpx.Response(200, text="<html>Sign in</html>"),
        httpx.ReadTimeout("late"),
        httpx.WriteError("reset"),
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
    ],
    ids=["500", "502", "cut off", "html", "late", "reset", "disconnected"],
)
def test_a_write_without_a_clear_answer_is_in_doubt_and_sent_once(scripted, failure):
    session, script = scripted(failure)
    with pytest.raises(B1OutcomeUnknown):
        session.write("POST", "JournalEntries", {})
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "failure",
    [httpx.Response(200, text="<html></html>"), httpx.Response(200, text=""), httpx.Response(502)],
)
def test_a_batch_without_a_clear_answer_is_in_doubt_and_sent_once(scripted, failure):
    session, script = scripted(failure)
    with pytest.raises(B1OutcomeUnknown):
        session.batch(OPERATIONS, is_protected=True)
    assert len(script.requests) == 1


def test_a_write_that_could_not_be_sent_did_not_happen(scripted):
    session, script = scripted(httpx.ConnectError("refused"))
    with pytest.raises(B1Unusable, match="cannot be reached") as error:
        session.write("POST", "JournalEntries", {})
    assert error.value.is_passing
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 413])
def test_a_refused_write_keeps_status_code_and_words(scripted, status):
    session, _ = scripted(httpx.Response(status, json={"error": {"code": "-5002", "message": "Unbalanced"}}))
    with pytest.raises(B1Refused) as error:
        session.write("POST", "JournalEntries", {})
    assert (error.value.status, error.value.code, error.value.text) == (status, "-5002", "Unbalanced")


def test_a_write_answered_without_content_is_done(scripted):
    session, _ = scripted(httpx.Response(204))
    assert session.write("PATCH", "BusinessPartners('V1')", {"CardName": "x"}) is None
