"""`$batch` as the Service Layer reads and answers it: strict about bodies, change sets atomic, stops at a failure."""

import re
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from stampli_b1_assets.sandbox.service_layer.refusal import Refusal
from stampli_b1_assets.sandbox.service_layer.store import Store

_BOUNDARY = re.compile(rb'boundary="?([^";\r\n]+)"?', re.IGNORECASE)
_INCOMPLETE = "Incomplete Batch Request Body!"


@dataclass(frozen=True)
class Operation:
    """One HTTP request inside the batch."""

    method: str
    path: str
    body: bytes
    content_id: str


Execute = Callable[[Operation], tuple[int, bytes, str]]
"""Runs an operation: status, body, location; raises `Refusal`."""
RenderRefusal = Callable[[Refusal], bytes]


def parse(content_type: str, content: bytes, *, is_v2: bool) -> list[list[Operation]]:
    """Change sets and single operations (as sets of one, without Content-ID); malformed bodies are refused whole."""
    if b"\0" in content:
        raise Refusal(242, "Incomplete Batch Request Body!")
    outer = _BOUNDARY.search(content_type.encode())
    if outer is None:
        raise Refusal(-1000, _INCOMPLETE)
    groups = []
    for part in _parts(content, outer[1]):
        headers, body = _split(part)
        inner = _BOUNDARY.search(headers)
        if inner is None:
            groups.append([_operation(headers, body)])
        else:
            operations = [_operation(*_split(piece)) for piece in _parts(body, inner[1])]
            _check_content_ids(operations, is_v2=is_v2)
            if any(operation.method == "GET" for operation in operations):
                raise Refusal(-1000, _INCOMPLETE)
            groups.append(operations)
    return groups


def _parts(content: bytes, boundary: bytes) -> list[bytes]:
    marker = b"--" + boundary
    if not content.rstrip(b" ").endswith((marker + b"--\r\n", marker + b"--")) and marker + b"--\r\n" not in content:
        raise Refusal(-1000, _INCOMPLETE)
    pieces = content.split(marker)[1:-1]
    if not pieces or not all(piece.startswith(b"\r\n") for piece in pieces):
        raise Refusal(-1000, _INCOMPLETE)
    return [piece[2:] for piece in pieces]


def _split(part: bytes) -> tuple[bytes, bytes]:
    if b"\r\n\r\n" not in part:
        raise Refusal(-1000, "Incomplete request: two '\\r\\n' expected")
    headers, _, body = part.partition(b"\r\n\r\n")
    return headers, body


def _operation(headers: bytes, body: bytes) -> Operation:
    if b"application/http" not in headers.lower():
        raise Refusal(-1000, _INCOMPLETE)
    head, content = _split(body)
    words = head.split(b"\r\n")[0].split()
    if len(words) != 3:
        raise Refusal(-1000, _INCOMPLETE)
    match = re.search(rb"content-id:\s*(\S+)", headers, re.IGNORECASE)
    path = re.sub(r"^/b1s/v[12]/", "", words[1].decode())
    return Operation(words[0].decode(), path, content.strip(b"\r\n"), match[1].decode() if match else "")


def _check_content_ids(operations: list[Operation], *, is_v2: bool) -> None:
    ids = [operation.content_id for operation in operations]
    if is_v2 and not all(ids):
        raise Refusal(244, "Content ID should be specified in each change set request.")
    given = [one for one in ids if one]
    if len(set(given)) < len(given):
        raise Refusal(-1116, "Could not commit transaction: Error -1 detected during transaction")


def run(
    groups: list[list[Operation]], store: Store, execute: Execute, render: RenderRefusal, *, is_atomic: bool, stop: int
) -> tuple[str, bytes]:
    """Content type and body of the answer. `stop`: how many groups are run before the worker crashes (-1: all)."""
    outer = f"batchresponse_{uuid.uuid4()}"
    parts: list[bytes] = []
    for number, operations in enumerate(groups):
        if number == stop:
            raise WorkerCrashed
        try:
            with store.transaction() if is_atomic else nullcontext():
                answers = [(operation, *execute(operation)) for operation in operations]
        except Refusal as refusal:
            parts.append(_http_part(outer, refusal.status, render(refusal), "", ""))
            break
        parts.append(_applied(outer, operations, answers))
    if len(groups) == stop:
        raise WorkerCrashed
    closing = f"--{outer}--\r\n".encode()
    return f"multipart/mixed;boundary={outer}", b"".join(parts) + closing


class WorkerCrashed(Exception):
    """The worker dies; what was committed stays."""


def _applied(outer: str, operations: list[Operation], answers: list[Any]) -> bytes:
    if len(operations) == 1 and not operations[0].content_id:
        _, status, body, location = answers[0]
        return _http_part(outer, status, body, location, "")
    inner = f"changesetresponse_{uuid.uuid4()}"
    head = f"--{outer}\r\nContent-Type: multipart/mixed;boundary={inner}\r\n\r\n".encode()
    pieces = [
        _http_part(inner, status, body, location, operation.content_id) for operation, status, body, location in answers
    ]
    return head + b"".join(pieces) + f"--{inner}--\r\n".encode()


def _http_part(boundary: str, status: int, body: bytes, location: str, content_id: str) -> bytes:
    reason = {200: "OK", 201: "Created", 204: "No Content", 404: "Not Found"}.get(status, "Bad Request")
    lines = [f"--{boundary}", "Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    lines += [f"Content-ID: {content_id}"] if content_id else []
    lines += ["", f"HTTP/1.1 {status} {reason}"]
    lines += [f"Location: {location}"] if location else []
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body + b"\r\n"
