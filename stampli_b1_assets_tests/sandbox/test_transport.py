"""What the balancer in front of SAP does: Expect, sizes, pings, connections that live and die, TLS, few workers."""

import socket
import ssl
import threading

import httpx
import pytest

from stampli_b1_assets.sandbox.certificates import make_certificates
from stampli_b1_assets.sandbox.service_layer.server import SimulatorServer
from stampli_b1_assets_tests.sandbox.conftest import CREDENTIALS


def raw(simulator, text):
    """Bytes over a socket; everything that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", simulator.server.port), timeout=10) as connection:
        connection.sendall(text.replace("\n", "\r\n").encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


# --- requests that the balancer answers -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["Login", "BusinessPartners", "$batch"])
def test_expecting_100_is_an_empty_500(simulator, path):
    answer = raw(simulator, f"POST /b1s/v2/{path} HTTP/1.1\nHost: x\nContent-Length: 2000000\nExpect: 100-continue\n\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 500 ")  # seen live, on Login too
    assert b"100 Continue" not in head
    assert b"Content-Length: 0" in head
    assert b"Connection: close" in head
    assert body == b""
    assert simulator.sessions.logins == 0


def test_a_body_of_more_than_fifty_mebibytes_is_413(sap):
    answer = sap.http.post(f"{sap.root}/$batch", content=b"x" * (50 * 1024 * 1024 + 1))
    assert answer.status_code == 413  # seen live
    assert answer.headers["content-type"].startswith("text/html")


def test_a_line_of_more_than_8190_bytes_is_414(sap, refused):
    head = f"{sap.root}/BusinessPartners?$filter=CardCode%20eq%20'"
    longest = 8190 - len(f"GET {head}' HTTP/1.1")
    assert sap.http.get(f"{head}{'x' * longest}'").status_code == 200
    answer = sap.http.get(f"{head}{'x' * (longest + 1)}'")
    assert answer.status_code == 414  # inferred: Apache's own limit
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("header", ["Content-Length: many", "Content-Length: -5", "Transfer-Encoding: chunked"])
def test_a_body_without_a_length_is_refused(simulator, header):
    answer = raw(simulator, f"POST /b1s/v2/Login HTTP/1.1\nHost: x\n{header}\n\n")
    assert answer.split(b" ")[1] in (b"400", b"411")  # inferred
    assert b"Connection: close" in answer


@pytest.mark.parametrize("path", ["/ping/", "/ping/load-balancer", "/ping/node/1"])
def test_pings_need_no_session(simulator, path):
    answer = httpx.get(f"http://127.0.0.1:{simulator.server.port}{path}")
    assert (answer.status_code, answer.text) == (200, "pong")  # documented


def test_a_node_that_is_not_there_does_not_answer(simulator):
    assert httpx.get(f"http://127.0.0.1:{simulator.server.port}/ping/node/9").status_code == 503  # documented


# --- connections ----------------------------------------------------------------------------------------------------


def test_headers_are_those_of_a_real_server(v2):
    headers = v2.get("Currencies").headers  # seen live
    assert headers["server"] == "Apache/2.4.61 (Unix)"
    assert headers["strict-transport-security"] == "max-age=63072000; includeSubdomains; preload"
    assert headers["vary"] == "Accept-Encoding"


def test_a_connection_lives_five_idle_seconds_and_a_hundred_requests(simulator):
    with httpx.Client(base_url=f"http://127.0.0.1:{simulator.server.port}") as client:
        answers = [client.get("/ping/") for _ in range(101)]
    assert answers[0].headers["keep-alive"] == "timeout=5, max=99"  # seen live
    assert answers[98].headers["keep-alive"] == "timeout=5, max=1"
    assert answers[99].headers["connection"] == "close"
    assert answers[100].headers["keep-alive"] == "timeout=5, max=99"


def test_an_idle_connection_is_closed_in_silence(simulator):
    simulator.server._server.RequestHandlerClass.timeout = 0.1  # in place of the five seconds
    assert raw(simulator, "GET /ping/ HTTP/1.1\nHost: x\n\n").endswith(b"pong")  # and then the end


# --- TLS ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def secure(simulator, tmp_path):
    authority, *pair = make_certificates(tmp_path / "certificates")
    server = SimulatorServer(simulator.application, tls=(pair[0], pair[1]))
    server.start()
    yield server, ssl.create_default_context(cafile=authority)
    server.stop()


def test_https_is_trusted_by_whoever_knows_its_authority(secure):
    server, context = secure
    answer = httpx.post(f"{server.url}/Login", json=CREDENTIALS, verify=context, trust_env=False)
    assert server.url.startswith("https://")
    assert answer.status_code == 200


def test_https_is_not_trusted_by_others(secure):
    server, _ = secure
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.post(f"{server.url}/Login", json=CREDENTIALS, trust_env=False)


def test_a_client_that_fails_to_shake_hands_stops_nobody(secure):
    server, context = secure
    with socket.create_connection(("127.0.0.1", server.port)) as lazy:  # never says a word
        assert lazy
        assert httpx.get(f"{server.url.removesuffix('/b1s/v2')}/ping/", verify=context, trust_env=False).text == "pong"


def test_an_address_in_an_answer_is_the_callers_own(v2, entry, simulator):
    location = v2.post("JournalEntries", entry()).headers["location"]
    assert location.startswith(f"https://127.0.0.1:{simulator.server.port}/b1s/v2/JournalEntries(")


# --- time -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def slept(simulator, monkeypatch):
    """What requests cost, in place of waiting for it."""
    seconds = []
    monkeypatch.setattr(simulator.application, "_sleep", lambda one: seconds.append(one) if one else None)
    return seconds


def test_a_login_costs_its_time(simulator, slept, new_caller):
    simulator.application.seconds_per_login = 3.0  # seen live: 3 to 8 seconds
    new_caller()
    assert slept == [3.0]


def test_writes_cost_their_time_and_reads_only_the_round_trip(simulator, v2, entry, slept):
    simulator.application.seconds_per_request, simulator.application.seconds_per_write = 0.05, 0.2
    v2.get("Currencies")
    assert slept == [0.05]
    slept.clear()
    v2.post("JournalEntries", entry())
    assert slept == [0.05, 0.2]


def test_a_batch_saves_round_trips_and_no_work(simulator, v2, slept):
    simulator.application.seconds_per_request, simulator.application.seconds_per_write = 0.05, 0.2
    rows = "".join(
        f"--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {n}\r\n\r\n"
        f"POST /b1s/v2/U_STAMPLI_POSTED HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
        f'{{"Code":"{n}","Name":"{n}"}}\r\n'
        for n in range(4)
    )
    body = f"--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n{rows}--c--\r\n--b--\r\n"
    answer = v2.http.post("/b1s/v2/$batch", content=body, headers={"Content-Type": "multipart/mixed;boundary=b"})
    assert answer.text.count("201 Created") == 4
    assert slept == [0.05, 4 * 0.2]  # inferred


def test_there_are_few_workers_and_the_next_request_waits_for_one(simulator, new_caller):
    caller, workers = new_caller(), simulator.application._workers
    taken = 0
    while workers.acquire(blocking=False):
        taken += 1
    assert taken == 10  # inferred
    done = threading.Event()
    waiting = threading.Thread(target=lambda: (caller.get("Currencies"), done.set()))
    waiting.start()
    assert httpx.get(f"http://127.0.0.1:{simulator.server.port}/ping/").text == "pong"  # needs no worker
    assert not done.is_set()
    for _ in range(taken):
        workers.release()
    waiting.join(10)
    assert done.is_set()
