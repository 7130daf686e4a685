"""`$batch` as the Service Layer reads and answers it: strict about bodies, change sets atomic, stops at a failure."""

import re
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from http import HTTPStatus

from stampli_b1_assets.sandbox.service_layer.refusal import Refusal
from stampli_b1_assets.sandbox.service_layer.store import Store

_TYPE = re.compile(rb"\s*multipart/mixed\s*;\s*boundary=\"?([^\";\r\n]+)\"?\s*", re.IGNORECASE)
_REFERENCE = re.compile(r"\$(\w+)(?=/|$)")
_INCOMPLETE = "Incomplete Batch Request Body!"
_CRLF = b"\r\n"


@dataclass(frozen=True)
class Operation:
    """One HTTP request inside the batch; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    content_id: str


@dataclass(frozen=True)
class Group:
    """A change set, or one operation on its own."""

    operations: tuple[Operation, ...]
    is_change_set: bool


@dataclass(frozen=True)
class Executed:
    """What an operation answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class WorkerCrashed(Exception):
    """The worker dies; what was committed stays."""


# --- reading --------------------------------------------------------------------------------------------------------


def parse(content_type: str, content: bytes, version: str) -> list[Group]:
    """Change sets and single operations; a malformed body is refused as a whole, before anything is executed."""
    if b"\0" in content:
        raise Refusal(242, _INCOMPLETE)
    outer = _TYPE.fullmatch(content_type.encode())
    if outer is None:
        raise Refusal(-1000, _INCOMPLETE)
    return [_group(part, version) for part in _parts(content, outer[1])]


def _group(part: bytes, version: str) -> Group:
    headers, body = _split(part)
    inner = _TYPE.fullmatch(_fields(headers).get("content-type", "").encode())
    if inner is None:
        return Group((_operation(headers, _before_boundary(body), version),), is_change_set=False)
    pieces = (_split(_before_boundary(piece)) for piece in _parts(body, inner[1]))
    operations = tuple(_operation(*piece, version) for piece in pieces)
    if any(operation.method == "GET" for operation in operations):
        raise Refusal(-1000, _INCOMPLETE)
    if version == "v2" and not all(operation.content_id for operation in operations):
        raise Refusal(244, "Content ID should be specified in each change set request.")
    return Group(operations, is_change_set=True)


def _parts(content: bytes, boundary: bytes) -> list[bytes]:
    """Lines end in CRLF everywhere, the last boundary too (documented)."""
    marker = b"--" + boundary
    pieces = content.split(marker)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--\r\n"):
        raise Refusal(-1000, _INCOMPLETE)
    inner = pieces[1:-1]
    if not all(piece.startswith(_CRLF) and piece.endswith(_CRLF) for piece in inner):
        raise Refusal(-1000, _INCOMPLETE)
    return [piece[2:] for piece in inner]


def _before_boundary(piece: bytes) -> bytes:
    """The line end before a boundary belongs to the boundary, so a GET needs two empty lines (documented)."""
    return piece.removesuffix(_CRLF)


def _split(part: bytes) -> tuple[bytes, bytes]:
    headers, blank, body = part.partition(b"\r\n\r\n")
    if not blank:
        raise Refusal(-1000, "Incomplete request: two '\\r\\n' expected")
    return headers, body


