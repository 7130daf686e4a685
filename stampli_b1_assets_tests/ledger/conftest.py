"""A ledger on SQLite and on PostgreSQL: every test that asks for `url` or `ledger` runs on both."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from stampli_b1_assets.domain.journal_entry import JournalEntry, JournalLine
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.ledger.database import engine_for
from stampli_b1_assets.ledger.ledger import Ledger
from stampli_b1_assets.ledger.records import InvoiceRecord
from stampli_b1_assets.ledger.urls import ledger_url

START = datetime(2026, 4, 1, 8, 0, tzinfo=UTC)


class Clock:
    """Time that goes on by a second whenever it is looked at, and further when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def advance(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty ledger."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def ledger(url: str, clock: Clock) -> Iterator[Ledger]:
    with Ledger.open(url, "northwind", clock=clock) as opened:
        yield opened


@pytest.fixture
def sql(url: str) -> Iterator[Callable[..., list[Any]]]:
    """Runs SQL beside the ledger, as somebody with a database tool could."""
    engine = engine_for(ledger_url(url))

    def run(statement: str, values: Mapping[str, Any] | None = None) -> list[Any]:
        with engine.begin() as connection:
            done = connection.execute(text(statement), dict(values or {}))
            return list(done) if done.returns_rows else []

    yield run
    engine.dispose()


@pytest.fixture
def invoice() -> Callable[..., InvoiceRecord]:
    """Makes invoice records; what is not given is like INV-1 of vendor V1 over 100.00 USD, posted."""
    numbers = itertools.count(500)

    def make(stampli_id: str = "1", **given: Any) -> InvoiceRecord:
        is_waiting = given.get("outcome") in ("held", "conflict")
        values: dict[str, Any] = {
            "number": f"INV-{stampli_id}",
            "vendor_id": "V1",
            "type": "Invoice",
            "duplicate_key": f"V1|Invoice|{stampli_id}",
            "currency": "USD",
            "amount": Decimal("100.00"),
            "content_hash": f"content-{stampli_id}",
            "outcome": "posted",
            "partition": "april-1",
            "file_name": "april.csv",
            "holds": (hold(),) if is_waiting else (),
        }
        if not is_waiting and given.get("outcome") != "ignored":
            values |= {"posted_hash": f"content-{stampli_id}", "jdt_num": next(numbers), "key": f"key-{stampli_id}"}
        return InvoiceRecord(stampli_id, **values | given)

    return make


def hold(reason: Reason = Reason.PERIOD_CLOSED, code: str = "") -> Hold:
    return Hold(reason, f"{reason.value} happened.", f"Mend {reason.value}.", code)


@pytest.fixture
def entry() -> Callable[..., JournalEntry]:
    """Makes journal entries of 100.00."""

    def make(key: str = "k1", amount: str = "100.00") -> JournalEntry:
        day = date(2026, 4, 1)
        lines = (
            JournalLine(account_code="600000", debit=Decimal(amount)),
            JournalLine(card_code="V1", credit=Decimal(amount)),
        )
        return JournalEntry(key, day, day, day, "memo", "INV-1", "1", "april.csv", lines, 2)

    return make
