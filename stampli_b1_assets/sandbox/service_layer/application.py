"""HTTP requests and answers of the Service Layer, without sockets: sessions, dialects, batches, faults."""

import re
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import simplejson

from stampli_b1_assets.sandbox.service_layer import batch
from stampli_b1_assets.sandbox.service_layer.company import Answer, Company, Options
from stampli_b1_assets.sandbox.service_layer.faults import ArmedFault, Faults
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal, no_session
from stampli_b1_assets.sandbox.service_layer.sessions import Sessions

_PATH = re.compile(r"/b1s/(v1|v2)/(.*)")
_DATES = frozenset({
    "ReferenceDate", "DueDate", "TaxDate", "VatDate", "ValidFrom", "ValidTo", "FrozenFrom", "FrozenTo", "EffectiveFrom",
    "EffectiveTo", "PostingDateFrom", "PostingDateTo", "ValueDateFrom", "ValueDateTo", "TaxDateFrom", "TaxDateTo",
    "DocDate", "DocDueDate",
})  # fmt: skip
_MONEY = frozenset({"Debit", "Credit", "FCDebit", "FCCredit", "DebitSys", "CreditSys"})
BALANCER_502 = (
    b'<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>502 Proxy Error</title>\n</head><body>\n'
    b"<h1>Proxy Error</h1>\n<p>The proxy server received an invalid response from an upstream server.</p>\n"
    b"</body></html>\n"
)
_MOST_BYTES = 52_428_800


