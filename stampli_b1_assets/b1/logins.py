"""Logging in: the request, the cookies, and what each refusal means to the person who must mend it."""

import httpx

from stampli_b1_assets.b1.connection import Answer, Connection
from stampli_b1_assets.b1.refusals import refusal
from stampli_b1_assets.b1.wire import dumps, loads
from stampli_b1_assets.config.models import B1Settings
from stampli_b1_assets.errors import B1Refused, B1Unusable

_LOCKED = "100000055"


def log_in(connection: Connection, settings: B1Settings) -> tuple[dict[str, str], str]:
    """The session's cookies and the Service Layer's version.

    Raises `B1Unusable`: passing for 5xx and the network, final for whatever SAP refuses.
    """
    body = {
        "CompanyDB": settings.company_db,
        "UserName": settings.username,
        "Password": settings.password.get_secret_value(),
    }
    try:
        answer = connection.send("POST", "Login", content=dumps(body), headers={"Content-Type": "application/json"})
    except httpx.HTTPError as error:
        raise connection.unusable(error) from None
    if answer.status >= 500:
        raise B1Unusable(f"SAP answered the login with HTTP {answer.status}.", "Try again later.", is_passing=True)
    if 400 <= answer.status < 500:
        raise _refused(refusal(answer.status, answer.content), settings)
    cookies = cookies_of(answer)
    try:
        document = loads(answer.content)
        cookies.setdefault("B1SESSION", str(document["SessionId"]))
        return cookies, str(document.get("Version") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _no_service_layer(settings) from None


def cookies_of(answer: Answer) -> dict[str, str]:
    """Name and value up to the first semicolon: parsers of cookies drop SAP's dangling one (seen live)."""
    pairs = (header.split(";", 1)[0].partition("=") for header in answer.headers.get_list("set-cookie"))
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}


def _refused(error: B1Refused, settings: B1Settings) -> B1Unusable:
    """The code for a wrong password depends on SAP's version, so all but a locked user are told together."""
    if not error.code:
        return _no_service_layer(settings)
    who = f"{settings.username!r} to {settings.company_db}"
    said = f"(code {error.code}: {error.text})"
    if error.code == _LOCKED or "locked" in error.text.casefold():
        return B1Unusable(
            f"SAP refused the login of {who}: the user is locked {said}.",
            "Have the user unlocked in SAP, and check `b1.password` before trying again.",
        )
    return B1Unusable(
        f"SAP refused the login of {who} {said}.",
        "Check `b1.username`, `b1.password` and `b1.company_db`; wrong tries lock the user.",
    )


def _no_service_layer(settings: B1Settings) -> B1Unusable:
    return B1Unusable(
        f"{settings.service_layer_url} does not answer like a Service Layer.", "Check `b1.service_layer_url`."
    )
