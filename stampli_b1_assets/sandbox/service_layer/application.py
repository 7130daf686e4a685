"""HTTP requests and answers of the Service Layer, without sockets: sessions, dialects, batches, faults."""

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from stampli_b1_assets.sandbox.service_layer import batch
from stampli_b1_assets.sandbox.service_layer.company import Answer, Company
from stampli_b1_assets.sandbox.service_layer.dialects import Dialect, parse, preferred_page_size
from stampli_b1_assets.sandbox.service_layer.faults import BROKEN_COMPANIES, ArmedFault, Faults
from stampli_b1_assets.sandbox.service_layer.habits import HABITS
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal, no_session
from stampli_b1_assets.sandbox.service_layer.sessions import Sessions

_PATH = re.compile(r"/b1s/(v1|v2)/(.*)")
_PING = re.compile(r"/ping/(?:load-balancer|node/(\d+))?")
_NODES = ("1", "2", "3", "4")
BALANCER_502 = (
    b'<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>502 Proxy Error</title>\n</head><body>\n'
    b"<h1>Proxy Error</h1>\n<p>The proxy server received an invalid response from an upstream server.</p>\n"
    b"</body></html>\n"
)
_HTML = [("Content-Type", "text/html; charset=iso-8859-1")]
_MOST_BYTES = 52_428_800
_LONGEST_LINE = 8_190


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
        self.seconds_per_request = 0.0
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
        response = self._served(request, fault)
        if name == "slow_commit" and fault is not None:
            self._sleep(fault.seconds)
        return _after(name, response)

    def _before(self, name: str, request: Request) -> Response | None:
        dialect = Dialect("v2" if "/v2/" in request.path else "v1", habits=self.company.habits)
        if name in ("session_expiry", "session_expiry_304"):
            self.sessions.end(_cookie(request, "B1SESSION"))
            credentials = Refusal(-304, "Fail to get DB Credentials from SLD")
            return _refused(no_session() if name == "session_expiry" else credentials, dialect)
        if name == "not_permitted_403":
            return _refused(Refusal(-6006, "You are not permitted to perform this action", 403), dialect)
        if name == "login_refused":
            return _refused(Refusal(-304, "Fail to get DB Credentials from SLD", 401), dialect)
        if name == "user_locked":
            return _refused(Refusal(100000055, "User account is locked", 401), dialect)
        early = {
            "gateway_502_before": Response(502, BALANCER_502, list(_HTML)),
            "service_unavailable_503": _unavailable(),
            "cut_before": Response(0, cut=0),
            "empty_500": Response(500, b"", [("Connection", "close")]),
            "html_200": Response(200, b"<html>Sign in to the network</html>", list(_HTML)),
        }
        return early.get(name)

    def _served(self, request: Request, fault: ArmedFault | None) -> Response:
        """What the balancer answers by itself, and what it passes on."""
        if "expect" in request.headers:
            return Response(500, b"", [("Connection", "close")])
        if "transfer-encoding" in request.headers or not request.headers.get("content-length", "0").isdecimal():
            return Response(411, b"<html>Length Required</html>", [*_HTML, ("Connection", "close")])
        if len(f"{request.method} {request.path}?{request.query} HTTP/1.1") > _LONGEST_LINE:
            return Response(414, b"<html>Request-URI Too Long</html>", list(_HTML))
        if len(request.body) > _MOST_BYTES:
            return Response(413, b"<html>Request Entity Too Large</html>", list(_HTML))
        if request.method == "GET" and (ping := _PING.fullmatch(request.path)):
            is_there = (ping[1] or "1") in _NODES
            return Response(200, b"pong", [("Content-Type", "text/plain")]) if is_there else _unavailable()
        match = _PATH.fullmatch(request.path)
        if match is None:
            return Response(404, b"<html>Not Found</html>", list(_HTML))
        dialect = Dialect(match[1], request.headers.get("host", "localhost:50000"), self.company.habits)
        try:
            with self._workers:
                return self._routed(request, match[2], dialect, fault)
        except Refusal as refusal:
            return _refused(refusal, dialect)
        except batch.WorkerCrashed:
            return Response(502, BALANCER_502, list(_HTML))

    def _routed(self, request: Request, path: str, dialect: Dialect, fault: ArmedFault | None) -> Response:
        if path == "Login" and request.method == "POST":
            return self._login(request, dialect)
        session = _cookie(request, "B1SESSION")
        if not self.sessions.use(session):
            raise no_session()
        with self.sessions.lock(session):
            if path == "Logout" and request.method == "POST":
                self.sessions.end(session)
                return Response(204)
            method = _method(request)
            self._sleep(self.seconds_per_request)
            if path == "$batch" and method == "POST":
                return self._batch(request, dialect, fault)
            self._sleep(self.seconds_per_write if method != "GET" else 0)
            return self._operated(method, path, request, dialect)

    def _operated(self, method: str, path: str, request: Request, dialect: Dialect) -> Response:
        """One operation on the company, outside a batch or in it."""
        options = dialect.options(request.query, dict(request.headers))
        answer = self.company.handle(method, path, parse(request.body), options)
        return _answered(answer, path, request, dialect)

    def _login(self, request: Request, dialect: Dialect) -> Response:
        self._sleep(self.seconds_per_login)
        body = parse(request.body)
        if not isinstance(body, dict):
            raise Refusal(-1000, "Invalid JSON body")
        session = self.sessions.log_in(*(str(body.get(name)) for name in ("CompanyDB", "UserName", "Password")))
        answer = Answer(
            200,
            {"SessionId": session, "Version": "1000280", "SessionTimeout": self.sessions.idle_minutes},
            context="B1Sessions/$entity" if dialect.is_v2 else "B1Sessions/@Element",
        )
        cookies = [("Set-Cookie", f"B1SESSION={session};HttpOnly;"), ("Set-Cookie", "ROUTEID=.node1; path=/b1s")]
        body_bytes = dialect.document(answer, "Login", "")
        return Response(200, body_bytes, [("Content-Type", dialect.content_type), *cookies])

    def _batch(self, request: Request, dialect: Dialect, fault: ArmedFault | None) -> Response:
        groups = batch.parse(request.headers.get("content-type", ""), request.body, dialect.version)

        def execute(operation: batch.Operation) -> batch.Executed:
            path, _, query = operation.path.partition("?")
            headers = {name: value for name, value in operation.headers.items() if name != "if-match"}
            inner = Request(operation.method, path, query, headers, operation.body)
            response = self._operated(operation.method, path, inner, dialect)
            return batch.Executed(response.status, response.headers, response.body)

        runner = batch.Runner(
            self.company.store,
            execute,
            lambda refusal: (refusal.status, dialect.error(refusal, is_in_batch=True)),
            batch.Course(
                is_atomic=self.is_change_set_atomic,
                continues="odata.continue-on-error" in request.headers.get("prefer", ""),
                crash=1 if fault is not None and fault.name == "worker_crash_in_batch" else -1,
                before=self._before_transaction,
                inside=lambda left: self._inside(fault, left),
            ),
        )
        content_type, body = runner.run(groups)
        return Response(200 if dialect.is_v2 else 202, body, [("Content-Type", content_type)])

    def _before_transaction(self, group: batch.Group) -> None:
        """Each write costs its time. Where reads see what is open, SAP's own look for a duplicate does too."""
        writes = [operation for operation in group.operations if operation.method != "GET"]
        self._sleep(self.seconds_per_write * len(writes))
        for operation in writes if "reads_see_open_transactions" in self.company.habits else ():
            self.company.check_unused(operation.method, operation.path, parse(operation.body))

    def _inside(self, fault: ArmedFault | None, left: int) -> None:
        """In the transaction of a change set, with so many operations left."""
        if fault is not None and (fault.name, left > 0) in (("slow_transaction", True), ("refused_at_commit", False)):
            self._sleep(fault.seconds)
            if fault.name == "refused_at_commit":
                raise Refusal(-1116, "Could not commit transaction: Error -1 detected during transaction")

    def switch(self, name: str, *, is_on: bool = True) -> None:
        """A lasting state of the company, or a habit of its servers; raises `ValueError` for an unknown name."""
        if name == "change_set_not_atomic":
            self.is_change_set_atomic = not is_on
        elif name == "duplicate_guard_rows_accepted":
            self.company.allows_duplicate_guard_rows = is_on
        elif name == "user_table_missing":
            self.company.hides_user_tables = is_on
        elif name in HABITS:
            self.company.switch(name, is_on=is_on)
        else:
            raise ValueError(f"{name} is none of {', '.join((*BROKEN_COMPANIES, *HABITS))}")

    @property
    def states(self) -> list[str]:
        """Which of them are on."""
        broken = {
            "change_set_not_atomic": not self.is_change_set_atomic,
            "duplicate_guard_rows_accepted": self.company.allows_duplicate_guard_rows,
            "user_table_missing": self.company.hides_user_tables,
        }
        return [*(name for name, is_on in broken.items() if is_on), *sorted(self.company.habits)]


