"""Every fault of the SFTP server on one of two files: what the cycles say, and what is in SAP in the end."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from stampli_b1_assets.errors import SystemUnusable
from stampli_b1_assets.sandbox.sftp_server import SftpServer
from stampli_b1_assets_tests.fixtures.world import invoice_rows
from stampli_b1_assets_tests.hazards.outbox import MTIME, Outbox, files, refusals
from stampli_b1_assets_tests.simulation.bench import Bench

SFTP_FAULTS: dict[str, tuple[str, int]] = {
    "cut_at_login": ("connection cut at the login", 1),
    "login_refused": ("login refused", 1),
    "host_key": ("host key that is not the one in the configuration", 1),
    "hang": ("request that is never answered", 10),
    "no_permission": ("file that may not be read", 10),
    "cut_mid_file": ("connection cut in the middle of a file", 10),
    "file_grows": ("file that grows while it is read", 1),
    "file_changes_after_stat": ("file that changes between its listing and its reading", 1),
    "file_vanishes": ("file that vanishes before it is read, and is uploaded again", 1),
}
"""Words, and how often it happens: reading is tried again a few times by itself."""

_IDS = ("8001", "8002")


@dataclass(frozen=True)
class Result:
    """`first`: what the cycle with the fault said; `cycles` until both files were done with."""

    first: str
    cycles: int
    entries: dict[str, int]

    @property
    def is_right(self) -> bool:
        """Each invoice is in SAP exactly once."""
        return self.entries == dict.fromkeys(_IDS, 1)


@cache
def run(fault: str) -> Result:
    """Two files of one invoice each, one cycle with the fault, then cycles without it and with whole files."""
    with _outbox() as outbox:
        for id_ in _IDS:
            outbox.put(f"{id_}.csv", *invoice_rows(id_))
        mend = _break(outbox, fault)
        first = _said(outbox)
        mend()
        cycles = 1
        while len(outbox.bench.entries()) < len(_IDS) and cycles < 6:
            outbox.bench.clock.sleep(900)
            _said(outbox)
            cycles += 1
        _said(outbox)
        entries = Counter(str(entry["Reference2"]) for entry in outbox.bench.entries())
    return Result(first, cycles, dict(sorted(entries.items())))


@contextmanager
def _outbox() -> Iterator[Outbox]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "server"
        for name in ("outbound", "inbound"):
            (root / name).mkdir(parents=True)
        bench = Bench(Path(folder))
        with SftpServer(root, username="linden", password="none") as server:
            _connect(bench, port=server.port, host_keys=[server.host_key_line])
            try:
                yield Outbox(bench, server)
            finally:
                bench.close()


def _connect(bench: Bench, **values: Any) -> None:
    bench.configure("stampli", **{"host": "127.0.0.1", "timeout_seconds": 1, "downloads": 1, **values})


def _break(outbox: Outbox, fault: str) -> Callable[[], None]:
    """Switch it on; what is returned makes all whole again."""
    server = outbox.server
    if fault == "host_key":
        server.change_host_key()
        return lambda: _connect(outbox.bench, host_keys=[server.host_key_line])
    server.faults.arm(fault, SFTP_FAULTS[fault][1])

    def mend() -> None:
        server.faults.armed.clear()
        server.faults.released.set()
        for id_ in _IDS:
            outbox.put(f"{id_}.csv", *invoice_rows(id_), mtime=MTIME + 60)

    return mend


def _said(outbox: Outbox) -> str:
    try:
        document = outbox.cycle()
    except SystemUnusable as error:
        return f"stopped: {error.message}"
    said = ", ".join(f"{number} {what}" for what, number in files(document).items())
    return f"{said} {refusals(document) or ''}".rstrip()
