"""paramiko's SFTP client with a listing that no name in a folder can break."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import paramiko
from paramiko.message import Message
from paramiko.sftp import CMD_CLOSE, CMD_NAME, CMD_OPENDIR, CMD_READDIR


class SftpClient(paramiko.SFTPClient):
    """paramiko decodes names strictly, so that one name that is no UTF-8 would hide all its neighbours."""

    if TYPE_CHECKING:  # not in paramiko's published types

        def _request(self, kind: int, *arguments: Any) -> tuple[int, Message]: ...

    def read_folder(self, folder: str) -> Iterator[paramiko.SFTPAttributes]:
        r"""The folder's entries, sizes, times and modes as lstat gives them; links are not followed.

        What cannot be text in a name stands as `\xNN`: with its backslash such a name is never taken for a good one.
        Raises `OSError` (the server says no) or `SSHException` (the connection is lost).
        """
        _, answer = self._request(CMD_OPENDIR, folder)
        handle = answer.get_string()
        try:
            while True:
                kind, answer = self._request(CMD_READDIR, handle)
                if kind != CMD_NAME:
                    raise paramiko.SFTPError("The server answered a listing with something else.")
                yield from _entries(answer)
        except EOFError:  # the end of the folder; a lost connection is an SSHException here
            self._request(CMD_CLOSE, handle)


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
