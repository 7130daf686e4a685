"""The control endpoint: each fault and lasting state on the wire, and what a person does in SAP's own client."""

# Longer than 400 lines: every fault and state has its own short test, and they are looked for in one place.

import httpx
import pytest

from stampli_b1_assets.sandbox.service_layer import server
from stampli_b1_assets.sandbox.service_layer.faults import BROKEN_COMPANIES, FAULTS
from stampli_b1_assets.sandbox.service_layer.habits import HABITS

ROW = {"Code": "k1", "Name": "k1"}
SET = "U_STAMPLI_POSTED"


@pytest.fixture
def control(simulator):
    with httpx.Client(base_url=simulator.server.control_url, trust_env=False) as client:
        yield client


@pytest.fixture
def arm(control):
    def armed(name, **when):
        answer = control.post("/faults", json={"name": name, **when})
        assert answer.status_code == 200, answer.text

    return armed


@pytest.fixture
def is_there(simulator):
    return lambda: simulator.store.get(SET, "k1") is not None


@pytest.fixture
def post(v2):
    """A row posted; None when the connection was cut."""

    def posted():
        try:
            return v2.post(SET, ROW)
        except httpx.RemoteProtocolError:
            return None

    return posted


def batch(caller, *keys):
    """One change set for each key."""
    sets = [
        f"--b\r\nContent-Type: multipart/mixed;boundary=c{n}\r\n\r\n--c{n}\r\nContent-Type: application/http\r\n"
        f"Content-Transfer-Encoding: binary\r\nContent-ID: {n}\r\n\r\nPOST {caller.root}/{SET} HTTP/1.1\r\n"
        f'Content-Type: application/json\r\n\r\n{{"Code":"{key}","Name":"{key}"}}\r\n--c{n}--\r\n'
        for n, key in enumerate(keys)
    ]
    body = "".join(sets) + "--b--\r\n"
    return caller.http.post(
        f"{caller.root}/$batch", content=body, headers={"Content-Type": "multipart/mixed;boundary=b"}
    )


# --- faults ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status", "is_executed"),
    [
        ("session_expiry", 401, False),
        ("session_expiry_304", 400, False),
        ("not_permitted_403", 403, False),
        ("gateway_502_before", 502, False),
        ("gateway_502_after", 502, True),
        ("service_unavailable_503", 503, False),
        ("empty_500", 500, False),
        ("empty_500_after", 500, True),
        ("html_200", 200, False),
        ("cut_before", None, False),
        ("cut_during", None, True),
        ("cut_after", None, True),
        ("truncated_json", 201, True),
        ("stale_keep_alive", 201, True),
        ("slow_commit", 201, True),
        ("late_commit", 201, True),
    ],
)
def test_each_fault_strikes_once_before_or_after_the_commit(
    arm, post, is_there, control, v2, name, status, is_executed
):
    arm(name, seconds=0)
    answer = post()
    assert (answer.status_code if answer is not None else None) == status
    assert is_there() is is_executed
    assert control.get("/faults").json()["struck"] == [name]
    v2.log_in()
    assert v2.get("Currencies").status_code == 200


def test_pages_of_the_balancer_are_html(arm, post):
    for name in ("gateway_502_before", "service_unavailable_503", "html_200"):
        arm(name)
        assert post().headers["content-type"].startswith("text/html")


def test_an_empty_500_says_nothing(arm, post):
    for name in ("empty_500", "empty_500_after"):
        arm(name)
        assert post().content == b""


def test_half_an_answer_is_no_json(arm, post):
    arm("truncated_json")
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
        post().json()


@pytest.mark.parametrize(("name", "code"), [("session_expiry", "301"), ("session_expiry_304", "-304")])
def test_an_expired_session_stays_expired(arm, post, v2, refused, name, code):
    arm(name)
    assert refused(post())[1] == code
    assert refused(v2.get("Currencies"))[:2] == (401, "301")


@pytest.mark.parametrize(("name", "code"), [("login_refused", "-304"), ("user_locked", "100000055")])
def test_logins_can_be_refused(arm, new_caller, refused, name, code):
    stranger = new_caller(logs_in=False)
    arm(name)
    body = {"CompanyDB": "LINDEN_DEMO", "UserName": "bot", "Password": "secret"}
    assert refused(stranger.post("Login", body))[:2] == (401, code)
    assert stranger.post("Login", body).status_code == 200


