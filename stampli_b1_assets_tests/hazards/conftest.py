"""A company on a bench, files that come into its folder, and settings that change."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from stampli_b1_assets.sandbox.sftp_server import SftpServer
from stampli_b1_assets_tests.fixtures.world import csv_bytes
from stampli_b1_assets_tests.hazards.outbox import Outbox
from stampli_b1_assets_tests.simulation.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


@pytest.fixture
def put(bench: Bench) -> Callable[..., None]:
    """put(name, *rows or bytes): one more file in the folder, a minute younger than the one before."""
    moment = 1_777_000_000

    def put(name: str, *content: Any) -> None:
        nonlocal moment
        moment += 60
        is_raw = len(content) == 1 and isinstance(content[0], bytes)
        bench.folder.files[name] = (content[0] if is_raw else csv_bytes(*content), moment)

    return put


@pytest.fixture
def bring(bench: Bench, put: Callable[..., None]) -> Callable[..., dict[str, Any]]:
    """bring(name, *rows or bytes) puts one more file and gives the summary of a cycle."""

    cycles = count(1)

    def bring(name: str, *content: Any) -> dict[str, Any]:
        put(name, *content)
        return bench.cycle(f"cycle {next(cycles)} of {name}")

    return bring


@pytest.fixture
def configure(bench: Bench) -> Callable[..., None]:
    """configure(section, key=value, ...) changes the company's settings; the ledger stays."""
    return bench.configure


@pytest.fixture
def outbox(bench: Bench, configure: Callable[..., None], tmp_path: Path) -> Iterator[Outbox]:
    """The bench with a real SFTP server; files are taken at once."""
    root = tmp_path / "server"
    for name in ("outbound", "inbound"):
        (root / name).mkdir(parents=True)
    with SftpServer(root, username="linden", password="none") as server:  # the bench's password
        configure("stampli", host="127.0.0.1", port=server.port, host_keys=[server.host_key_line])
        yield Outbox(bench, server)
