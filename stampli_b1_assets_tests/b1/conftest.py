"""What the tests of SAP's side need: settings, entries, a scripted server, and the live simulator."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.config.models import B1Settings
from stampli_b1_assets.domain.journal_entry import JournalEntry, JournalLine
from stampli_b1_assets.sandbox.running import B1_PASSWORD, B1_USERNAME, Sandbox
from stampli_b1_assets.sandbox.sample_company import COMPANY_DB

URL = "https://b1.example.com:50000/b1s/v2"


def settings_of(url: str = URL, **changes: Any) -> B1Settings:
    values = {
        "service_layer_url": url,
        "company_db": COMPANY_DB,
        "username": B1_USERNAME,
        "password": B1_PASSWORD,
        "timeout_seconds": 5,
    }
    return B1Settings(**{**values, **changes})


@pytest.fixture
def settings() -> Callable[..., B1Settings]:
    return settings_of


class Naps:
    """A sleep that does not, and remembers."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def naps() -> Naps:
    return Naps()


class Script:
    """A server of answers in a row: each is an `httpx.Response`, an exception, or a function of the request.

    Logins are answered by themselves, unless `login` says otherwise. The last answer is repeated.
    """

    def __init__(self, *answers: Any, login: Any = None) -> None:
        self._answers = list(answers)
        self._login = login
        self.requests: list[httpx.Request] = []
        self.logins = 0

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._handle)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/Login"):
            self.logins += 1
            return _given(self._login, request) if self._login is not None else self._logged_in()
        if request.url.path.endswith("/Logout"):
            return httpx.Response(204)
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return _given(answer, request)

    def _logged_in(self) -> httpx.Response:
        session = f"session-{self.logins}"
        cookies = [("Set-Cookie", f"B1SESSION={session};HttpOnly;"), ("Set-Cookie", "ROUTEID=.node1; path=/b1s")]
        return httpx.Response(200, headers=cookies, json={"SessionId": session, "Version": "1000280"})


def _given(answer: Any, request: httpx.Request) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    return answer(request) if callable(answer) else answer


@pytest.fixture
def scripted(naps: Naps) -> Iterator[Callable[..., tuple[ServiceLayer, Script]]]:
    """A session on a script: `session, script = scripted(answer, …)`."""
    opened: list[ServiceLayer] = []

    def make(*answers: Any, login: Any = None, url: str = URL) -> tuple[ServiceLayer, Script]:
        script = Script(*answers, login=login)
        session = ServiceLayer(settings_of(url), transport=script.transport, sleep=naps)
        opened.append(session)
        return session, script

    yield make
    for session in opened:
        session.close()


def entry_of(number: int, **changes: Any) -> JournalEntry:
    """A balanced entry that the sample company takes; its key is its number."""
    day = date(2026, 5, 4)
    amount = Decimal("119.00")
    values: dict[str, Any] = {
        "key": f"{number:040x}",
        "reference_date": day,
        "tax_date": date(2026, 5, 1),
        "due_date": date(2026, 6, 3),
        "memo": f"Fernhill Groundworks Ltd N-{number}",
        "reference": f"N-{number}",
        "reference2": f"{9000 + number}",
        "reference3": "invoices.csv",
        "decimals": 2,
        "lines": (
            JournalLine(account_code="006200", debit=Decimal("100.00"), dimensions={"CostingCode": "PM"}),
            JournalLine(account_code="157600", debit=Decimal("19.00")),
            JournalLine(card_code="V20010", credit=amount, due_date=date(2026, 6, 3)),
        ),
    }
    return JournalEntry(**{**values, **changes})


@pytest.fixture
def entry() -> Callable[..., JournalEntry]:
    return entry_of


def refused_entry(number: int) -> JournalEntry:
    """One that SAP refuses: its account does not exist."""
    lines = (
        JournalLine(account_code="NOSUCH", debit=Decimal("1.00")),
        JournalLine(card_code="V20010", credit=Decimal("1.00")),
    )
    return entry_of(number, lines=lines)


@pytest.fixture
def bad_entry() -> Callable[[int], JournalEntry]:
    return refused_entry


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """The simulator with the guard in place."""
    with Sandbox(tmp_path / "sandbox", provisioned=True, with_samples=False) as running:
        yield running


@pytest.fixture
def b1(sandbox: Sandbox, naps: Naps) -> Iterator[B1]:
    """The facade on the simulator, which never really sleeps."""
    with B1(settings_of(sandbox.service_layer_url), sleep=naps) as company:
        yield company


@pytest.fixture
def keys_in_sap(sandbox: Sandbox) -> Callable[[], list[str]]:
    """Keys of all entries in the company, as its database has them."""
    return lambda: sorted(row["U_StampliKey"] for row in sandbox.journal_entries() if row.get("U_StampliKey"))


@pytest.fixture(params=["v1", "v2"])
def dialect(
    request: pytest.FixtureRequest, tmp_path: Path, settings: Callable[..., B1Settings], naps: Naps
) -> Iterator[B1]:
    """The sample company's facade, once in each dialect."""
    with (
        Sandbox(tmp_path / request.param, dialect=request.param, with_samples=False) as sandbox,
        B1(settings(sandbox.service_layer_url), sleep=naps) as b1,
    ):
        yield b1
