"""The simulator alone on a socket, and a caller that speaks to it without our own client.

Tests say after each fact where it comes from: *documented* (SAP's guide, reference or metadata), *seen live* (somebody
published what a real server answered) or *inferred* (nobody did; the stricter reading is taken).
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from stampli_b1_assets.sandbox.sample_company import COMPANY_DB, fill
from stampli_b1_assets.sandbox.service_layer.application import Application
from stampli_b1_assets.sandbox.service_layer.company import Company
from stampli_b1_assets.sandbox.service_layer.server import SimulatorServer
from stampli_b1_assets.sandbox.service_layer.sessions import Sessions
from stampli_b1_assets.sandbox.service_layer.store import Store

USERNAME, PASSWORD = "bot", "secret"
CREDENTIALS = {"CompanyDB": COMPANY_DB, "UserName": USERNAME, "Password": PASSWORD}


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Simulator:
    """One running server with everything that a test may want to look into."""

    def __init__(self, database: Path) -> None:
        self.clock = Clock()
        self.store = Store(database)
        self.company = Company(self.store)
        self.sessions = Sessions(COMPANY_DB, USERNAME, PASSWORD, clock=self.clock)
        self.application = Application(self.company, self.sessions)
        self.server = SimulatorServer(self.application)

    def change(self, entity_set: str, key: str, **values: Any) -> None:
        """What a person changes in SAP's own client."""
        self.store.put(entity_set, key, {**(self.store.get(entity_set, key) or {}), **values})


class Caller:
    """Plain HTTP with a session of its own; `version` is `v1` or `v2`."""

    def __init__(self, simulator: Simulator, version: str, *, logs_in: bool = True) -> None:
        self.version = version
        self.root = f"/b1s/{version}"
        self.http = httpx.Client(base_url=simulator.server.url.removesuffix("/b1s/v2"), trust_env=False, timeout=10)
        if logs_in:
            self.log_in()

    def log_in(self) -> httpx.Response:
        answer = self.http.post(f"{self.root}/Login", json=CREDENTIALS)
        self.http.cookies.clear()
        self.http.headers["Cookie"] = f"B1SESSION={answer.json()['SessionId']}; ROUTEID=.node1"
        return answer

    def __call__(self, method: str, path: str, body: Any = None, /, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(method, f"{self.root}/{path}", json=body, headers=named)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return self("POST", path, body, **headers)


def refusal_of(answer: httpx.Response) -> tuple[int, str, str]:
    """HTTP status, code and text, from either dialect's own shape and no other."""
    error = answer.json()["error"]
    if "/v1/" in answer.request.url.path:
        assert isinstance(error["code"], int)
        assert error["message"]["lang"] == "en-us"
        return answer.status_code, str(error["code"]), error["message"]["value"]
    assert isinstance(error["code"], str)
    return answer.status_code, error["code"], error["message"]


@pytest.fixture
def refused() -> Callable[[httpx.Response], tuple[int, str, str]]:
    return refusal_of


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company with the guard in place, made once and copied for each test."""
    path = tmp_path_factory.mktemp("company") / "company.db"
    store = Store(path)
    fill(store, provisioned=True)
    store.close()
    return path


@pytest.fixture
def simulator(tmp_path: Path, filled: Path) -> Iterator[Simulator]:
    running = Simulator(shutil.copy(filled, tmp_path / "company.db"))
    running.server.start()
    yield running
    running.server.stop()
    running.store.close()


@pytest.fixture
def new_caller(simulator: Simulator) -> Iterator[Callable[..., Caller]]:
    opened: list[Caller] = []

    def make(version: str = "v2", **options: Any) -> Caller:
        opened.append(Caller(simulator, version, **options))
        return opened[-1]

    yield make
    for caller in opened:
        caller.http.close()


@pytest.fixture
def v2(new_caller: Callable[..., Caller]) -> Caller:
    return new_caller("v2")


@pytest.fixture
def v1(new_caller: Callable[..., Caller]) -> Caller:
    return new_caller("v1")


@pytest.fixture(params=["v1", "v2"])
def sap(request: pytest.FixtureRequest, new_caller: Callable[..., Caller]) -> Caller:
    """Both dialects, one after the other."""
    return new_caller(request.param)


def bill(**changes: Any) -> dict[str, Any]:
    """A balanced entry that the sample company takes."""
    lines = [
        {"AccountCode": "006200", "Debit": 100.0, "CostingCode": "PM"},
        {"AccountCode": "157600", "Debit": 19.0},
        {"ShortName": "V20010", "Credit": 119.0, "DueDate": "2026-06-03"},
    ]
    header = {"ReferenceDate": "2026-05-04", "TaxDate": "2026-05-01", "DueDate": "2026-06-03", "Reference2": "9001"}
    return {**header, "JournalEntryLines": lines, **changes}


@pytest.fixture
def entry() -> Callable[..., dict[str, Any]]:
    return bill
