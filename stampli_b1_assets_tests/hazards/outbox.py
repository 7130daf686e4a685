"""A bench whose files come from a real SFTP server, as it were Stampli's: what the tests of picking up work with."""

import os
from itertools import count
from pathlib import Path
from typing import Any

from stampli_b1_assets.config.models import Company as Settings
from stampli_b1_assets.sandbox.sftp_server import SftpServer
from stampli_b1_assets.stampli.sftp import StampliSftp
from stampli_b1_assets_tests.fixtures.world import csv_bytes
from stampli_b1_assets_tests.simulation.bench import Bench

MTIME = 1_777_000_000


class Outbox:
    """The server's folders, and cycles of the company that fetches from them."""

    def __init__(self, bench: Bench, server: SftpServer) -> None:
        self.bench = bench
        self.server = server
        self.faults = server.faults
        self._cycles = count(1)
        bench._stampli = connect  # type: ignore[method-assign]

    @property
    def outbound(self) -> Path:
        return self.server.root / "outbound"

    def put(self, name: str, *content: Any, mtime: int = MTIME) -> Path:
        """Bytes, or rows of an export, under that name."""
        is_raw = len(content) == 1 and isinstance(content[0], bytes)
        path = self.outbound / name
        path.write_bytes(content[0] if is_raw else csv_bytes(*content))
        os.utime(path, (mtime, mtime))
        return path

    def cycle(self, seconds_later: float = 0) -> dict[str, Any]:
        """The summary of one more cycle."""
        self.bench.clock.sleep(seconds_later)
        return self.bench.cycle(f"cycle {next(self._cycles)}")

    def now(self) -> int:
        """The virtual clock's moment, in the seconds of an mtime."""
        return int(self.bench.clock().timestamp())

    def everything(self) -> dict[str, tuple[bytes, int]]:
        """All files of the server with content and mtime."""
        return {
            str(path.relative_to(self.server.root)): (path.read_bytes(), int(path.stat().st_mtime))
            for path in self.server.root.rglob("*")
            if path.is_file()
        }

    def landed(self) -> list[Path]:
        """What lies in landing."""
        return sorted(path for path in (self.bench.directory / "home" / "landing").rglob("*") if path.is_file())


def connect(settings: Settings) -> StampliSftp:
    """A real client, as a company has it."""
    return StampliSftp(settings.stampli)


def files(summary: dict[str, Any]) -> dict[str, int]:
    """Files by what became of them, without zeros; the refused by number."""
    counted = summary["files"] | {"refused": len(summary["files"]["refused"])}
    assert counted["seen"] == sum(counted[name] for name in ("taken", "known", "unsettled", "refused"))
    return {name: number for name, number in counted.items() if number and name != "seen"}


def refusals(summary: dict[str, Any]) -> dict[str, str]:
    """Reasons by name of the refused files; each has a sentence that says more than the reason."""
    assert all(len(one["detail"].split()) > 4 for one in summary["files"]["refused"])
    return {one["file"]: one["reason"] for one in summary["files"]["refused"]}