@dataclass
class Response:
    """What goes over the wire; `cut` ends the connection: before any byte (0), or after so many of the body."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    cut: int | None = None
    seconds_per_byte: float = 0.0
    closes_in_silence: bool = False


@dataclass(frozen=True)
class LoggedRequest:
    """One line of the request log; never bodies of logins."""

    at: float
    method: str
    path: str
    session: str
    status: int
    fault: str = ""


@dataclass(frozen=True)
class Request:
    """What came over the wire; header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Application:
    """One company behind one Service Layer; safe for threads."""

    def __init__(self, company: Company, sessions: Sessions, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.company = company
        self.sessions = sessions
        self.faults = Faults()
        self.log: list[LoggedRequest] = []
        self.is_change_set_atomic = True
        self.seconds_per_login = 0.0
        self.seconds_per_write = 0.0
        self._sleep = sleep
        self._workers = threading.BoundedSemaphore(10)

    def handle(self, request: Request) -> Response:
        """One request with the fault that strikes it."""
        fault = self.faults.strike(request.method, request.path)
        response = self._with_fault(request, fault)
        line = LoggedRequest(
            time.time(), request.method, request.path, _cookie(request, "B1SESSION")[:8], response.status,
            fault.name if fault else "",
        )  # fmt: skip
        self.log.append(line)
        return response

    def _with_fault(self, request: Request, fault: ArmedFault | None) -> Response:
        name = fault.name if fault else ""
        if fault is not None and name == "late_commit":
            self._sleep(fault.seconds)
        early = self._before(name, request)
        if early is not None:
            return early
        response = self._served(request, crash=1 if name == "worker_crash_in_batch" else -1)
        if name == "slow_commit" and fault is not None:
            self._sleep(fault.seconds)
        return _after(name, response)

    def _before(self, name: str, request: Request) -> Response | None:
        is_v2 = "/v2/" in request.path
        if name == "session_expiry":
            self.sessions.end(_cookie(request, "B1SESSION"))
            return self._refused(no_session(), is_v2=is_v2)
        if name == "login_refused":
            return self._refused(Refusal(-304, "Fail to get DB Credentials from SLD", 401), is_v2=is_v2)
        if name == "user_locked":
            return self._refused(Refusal(100000055, "User account is locked", 401), is_v2=is_v2)
        html = [("Content-Type", "text/html; charset=iso-8859-1")]
        early = {
            "gateway_502_before": Response(502, BALANCER_502, html),
            "service_unavailable_503": Response(503, b"<html>Service Unavailable</html>", html),
            "cut_before": Response(0, cut=0),
            "empty_500": Response(500, b"", [("Connection", "close")]),
            "html_200": Response(200, b"<html>Sign in to the network</html>", html),
        }
        return early.get(name)

    def _served(self, request: Request, *, crash: int) -> Response:
        match = _PATH.fullmatch(request.path)
        if "expect" in request.headers:
            return Response(500, b"", [("Connection", "close")])
        if len(request.body) > _MOST_BYTES:
            return Response(413, b"<html>Request Entity Too Large</html>", [("Content-Type", "text/html")])
        if match is None:
            return Response(404, b"<html>Not Found</html>", [("Content-Type", "text/html")])
        is_v2, path = match[1] == "v2", match[2]
        try:
            with self._workers:
                return self._routed(request, path, is_v2=is_v2, crash=crash)
        except Refusal as refusal:
            return self._refused(refusal, is_v2=is_v2)
        except batch.WorkerCrashed:
            return Response(502, BALANCER_502, [("Content-Type", "text/html; charset=iso-8859-1")])

    def _routed(self, request: Request, path: str, *, is_v2: bool, crash: int) -> Response:
        if path == "Login" and request.method == "POST":
            return self._login(request, is_v2=is_v2)
        session = _cookie(request, "B1SESSION")
        if not self.sessions.use(session):
            raise no_session()
        with self.sessions.lock(session):
            if path == "Logout":
                self.sessions.end(session)
                return Response(204)
            if request.method != "GET":
                self._sleep(self.seconds_per_write)
            if path == "$batch":
                return self._batch(request, is_v2=is_v2, crash=crash)
            answer = self.company.handle(request.method, path, _json(request.body), _options(request))
            return self._answered(answer, path, is_v2=is_v2)

    def _login(self, request: Request, *, is_v2: bool) -> Response:
        self._sleep(self.seconds_per_login)
        body = _json(request.body) or {}
        session = self.sessions.log_in(str(body.get("CompanyDB")), str(body.get("UserName")), str(body.get("Password")))
        context = "@odata.context" if is_v2 else "odata.metadata"
        answer = {
            context: "$metadata#B1Sessions/@Element",
            "SessionId": session,
            "Version": "1000280",
            "SessionTimeout": self.sessions.idle_minutes,
        }
        cookies = [("Set-Cookie", f"B1SESSION={session};HttpOnly;"), ("Set-Cookie", "ROUTEID=.node1; path=/b1s")]
        return Response(200, _dump(answer), [("Content-Type", "application/json;charset=utf-8"), *cookies])

    def _batch(self, request: Request, *, is_v2: bool, crash: int) -> Response:
        groups = batch.parse(request.headers.get("content-type", ""), request.body, is_v2=is_v2)

        def execute(operation: batch.Operation) -> tuple[int, bytes, str]:
            path, _, query = operation.path.partition("?")
            inner = Request(operation.method, path, query, {}, operation.body)
            answer = self.company.handle(operation.method, path, _json(operation.body), _options(inner))
            response = self._answered(answer, path, is_v2=is_v2)
            location = (
                f"https://localhost:50000/b1s/{'v2' if is_v2 else 'v1'}/{answer.location}" if answer.location else ""
            )
            return response.status, response.body, location

        content_type, body = batch.run(
            groups,
            self.company.store,
            execute,
            lambda refusal: _error(refusal, is_v2=is_v2, is_in_batch=True),
            is_atomic=self.is_change_set_atomic,
            stop=crash,
        )
        return Response(200 if is_v2 else 202, body, [("Content-Type", content_type)])

    def _answered(self, answer: Answer, path: str, *, is_v2: bool) -> Response:
        content_type = (
            "application/json;odata.metadata=minimal;charset=utf-8" if is_v2 else "application/json;charset=utf-8"
        )
        headers = [("Content-Type", content_type)]
        if answer.location:
            headers.append(("Location", f"/b1s/{'v2' if is_v2 else 'v1'}/{answer.location}"))
        if answer.plain is not None:
            return Response(answer.status, answer.plain.encode(), [("Content-Type", "text/plain")])
        if answer.status == 204:
            return Response(204, b"", headers)
        return Response(answer.status, _dump(_value(answer, path, is_v2=is_v2)), headers)

    @staticmethod
    def _refused(refusal: Refusal, *, is_v2: bool) -> Response:
        body = _error(refusal, is_v2=is_v2, is_in_batch=False)
        return Response(refusal.status, body, [("Content-Type", "application/json;charset=utf-8")])


def _after(name: str, response: Response) -> Response:
    """Faults that strike when everything is committed."""
    if name == "gateway_502_after":
        return Response(502, BALANCER_502, [("Content-Type", "text/html; charset=iso-8859-1")])
    if name == "empty_500_after":
        return Response(500, b"", [("Connection", "close")])
    if name == "cut_after":
        return Response(response.status, cut=0)
    if name == "cut_during":
        response.cut = max(1, len(response.body) // 2)
    if name == "truncated_json":
        response.body = response.body[: len(response.body) // 2]
    if name == "slow_loris":
        response.seconds_per_byte = 0.05
    response.closes_in_silence = name == "stale_keep_alive"
    return response


def _value(answer: Answer, path: str, *, is_v2: bool) -> Any:
    """The two dialects: annotations, dates, next links, counts."""
    context = "@odata.context" if is_v2 else "odata.metadata"
    if answer.rows is None:
        value = _dialect(answer.value, is_v2=is_v2)
        if isinstance(value, dict):
            return {context: f"$metadata#{answer.context}", **value}
        return value if is_v2 else {context: "$metadata", "value": value}
    document: dict[str, Any] = {context: f"$metadata#{answer.context}"}
    if answer.count is not None:
        document["@odata.count" if is_v2 else "odata.count"] = answer.count if is_v2 else str(answer.count)
    document["value"] = [_dialect(row, is_v2=is_v2) for row in answer.rows]
    if answer.next_skip is not None:
        link = f"{path}?$skip={answer.next_skip}"
        document["@odata.nextLink" if is_v2 else "odata.nextLink"] = link if is_v2 else f"/b1s/v1/{link}"
    return document


def _dialect(value: Any, *, is_v2: bool, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _dialect(item, is_v2=is_v2, name=key) for key, item in value.items()}
    if isinstance(value, list):
        return [_dialect(item, is_v2=is_v2) for item in value]
    if name in _DATES and isinstance(value, str) and len(value) == 10:
        return f"{value}T00:00:00Z" if is_v2 else value
    if name in _MONEY and isinstance(value, Decimal | int):
        return Decimal(value)
    if name == "" and isinstance(value, str) and re.fullmatch(r"\d+\.\d+", value):
        return Decimal(value)
    return value


def _error(refusal: Refusal, *, is_v2: bool, is_in_batch: bool) -> bytes:
    """v1: a number and an object; v2: two strings."""
    if is_v2:
        return _dump({"error": {"code": str(refusal.code), "message": refusal.text}})
    error: dict[str, Any] = {"code": refusal.code, "message": {"lang": "en-us", "value": refusal.text}}
    if is_in_batch:
        error["innererror"] = {"context": None, "trace": None}
    return _dump({"error": error})


def _options(request: Request) -> Options:
    params = {name: values[-1] for name, values in urllib.parse.parse_qs(request.query, keep_blank_values=True).items()}
    match = re.search(r"odata\.maxpagesize=(\d+)", request.headers.get("prefer", ""))
    size = int(match[1]) if match else int(request.headers.get("b1s-pagesize", "20"))
    replaces = request.headers.get("b1s-replacecollectionsonpatch", "").casefold() == "true"
    return Options(params, size, replaces)


def _cookie(request: Request, name: str) -> str:
    for part in request.headers.get("cookie", "").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""


def _json(body: bytes) -> Any:
    if not body.strip():
        return None
    try:
        return simplejson.loads(body.decode("utf-8"), use_decimal=True)
    except ValueError:
        raise Refusal(-1000, "Invalid JSON body") from None


def _dump(value: Any) -> bytes:
    return simplejson.dumps(value, use_decimal=True, ensure_ascii=False).encode()