def test_a_worker_crash_leaves_the_first_change_set(arm, v2, simulator):
    arm("worker_crash_in_batch")
    v2.get("Currencies")  # is no batch
    assert batch(v2, "k1", "k2").status_code == 502
    assert [row["Code"] for row in simulator.store.all(SET)] == ["k1"]


def test_a_refusal_at_the_commit_takes_everything_back(arm, v2, is_there):
    arm("refused_at_commit")
    answer = batch(v2, "k1")
    assert answer.status_code == 200
    assert '"-1116"' in answer.text
    assert not is_there()


def test_a_slow_answer_comes_byte_by_byte(arm, v2, monkeypatch):
    seconds = []
    monkeypatch.setattr(server.time, "sleep", seconds.append)
    arm("slow_loris", path="/$count")
    assert v2.get("ChartOfAccounts/$count").text == "12"
    assert seconds == [0.05, 0.05]


def test_a_slow_commit_is_committed_before_it_is_answered_and_a_late_one_is_not(arm, v2, simulator, is_there):
    seen = []
    simulator.application._sleep = lambda seconds: seen.append((seconds, is_there())) if seconds else None
    for name in ("late_commit", "slow_commit"):
        arm(name)
        v2.post(SET, ROW)
        v2("DELETE", f"{SET}('k1')")
    assert seen == [(15.0, False), (15.0, True)]  # longer than the sandbox's time-out


def test_a_slow_transaction_stands_open_between_its_operations(arm, v2, entry, simulator):
    seen = []
    simulator.application._sleep = lambda seconds: (
        seen.append((seconds, len(simulator.store.all(SET)), len(simulator.store.entries()))) if seconds else None
    )
    arm("slow_transaction")
    two = batch(v2, "k1").request.content.decode().replace("--c0--", _bad_entry(v2, entry))
    assert seen == []  # a single operation has nothing to wait between
    simulator.store.delete(SET, "k1")
    arm("slow_transaction")
    v2.http.post("/b1s/v2/$batch", content=two, headers={"Content-Type": "multipart/mixed;boundary=b"})
    assert seen == [(15.0, 1, 0)]


# --- where and when they strike -------------------------------------------------------------------------------------


def test_a_fault_strikes_where_and_when_it_is_told_to(arm, v2):
    arm("service_unavailable_503", method="GET", path="Projects", after=1, times=2)
    paths = ("Currencies", "Projects", "Projects", "Currencies", "Projects", "Projects")
    assert [v2.get(path).status_code for path in paths] == [200, 200, 503, 200, 503, 200]


def test_faults_after_the_commit_wait_for_a_write_when_no_place_is_given(arm, v2, post):
    arm("gateway_502_after")
    assert v2.get("Currencies").status_code == 200
    assert v2.post("CompanyService_GetAdminInfo").status_code == 200
    assert post().status_code == 502


def test_faults_spare_logins_and_log_outs_unless_they_are_named(arm, new_caller):
    arm("service_unavailable_503")
    caller = new_caller()
    assert caller.post("Logout").status_code == 204
    arm("empty_500", path="Login")
    with pytest.raises(ValueError, match="Expecting"):
        new_caller()


def test_armed_faults_are_told_and_can_be_taken_back(arm, control, v2):
    arm("service_unavailable_503", times=5)
    assert [(one["name"], one["times"]) for one in control.get("/faults").json()["armed"]] == [
        ("service_unavailable_503", 5)
    ]
    assert control.delete("/faults").json() == {"armed": []}
    assert v2.get("Currencies").status_code == 200
    assert control.get("/faults").json()["armed"] == []


