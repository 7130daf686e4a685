"""An SFTP server on loopback that serves one folder, and fails on demand as real ones do."""

import errno
import os
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)
from paramiko.sftp import SFTP_CONNECTION_LOST, SFTP_FAILURE, SFTP_OK, SFTP_PERMISSION_DENIED

FAULTS = (
    "login_refused",
    "cut_at_login",
    "cut_mid_file",
    "file_grows",
    "file_vanishes",
    "file_changes_after_stat",
    "hang",
    "no_permission",
)
"""Names of what can be switched on; each is armed for a number of times."""


@dataclass
class SftpFaults:
    """Armed faults with the times that they will still happen."""

    armed: dict[str, int] = field(default_factory=dict)
    released: threading.Event = field(default_factory=threading.Event)
    """Set to let hanging requests go on, so that a test can end."""

    def arm(self, name: str, times: int = 1) -> None:
        """Let `name` happen `times` times."""
        if name not in FAULTS:
            raise ValueError(f"{name} is none of {', '.join(FAULTS)}")
        self.armed[name] = times

    def strikes(self, name: str) -> bool:
        """Whether it happens now; counts it down."""
        if self.armed.get(name, 0) <= 0:
            return False
        self.armed[name] -= 1
        return True


class SftpServer:
    """Serves `root` as `/` on 127.0.0.1. A context manager; `port` is known after `start`."""

    def __init__(
        self,
        root: Path,
        *,
        username: str,
        password: str,
        authorized_key: str | None = None,
        host_key_file: Path | None = None,
        port: int = 0,
    ) -> None:
        self.root = root
        self.faults = SftpFaults()
        self.logins: list[str] = []
        self.port = port
        self._credentials = (username, password, authorized_key)
        self._host_key = _host_key(host_key_file)
        self._listener: socket.socket | None = None
        self._transports: list[paramiko.Transport] = []

    @property
    def host_key_line(self) -> str:
        """What goes into `stampli.host_keys`."""
        return f"{self._host_key.get_name()} {self._host_key.get_base64()}"

    def start(self) -> None:
        """Listen, and serve every connection in a thread of its own."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), name="sandbox-sftp", daemon=True).start()

    def stop(self) -> None:
        """Close every connection and stop listening."""
        self.faults.released.set()
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            self._listener.close()
        for transport in self._transports:
            transport.close()

    def change_host_key(self) -> None:
        """Show another host key from now on, as a server that was replaced does."""
        self._host_key = _new_host_key()

    def cut(self) -> None:
        """Cut every connection, as a firewall does."""
        for transport in list(self._transports):
            transport.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), name="sandbox-sftp-login", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        transport = paramiko.Transport(connection)
        transport.add_server_key(self._host_key)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Folder)
        self._transports.append(transport)
        try:
            transport.start_server(server=_Login(self))
        except (paramiko.SSHException, EOFError, OSError):
            transport.close()

    def may_log_in(self, username: str, secret: str, *, is_key: bool) -> bool:
        """Whether user and password, or user and public key line, are right."""
        name, password, authorized_key = self._credentials
        if self.faults.strikes("cut_at_login"):
            self.cut()
        expected = authorized_key if is_key else password
        is_right = username == name and expected is not None and secret == expected
        if is_right and not self.faults.strikes("login_refused"):
            self.logins.append(username)
            return True
        return False


class _Login(paramiko.ServerInterface):
    def __init__(self, server: SftpServer) -> None:
        self.server = server

    def check_auth_password(self, username: str, password: str) -> int:
        return self._answer(self.server.may_log_in(username, password, is_key=False))

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        line = f"{key.get_name()} {key.get_base64()}"
        return self._answer(self.server.may_log_in(username, line, is_key=True))

    def get_allowed_auths(self, _username: str) -> str:
        return "password,publickey"

    def check_channel_request(self, kind: str, _chanid: int) -> int:
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    @staticmethod
    def _answer(is_right: bool) -> int:
        return AUTH_SUCCESSFUL if is_right else AUTH_FAILED


class _Folder(paramiko.SFTPServerInterface):
    """The folder behind one session."""

    def __init__(self, login: _Login, *args: Any, **kwargs: Any) -> None:
        super().__init__(login, *args, **kwargs)
        self._server = login.server

    def _path(self, name: str) -> str:
        return os.fspath(self._server.root) + self.canonicalize(name)

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        if self._server.faults.strikes("hang"):
            self._server.faults.released.wait()
        try:
            return [_attributes(entry.path, entry.name) for entry in os.scandir(self._path(path))]
        except OSError as error:
            return _code(error)

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            attributes = paramiko.SFTPAttributes.from_stat(os.stat(self._path(path)))
        except OSError as error:
            return _code(error)
        if self._server.faults.strikes("file_changes_after_stat"):
            _append(self._path(path), b"changed\n")
        return attributes

    def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(os.lstat(self._path(path)))
        except OSError as error:
            return _code(error)

    def open(self, path: str, flags: int, _attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        local, faults = self._path(path), self._server.faults
        if faults.strikes("no_permission"):
            return SFTP_PERMISSION_DENIED
        if faults.strikes("file_vanishes"):
            os.unlink(local)
        try:
            descriptor = os.open(local, flags, 0o644)
        except OSError as error:
            return _code(error)
        writing = bool(flags & (os.O_WRONLY | os.O_RDWR))
        return _Handle(self._server, os.fdopen(descriptor, "r+b" if writing else "rb", buffering=0), local, flags)

    def remove(self, path: str) -> int:
        return _try(os.unlink, self._path(path))

    def rename(self, oldpath: str, newpath: str) -> int:
        if os.path.lexists(self._path(newpath)):
            return SFTP_FAILURE
        return _try(os.rename, self._path(oldpath), self._path(newpath))

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        return _try(os.replace, self._path(oldpath), self._path(newpath))

    def mkdir(self, path: str, _attr: paramiko.SFTPAttributes) -> int:
        return _try(os.mkdir, self._path(path))


class _Handle(paramiko.SFTPHandle):
    def __init__(self, server: SftpServer, file: Any, local: str, flags: int) -> None:
        super().__init__(flags)
        self.readfile = self.writefile = file
        self._server = server
        self._local = local

    def stat(self) -> paramiko.SFTPAttributes | int:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))

    def read(self, offset: int, length: int) -> bytes | int:
        faults = self._server.faults
        if faults.strikes("hang"):
            faults.released.wait()
        if faults.strikes("cut_mid_file"):
            self._server.cut()
            return SFTP_CONNECTION_LOST
        if faults.strikes("file_grows"):
            _append(self._local, b"grown\n")
        content: bytes = os.pread(self.readfile.fileno(), length, offset)
        return content

    def write(self, offset: int, data: Any) -> int:
        os.pwrite(self.writefile.fileno(), data, offset)
        return SFTP_OK


def _append(path: str, data: bytes) -> None:
    with open(path, "ab") as file:
        file.write(data)


def _attributes(path: str, name: str) -> paramiko.SFTPAttributes:
    attributes = paramiko.SFTPAttributes.from_stat(os.lstat(path), name)
    try:
        name.encode()
    except UnicodeEncodeError:  # a name is bytes to a server; paramiko can only send text as UTF-8
        attributes.filename = os.fsencode(name)  # type: ignore[assignment]
    return attributes


def _try(action: Any, *arguments: str) -> int:
    try:
        action(*arguments)
    except OSError as error:
        return _code(error)
    return SFTP_OK


def _code(error: OSError) -> int:
    code: int = paramiko.SFTPServer.convert_errno(error.errno or errno.EIO)
    return code


def _host_key(file: Path | None) -> paramiko.PKey:
    """The key of the file, made when there is none yet; without a file, a new one."""
    if file is None:
        return _new_host_key()
    if not file.exists():
        _new_host_key().write_private_key_file(os.fspath(file))
    return paramiko.RSAKey.from_private_key_file(os.fspath(file))


def _new_host_key() -> paramiko.RSAKey:
    return paramiko.RSAKey.generate(2048)
