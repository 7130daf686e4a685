"""`Ledger`, the door to everything that is remembered of one company."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine, select

from stampli_b1_assets.ledger import evidence, schema
from stampli_b1_assets.ledger.audit import Audit
from stampli_b1_assets.ledger.chain import GENESIS
from stampli_b1_assets.ledger.cycles import Cycles
from stampli_b1_assets.ledger.database import Database, engine_for, utc_now
from stampli_b1_assets.ledger.decisions import Decisions
from stampli_b1_assets.ledger.facts import Facts
from stampli_b1_assets.ledger.files import Files
from stampli_b1_assets.ledger.intents import Intents
from stampli_b1_assets.ledger.invoices import Invoices
from stampli_b1_assets.ledger.lease import Lease
from stampli_b1_assets.ledger.migration import migrate
from stampli_b1_assets.ledger.payments import Payments
from stampli_b1_assets.ledger.records import GuardProof
from stampli_b1_assets.ledger.urls import ledger_url
from stampli_b1_assets.ledger.vendors import Vendors


class Ledger:
    """One company's memory. Threads may share one object; processes open one each.

    Every method that writes does so in one transaction together with its audit records; several calls become one
    transaction within `transaction()`.
    """

    def __init__(self, engine: Engine, company: str, clock: Callable[[], datetime]) -> None:
        database = Database(engine, company, clock)
        self._database = database
        self.company = company
        self.audit = Audit(database)
        self.cycles = Cycles(database, self.audit)
        self.files = Files(database, self.audit)
        self.invoices = Invoices(database, self.audit, self.cycles)
        self.vendors = Vendors(database, self.audit, self.cycles)
        self.payments = Payments(database, self.audit, self.cycles)
        self.intents = Intents(database, self.audit)
        self.decisions = Decisions(database, self.audit)
        self.facts = Facts(database, self.audit)

    @classmethod
    def open(
        cls, url: str, company: str, *, clock: Callable[[], datetime] = utc_now, home: Path | None = None
    ) -> "Ledger":
        """Open (and make or upgrade) the ledger. `home`: what a relative SQLite path is relative to.

        Raises `LedgerUnusable`: no such folder or server, no ledger, a newer version's ledger, no permission.
        """
        engine = engine_for(ledger_url(url, home))
        try:
            migrate(engine)
            ledger = cls(engine, company, clock)
            ledger._begin_chain()
        except BaseException:
            engine.dispose()
            raise
        return ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._database.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all writes of this thread within it one transaction: all or nothing."""
        with self._database.writing():
            yield

    def lease(self, owner: str, *, wait_seconds: float = 0) -> Lease:
        """`with ledger.lease("sync"): …` keeps other processes off this company; raises `LeaseHeld` on entry."""
        return Lease(self._database, self.audit, owner, wait_seconds=wait_seconds)

    def open_partitions(self) -> list[str]:
        """Partitions with anything held or in conflict, in the order in which their files came."""
        waiting = [record.partition for record in self.vendors.open()]
        waiting += [record.partition for record in self.invoices.open()]
        waiting += [record.partition for record in self.payments.open()]
        waits = set(filter(None, waiting))
        filed = [partition for partition in self.files.partitions() if partition in waits]
        return list(dict.fromkeys([*filed, *filter(None, waiting)]))

    def proof(self, company_db: str | None = None) -> GuardProof | None:
        """What `provision` last found out about the guard."""
        return self.facts.proof(company_db)

    def save_proof(self, company_db: str, *, is_proved: bool, detail: str = "", sap_version: str = "") -> GuardProof:
        """Keep what `provision` found out about the guard."""
        return self.facts.save_proof(company_db, is_proved=is_proved, detail=detail, sap_version=sap_version)

    def evidence_of(self, stampli_id: str) -> dict[str, Any]:
        """Everything known of one invoice or payment, as JSON: files, contents, intents, outcomes, decisions, trail."""
        return evidence.gather(self._database, self, stampli_id)

    def _begin_chain(self) -> None:
        """Make sure that the company has a head to lock, but never a new one beside an old trail."""
        with self._database.reading() as connection:
            tables = (schema.audit_heads, schema.audit)
            found = [connection.execute(select(t.c.hash).where(t.c.company == self.company).limit(1)) for t in tables]
            is_there = any(each.first() for each in found)
        if not is_there:
            with self._database.writing() as connection:
                row = {"sequence": GENESIS.sequence, "hash": GENESIS.hash}
                self._database.insert_new(connection, schema.audit_heads, [row])
