"""Logging in, living and ending of sessions, and how both dialects refuse a caller without one."""

import threading

import httpx
import pytest

from stampli_b1_assets.sandbox.sample_company import COMPANY_DB

CREDENTIALS = {"CompanyDB": COMPANY_DB, "UserName": "bot", "Password": "secret"}
NO_SESSION = (401, "301", "Invalid session or session already timeout.")


@pytest.fixture(params=["v1", "v2"])
def stranger(request, new_caller):
    """Nobody has logged in."""
    return new_caller(request.param, logs_in=False)


def test_a_login_answers_id_version_and_minutes(stranger):
    answer = stranger.post("Login", CREDENTIALS)  # documented
    assert answer.status_code == 200
    body = answer.json()
    assert body["SessionTimeout"] == 30
    assert body["Version"] == "1000280"
    assert len(body["SessionId"]) == 36
    assert ("odata.metadata" in body, "@odata.context" in body) == (stranger.version == "v1", stranger.version == "v2")


def test_cookies_are_set_as_sap_sets_them(stranger):
    answer = stranger.post("Login", CREDENTIALS)
    session = answer.json()["SessionId"]
    b1session, route = answer.headers.get_list("set-cookie")
    assert b1session == f"B1SESSION={session};HttpOnly;"  # seen live: no path, a dangling semicolon
    assert route.startswith("ROUTEID=.node")  # documented
    assert route.endswith("; path=/b1s")


def test_the_language_may_be_given(stranger):
    answer = stranger.post("Login", {**CREDENTIALS, "Language": "23"})  # documented: an optional fourth parameter
    assert answer.status_code == 200


@pytest.mark.parametrize("wrong", [{"Password": "x"}, {"UserName": "x"}, {"CompanyDB": "X"}])
def test_wrong_credentials_are_401(stranger, refused, wrong):
    status, code, _ = refused(stranger.post("Login", CREDENTIALS | wrong))
    assert (status, code) == (401, "-304")  # seen live; the code depends on the version


@pytest.mark.parametrize("missing", CREDENTIALS)
def test_a_login_without_one_of_the_three_is_refused(stranger, missing):
    body = {name: value for name, value in CREDENTIALS.items() if name != missing}
    assert 400 <= stranger.post("Login", body).status_code < 500  # inferred


def test_too_many_wrong_passwords_lock_the_user(stranger, refused):
    for _ in range(5):
        stranger.post("Login", CREDENTIALS | {"Password": "guess"})
    status, code, _ = refused(stranger.post("Login", CREDENTIALS))
    assert (status, code) == (401, "100000055")  # seen by a client


@pytest.mark.parametrize(
    "path", ["login", "LOGIN", "businesspartners", "BusinessPartners", "$batch", "Logout", "Nothing"]
)
def test_without_a_session_every_path_is_401_the_wrong_case_of_login_too(stranger, refused, path):
    answer = stranger.post(path, CREDENTIALS)  # seen live: 401 with 301, not 404
    assert refused(answer) == NO_SESSION


def test_an_invented_session_is_401(stranger, refused):
    assert refused(stranger.get("BusinessPartners", Cookie="B1SESSION=invented; ROUTEID=.node1")) == NO_SESSION


def test_the_route_is_optional_and_a_dead_node_is_no_matter(new_caller):
    caller = new_caller()
    session = caller.http.headers["Cookie"].split(";")[0]
    for cookie in (session, f"{session}; ROUTEID=.node9"):  # documented: another node takes the session over
        assert caller.get("BusinessPartners('V20010')", Cookie=cookie).status_code == 200


def test_a_session_is_known_to_both_versions(v2, simulator):
    url = simulator.server.url.replace("v2", "v1")  # inferred: the cookie is the same, only its path differs
    assert httpx.get(f"{url}/Currencies", headers={"Cookie": v2.http.headers["Cookie"]}).status_code == 200


def test_a_cookie_jar_files_the_session_under_the_version_that_logged_in(simulator):
    with httpx.Client(trust_env=False) as client:  # measured: B1SESSION comes without a path
        client.post(f"{simulator.server.url}/Login", json=CREDENTIALS)
        assert client.get(f"{simulator.server.url}/Currencies").status_code == 200
        assert client.get(f"{simulator.server.url.replace('v2', 'v1')}/Currencies").status_code == 401


def test_thirty_idle_minutes_end_a_session(sap, simulator, refused):
    simulator.clock.now += 30 * 60 + 1  # documented
    assert refused(sap.get("Currencies")) == NO_SESSION
    assert refused(sap.get("Currencies")) == NO_SESSION


def test_any_request_renews_a_session(sap, simulator):
    for _ in range(5):
        simulator.clock.now += 29 * 60  # documented
        assert sap.get("Currencies").status_code == 200


def test_log_out_is_204_and_ends_only_that_session(new_caller, refused):
    one, other = new_caller(), new_caller()
    answer = one.post("Logout")
    assert (answer.status_code, answer.content) == (204, b"")  # documented
    assert refused(one.get("Currencies")) == NO_SESSION
    assert refused(one.post("Logout")) == NO_SESSION
    assert other.get("Currencies").status_code == 200


def test_one_user_may_have_many_sessions(new_caller):
    callers = [new_caller() for _ in range(10)]  # documented: licences are per user, not per session
    assert len({caller.http.headers["Cookie"] for caller in callers}) == 10
    assert all(caller.get("Currencies").status_code == 200 for caller in callers)


def test_requests_of_one_session_are_served_one_after_the_other(v2, new_caller, simulator):
    session = v2.http.headers["Cookie"].split(";")[0].removeprefix("B1SESSION=")
    with simulator.sessions.lock(session):  # inferred: a session's node serves one request at a time
        done = threading.Event()
        waiting = threading.Thread(target=lambda: (v2.get("Currencies"), done.set()))
        waiting.start()
        assert new_caller().get("Currencies").status_code == 200  # another session does not wait
        assert not done.is_set()
    waiting.join(10)
    assert done.is_set()
