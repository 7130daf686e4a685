"""One session of the Service Layer: lazy login, one re-login, reads that are repeated, writes that never are."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Self

import httpx
import tenacity

from stampli_b1_assets.b1.batch import ChangeSetResult, Operation, decode, encode
from stampli_b1_assets.b1.connection import Answer, Connection, words
from stampli_b1_assets.b1.logins import cookies_of, log_in
from stampli_b1_assets.b1.odata import with_query
from stampli_b1_assets.b1.paging import read_pages
from stampli_b1_assets.b1.refusals import is_session_lost, refusal
from stampli_b1_assets.b1.wire import Json, dumps, loads
from stampli_b1_assets.config.models import B1Settings
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused, B1Unusable

_READ_TRIES = 4
_LOGOUT_SECONDS = 5.0
_JSON = "application/json"


class SessionLost(B1OutcomeUnknown):
    """SAP had ended the session when a write came; logged in again since. Look it up, then send it again."""


class ServiceLayer:
    """One login; requests of several threads are sent one after the other. A context manager; logs out at the end.

    `transport` and `sleep` are passed in by tests. Raises `B1Unusable` when SAP cannot be used, `B1Refused` for an
    answer of 4xx (nothing happened), `B1OutcomeUnknown` when a write may or may not have happened.
    """

    def __init__(
        self,
        settings: B1Settings,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        self._root = "/" + settings.service_layer_url.split("/", 3)[3]
        self._connection = Connection(settings, transport=transport)
        self._cookies: dict[str, str] = {}
        self._sending = threading.RLock()
        self._refused_login: B1Unusable | None = None
        self.logins = 0
        self.version = ""

    @property
    def is_v2(self) -> bool:
        """Whether this is the OData v4 dialect."""
        return self._root.endswith("/v2")

    @property
    def timeout_seconds(self) -> float:
        """How long one request may take."""
        return self._settings.timeout_seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Log out, if logged in, and close; a session that cannot be ended ends by itself after 30 minutes."""
        if self._cookies:
            with suppress(httpx.HTTPError):  # the session times out at SAP by itself
                self._connection.send(
                    "POST", "Logout", content=b"", headers=self._cookie_header(), timeout=_LOGOUT_SECONDS
                )
            self._cookies = {}
        self._connection.close()

    # --- session ---------------------------------------------------------------------------------------------

    def log_in(self) -> None:
        """Log in, if not done yet. Raises `B1Unusable`; a refused login is never repeated: SAP locks users."""
        with self._sending:
            if not self._cookies:
                self._renew({})

    def _renew(self, stale: Mapping[str, str]) -> None:
        """A new session in place of `stale`, unless another thread was quicker."""
        with self._sending:
            if self._cookies.get("B1SESSION") != stale.get("B1SESSION"):
                return
            if self._refused_login is not None:
                raise self._refused_login
            self._cookies = {}
            self.logins += 1
            try:
                self._cookies, self.version = log_in(self._connection, self._settings)
            except B1Unusable as error:
                if not error.is_passing:
                    self._refused_login = error
                raise

    # --- reads -----------------------------------------------------------------------------------------------

    def get(self, path: str, **options: str) -> Json:
        """GET; `B1Refused` with status 404 for a key that is not there."""
        return self._read("GET", with_query(path, options))

    def call(self, action: str, body: Json | None = None) -> Json:
        """POST of a service action that only reads; repeated like a read."""
        return self._read("POST", action, body=body if body is not None else {})

    def get_all(self, entity_set: str, *, select: Sequence[str], orderby: str, filter: str = "") -> list[Json]:  # noqa: A002 - OData's word
        """All rows in the order of `orderby`, one unique property. Without `select`, whole rows."""
        options = {"$orderby": orderby}
        if select:
            options["$select"] = ",".join(dict.fromkeys((*select, orderby)))
        if filter:
            options["$filter"] = filter

        def read_page(more: Mapping[str, str], headers: Mapping[str, str]) -> Json:
            return self._read("GET", with_query(entity_set, {**options, **more}), headers=headers)

        return read_pages(read_page, entity_set, orderby)

    def _read(
        self, method: str, path: str, *, body: Json | None = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(_READ_TRIES),
            wait=tenacity.wait_exponential_jitter(multiplier=0.5, max=8),
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, B1Unusable) and error.is_passing),
            sleep=self._sleep,
            reraise=True,
        )
        return attempts(self._read_once, method, path, body, headers or {})

    def _read_once(self, method: str, path: str, body: Json | None, headers: Mapping[str, str]) -> Json:
        content = dumps(body) if body is not None else b""
        more = {"Content-Type": _JSON} if body is not None else {}
        try:
            answer = self._in_session(method, path, content, {**headers, **more})
        except httpx.HTTPError as error:
            raise self._connection.unusable(error) from None
        if answer.status >= 500:
            what = path.partition("?")[0]
            raise B1Unusable(
                f"SAP answered {what} with HTTP {answer.status}.",
                "Try again later; if it stays, have the Service Layer looked at.",
                is_passing=True,
            )
        if answer.status in (401, 403):
            raise _not_allowed(answer)
        if answer.status >= 300:
            raise refusal(answer.status, answer.content)
        try:
            return loads(answer.content) if answer.content else None
        except ValueError:
            raise B1Unusable(
                "SAP's answer cannot be read: it was cut off, or something in between answered.",
                "Try again later, and check proxies between here and SAP.",
                is_passing=True,
            ) from None

    def _in_session(self, method: str, path: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        self.log_in()
        used = self._cookies
        answer = self._send(method, path, content, headers)
        if is_session_lost(answer.status, answer.content):
            self._renew(used)
            answer = self._send(method, path, content, headers)
        return answer

    # --- writes ----------------------------------------------------------------------------------------------

    def write(self, method: str, path: str, body: Json | None = None) -> Json:
        """One write, sent once; the answer's body. Raises `B1Refused`, `B1OutcomeUnknown`, or `SessionLost`."""
        answer = self.write_bytes(method, path, dumps(body) if body is not None else b"")
        if answer.status >= 300:
            raise refusal(answer.status, answer.content)
        try:
            return loads(answer.content) if answer.content else None
        except ValueError:
            raise B1OutcomeUnknown("SAP's answer to a write cannot be read.", "It is looked up.") from None

    def write_bytes(self, method: str, path: str, content: bytes) -> Answer:
        """As `write`, with the body as it is sent, and the answer as it came: done (2xx) or refused (3xx, 4xx)."""
        return self._write(method, path, content, _JSON, is_protected=False)

    def batch(
        self, change_sets: Sequence[Sequence[Operation]], *, is_protected: bool
    ) -> tuple[list[ChangeSetResult], bytes, bytes]:
        """Send change sets; returns what became of each, with the bytes sent and received.

        `is_protected`: a guard row makes sending again after a lost session safe.
        """
        content_type, content = encode(change_sets, self._root)
        answer = self._write("POST", "$batch", content, content_type, is_protected=is_protected)
        if answer.status >= 300:
            raise refusal(answer.status, answer.content)
        try:
            results = decode(answer.headers.get("Content-Type", ""), answer.content, len(change_sets))
        except ValueError as error:
            raise B1OutcomeUnknown(f"SAP's answer to a batch cannot be read: {error}.", "It is looked up.") from None
        return results, content, answer.content

    def _write(self, method: str, path: str, content: bytes, content_type: str, *, is_protected: bool) -> Answer:
        self.log_in()
        used = self._cookies
        headers = {"Content-Type": content_type}
        answer = self._send_write(method, path, content, headers)
        if is_session_lost(answer.status, answer.content):
            self._renew(used)
            if not is_protected:
                raise SessionLost("SAP had ended the session when a write came.", "It is looked up.")
            answer = self._send_write(method, path, content, headers)
        if answer.status == 401:
            raise _not_allowed(answer)
        if answer.status >= 500 or answer.status < 200:
            raise B1OutcomeUnknown(f"SAP answered a write with HTTP {answer.status}.", "It is looked up.")
        return answer

    def _send_write(self, method: str, path: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        try:
            return self._send(method, path, content, headers)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise self._connection.unusable(error) from None  # nothing was sent
        except httpx.HTTPError as error:
            raise B1OutcomeUnknown(f"SAP did not answer a write: {words(error)}.", "It is looked up.") from None

    def _send(self, method: str, path: str, content: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request with the session's cookies, both of them: B1SESSION, and ROUTEID when a balancer gave one."""
        with self._sending:
            all_headers = {**(headers or {}), **self._cookie_header()}
            answer = self._connection.send(method, path, content=content, headers=all_headers)
            route = cookies_of(answer).get("ROUTEID")
            if route and self._cookies:  # the balancer moved the session to another node
                self._cookies = {**self._cookies, "ROUTEID": route}
            return answer

    def _cookie_header(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}


def _not_allowed(answer: Answer) -> B1Unusable:
    """401 after a new login, or 403: for IT, not for accountants."""
    error: B1Refused = refusal(answer.status, answer.content)
    if answer.status == 401:
        return B1Unusable(
            "SAP does not keep the session.", "Check the Service Layer's sessions and the user's licence."
        )
    return B1Unusable(
        f"SAP does not allow it to this user: {error.text} (code {error.code}).",
        "Give the user of `b1.username` the authorisation.",
    )
