"""`$batch`: what a body must look like, change sets as one transaction, and how failures are answered."""

import json
import re
from email import message_from_bytes

import pytest

JSON = "Content-Type: application/json"
PART = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"


def row(key):
    return "POST", "U_STAMPLI_POSTED", f'{{"Code":"{key}","Name":"{key}"}}'


def operation(caller, method, path, body="", *, content_id=None, head=JSON):
    """One part's text without its boundary; a read ends in two empty lines."""
    lines = PART + (f"Content-ID: {content_id}\r\n" if content_id is not None else "")
    if method == "GET":
        return f"{lines}\r\nGET {caller.root}/{path} HTTP/1.1\r\n\r\n"
    return f"{lines}\r\n{method} {caller.root}/{path} HTTP/1.1\r\n{head}\r\n\r\n{body}"


def change_set(caller, *operations, boundary="cs_1", ids=None):
    ids = ids or range(1, len(operations) + 1)
    parts = [operation(caller, *one, content_id=id_) for one, id_ in zip(operations, ids, strict=True)]
    inner = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f"Content-Type: multipart/mixed;boundary={boundary}\r\n\r\n{inner}--{boundary}--"


def whole(*parts, boundary="batch_1"):
    return "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"


@pytest.fixture
def send():
    def sent(caller, body, *, content_type="multipart/mixed;boundary=batch_1", **headers):
        content = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return caller.http.post(
            f"{caller.root}/$batch", content=content, headers={"Content-Type": content_type, **named}
        )

    return sent


def parts_of(answer):
    """Each part as (status, headers, JSON), a change set as a list of these."""
    message = message_from_bytes(f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode() + answer.content)
    assert not message.defects
    return [_part(part) for part in message.get_payload()]


def _part(part):
    if part.get_content_maintype() == "multipart":
        return [(*_http(one), one["Content-ID"]) for one in part.get_payload()]
    return _http(part)


def _http(part):
    head, _, body = part.get_payload(decode=True).partition(b"\r\n\r\n")
    status, _, headers = head.decode().partition("\r\n")
    return int(status.split()[1]), headers, body.decode().strip()


def keys(simulator):
    return [one["Code"] for one in simulator.store.all("U_STAMPLI_POSTED")]


# --- bodies ---------------------------------------------------------------------------------------------------------


def good(caller):
    return whole(change_set(caller, row("k1")))


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda text: text.replace("\r\n", "\n"), id="line feeds alone"),
        pytest.param(lambda text: text.removesuffix("\r\n"), id="no line end after the last boundary"),
        pytest.param(lambda text: text.removesuffix("--\r\n") + "\r\n", id="no last boundary"),
        pytest.param(lambda text: text.replace("--cs_1--", "--cs_2--"), id="no last boundary of the change set"),
        pytest.param(lambda text: text.replace("HTTP/1.1", ""), id="no version in the request line"),
        pytest.param(lambda text: text.replace("/json\r\n\r\n", "/json\r\n"), id="no blank line before the body"),
        pytest.param(lambda text: text.replace("1\r\n\r\nPOST", "1\r\nPOST"), id="no blank line before the request"),
        pytest.param(lambda text: text.replace("application/http", "text/plain"), id="part of another type"),
        pytest.param(lambda text: text.replace("-Encoding: binary", "-Encoding: base64"), id="encoded part"),
        pytest.param(lambda text: text.replace("cs_1\r\n\r\n--", "cs_1\r\n--"), id="no blank line in the change set"),
        pytest.param(lambda text: text.replace("POST /b1s", "GET /b1s"), id="a read in a change set"),
        pytest.param(lambda text: "", id="nothing"),
        pytest.param(lambda text: "--batch_1--\r\n", id="no part"),
        pytest.param(lambda text: '{"requests": []}', id="JSON"),
    ],
)
def test_a_body_that_is_not_right_is_refused_as_a_whole(sap, send, refused, simulator, broken):
    status, code, text = refused(send(sap, broken(good(sap))))  # documented; seen live
    assert (status, code) == (400, "-1000")
    assert "Incomplete" in text
    assert keys(simulator) == []


def test_a_nul_is_refused_as_a_whole(sap, send, refused, simulator):
    status, code, _ = refused(send(sap, good(sap).replace("k1", "k\0")))  # seen live
    assert (status, code) == (400, "242")
    assert keys(simulator) == []


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/mixed", "multipart/form-data;boundary=batch_1"]
)
def test_only_multipart_mixed_is_a_batch(sap, send, refused, content_type):
    assert refused(send(sap, good(sap), content_type=content_type))[:2] == (400, "-1000")


@pytest.mark.parametrize("content_type", ['multipart/mixed; boundary="batch_1"', "Multipart/Mixed;Boundary=batch_1"])
def test_the_boundary_may_be_quoted(sap, send, content_type):
    assert send(sap, good(sap), content_type=content_type).status_code < 300


