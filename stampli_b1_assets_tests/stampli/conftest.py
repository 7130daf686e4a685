"""The sandbox's SFTP server with a folder to fetch from, and settings that fit it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stampli_b1_assets.config.models import StampliSettings
from stampli_b1_assets.sandbox.sftp_server import SftpServer
from stampli_b1_assets.stampli.landing import Landing

PASSWORD = "only-between-us"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    root = tmp_path / "server"
    for name in ("outbound", "inbound"):
        (root / name).mkdir(parents=True)
    with SftpServer(root, username="linden", password=PASSWORD) as server:
        yield server


@pytest.fixture
def settings(server: SftpServer) -> Callable[..., StampliSettings]:
    """settings(key=value, ...): those that log in to `server`, and changes of them."""

    def settings(**changes: Any) -> StampliSettings:
        given = {
            "host": "127.0.0.1",
            "port": server.port,
            "username": "linden",
            "password": PASSWORD,
            "host_keys": (server.host_key_line,),
            "timeout_seconds": 20,
        }
        return StampliSettings(**{name: value for name, value in (given | changes).items() if value is not None})

    return settings


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing")