def _fields(head: bytes) -> dict[str, str]:
    lines = [line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n") if line]
    if not all(colon for _, colon, _ in lines):
        raise Refusal(-1000, _INCOMPLETE)
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def _operation(headers: bytes, body: bytes, version: str) -> Operation:
    """Its path is absolute below the batch's own version (another is not found), or bare (documented as well)."""
    fields = _fields(headers)
    if fields.get("content-type", "").lower() != "application/http":
        raise Refusal(-1000, _INCOMPLETE)
    if fields.get("content-transfer-encoding", "").lower() != "binary":
        raise Refusal(-1000, _INCOMPLETE)
    head, content = _split(body)
    request_line, _, rest = head.partition(_CRLF)
    words = request_line.decode("utf-8", "replace").split()
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        raise Refusal(-1000, _INCOMPLETE)
    path = words[1].removeprefix(f"/b1s/{version}/")
    return Operation(words[0], path, _fields(rest), content.strip(_CRLF), fields.get("content-id", ""))


# --- running --------------------------------------------------------------------------------------------------------


def _nothing(_: object) -> None:
    pass


@dataclass(frozen=True)
class Course:
    """How a batch goes.

    `continues`: the undocumented preference that goes on after a failure, and crashes the worker when a change set is
    what fails (seen live). `crash`: how many groups are run before the worker crashes (-1: all). `before` is called
    before a group's transaction, `inside` in that of a change set after each operation, with its place from the end.
    """

    is_atomic: bool = True
    continues: bool = False
    crash: int = -1
    before: Callable[[Group], None] = _nothing
    inside: Callable[[int], None] = _nothing


class Runner:
    """Runs the groups in their order. `execute` raises `Refusal`; `render` gives a refusal's status and body."""

    def __init__(
        self,
        store: Store,
        execute: Callable[[Operation], Executed],
        render: Callable[[Refusal], tuple[int, bytes]],
        course: Course,
    ) -> None:
        self._store = store
        self._execute = execute
        self._render = render
        self._course = course

    def run(self, groups: list[Group]) -> tuple[str, bytes]:
        """Content type and body of the answer."""
        outer = f"batchresponse_{uuid.uuid4()}"
        parts: list[bytes] = []
        for number, group in enumerate(groups):
            if number == self._course.crash:
                raise WorkerCrashed
            try:
                self._course.before(group)
                parts.append(_applied(outer, group, self._executed(group)))
            except Refusal as refusal:
                if self._course.continues and group.is_change_set:
                    raise WorkerCrashed from None
                status, body = self._render(refusal)
                parts.append(_http_part(outer, Executed(status, [("Content-Type", "application/json")], body), ""))
                if not self._course.continues:
                    break
        if len(groups) == self._course.crash:
            raise WorkerCrashed
        return f"multipart/mixed;boundary={outer}", b"".join(parts) + f"--{outer}--\r\n".encode()

    def _executed(self, group: Group) -> list[Executed]:
        locations: dict[str, str] = {}
        answers = []
        with self._store.transaction() if self._course.is_atomic and group.is_change_set else nullcontext():
            for number, operation in enumerate(group.operations, 1):
                answer = self._execute(replace(operation, path=_resolved(operation.path, locations)))
                location = dict(answer.headers).get("Location")
                if location:
                    locations[operation.content_id] = location.partition("/b1s/")[2][3:]
                answers.append(answer)
                if group.is_change_set:
                    self._course.inside(len(group.operations) - number)
            ids = [operation.content_id for operation in group.operations if operation.content_id]
            if len(set(ids)) < len(ids):
                raise Refusal(-1116, "Could not commit transaction: Error -1 detected during transaction")
        return answers


def _resolved(path: str, locations: dict[str, str]) -> str:
    """`$1` stands for what part 1 of the same change set created (documented)."""
    match = _REFERENCE.match(path)
    return locations.get(match[1], path[: match.end()]) + path[match.end() :] if match else path


def _applied(outer: str, group: Group, answers: list[Executed]) -> bytes:
    if not group.is_change_set:
        return _http_part(outer, answers[0], "")
    inner = f"changesetresponse_{uuid.uuid4()}"
    head = f"--{outer}\r\nContent-Type: multipart/mixed;boundary={inner}\r\n\r\n".encode()
    pieces = [
        _http_part(inner, answer, operation.content_id)
        for operation, answer in zip(group.operations, answers, strict=True)
    ]
    return head + b"".join(pieces) + f"--{inner}--\r\n".encode()


def _http_part(boundary: str, answer: Executed, content_id: str) -> bytes:
    lines = [f"--{boundary}", "Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    lines += [f"Content-ID: {content_id}"] if content_id else []
    lines += ["", f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    lines += [f"Content-Length: {len(answer.body)}", "", ""]
    return "\r\n".join(lines).encode() + answer.body + _CRLF