def test_a_read_needs_two_empty_lines(sap, send, refused):
    right = operation(sap, "GET", "Currencies('EUR')")
    assert [part[0] for part in parts_of(send(sap, whole(right)))] == [200]
    wrong = right.removesuffix("\r\n")
    assert refused(send(sap, whole(wrong)))[:2] == (400, "-1000")  # documented


def test_v2_demands_content_ids_and_v1_does_not(v1, v2, send, refused, simulator):
    def without(caller):
        return re.sub(r"Content-ID: 1\r\n", "", good(caller))

    assert refused(send(v2, without(v2)))[:2] == (400, "244")  # seen live
    assert keys(simulator) == []
    ((answer,),) = parts_of(send(v1, without(v1)))
    assert answer[0] == 201  # documented
    assert answer[3] is None


def test_a_content_id_twice_cannot_be_committed(v2, send, simulator):
    body = whole(change_set(v2, row("k1"), row("k2"), ids=[1, 1]))
    ((status, _, content),) = parts_of(send(v2, body))
    assert status == 400
    assert '"-1116"' in content  # seen live
    assert keys(simulator) == []


def test_an_operation_for_another_version_is_not_found(sap, send, simulator):
    other = "v1" if sap.version == "v2" else "v2"
    body = good(sap).replace(f"/b1s/{sap.version}/", f"/b1s/{other}/")
    ((status, _, content),) = parts_of(send(sap, body))  # inferred
    assert status == 400
    assert "-1002" in content


def test_an_operation_may_be_bare(sap, send, simulator):
    send(sap, good(sap).replace(f"{sap.root}/", ""))  # documented
    assert keys(simulator) == ["k1"]


def test_without_a_session_the_whole_batch_is_401(sap, send, refused, simulator):
    simulator.sessions.end_all()
    assert refused(send(sap, good(sap)))[:2] == (401, "301")
    assert keys(simulator) == []


# --- answers --------------------------------------------------------------------------------------------------------


def test_v1_accepts_and_v2_says_ok_also_when_parts_failed(v1, v2, send):
    for caller, status in ((v1, 202), (v2, 200)):  # documented
        good_one, bad_one = whole(change_set(caller, row(caller.version))), whole(change_set(caller, row("")))
        assert send(caller, good_one).status_code == send(caller, bad_one).status_code == status


def test_a_change_set_answers_one_part_for_each_operation(sap, send, entry, simulator):
    body = whole(
        change_set(sap, row("k1"), ("POST", "JournalEntries", json.dumps(entry(U_StampliKey="k1"))), ids=[7, 9])
    )
    answer = send(sap, body)
    assert "batch_1" not in answer.headers["content-type"]  # documented: another boundary
    (parts,) = parts_of(answer)
    assert [part[0] for part in parts] == [201, 201]
    assert [part[3] for part in parts] == ["7", "9"]  # documented
    number = simulator.store.entries()[0]["JdtNum"]
    assert re.search(rf"Location: https?://\S+{sap.root}/JournalEntries\({number}\)", parts[1][1])
    assert f'"JdtNum": {number}' in parts[1][2]


def test_a_failed_change_set_answers_one_plain_part_and_leaves_nothing(sap, send, entry, simulator):
    operations = [row("k1"), row("k2"), ("POST", "JournalEntries", json.dumps(entry(Memo="x" * 51)))]
    ((status, headers, content),) = parts_of(send(sap, whole(change_set(sap, *operations))))  # documented
    assert status == 400
    assert "Content-Type: application/json" in headers
    assert "Memo" in content
    assert keys(simulator) == []
    assert simulator.store.entries() == []


def test_the_error_in_a_part_has_the_dialects_shape(v1, v2, send):
    def error(caller):
        ((_, _, content),) = parts_of(send(caller, whole(change_set(caller, row("k1"), row("k1"), ids=[1, 2]))))
        return json.loads(content)["error"]

    text = "This entry already exists in the following tables (ODBC -2035)"
    assert error(v1) == {
        "code": -2035,
        "message": {"lang": "en-us", "value": text},
        "innererror": {"context": None, "trace": None},  # documented
    }
    assert error(v2) == {"code": "-2035", "message": text}  # inferred: the guide prints v1 only


def test_numbers_of_what_was_rolled_back_are_used_again(sap, send, entry, simulator):
    bad = ("POST", "JournalEntries", json.dumps(entry(Memo="x" * 51)))
    send(sap, whole(change_set(sap, ("POST", "JournalEntries", json.dumps(entry())), bad)))
    assert sap.post("JournalEntries", entry()).json()["JdtNum"] == 5001  # inferred: one transaction


