"""Payments: where each one stands; the same shape as invoices."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select

from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.audit import Audit
from stampli_b1_assets.ledger.cycles import Cycles
from stampli_b1_assets.ledger.database import Database
from stampli_b1_assets.ledger.events import count, without_repeats
from stampli_b1_assets.ledger.postings import all_of, audit_saved, event_of, is_open, record_from, rows_of
from stampli_b1_assets.ledger.records import PaymentRecord

_table = schema.payments.c


class Payments:
    """The payments of one company."""

    def __init__(self, database: Database, audit: Audit, cycles: Cycles) -> None:
        self._database = database
        self._audit = audit
        self._cycles = cycles

    def get_many(self, ids: Iterable[str]) -> dict[str, PaymentRecord]:
        """Those of the ids that are known."""
        with self._database.reading() as connection:
            return {key: record_from(row, PaymentRecord) for key, row in self._known(connection, ids).items()}

    def get(self, payment_id: str) -> PaymentRecord | None:
        """One payment."""
        return self.get_many([payment_id]).get(payment_id)

    def all(self) -> list[PaymentRecord]:
        """Every payment, in the order in which they first came."""
        return self._many(all_of(self._database, schema.payments))

    def open(self) -> list[PaymentRecord]:
        """What is held or in conflict."""
        return self._many(all_of(self._database, schema.payments, is_open(schema.payments)))

    def open_in(self, partition: str) -> list[PaymentRecord]:
        """What is held or in conflict of one file."""
        here = _table.partition == partition
        return self._many(all_of(self._database, schema.payments, is_open(schema.payments), here))

    def save(self, records: Sequence[PaymentRecord], *, cycle: str, who: str = "service") -> None:
        """Store where payments stand, what the cycle counts, and the audit records: all or nothing."""
        with self._database.writing() as connection:
            self._cycles.start(cycle, who=who)
            for run in without_repeats(records, lambda record: record.payment_id):
                self._save(connection, run, cycle, who)

    def _save(self, connection: Connection, records: list[PaymentRecord], cycle: str, who: str) -> None:
        known = self._known(connection, [record.payment_id for record in records])
        rows = rows_of(records, known, "payment_id", self._database.clock())
        self._database.upsert(connection, schema.payments, rows, ["payment_id"])
        events = [event_of("payment", record.payment_id, record.payment_id, record) for record in records]
        count(self._database, connection, cycle, events)
        traces = {record.payment_id: record.trace for record in records}
        audit_saved(self._audit, connection, "payment", rows, known, "payment_id", cycle=cycle, who=who, traces=traces)

    def _known(self, connection: Connection, ids: Iterable[str]) -> dict[str, Row[Any]]:
        rows = self._database.rows(connection, schema.payments, _table.payment_id, ids)
        return {row.payment_id: row for row in rows}

    def _many(self, query: Select[Any]) -> list[PaymentRecord]:
        with self._database.reading() as connection:
            return [record_from(row, PaymentRecord) for row in connection.execute(query)]
