"""Stampli's SFTP server: login with pinned host keys, listing, downloads that prove themselves, files written back."""

import logging
import os
import posixpath
import socket
import stat
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Self

import paramiko
import tenacity
from paramiko.ssh_exception import IncompatiblePeer

from stampli_b1_assets.config.models import StampliSettings
from stampli_b1_assets.errors import ConfigurationError, FileNotTaken, FileRefused, StampliUnusable
from stampli_b1_assets.stampli.host_keys import algorithms_of, fingerprint, pinned_keys
from stampli_b1_assets.stampli.landing import LandedFile, Landing, too_large
from stampli_b1_assets.stampli.listing import RemoteFile, is_passed_over
from stampli_b1_assets.stampli.sftp_client import CONNECTION_LOST, SftpClient

# paramiko logs what it also raises; without a handler Python would print it in the middle of our sentences.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

_TRIES = 3

Fetched = LandedFile | FileNotTaken | FileRefused


class StampliSftp:
    """One connection; a context manager. Every operation has a time-out.

    Raises `StampliUnusable` when the server cannot be used: network, host key, login, folder.
    """

    def __init__(self, settings: StampliSettings) -> None:
        self._settings = settings
        self._transport: paramiko.Transport | None = None
        self._sftp: SftpClient | None = None

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()
        self._transport = self._sftp = None

    def list_outbound(self) -> list[RemoteFile]:
        """Regular files of the outbound folder itself; links and folders are left out, and temporary names.

        Hostile names are in it: the caller refuses them.
        """
        folder = self._settings.outbound_dir
        with self._in_folder(folder, "stampli.outbound_dir"):
            entries = list(self._client().read_folder(folder))
        return [
            RemoteFile(entry.filename, entry.st_size or 0, int(entry.st_mtime or 0))
            for entry in entries
            if stat.S_ISREG(entry.st_mode or 0) and not is_passed_over(entry.filename)
        ]

    def check_inbound(self) -> None:
        """Look whether the inbound folder is there."""
        folder = self._settings.inbound_dir
        with self._in_folder(folder, "stampli.inbound_dir"):
            self._client().stat(folder)

    def download_all(self, files: Sequence[RemoteFile], landing: Landing) -> dict[RemoteFile, Fetched]:
        """Download several files at once, each on a connection of its own; what fails stops no other.

        Connections beyond the first help when the server allows them.
        """
        self._client()
        waiting = SimpleQueue[RemoteFile]()
        for file in files:
            waiting.put(file)
        others = min(self._settings.downloads, len(files)) - 1
        with ThreadPoolExecutor(max(others, 1)) as pool:
            shares = [pool.submit(self._help, waiting, landing) for _ in range(others)]
            fetched = self._share(waiting, landing)
        return fetched | {file: one for share in shares for file, one in share.result().items()}

    def _share(self, waiting: SimpleQueue[RemoteFile], landing: Landing) -> dict[RemoteFile, Fetched]:
        fetched: dict[RemoteFile, Fetched] = {}
        with suppress(Empty):
            while True:
                file = waiting.get_nowait()
                fetched[file] = self._fetched(file, landing)
        return fetched

    def _help(self, waiting: SimpleQueue[RemoteFile], landing: Landing) -> dict[RemoteFile, Fetched]:
        """Download over a further connection; servers limit them, so that one that is not had is no fault."""
        own = StampliSftp(self._settings)
        try:
            own._connect()
        except StampliUnusable as error:
            if error.is_passing:
                return {}
            raise
        with closing(own):
            return own._share(waiting, landing)

    def _fetched(self, file: RemoteFile, landing: Landing) -> Fetched:
        try:
            return self.download(file, landing)
        except (FileNotTaken, FileRefused) as error:
            return error

    def download(self, file: RemoteFile, landing: Landing) -> LandedFile:
        """Download one file byte for byte, and prove that it did not change meanwhile; tried three times.

        Raises `FileNotTaken` (vanished, changed, cut off: it is tried again), `FileRefused` (TOO_LARGE).
        """
        max_bytes = self._settings.max_file_mb * 10**6
        if file.size > max_bytes:
            raise too_large(file.name, max_bytes)
        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(_TRIES),
            retry=tenacity.retry_if_exception(_may_pass),
            reraise=True,
        )
        try:
            return attempts(self._download_once, file, landing, max_bytes)
        except FileNotFoundError:
            raise FileNotTaken(f"{file.name} was listed and is gone.", "It is taken when it is there again.") from None
        except (OSError, *CONNECTION_LOST) as error:
            raise FileNotTaken(f"{file.name} could not be fetched: {_why(error)}.", "It is tried again.") from None

    def _download_once(self, file: RemoteFile, landing: Landing, max_bytes: int) -> LandedFile:
        try:
            with closing(self._unchanged(file, self._client())) as chunks:
                return landing.store(file.name, chunks, max_bytes=max_bytes)
        except CONNECTION_LOST:
            self.close()
            raise

    def _unchanged(self, file: RemoteFile, client: SftpClient) -> Generator[bytes]:
        """All bytes of the file; when it is not as it was listed, `FileNotTaken` before landing keeps them."""
        path = posixpath.join(self._settings.outbound_dir, file.name)
        self._must_be_same(file, client.stat(path))
        size = 0
        with closing(client.read_file(path, file.size)) as chunks:
            for chunk in chunks:
                size += len(chunk)
                yield chunk
        self._must_be_same(file, client.stat(path))
        if size != file.size:
            raise FileNotTaken(f"{file.name} changed while it was read.", "It is tried again once it has settled.")

    def _must_be_same(self, file: RemoteFile, now: paramiko.SFTPAttributes) -> None:
        if (now.st_size, int(now.st_mtime or 0)) != (file.size, file.mtime):
            raise FileNotTaken(f"{file.name} changed while it was read.", "It is tried again once it has settled.")

    def write_inbound(self, name: str, content: bytes) -> None:
        """Write a file for Stampli under a temporary name, then rename it; overwrites one of the same name."""
        target = posixpath.join(self._settings.inbound_dir, name)
        unfinished = posixpath.join(self._settings.inbound_dir, f".{name}.part")
        with self._in_folder(self._settings.inbound_dir, "stampli.inbound_dir"):
            client = self._client()
            client.write_file(unfinished, content)
            client.posix_rename(unfinished, target)

    def archive(self, file: RemoteFile, sha256: str) -> str:
        """Rename a clean file into the archive folder, by year and month of its mtime; never over another.

        Gives its new path. Raises `FileNotTaken` (it stays where it is) or `StampliUnusable`.
        """
        assert self._settings.archive is not None
        client = self._client()
        source = posixpath.join(self._settings.outbound_dir, file.name)
        moment = datetime.fromtimestamp(file.mtime, UTC)
        folder = self._settings.archive
        try:
            self._must_be_same(file, client.stat(source))
            for part in ("", f"{moment:%Y}", f"{moment:%m}"):
                folder = posixpath.join(folder, part) if part else folder
                with suppress(OSError):
                    client.mkdir(folder)
            target = posixpath.join(folder, f"{file.name}.{sha256[:8]}")
            client.rename(source, target)
        except CONNECTION_LOST as error:
            self.close()
            raise self._lost(error) from None
        except OSError as error:
            raise FileNotTaken(
                f"{file.name} could not be moved into the archive: {_why(error)}.",
                "It stays where it is; check `stampli.archive`.",
            ) from None
        return target

    def _client(self) -> SftpClient:
        if self._sftp is None or self._transport is None or not self._transport.is_active():
            self.close()
            self._connect()
        assert self._sftp is not None
        return self._sftp

    def _connect(self) -> None:
        settings = self._settings
        pinned = pinned_keys(settings)
        key = _private_key(settings)
        transport = paramiko.Transport(self._socket())
        transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = settings.timeout_seconds
        transport.get_security_options().key_types = algorithms_of(pinned)
        try:
            transport.start_client(timeout=settings.timeout_seconds)
            self._check_host_key(transport.get_remote_server_key(), pinned)
            self._log_in(transport, key)
            self._sftp = _sftp_channel(transport, settings.timeout_seconds)
        except IncompatiblePeer:
            transport.close()
            raise self._unpinned("no key of a pinned kind") from None
        except (OSError, *CONNECTION_LOST) as error:
            transport.close()
            raise self._lost(error) from None
        except StampliUnusable:
            transport.close()
            raise
        self._transport = transport

    def _socket(self) -> socket.socket:
        settings = self._settings
        try:
            return socket.create_connection((settings.host, settings.port), timeout=settings.timeout_seconds)
        except OSError as error:
            raise StampliUnusable(
                f"Stampli's SFTP server {settings.host}, port {settings.port}, cannot be reached: {_why(error)}.",
                "Check `stampli.host`, `stampli.port` and the firewall.",
                is_passing=True,
            ) from None

    def _check_host_key(self, shown: paramiko.PKey, pinned: list[paramiko.PKey]) -> None:
        if all(shown.asbytes() != key.asbytes() for key in pinned):
            raise self._unpinned(fingerprint(shown))

    def _unpinned(self, shown: str) -> StampliUnusable:
        expected = ", ".join(fingerprint(key) for key in pinned_keys(self._settings))
        return StampliUnusable(
            f"The SFTP server {self._settings.host} showed the host key {shown}, but {expected} is expected.",
            "Ask whoever runs the server whether the key was changed; only then configure the new one.",
        )

    def _log_in(self, transport: paramiko.Transport, key: paramiko.PKey | None) -> None:
        """A refusal is told from a server that said nothing: paramiko raises one class for both."""
        settings = self._settings
        try:
            if key is not None:
                transport.auth_publickey(settings.username, key)
            elif settings.password is not None:
                transport.auth_password(settings.username, settings.password.get_secret_value())
        except paramiko.AuthenticationException as error:
            if not transport.is_active():
                raise self._lost(EOFError()) from None
            if str(error) == "Authentication timeout.":
                raise self._lost(TimeoutError()) from None
            what = "`stampli.private_key_file`" if key is not None else "`stampli.password`"
            raise StampliUnusable(
                f"The SFTP server {settings.host} refused the login of {settings.username!r}.",
                f"Check `stampli.username` and {what}.",
            ) from None

    def _lost(self, error: Exception) -> StampliUnusable:
        return StampliUnusable(
            f"The SFTP server {self._settings.host} stopped answering: {_why(error)}.",
            "Try again; if it goes on, ask whoever runs the server.",
            is_passing=True,
        )

    @contextmanager
    def _in_folder(self, folder: str, key: str) -> Iterator[None]:
        """What goes wrong in a folder as a sentence: the connection, or the folder itself."""
        try:
            yield
        except CONNECTION_LOST as error:
            self.close()
            raise self._lost(error) from None
        except OSError as error:
            if self._transport is None or not self._transport.is_active():
                raise self._lost(error) from None
            raise _folder_unusable(folder, key, error) from None