def _answered(answer: Answer, path: str, request: Request, dialect: Dialect) -> Response:
    headers = [("Location", f"{dialect.root}/{answer.location}")] if answer.location else []
    if answer.plain is not None:
        return Response(answer.status, answer.plain.encode(), [("Content-Type", "text/plain")])
    if answer.etag:
        headers.append(("ETag", answer.etag))
    if answer.status == 201 and "return-no-content" in request.headers.get("prefer", ""):
        return Response(204, b"", [*headers, ("Preference-Applied", "return-no-content")])
    if answer.status == 204:
        return Response(204, b"", headers)
    if answer.rows is not None and (size := preferred_page_size(dict(request.headers))) is not None:
        headers.append(("Preference-Applied", f"odata.maxpagesize={size}"))
    body = dialect.document(answer, path, request.query)
    return Response(answer.status, body, [("Content-Type", dialect.content_type), *headers])


def _unavailable() -> Response:
    return Response(503, b"<html>Service Unavailable</html>", list(_HTML))


def _refused(refusal: Refusal, dialect: Dialect) -> Response:
    body = dialect.error(refusal, is_in_batch=False)
    return Response(refusal.status, body, [("Content-Type", dialect.content_type)])


def _after(name: str, response: Response) -> Response:
    """Faults that strike when everything is committed."""
    if name == "gateway_502_after":
        return Response(502, BALANCER_502, list(_HTML))
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


def _method(request: Request) -> str:
    """Clients without PATCH send POST, and say what they mean (documented)."""
    meant = request.headers.get("x-http-method-override", "")
    return meant if request.method == "POST" and meant else request.method


def _cookie(request: Request, name: str) -> str:
    for part in request.headers.get("cookie", "").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""
