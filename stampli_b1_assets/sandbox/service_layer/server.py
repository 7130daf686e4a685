"""The simulator on a socket: keep-alive of 5 seconds as SAP's balancer has it, HTTP or HTTPS, and a control port."""

import contextlib
import json
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from stampli_b1_assets.sandbox.service_layer.application import Application, Request, Response
from stampli_b1_assets.sandbox.service_layer.control import Control

_KEEP_ALIVE_SECONDS = 5
_MOST_REQUESTS = 100


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes; with Nagle's algorithm each answer would wait 40 ms
    timeout = _KEEP_ALIVE_SECONDS  # an idle socket is closed, in silence, as SAP's balancer does (seen live)
    application: ClassVar[Application]
    server_version = "Apache/2.4.61"
    sys_version = "(Unix)"
    served = 0

    def log_message(self, *_: Any) -> None:
        """The request log is the application's."""

    def handle_expect_100(self) -> bool:
        return True  # the application answers it with an empty 500

    def _serve(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        is_read = length.isdecimal() and "Expect" not in self.headers  # who waits for 100 has not sent it yet
        body = self.rfile.read(int(length)) if is_read else b""
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        response = self.application.handle(Request(self.command, path, query, headers, body))
        with contextlib.suppress(OSError):  # the client may have gone
            self._answer(response)

    def _answer(self, response: Response) -> None:
        if response.cut == 0:
            self._hang_up()
            return
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Length", str(len(response.body)))
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Strict-Transport-Security", "max-age=63072000; includeSubdomains; preload")
        self._say_whether_it_lives(is_last=("Connection", "close") in response.headers)
        self.end_headers()
        self._write(response)
        if response.cut is not None or response.closes_in_silence:
            self._hang_up()

    def _say_whether_it_lives(self, *, is_last: bool) -> None:
        """A connection carries a hundred requests, as seen live."""
        self.served += 1
        if self.served >= _MOST_REQUESTS and not is_last:
            self.send_header("Connection", "close")  # http.server closes it then
        elif not is_last:
            self.send_header("Keep-Alive", f"timeout={_KEEP_ALIVE_SECONDS}, max={_MOST_REQUESTS - self.served}")

    def _write(self, response: Response) -> None:
        body = response.body if response.cut is None else response.body[: response.cut]
        if not response.seconds_per_byte:
            self.wfile.write(body)
            return
        for byte in body:
            time.sleep(response.seconds_per_byte)
            self.wfile.write(bytes([byte]))
            self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, *_: Any) -> None:
        """Clients that hang up, and TLS that fails, are what this server is for."""


class SimulatorServer:
    """A Service Layer on 127.0.0.1, and its control endpoint on a port of its own; a context manager."""

    def __init__(self, application: Application, *, port: int = 0, tls: tuple[Path, Path] | None = None) -> None:
        handler = type("Handler", (_Handler,), {"application": application})
        self._server = _Server(("127.0.0.1", port), handler)
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        control = type("ControlHandler", (_ControlHandler,), {"control": Control(application)})
        self._control = _Server(("127.0.0.1", 0), control)
        scheme = "https" if tls is not None else "http"
        self.port = self._server.server_address[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}/b1s/v2"
        self.control_url = f"http://127.0.0.1:{self._control.server_address[1]}"

    def start(self) -> None:
        """Serve in threads."""
        for server in (self._server, self._control):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        for server in (self._server, self._control):
            server.shutdown()
            server.server_close()


class _ControlHandler(BaseHTTPRequestHandler):
    control: ClassVar[Control]

    def log_message(self, *_: Any) -> None:
        """Silent."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        status, document = self.control.handle(self.command, self.path, self.rfile.read(length) if length else b"")
        body = json.dumps(document, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = _serve
