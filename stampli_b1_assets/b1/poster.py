"""Posting's words: how far the guard may be relied on, and what became of each entry."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from stampli_b1_assets.domain.journal_entry import JournalEntry, PostedEntry
from stampli_b1_assets.errors import B1Refused

PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between looks at what is in doubt."""

NOT_SENT = "It was not sent: SAP could not be reached any more."
NO_ANSWER = "SAP did not say what became of it."


Sending = Callable[[str], None]
"""Called with the key right before a request whose repetition nothing but its age makes safe."""


class PostingMode(StrEnum):
    """How far the guard may be relied on."""

    GUARDED = "guarded"
    """Proved: sending again is safe."""
    UNPROVED = "unproved"
    """Table and field are there, but their proof is not known: the row is sent, and nothing is re-sent blindly."""
    FALLBACK = "fallback"
    """No table, or its proof failed: the entry alone, found again by its key."""
    UNMARKED = "unmarked"
    """Not even the user field: an entry is found by the Stampli id in Reference2, and what it says."""


WITH_A_ROW = (PostingMode.GUARDED.value, PostingMode.UNPROVED.value)
"""Modes whose requests carry the guard row: what they posted has one, and a proved guard lets it in only once."""

Status = Literal["committed", "already_there", "refused", "unknown", "guard_contradiction"]


@dataclass(frozen=True)
class Evidence:
    """Hashes of the request and answer that settled it, and the HTTP status of the entry's part."""

    request_sha256: str = ""
    response_sha256: str = ""
    http_status: int | None = None

    @classmethod
    def of(cls, request: bytes, response: bytes, http_status: int | None) -> "Evidence":
        """Hash both bodies; headers, and with them cookies, are no part of it."""
        return cls(hashlib.sha256(request).hexdigest(), hashlib.sha256(response).hexdigest(), http_status)


NO_EVIDENCE = Evidence()


@dataclass(frozen=True)
class WriteResult:
    """What became of one entry; `code` and `text` are SAP's own when it refused.

    `committed`: posted by us, and found in SAP. `already_there`: found, posted before or by another process.
    `refused`: nothing happened. `unknown`: to be looked up by key before anything else, or `text` says that it was not
    sent. `guard_contradiction`: the guard row is there and its entry is not, which a guard that protects never shows.
    """

    entry: JournalEntry
    status: Status
    posted: PostedEntry | None = None
    code: str = ""
    text: str = ""
    http_status: int | None = None
    request_sha256: str = ""
    response_sha256: str = ""


def found(entry: JournalEntry, posted: PostedEntry, status: Status, evidence: Evidence) -> WriteResult:
    """A result with SAP's entry."""
    return _result(entry, status, evidence, posted=posted)


def refused(entry: JournalEntry, error: B1Refused, evidence: Evidence, status: Status = "refused") -> WriteResult:
    """A result with SAP's code and words."""
    return _result(entry, status, evidence, code=error.code, text=error.text, http_status=error.status)


def unknown(entry: JournalEntry, text: str = NO_ANSWER, evidence: Evidence = NO_EVIDENCE) -> WriteResult:
    """A result that the next cycle settles."""
    return _result(entry, "unknown", evidence, text=text)


def _result(
    entry: JournalEntry,
    status: Status,
    evidence: Evidence,
    *,
    posted: PostedEntry | None = None,
    code: str = "",
    text: str = "",
    http_status: int | None = None,
) -> WriteResult:
    return WriteResult(
        entry,
        status,
        posted,
        code,
        text,
        http_status or evidence.http_status,
        evidence.request_sha256,
        evidence.response_sha256,
    )
