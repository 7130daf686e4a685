"""Landing: byte-for-byte copies of what was downloaded, named by their SHA-256, never changed and never removed."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stampli_b1_assets.domain.outcome import RefusalReason
from stampli_b1_assets.errors import FileRefused


@dataclass(frozen=True)
class LandedFile:
    """A copy in landing; size in bytes."""

    path: Path
    sha256: str
    size: int


class Landing:
    """A folder of copies: `ab/cdef…` for the hash `abcdef…`. The server's names never become names here."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, sha256: str) -> Path:
        """Where the copy with that hash is, or would be."""
        return self.root / sha256[:2] / sha256[2:]

    def store(self, name: str, chunks: Iterable[bytes], *, max_bytes: int) -> LandedFile:
        """Write the bytes under a temporary name, bring them to disk, and give them their own name.

        Raises `FileRefused` (TOO_LARGE) as soon as they are more than `max_bytes`.
        """
        unfinished = self._unfinished()
        digest, size = hashlib.sha256(), 0
        try:
            with unfinished.open("xb") as file:
                for chunk in chunks:
                    size += len(chunk)
                    if size > max_bytes:
                        raise too_large(name, max_bytes)
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            path = self.path_of(digest.hexdigest())
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        return LandedFile(path, digest.hexdigest(), size)

    def _unfinished(self) -> Path:
        self.root.mkdir(parents=True, exist_ok=True)
        return self.root / f"{os.getpid()}-{os.urandom(8).hex()}.part"


def too_large(name: str, max_bytes: int) -> FileRefused:
    """The refusal of a file that has more bytes than are taken."""
    return FileRefused(
        RefusalReason.TOO_LARGE,
        f"{name} has more than the {max_bytes // 10**6} MB that are taken.",
        "Raise `stampli.max_file_mb`, or ask Stampli for smaller exports.",
    )
