"""`$batch`: change sets as multipart bodies, and answers mapped back by position (guide p. 74-79)."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from stampli_b1_assets.b1.refusals import refusal
from stampli_b1_assets.b1.wire import Json, dumps, loads
from stampli_b1_assets.errors import B1Refused

_BOUNDARY = re.compile(rb'boundary="?([^";\r\n]+)"?', re.IGNORECASE)
_STATUS = re.compile(rb"HTTP/\d\.\d\s+(\d{3})")
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


@dataclass(frozen=True)
class ChangeSetResult:
    """`answers` are the bodies of an applied set, by position; `error` is why a set was refused."""

    fate: Fate
    answers: tuple[Json, ...] = ()
    error: B1Refused | None = None


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
    match = _BOUNDARY.search(content_type.encode())
    if match is None:
        raise ValueError("the answer is no multipart")
    parts = _parts(content, match[1])
    if not parts:
        raise ValueError("the answer has no parts")
    results = [_result(part) for part in parts[:count]]
    is_stopped = any(result.fate is Fate.REFUSED for result in results)
    if len(results) < count and not is_stopped:
        raise ValueError(f"{count} change sets were sent and {len(results)} answered")
    missing = count - len(results)
    return results + [ChangeSetResult(Fate.NOT_EXECUTED)] * missing


def _parts(content: bytes, boundary: bytes) -> list[bytes]:
    marker = b"--" + boundary
    if marker + b"--" not in content:
        raise ValueError("the answer was cut off")
    pieces = content.split(marker)[1:]
    return [piece.strip(b"\r\n") for piece in pieces if not piece.startswith(b"--")]


def _result(part: bytes) -> ChangeSetResult:
    headers, _, body = part.partition(b"\r\n\r\n")
    inner = _BOUNDARY.search(headers)
    if inner is None:  # a change set that failed answers as one part, however many operations it had
        status, answer = _http(body)
        if status < 400:
            return ChangeSetResult(Fate.APPLIED, (_json(answer),))
        return ChangeSetResult(Fate.REFUSED, error=refusal(status, answer))
    answers = []
    for piece in _parts(body, inner[1]):
        status, answer = _http(piece.partition(b"\r\n\r\n")[2])
        if status >= 400:
            return ChangeSetResult(Fate.REFUSED, error=refusal(status, answer))
        answers.append(_json(answer))
    return ChangeSetResult(Fate.APPLIED, tuple(answers))


def _http(message: bytes) -> tuple[int, bytes]:
    head, _, body = message.partition(b"\r\n\r\n")
    match = _STATUS.search(head)
    if match is None:
        raise ValueError("a part of the answer has no status")
    return int(match[1]), body.strip()


def _json(content: bytes) -> Json:
    return loads(content) if content else None
