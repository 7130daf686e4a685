"""`$batch`: change sets as multipart bodies, and answers mapped back by position (guide p. 74-79)."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import CloseBoundaryNotFoundDefect, StartBoundaryNotFoundDefect
from email.message import Message
from enum import Enum, auto

from stampli_b1_assets.b1.refusals import refusal
from stampli_b1_assets.b1.wire import Json, dumps, loads
from stampli_b1_assets.errors import B1Refused

_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_CRLF = "\r\n"


@dataclass(frozen=True)
class Operation:
    """One write inside a change set; `path` below the service's root, such as `JournalEntries`."""

    method: str
    path: str
    body: Json


class Fate(Enum):
    """What became of one change set."""

    APPLIED = auto()
    REFUSED = auto()
    NOT_EXECUTED = auto()
    UNKNOWN = auto()
    """Answered with 5xx: look it up."""


@dataclass(frozen=True)
class ChangeSetResult:
    """`answers` are the bodies of an applied set, by position; `error` is why a set was refused; `status` is HTTP's,
    of the last operation.
    """

    fate: Fate
    answers: tuple[Json, ...] = ()
    error: B1Refused | None = None
    status: int | None = None


def encode(change_sets: Sequence[Sequence[Operation]], root: str) -> tuple[str, bytes]:
    """Content type and body. `root` is the absolute path of the service, such as `/b1s/v2`.

    Lines end in CRLF, every part has a Content-ID of its own (v2 demands it), and the last boundary ends its line.
    """
    outer = f"batch_{uuid.uuid4().hex}"
    parts: list[bytes] = []
    content_id = 0
    for change_set in change_sets:
        inner = f"changeset_{uuid.uuid4().hex}"
        parts.append(_head(f"--{outer}", f"Content-Type: multipart/mixed;boundary={inner}", ""))
        for operation in change_set:
            content_id += 1
            parts.append(_operation(operation, inner, content_id, root))
        parts.append(_head(f"--{inner}--"))
    parts.append(_head(f"--{outer}--"))
    return f"multipart/mixed;boundary={outer}", b"".join(parts)


def _operation(operation: Operation, boundary: str, content_id: int, root: str) -> bytes:
    head = _head(
        f"--{boundary}",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        f"Content-ID: {content_id}",
        "",
        f"{operation.method} {root}/{operation.path} HTTP/1.1",
        "Content-Type: application/json",
        "",
    )
    return head + dumps(operation.body) + _CRLF.encode()


def _head(*lines: str) -> bytes:
    return "".join(line + _CRLF for line in lines).encode()


def decode(content_type: str, content: bytes, count: int) -> list[ChangeSetResult]:
    """One result per change set sent. The batch stops at the first that fails: what follows was not executed.

    Raises `ValueError` when the answer cannot be read: what became of the batch is not known then.
    """
    message = message_from_bytes(f"Content-Type: {content_type}{_CRLF}{_CRLF}".encode() + content)
    results = [_result(part) for part in _parts(message)[:count]]
    is_stopped = any(result.fate is not Fate.APPLIED for result in results)
    if not results or (len(results) < count and not is_stopped):
        raise ValueError(f"{count} change sets were sent and {len(results)} answered")
    return results + [ChangeSetResult(Fate.NOT_EXECUTED)] * (count - len(results))


def _parts(message: Message) -> list[Message]:
    if any(isinstance(one, CloseBoundaryNotFoundDefect | StartBoundaryNotFoundDefect) for one in message.defects):
        raise ValueError("it was cut off")
    parts = message.get_payload()
    if not message.is_multipart() or not isinstance(parts, list):
        raise ValueError("it is no multipart")
    return [part for part in parts if isinstance(part, Message)]


def _result(part: Message) -> ChangeSetResult:
    """An applied set answers with a part per operation; a refused one with a single part, however many it had."""
    messages = _parts(part) if part.get_content_maintype() == "multipart" else [part]
    answers: list[Json] = []
    status = None
    for status, body in map(_http, messages):
        if 400 <= status < 500:
            return ChangeSetResult(Fate.REFUSED, error=refusal(status, body), status=status)
        if not 200 <= status < 300:
            return ChangeSetResult(Fate.UNKNOWN, status=status)
        answers.append(loads(body) if body else None)
    return ChangeSetResult(Fate.APPLIED, tuple(answers), status=status)


def _http(part: Message) -> tuple[int, bytes]:
    content = part.get_payload(decode=True)
    match = _STATUS.match(content.lstrip()) if isinstance(content, bytes) else None
    if match is None or not isinstance(content, bytes):
        raise ValueError("a part has no status")
    pieces = _BLANK_LINE.split(content.lstrip(), maxsplit=1)
    return int(match[1]), pieces[1].strip() if len(pieces) > 1 else b""
