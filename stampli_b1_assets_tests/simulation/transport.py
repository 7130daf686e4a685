"""The Service Layer simulator as an httpx transport: no sockets, and the same faults as on the wire."""

from collections.abc import Callable

import httpx

from stampli_b1_assets.sandbox.service_layer.application import Application, Request, Response


class InProcessTransport(httpx.BaseTransport):
    """Requests go straight to the application; a cut connection is httpx's own error."""

    def __init__(self, application: Application, timeout_seconds: float, seconds: Callable[[], float]) -> None:
        self._application = application
        self._timeout = timeout_seconds
        self._seconds = seconds
        self.is_down = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_down:
            raise httpx.ConnectError("Connection refused", request=request)
        url = request.url
        headers = {name.lower(): value for name, value in request.headers.items()}
        inner = Request(request.method, url.path, url.query.decode(), headers, request.read())
        before = self._seconds()
        answer = self._application.handle(inner)
        if self._seconds() - before > self._timeout:
            raise httpx.ReadTimeout("timed out", request=request)
        return _response(answer, request)


def _response(answer: Response, request: httpx.Request) -> httpx.Response:
    if answer.cut is not None:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
    if answer.seconds_per_byte:
        raise httpx.ReadTimeout("timed out", request=request)
    return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)