def _sftp_channel(transport: paramiko.Transport, timeout: int) -> SftpClient:
    client = SftpClient.from_transport(transport)
    assert client is not None
    channel = client.get_channel()
    assert channel is not None
    channel.settimeout(timeout)
    return client


def _private_key(settings: StampliSettings) -> paramiko.PKey | None:
    """The key of `private_key_file`, of whatever kind it is."""
    if settings.private_key_file is None:
        return None
    passphrase = settings.private_key_passphrase.get_secret_value() if settings.private_key_passphrase else None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with suppress(OSError, ValueError, TypeError, paramiko.SSHException):
            return kind.from_private_key_file(os.fspath(settings.private_key_file), password=passphrase)
    raise ConfigurationError(
        f"The private key {settings.private_key_file.name} cannot be used: missing, no key, or a wrong passphrase.",
        "Check `stampli.private_key_file` and `stampli.private_key_passphrase`.",
    )


def _folder_unusable(folder: str, key: str, error: OSError) -> StampliUnusable:
    why = "does not exist" if isinstance(error, FileNotFoundError) else f"cannot be used: {_why(error)}"
    return StampliUnusable(f"The folder {folder} on Stampli's SFTP server {why}.", f"Check `{key}`.")


def _may_pass(error: BaseException) -> bool:
    """Whether the next try may do better: the server said no, or the connection broke; not another host key."""
    return isinstance(error, (OSError, *CONNECTION_LOST)) or (isinstance(error, StampliUnusable) and error.is_passing)


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return words.strip(" .:") or "the connection was lost"
