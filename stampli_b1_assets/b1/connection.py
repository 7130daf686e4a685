"""One HTTP connection to a Service Layer: what goes out, what comes back, and why it could not."""

import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import httpx

from stampli_b1_assets.config.models import B1Settings
from stampli_b1_assets.errors import B1Unusable, ConfigurationError

_KEEPALIVE_SECONDS = 4.0  # SAP's balancer closes idle sockets after 5 s; a write on a dead one is in doubt (seen live)
_TIMEOUTS_PER_ANSWER = 5  # an answer that trickles in byte by byte is given up after so many time-outs
_MOST_ANSWER_BYTES = 256 * 1024 * 1024
_EXPIRED, _OTHER_NAME = (9, 10), (62, 64)  # OpenSSL's X509_V_ERR numbers


@dataclass(frozen=True)
class Answer:
    """A whole answer; `content` is decompressed."""

    status: int
    headers: httpx.Headers
    content: bytes


class Connection:
    """Sends one request at a time; no cookies, no redirects, no proxies of the environment, never `Expect`.

    Raises `httpx.HTTPError` for whatever goes wrong on the way; `unusable` says it in a sentence.
    """

    def __init__(
        self,
        settings: B1Settings,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = settings.service_layer_url
        self._clock = clock
        self._timeout = settings.timeout_seconds
        self._longest = settings.timeout_seconds * _TIMEOUTS_PER_ANSWER
        self._client = httpx.Client(
            transport=transport,
            verify=_tls(settings) if transport is None else True,
            timeout=settings.timeout_seconds,
            limits=httpx.Limits(keepalive_expiry=_KEEPALIVE_SECONDS),
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        """Close all sockets."""
        self._client.close()

    def send(
        self, method: str, path: str, *, content: bytes, headers: Mapping[str, str], timeout: float | None = None
    ) -> Answer:
        """One request to `path` below the service's URL, query included and percent-encoded.

        `timeout` in seconds, where it is to be shorter than the settings'.
        """
        url = f"{self.url}/{path}"
        seconds = min(self._timeout, timeout or self._timeout)
        try:
            with self._client.stream(method, url, content=content, headers=headers, timeout=seconds) as response:
                body = b"".join(self._chunks(response))
        finally:
            self._client.cookies.clear()  # they are kept by hand: B1SESSION comes without a path
        return Answer(response.status_code, response.headers, body)

    def _chunks(self, response: httpx.Response) -> Iterator[bytes]:
        deadline, size = self._clock() + self._longest, 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if self._clock() > deadline:
                raise httpx.ReadTimeout("the answer did not end in time")
            if size > _MOST_ANSWER_BYTES:
                raise httpx.ReadError("the answer is too large")
            yield chunk

    def unusable(self, error: httpx.HTTPError) -> B1Unusable:
        """What to tell IT: certificate, TLS, or the network."""
        tls = _tls_error(error)
        if isinstance(tls, ssl.SSLCertVerificationError):
            return _certificate(self.url, tls)
        if tls is not None and "WRONG_VERSION_NUMBER" in str(tls):
            return B1Unusable(f"{self.url} does not speak TLS.", "Check scheme and port of `b1.service_layer_url`.")
        return B1Unusable(
            f"SAP's Service Layer {self.url} cannot be reached: {words(error)}.",
            "Check `b1.service_layer_url`, the network, and whether the Service Layer runs.",
            is_passing=True,
        )


def words(error: httpx.HTTPError) -> str:
    """What happened on the way, without addresses or headers."""
    if isinstance(error, httpx.TimeoutException):
        return "it did not answer in time"
    return re.sub(r"^\[Errno -?[0-9]+\] ", "", str(error)) or type(error).__name__


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


def _tls_error(error: BaseException | None) -> ssl.SSLError | None:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return error
        error = error.__cause__ or error.__context__
    return None


def _certificate(url: str, error: ssl.SSLCertVerificationError) -> B1Unusable:
    if error.verify_code in _EXPIRED:
        return B1Unusable(
            f"The certificate of {url} has expired or is not valid yet.",
            "Have the Service Layer's certificate renewed, and check this machine's clock.",
        )
    if error.verify_code in _OTHER_NAME:
        return B1Unusable(
            f"The certificate of {url} was issued for another host name.",
            "Use the name in the certificate in `b1.service_layer_url`, or have a certificate issued for this one.",
        )
    return B1Unusable(
        f"The certificate of {url} is not trusted: {error.verify_message}.",
        "Put the certificate of SAP's authority (PEM) into a file and name it in `b1.ca_bundle`.",
    )
