"""One session of the Service Layer: lazy login, one re-login, reads that are repeated, writes that never are."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Self

import httpx
import tenacity

from stampli_b1_assets.b1.batch import ChangeSetResult, Operation, decode, encode
from stampli_b1_assets.b1.refusals import SESSION_CODES, refusal
from stampli_b1_assets.b1.wire import Json, dumps, loads
from stampli_b1_assets.config.models import B1Settings
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused, B1Unusable, ConfigurationError

_KEEPALIVE_SECONDS = 4.0  # SAP's balancer closes idle sockets after 5 s; a write on a dead one is in doubt (seen live)
_READ_TRIES = 4
_PAGE_ROWS = 500
_MOST_PAGES = 10_000


class ServiceLayer:
    """One login, used by one thread at a time. A context manager; logs out at the end.

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
        self._cookies: dict[str, str] = {}
        self._lock = threading.RLock()
        self._client = _client(settings, transport)
        self.logins = 0
        self.version = ""

    @property
    def is_v2(self) -> bool:
        """Whether this is the OData v4 dialect."""
        return self._root.endswith("/v2")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Log out, if logged in, and close; a session that cannot be ended ends by itself after 30 minutes."""
        if self._cookies:
            with suppress(httpx.HTTPError):  # the session times out at SAP by itself
                self._send("POST", "Logout")
            self._cookies.clear()
        self._client.close()

    # --- reads -----------------------------------------------------------------------------------------------

    def get(self, path: str, **params: str) -> Json:
        """GET; `B1Refused` with status 404 for a key that is not there."""
        return self._read("GET", path, params=params)

    def call(self, action: str, body: Json | None = None) -> Json:
        """POST of a service action that only reads; repeated like a read."""
        return self._read("POST", action, body=body if body is not None else {})

    def get_all(self, entity_set: str, *, select: Sequence[str], orderby: str, filter: str = "") -> list[Json]:  # noqa: A002 - OData's word
        """All rows, page by page; ordered by a unique key, since pages are plain offsets (guide p. 34)."""
        return list(self._pages(entity_set, select, orderby, filter))

    def _pages(self, entity_set: str, select: Sequence[str], orderby: str, filter_: str) -> Iterator[Json]:
        params = {"$orderby": orderby}
        if select:
            params["$select"] = ",".join(select)
        if filter_:
            params["$filter"] = filter_
        skip = 0
        for _ in range(_MOST_PAGES):
            page = {**params, "$skip": str(skip)} if skip else params
            headers = {"Prefer": f"odata.maxpagesize={_PAGE_ROWS}"}
            answer = self._read("GET", entity_set, params=page, headers=headers)
            rows = answer.get("value", [])
            yield from rows
            has_more = "@odata.nextLink" in answer or "odata.nextLink" in answer
            if not rows or not has_more:
                return
            skip += len(rows)
        raise B1Unusable(f"SAP gave more than {_MOST_PAGES} pages of {entity_set}.", "Ask SAP's administrator.")

    def _read(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: Json | None = None,
        headers: dict[str, str] | None = None,
    ) -> Json:
        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(_READ_TRIES),
            wait=tenacity.wait_exponential_jitter(initial=0.5, max=8),
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, B1Unusable) and error.is_passing),
            sleep=self._sleep,
            reraise=True,
        )
        return attempts(self._read_once, method, path, params, body, headers)

    def _read_once(
        self,
        method: str,
        path: str,
        params: dict[str, str] | None,
        body: Json | None,
        headers: dict[str, str] | None,
    ) -> Json:
        try:
            response = self._in_session(method, path, params=params, body=body, headers=headers)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None
        if response.status_code >= 500:
            raise B1Unusable(f"SAP answered HTTP {response.status_code}.", "Try again later.", is_passing=True)
        if response.status_code >= 400:
            raise _told(response)
        try:
            return loads(response.content) if response.content else None
        except ValueError:
            raise B1Unusable("SAP's answer was cut off.", "Try again later.", is_passing=True) from None

    # --- writes ----------------------------------------------------------------------------------------------

    def write(self, method: str, path: str, body: Json | None = None) -> Json:
        """One write, sent once. Raises `B1Refused` (nothing happened) or `B1OutcomeUnknown` (look it up first)."""
        content = dumps(body) if body is not None else b""
        response = self._write(method, path, content, "application/json", is_protected=False)
        if response.status_code >= 400:
            raise _told(response)
        try:
            return loads(response.content) if response.content else None
        except ValueError:
            raise B1OutcomeUnknown("SAP's answer to a write was cut off.", "It is looked up.") from None

    def batch(
        self, change_sets: Sequence[Sequence[Operation]], *, is_protected: bool
    ) -> tuple[list[ChangeSetResult], bytes, bytes]:
        """Send change sets; returns what became of each, with the bytes sent and received.

        `is_protected`: a guard row makes sending again after a lost session safe.
        """
        content_type, content = encode(change_sets, self._root)
        response = self._write("POST", "$batch", content, content_type, is_protected=is_protected)
        if response.status_code >= 400:
            raise _told(response)
        try:
            results = decode(response.headers.get("Content-Type", ""), response.content, len(change_sets))
        except ValueError as error:
            raise B1OutcomeUnknown(f"SAP's answer to a batch cannot be read: {error}.", "It is looked up.") from None
        return results, content, response.content

    def _write(
        self, method: str, path: str, content: bytes, content_type: str, *, is_protected: bool
    ) -> httpx.Response:
        self.log_in()
        headers = {"Content-Type": content_type}
        try:
            response = self._send(method, path, content=content, headers=headers)
            if _is_session_lost(response):
                # 401 is answered before anything is executed; -304 without 401 is only trusted with a guard.
                if response.status_code != 401 and not is_protected:
                    raise B1OutcomeUnknown("SAP lost the session during a write.", "It is looked up.")
                self._log_in_again()
                response = self._send(method, path, content=content, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise self._unreachable(error) from None  # nothing was sent
        except httpx.HTTPError as error:
            raise B1OutcomeUnknown(f"SAP did not answer a write: {_words(error)}.", "It is looked up.") from None
        if response.status_code >= 500:
            raise B1OutcomeUnknown(f"SAP answered a write with HTTP {response.status_code}.", "It is looked up.")
        return response

    # --- session ---------------------------------------------------------------------------------------------

    def log_in(self) -> None:
        """Log in, if not done yet. Raises `B1Unusable`; a refused login is never repeated: SAP locks users."""
        with self._lock:
            if not self._cookies:
                self._log_in_again()

    def _log_in_again(self) -> None:
        settings = self._settings
        body = {
            "CompanyDB": settings.company_db,
            "UserName": settings.username,
            "Password": settings.password.get_secret_value(),
        }
        self._cookies.clear()
        self.logins += 1
        try:
            response = self._send("POST", "Login", content=dumps(body), headers={"Content-Type": "application/json"})
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None
        if response.status_code >= 500:
            raise B1Unusable(
                f"SAP answered the login with HTTP {response.status_code}.", "Try again later.", is_passing=True
            )
        if response.status_code >= 400:
            raise self._login_refused(response)
        self._cookies = _cookies_of(response)
        try:
            answer = loads(response.content)
            self.version = str(answer.get("Version", ""))
            self._cookies.setdefault("B1SESSION", str(answer["SessionId"]))
        except (ValueError, KeyError, AttributeError):
            raise B1Unusable(
                f"{settings.service_layer_url} does not answer like a Service Layer.",
                "Check `b1.service_layer_url`.",
            ) from None

    def _login_refused(self, response: httpx.Response) -> B1Unusable:
        settings, error = self._settings, refusal(response.status_code, response.content)
        return B1Unusable(
            f"SAP refused the login of {settings.username!r} to {settings.company_db} "
            f"(code {error.code or response.status_code}: {error.text}).",
            "Check `b1.username`, `b1.password` and `b1.company_db`, and whether the user is locked.",
        )

    def _in_session(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None,
        body: Json | None,
        headers: dict[str, str] | None,
    ) -> httpx.Response:
        self.log_in()
        content = dumps(body) if body is not None else b""
        all_headers = {**(headers or {}), **({"Content-Type": "application/json"} if body is not None else {})}
        response = self._send(method, path, params=params, content=content, headers=all_headers)
        if _is_session_lost(response):
            self._log_in_again()
            response = self._send(method, path, params=params, content=content, headers=all_headers)
        return response

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        content: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """One request with the session's cookies, both of them, set by hand: B1SESSION comes without a path."""
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        all_headers = {**(headers or {}), **({"Cookie": cookie} if cookie else {})}
        with self._lock:
            response = self._client.request(
                method,
                f"{self._settings.service_layer_url}/{path}",
                params=params,
                content=content,
                headers=all_headers,
            )
            self._client.cookies.clear()
        return response

    def _unreachable(self, error: httpx.HTTPError) -> B1Unusable:
        url = self._settings.service_layer_url
        if isinstance(error, httpx.ConnectError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
            why = str(error).split("CERTIFICATE_VERIFY_FAILED] ", 1)[-1].rsplit(" (", 1)[0]
            return B1Unusable(
                f"The certificate of {url} is not trusted: {why}.",
                "Put the certificate of SAP's authority into `b1.ca_bundle`, or have the server's renewed.",
            )
        return B1Unusable(
            f"SAP's Service Layer {url} cannot be reached: {_words(error)}.",
            "Check `b1.service_layer_url`, the network, and whether the Service Layer runs.",
            is_passing=True,
        )


def _client(settings: B1Settings, transport: httpx.BaseTransport | None) -> httpx.Client:
    return httpx.Client(
        transport=transport,
        verify=_tls(settings) if transport is None else True,
        timeout=settings.timeout_seconds,
        limits=httpx.Limits(keepalive_expiry=_KEEPALIVE_SECONDS),
        follow_redirects=False,
        trust_env=False,
    )


def _tls(settings: B1Settings) -> ssl.SSLContext:
    if not settings.verify:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        return ssl.create_default_context(cafile=settings.ca_bundle)
    except (OSError, ssl.SSLError):
        raise ConfigurationError(
            f"`b1.ca_bundle`: {settings.ca_bundle} is missing or holds no certificate (PEM).", "Correct the path."
        ) from None


def _cookies_of(response: httpx.Response) -> dict[str, str]:
    """Name and value up to the first semicolon: parsers of cookies drop SAP's dangling one (seen live)."""
    pairs = (header.split(";", 1)[0].partition("=") for header in response.headers.get_list("set-cookie"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _is_session_lost(response: httpx.Response) -> bool:
    if response.status_code == 401:
        return True
    return 400 <= response.status_code < 500 and refusal(response.status_code, response.content).code in SESSION_CODES


def _told(response: httpx.Response) -> B1Refused | B1Unusable:
    """4xx as it is to be handled: authorisation and addresses are for IT, the rest is about the document."""
    error = refusal(response.status_code, response.content)
    if response.status_code == 401:
        return B1Unusable(
            "SAP does not keep the session.", "Check the Service Layer's sessions and the user's licence."
        )
    if response.status_code == 403:
        return B1Unusable(f"SAP does not allow it: {error.text}.", "Give the user of `b1.username` the authorisation.")
    return error


def _words(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "it did not answer in time"
    return str(error) or type(error).__name__