def test_everything_that_can_be_switched_on_is_listed_with_what_it_does(control):
    document = control.get("/faults").json()
    assert document["known"] == FAULTS
    assert document["states"] == BROKEN_COMPANIES | HABITS
    assert all(text for text in {**document["known"], **document["states"]}.values())


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"name": "no_such"}, "no_such is none of session_expiry, "),
        ({}, "None is none of session_expiry, "),
        ({"name": "cut_after", "when": "now"}, "when: a fault has name, method, path, times, after, seconds"),
        ({"name": "cut_after", "times": "two"}, "times: times, after and seconds are numbers"),
        ({"name": "cut_after", "times": True}, "times: times, after and seconds are numbers"),
    ],
    ids=str,
)
def test_a_fault_that_cannot_be_is_explained(control, body, says):
    answer = control.post("/faults", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(says)


# --- lasting states -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*BROKEN_COMPANIES, *HABITS])
def test_each_lasting_state_can_be_switched_on_and_off(control, name):
    assert control.post("/company", json={name: True}).json() == {"on": [name]}
    assert control.get("/faults").json()["on"] == [name]
    assert control.post("/company", json={name: False}).json() == {"on": []}
    assert control.post("/faults", json={"name": name}).json() == {"on": [name]}


def test_an_unknown_state_is_explained(control):
    answer = control.post("/company", json={"no_such": True})
    assert (answer.status_code, answer.json()["error"][:30]) == (400, "no_such is none of change_set_")


def test_change_sets_may_leave_half_behind(control, v2, entry, simulator):
    control.post("/company", json={"change_set_not_atomic": True})
    text = batch(v2, "k1").request.content.decode().replace("--c0--", _bad_entry(v2, entry))
    answer = v2.http.post("/b1s/v2/$batch", content=text, headers={"Content-Type": "multipart/mixed;boundary=b"})
    assert '"-2035"' in answer.text
    simulator.store.delete(SET, "k1")
    answer = v2.http.post("/b1s/v2/$batch", content=text, headers={"Content-Type": "multipart/mixed;boundary=b"})
    assert "400 Bad Request" in answer.text
    assert simulator.store.get(SET, "k1") is not None


def _bad_entry(caller, entry):
    return (
        "--c0\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: 9\r\n\r\n"
        f"POST {caller.root}/JournalEntries HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{{}}\r\n--c0--"
    )


def test_codes_may_be_taken_twice(control, v2):
    control.post("/company", json={"duplicate_guard_rows_accepted": True})
    assert [v2.post(SET, ROW).status_code for _ in range(2)] == [201, 201]


def test_user_tables_may_be_missing(control, v2, refused):
    control.post("/company", json={"user_table_missing": True})
    assert refused(v2.post(SET, ROW))[:2] == (400, "-1002")


def test_reversals_may_keep_user_fields(control, sap, entry, simulator):
    for is_on, key in ((False, None), (True, "k1")):
        control.post("/company", json={"reversals_keep_user_fields": is_on})
        number = sap.post("JournalEntries", entry(U_StampliKey="k1")).json()["JdtNum"]
        assert sap.post(f"JournalEntries({number})/Cancel").status_code == 204
        assert sap.get(f"JournalEntries({number + 1})").json()["U_StampliKey"] == key


def test_errors_may_have_other_shapes(control, v2):
    v2.post(SET, ROW)
    control.post("/company", json={"v1_errors_in_v2_batches": True})
    text = "This entry already exists in the following tables (ODBC -2035)"
    assert f'"code": -2035, "message": {{"lang": "en-us", "value": "{text}"}}' in batch(v2, "k1").text
    assert v2.post(SET, ROW).json()["error"] == {"code": "-2035", "message": text}
    control.post("/company", json={"numeric_codes_in_v2": True, "v1_errors_in_v2_batches": False})
    assert v2.post(SET, ROW).json()["error"] == {"code": -2035, "message": text}
    control.post("/company", json={"duplicates_are_code_minus_1": True})
    assert v2.post(SET, ROW).json()["error"] == {"code": -1, "message": text}


def test_reads_may_see_what_is_not_committed_or_only_what_is(control, v2, simulator):
    for state, status in (("reads_see_open_transactions", 200), ("reads_see_last_commit", 404)):
        control.post("/company", json={state: True})
        with simulator.store.transaction():
            simulator.store.put(SET, "k1", ROW)
            assert v2.get(f"{SET}('k1')").status_code == status
            simulator.store.delete(SET, "k1")
        control.post("/company", json={state: False})


def test_text_may_be_compared_without_case(control, sap, refused):
    control.post("/company", json={"text_ignores_case": True})
    assert sap.get("BusinessPartners('v20010')").json()["CardCode"] == "V20010"
    assert len(sap.get("BusinessPartners?$filter=CardName eq 'OKAFOR ADVISORY'").json()["value"]) == 1
    sap.post(SET, ROW)
    assert refused(sap.post(SET, {"Code": "K1", "Name": "K1"}))[1] == "-2035"


def test_links_may_forget_options(control, v2, simulator):
    control.post("/company", json={"links_forget_options": True})
    answer = v2.get("ChartOfAccounts?$select=Code&$orderby=Code", Prefer="odata.maxpagesize=5")
    assert answer.json()["@odata.nextLink"] == "ChartOfAccounts?$skip=5"


def test_a_restart_may_be_needed(control, v2):
    control.post("/company", json={"restart_needed": True})
    v2.post("UserTablesMD", {"TableName": "NOTES", "TableDescription": "Notes"})
    assert v2.get("U_NOTES").status_code == 400
    assert control.post("/restart").json() == {"sessions": 0}
    assert v2.get("U_NOTES").status_code == 401  # a restart ends all sessions
    v2.log_in()
    assert v2.get("U_NOTES").status_code == 200


# --- time -----------------------------------------------------------------------------------------------------------


def test_it_can_be_made_as_slow_as_sap(control, simulator):
    timing = {"seconds_per_login": 3.0, "seconds_per_request": 0.05, "seconds_per_write": 0.2}
    assert control.post("/timing", json=timing).json() == timing
    assert simulator.application.seconds_per_write == 0.2
    assert control.get("/faults").json()["timing"] == timing


@pytest.mark.parametrize(
    "body", [{"seconds_per_login": -1}, {"seconds": 1}, {"seconds_per_login": "x"}, {"seconds_per_login": 1e9}], ids=str
)
def test_times_that_cannot_be_are_refused(control, simulator, body):
    assert control.post("/timing", json=body).status_code == 400
    assert simulator.application.seconds_per_login == 0


# --- what a person does in SAP's own client -------------------------------------------------------------------------


def test_a_person_opens_periods_sets_rates_changes_rows_and_cancels(control, v2, entry):
    assert control.post("/periods", json={"code": "2026-02", "status": "ltUnlocked"}).status_code == 200
    day = {"ReferenceDate": "2026-02-02", "TaxDate": "2026-02-02", "DueDate": "2026-02-02"}
    number = v2.post("JournalEntries", entry(**day)).json()["JdtNum"]
    assert control.post("/cancel", json={"jdt_num": number}).status_code == 200
    assert [one["JdtNum"] for one in control.get("/entries").json()] == [number, number + 1]
    control.post("/rates", json={"currency": "EUR", "date": "2026-04-04", "rate": "1.2"})
    assert v2.post("SBOBobService_GetCurrencyRate", {"Currency": "EUR", "Date": "20260404"}).json() == 1.2
    control.post("/rows", json={"set": "ChartOfAccounts", "key": "006999", "row": {"FrozenFor": "tNO"}})
    assert v2.get("ChartOfAccounts('006999')").json()["FrozenFor"] == "tNO"


def test_every_request_is_logged_with_its_fault_and_without_secrets(control, arm, v2):
    arm("service_unavailable_503")
    v2.get("Currencies")
    lines = control.get("/requests").json()
    assert [(one["method"], one["path"], one["status"], one["fault"]) for one in lines] == [
        ("POST", "/b1s/v2/Login", 200, ""),
        ("GET", "/b1s/v2/Currencies", 503, "service_unavailable_503"),
    ]
    assert len(lines[1]["session"]) == 8
    assert "secret" not in str(lines)


def test_all_sessions_can_be_ended(control, v2):
    control.post("/sessions/end")
    assert v2.get("Currencies").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing", None, 404),
        ("POST", "/requests", None, 404),
        ("POST", "/faults", "{", 400),
        ("POST", "/periods", "{}", 400),
        ("POST", "/periods", '{"code": "1999-01", "status": "ltLocked"}', 400),
        ("POST", "/periods", '{"code": "2026-02", "status": "open"}', 400),
        ("POST", "/cancel", '{"jdt_num": 1}', 400),
        ("POST", "/cancel", '{"jdt_num": "x"}', 400),
        ("POST", "/rates", '{"currency": "EUR", "date": "2026-04-04", "rate": "much"}', 400),
        ("POST", "/rows", '{"set": "Nothing", "key": "x", "row": {}}', 400),
    ],
)
def test_what_the_endpoint_does_not_know_is_explained(control, method, path, body, status):
    answer = control.request(method, path, content=body)
    assert answer.status_code == status
    assert answer.json()["error"]
