"""Stampli's outbound folder without SFTP: the same answers as the client gives, and its failures on demand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from stampli_b1_assets.config.models import StampliSettings
from stampli_b1_assets.errors import FileNotTaken, StampliUnusable
from stampli_b1_assets.stampli.landing import LandedFile, Landing
from stampli_b1_assets.stampli.listing import RemoteFile
from stampli_b1_assets.stampli.sftp import Fetched, StampliSftp


@dataclass
class OutboundFolder:
    """Files by name, with what goes wrong next."""

    files: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    is_down: bool = False
    inbound: dict[str, bytes] = field(default_factory=dict)
    """What was written for Stampli."""
    cut: set[str] = field(default_factory=set)
    """Names whose next download breaks off."""


class FolderClient(StampliSftp):
    """The client's interface over an `OutboundFolder`."""

    def __init__(self, settings: StampliSettings, folder: OutboundFolder) -> None:
        super().__init__(settings)
        self._folder = folder

    def __enter__(self) -> Self:
        if self._folder.is_down:
            raise StampliUnusable("The SFTP server cannot be reached.", "Try again.")
        return self

    def list_outbound(self) -> list[RemoteFile]:
        return [RemoteFile(name, len(content), mtime) for name, (content, mtime) in self._folder.files.items()]

    def download_all(self, files: Sequence[RemoteFile], landing: Landing) -> dict[RemoteFile, Fetched]:
        return {file: self._fetch(file, landing) for file in files}

    def write_inbound(self, name: str, content: bytes) -> None:
        self._folder.inbound[name] = content

    def _fetch(self, file: RemoteFile, landing: Landing) -> LandedFile | FileNotTaken:
        if file.name in self._folder.cut:
            self._folder.cut.discard(file.name)
            return FileNotTaken(f"{file.name} could not be fetched.", "It is tried again.")
        content, _ = self._folder.files[file.name]
        return landing.store(file.name, [content], max_bytes=10**9)