def test_a_batch_stops_at_the_first_part_that_fails(sap, send, simulator):
    sets = [change_set(sap, row(key), boundary=f"cs_{key}") for key in ("k1", "k1", "k2")]
    parts = parts_of(send(sap, whole(*sets)))
    assert [isinstance(part, list) for part in parts] == [True, False]  # documented: what follows is not answered
    assert keys(simulator) == ["k1"]  # and what came before stays


def test_a_read_that_finds_nothing_stops_a_batch_too(sap, send, simulator):
    read = operation(sap, "GET", "Projects('NOSUCH')")
    parts = parts_of(send(sap, whole(read, change_set(sap, row("k1")))))
    assert [part[0] for part in parts] == [404]  # inferred
    assert keys(simulator) == []


def test_writes_outside_a_change_set_stand_alone(sap, send, simulator):
    writes = [operation(sap, *row("k1")), operation(sap, *row("k1"))]
    assert [part[0] for part in parts_of(send(sap, whole(*writes)))] == [201, 400]
    assert keys(simulator) == ["k1"]  # documented: each its own transaction


def test_reads_and_change_sets_come_back_in_their_order(sap, send):
    text = "Projects?$filter=Code eq 'P-0107'&$select=Code".replace(" ", "%20")
    body = whole(
        operation(sap, "GET", text), change_set(sap, row("k1")), operation(sap, "GET", "U_STAMPLI_POSTED('k1')")
    )
    first, second, third = parts_of(send(sap, body))
    assert '"P-0107"' in first[2]
    assert second[0][0] == 201
    assert third[0] == 200


# --- references -----------------------------------------------------------------------------------------------------


def test_a_number_stands_for_what_a_part_has_made(sap, send, entry, simulator):
    operations = [
        ("POST", "JournalEntries", json.dumps(entry())),
        ("PATCH", "$1", '{"Memo":"patched"}'),
        ("POST", "$1/Cancel", ""),
    ]
    (parts,) = parts_of(send(sap, whole(change_set(sap, *operations))))  # documented
    assert [part[0] for part in parts] == [201, 204, 204]
    assert [one["Memo"] for one in simulator.store.entries()] == ["patched", "patched (Reversal)"]


def test_a_number_is_no_value_in_a_body(sap, send, entry, simulator):
    operations = [
        ("POST", "JournalEntries", json.dumps(entry())),
        ("POST", "U_STAMPLI_POSTED", '{"Code":"$1","Name":"$1"}'),
    ]
    send(sap, whole(change_set(sap, *operations)))
    assert keys(simulator) == ["$1"]  # documented: it is not replaced


def test_a_number_of_another_change_set_is_unknown(sap, send, entry, simulator):
    first = change_set(sap, ("POST", "JournalEntries", json.dumps(entry())), boundary="a")
    second = change_set(sap, ("PATCH", "$1", '{"Memo":"x"}'), boundary="b", ids=[2])
    parts = parts_of(send(sap, whole(first, second)))
    assert parts[1][0] == 400  # inferred


# --- preferences ----------------------------------------------------------------------------------------------------


def test_content_may_be_left_out_of_an_answer(sap, send, simulator):
    part = operation(sap, *row("k1"), head=f"{JSON}\r\nPrefer: return-no-content")
    ((status, headers, content),) = parts_of(send(sap, whole(part)))
    assert (status, content) == (204, "")  # documented
    assert "Location: " in headers


def test_going_on_after_an_error_works_for_single_operations(sap, send, simulator):
    parts = [operation(sap, *row("k1")), operation(sap, *row("k1")), operation(sap, *row("k2"))]
    answer = send(sap, whole(*parts), Prefer="odata.continue-on-error")
    assert [part[0] for part in parts_of(answer)] == [201, 400, 201]  # seen live, documented nowhere
    assert keys(simulator) == ["k1", "k2"]


def test_going_on_after_an_error_crashes_the_worker_when_a_change_set_fails(sap, send, simulator):
    sets = [change_set(sap, row(key), boundary=f"cs_{key}") for key in ("k1", "k1")]
    answer = send(sap, whole(*sets), Prefer="odata.continue-on-error")
    assert answer.status_code == 502  # seen live
    assert b"Proxy Error" in answer.content
    assert keys(simulator) == ["k1"]  # seen live: data stay consistent


def test_an_etag_in_a_batch_is_not_heeded(sap, send, simulator):
    head = f'{JSON}\r\nIf-Match: W/"OLD"'
    part = operation(sap, "PATCH", "BusinessPartners('V20010')", '{"Phone1":"1"}', head=head)
    assert [one[0] for one in parts_of(send(sap, whole(part)))] == [204]  # seen live
    assert simulator.store.get("BusinessPartners", "V20010")["Phone1"] == "1"
