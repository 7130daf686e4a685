"""Which names and states of files in the outbound folder are to be looked at, and which are settled."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_PASSED_OVER_ENDS = (".part", ".tmp", ".filepart", "~")
_PASSED_OVER_BEGINNINGS = (".", "~")


@dataclass(frozen=True)
class RemoteFile:
    """One regular file of the outbound folder: size in bytes, mtime in whole seconds as the server says."""

    name: str
    size: int
    mtime: int


def is_passed_over(name: str) -> bool:
    """Temporary and hidden names: uploads that are not finished, and what is nobody's export."""
    return name.startswith(_PASSED_OVER_BEGINNINGS) or name.casefold().endswith(_PASSED_OVER_ENDS)


def is_bad_name(name: str) -> bool:
    """A name with a path separator, a control character, or bytes that are no UTF-8."""
    return any(sign in "/\\" or unicodedata.category(sign) in ("Cc", "Cs") for sign in name) or not name


def settled(
    files: Sequence[RemoteFile], *, first_seen: Mapping[RemoteFile, datetime], now: datetime, settle_seconds: int
) -> tuple[list[RemoteFile], list[RemoteFile]]:
    """Part files into settled and not yet settled, each by (mtime, name).

    Settled: the mtime is `settle_seconds` old, or the file was listed just so that long ago (a server whose clock is
    ahead would otherwise never settle). 0 settles at once.
    """
    patience = timedelta(seconds=settle_seconds)
    ready: list[RemoteFile] = []
    waiting: list[RemoteFile] = []
    for file in sorted(files, key=lambda file: (file.mtime, file.name)):
        is_old = now - datetime.fromtimestamp(file.mtime, UTC) >= patience
        has_stayed = now - first_seen.get(file, now) >= patience
        (ready if settle_seconds == 0 or is_old or has_stayed else waiting).append(file)
    return ready, waiting
