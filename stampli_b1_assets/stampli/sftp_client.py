"""paramiko's SFTP client with a listing that no name can break, and reading ahead without threads."""

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import paramiko
from paramiko.message import Message
from paramiko.sftp import (
    CMD_CLOSE,
    CMD_DATA,
    CMD_EXTENDED,
    CMD_NAME,
    CMD_OPEN,
    CMD_OPENDIR,
    CMD_READ,
    CMD_READDIR,
    CMD_STATUS,
    SFTP_FLAG_READ,
    int64,
)

CONNECTION_LOST = (paramiko.SSHException, paramiko.SFTPError, EOFError, TimeoutError)
"""After one of these nothing that still comes in can be trusted: close the connection."""

_CHUNK_BYTES = 32_768  # what every server gives per read
_REQUESTS_AHEAD = 64  # as OpenSSH's own client

Answer = tuple[int, Message]


class SftpClient(paramiko.SFTPClient):
    """What paramiko does not do well enough: listing and reading.

    Its listing decodes names strictly, so that one name that is no UTF-8 would hide all its neighbours. Its prefetch
    works in a thread, which ends with a traceback on standard error when the connection breaks.
    """

    if TYPE_CHECKING:  # not in paramiko's published types

        def _request(self, kind: int, *arguments: Any) -> Answer: ...
        def _async_request(self, receiver: Any, kind: int, *arguments: Any) -> int: ...
        def _read_response(self) -> object: ...
        def _convert_status(self, message: Message) -> None: ...

    def read_folder(self, folder: str) -> Iterator[paramiko.SFTPAttributes]:
        r"""The folder's entries, sizes, times and modes as lstat gives them; links are not followed.

        What cannot be text in a name stands as `\xNN`: with its backslash such a name is never taken for a good one.
        Raises `OSError` (the server says no) or one of `CONNECTION_LOST`.
        """
        _, answer = self._request(CMD_OPENDIR, folder)
        handle = answer.get_string()
        try:
            while True:
                kind, answer = self._request(CMD_READDIR, handle)
                if kind != CMD_NAME:
                    raise paramiko.SFTPError("a listing was answered with something else")
                yield from _entries(answer)
        except EOFError:  # the end of the folder; a lost connection is an SSHException here
            self._request(CMD_CLOSE, handle)

    def read_file(self, path: str, size: int) -> Generator[bytes]:
        """The file's bytes to its real end; up to `size`, what it should have, several requests are under way at once.

        Close the iterator when it is not read to its end. Raises `OSError` or one of `CONNECTION_LOST`.
        """
        _, answer = self._request(CMD_OPEN, path, SFTP_FLAG_READ, paramiko.SFTPAttributes())
        handle = answer.get_string()
        is_usable = True
        try:
            yield from self._ahead(handle, size)
        except (OSError, *CONNECTION_LOST):
            is_usable = False
            raise
        finally:
            if is_usable:
                self._request(CMD_CLOSE, handle)

    def write_file(self, path: str, content: bytes) -> None:
        """Write a file and have the server bring it to disk, where it knows how (`fsync@openssh.com`)."""
        with self.open(path, "wb") as remote:
            remote.write(content)
            remote.flush()
            with suppress(OSError):
                self._request(CMD_EXTENDED, "fsync@openssh.com", remote.handle)

    def _ahead(self, handle: bytes, size: int) -> Iterator[bytes]:
        answers = _Answers()
        asked: deque[tuple[int, int]] = deque()
        offset = asking = 0
        while asking < size or asked:
            while asking < size and len(asked) < _REQUESTS_AHEAD:
                asked.append((self._ask(answers, handle, asking), asking))
                asking += _CHUNK_BYTES
            number, place = asked.popleft()
            chunk = self._chunk(answers, number)
            if place != offset or not chunk:  # one before was short, or the file is: from here on one by one
                break
            offset += len(chunk)
            yield chunk
        while chunk := self._chunk(answers, self._ask(answers, handle, offset)):
            offset += len(chunk)
            yield chunk

    def _ask(self, answers: "_Answers", handle: bytes, offset: int) -> int:
        return self._async_request(answers, CMD_READ, handle, int64(offset), _CHUNK_BYTES)

    def _chunk(self, answers: "_Answers", number: int) -> bytes:
        """The answer to one read; nothing at the end of the file."""
        while number not in answers.by_number:
            self._read_response()
        kind, message = answers.by_number.pop(number)
        if kind == CMD_STATUS:
            try:
                self._convert_status(message)
            except EOFError:
                return b""
        if kind != CMD_DATA:
            raise paramiko.SFTPError("a read was answered with something else")
        return message.get_string()


class _Answers:
    """Where paramiko leaves the answers to requests that are under way."""

    def __init__(self) -> None:
        self.by_number: dict[int, Answer] = {}

    def _async_response(self, kind: int, message: Message, number: int) -> None:
        self.by_number[number] = (kind, message)


def _entries(answer: Message) -> Iterator[paramiko.SFTPAttributes]:
    for _ in range(answer.get_int()):
        name = _text(answer.get_string())
        answer.get_string()  # the same as `ls -l` would print it
        # The only reader of attributes that there is.
        entry = paramiko.SFTPAttributes._from_msg(answer, name)  # type: ignore[attr-defined]  # noqa: SLF001
        if name not in (".", ".."):
            yield entry


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
