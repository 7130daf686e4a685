"""Error bodies of the Service Layer, in every shape that was seen, as code and text."""

import re

from stampli_b1_assets.b1.wire import Json, loads
from stampli_b1_assets.errors import B1Refused, B1Unusable

ALREADY_EXISTS = "-2035"
SESSION_CODES = frozenset({"301", "-304"})
"""301 is the documented code of a lost session; -304 was seen for it too, even without HTTP 401."""
COULD_NOT_COMMIT = "-1116"
NO_RATE = "-4006"
NOT_FOUND = "-2028"
_BUSY = re.compile(r"deadlock|lock.?wait|lock request", re.IGNORECASE)
_LONGEST = 500


def refusal(status: int, content: bytes) -> B1Refused:
    """v1 has a number and an object, v2 two strings; all mixtures, a bare string, HTML and nothing were seen too."""
    try:
        body = loads(content)
    except ValueError:
        return B1Refused(status, "", f"HTTP {status} without a readable answer")
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return B1Refused(status, "", _text(error))
    return B1Refused(status, str(error.get("code", "")), _text(error.get("message", "")))


def is_session_lost(status: int, content: bytes) -> bool:
    """HTTP 401, or one of the session's codes in any other refusal."""
    return status == 401 or (400 <= status < 500 and refusal(status, content).code in SESSION_CODES)


def _text(message: Json) -> str:
    value = message.get("value", "") if isinstance(message, dict) else message
    return str(value).strip()[:_LONGEST]


def is_passing(error: B1Refused) -> bool:
    """Whether SAP rolled back for a reason that may be gone in a moment: -1116, a deadlock, a lost session."""
    return error.code in {COULD_NOT_COMMIT, *SESSION_CODES} or _BUSY.search(error.text) is not None


def already_exists(error: B1Refused) -> bool:
    """Whether the database refused a second row of the same key; -1 with that text was seen in place of -2035."""
    return error.code == ALREADY_EXISTS or "-2035" in error.text or "already exists" in error.text.casefold()


def refused_read(what: str, error: B1Refused) -> B1Unusable:
    """A read that SAP refuses is no fault of a document: it is for IT."""
    return B1Unusable(
        f"SAP refused to give {what} (HTTP {error.status}, code {error.code or 'none'}: {error.text}).",
        "Give the user of `b1.username` the authorisation, and check that this Service Layer knows it.",
    )
