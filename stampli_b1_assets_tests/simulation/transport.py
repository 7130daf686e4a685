"""The Service Layer simulator as an httpx transport: no sockets, and the same faults as on the wire."""

from dataclasses import dataclass, replace

import httpx

from stampli_b1_assets.sandbox.running import B1_PASSWORD, B1_USERNAME
from stampli_b1_assets.sandbox.sample_company import COMPANY_DB
from stampli_b1_assets.sandbox.service_layer.application import Application, Request, Response
from stampli_b1_assets_tests.simulation.clock import VirtualClock


@dataclass
class Late:
    """One write that SAP only executes when the client has long given up."""

    path: str
    after: int
    seconds: float
    kills: type[BaseException] | None = None
    """What the client dies of while it waits for the answer; None: it waits for its time-out."""
    is_last: bool = False
    """Nothing answers any more after it."""
    is_over: bool = False

    def strikes(self, request: Request) -> bool:
        if self.is_over or request.method != "POST" or not request.path.endswith(self.path):
            return False
        self.after -= 1
        self.is_over = self.after < 0
        return self.is_over


class InProcessTransport(httpx.BaseTransport):
    """Requests go straight to the application; a cut connection is httpx's own error."""

    def __init__(self, application: Application, timeout_seconds: float, clock: VirtualClock) -> None:
        self._application = application
        self._timeout = timeout_seconds
        self._clock = clock
        self.is_down = False
        self.late: Late | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_down:
            raise httpx.ConnectError("Connection refused", request=request)
        url = request.url
        headers = {name.lower(): value for name, value in request.headers.items()}
        inner = Request(request.method, url.path, url.query.decode(), headers, request.read())
        if self.late is not None and self.late.strikes(inner):
            self._clock.at(self.late.seconds, lambda: self._executed_late(inner))
            if self.late.kills is not None:
                raise self.late.kills
            self.is_down = self.late.is_last
            self._clock.sleep(self._timeout)
            raise httpx.ReadTimeout("timed out", request=request)
        before = self._clock.seconds()
        answer = self._application.handle(inner)
        if self._clock.seconds() - before > self._timeout:
            raise httpx.ReadTimeout("timed out", request=request)
        return _response(answer, request)

    def _executed_late(self, request: Request) -> None:
        """SAP works on: that its session ended meanwhile does not stop a request that it took before."""
        session = self._application.sessions.log_in(COMPANY_DB, B1_USERNAME, B1_PASSWORD)
        self._application.handle(replace(request, headers={**request.headers, "cookie": f"B1SESSION={session}"}))


def _response(answer: Response, request: httpx.Request) -> httpx.Response:
    if answer.cut is not None:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
    if answer.seconds_per_byte:
        raise httpx.ReadTimeout("timed out", request=request)
    return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)
