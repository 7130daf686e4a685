"""Invoices: where each one stands, and every content that was ever brought."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select

from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.audit import Audit
from stampli_b1_assets.ledger.cycles import Cycles
from stampli_b1_assets.ledger.database import Database
from stampli_b1_assets.ledger.events import count, without_repeats
from stampli_b1_assets.ledger.postings import (
    all_of,
    audit_saved,
    event_of,
    is_in_sap,
    is_open,
    record_from,
    rows_of,
)
from stampli_b1_assets.ledger.records import InvoiceRecord, InvoiceVersion

_table = schema.invoices.c


class Invoices:
    """The invoices of one company."""

    def __init__(self, database: Database, audit: Audit, cycles: Cycles) -> None:
        self._database = database
        self._audit = audit
        self._cycles = cycles

    def get_many(self, ids: Iterable[str]) -> dict[str, InvoiceRecord]:
        """Those of the ids that are known."""
        with self._database.reading() as connection:
            return {key: record_from(row, InvoiceRecord) for key, row in self._known(connection, ids).items()}

    def get(self, stampli_id: str) -> InvoiceRecord | None:
        """One invoice."""
        return self.get_many([stampli_id]).get(stampli_id)

    def all(self) -> list[InvoiceRecord]:
        """Every invoice, in the order in which they first came."""
        return self._many(all_of(self._database, schema.invoices))

    def open(self) -> list[InvoiceRecord]:
        """What is held or in conflict."""
        return self._many(all_of(self._database, schema.invoices, is_open(schema.invoices)))

    def open_in(self, partition: str) -> list[InvoiceRecord]:
        """What is held or in conflict of one file; the file that brought an invoice last has it."""
        here = _table.partition == partition
        return self._many(all_of(self._database, schema.invoices, is_open(schema.invoices), here))

    def open_partitions(self) -> list[str]:
        """Partitions with open invoices, in the order of their first one."""
        return list(dict.fromkeys(record.partition for record in self.open() if record.partition))

    def posted_by_duplicate_key(self, keys: Iterable[str]) -> dict[str, list[InvoiceRecord]]:
        """What is in SAP under these keys, by the vendor, type and number that it was posted with."""
        found: dict[str, list[InvoiceRecord]] = {}
        wanted = [key for key in keys if key]
        in_sap = is_in_sap(schema.invoices)
        with self._database.reading() as connection:
            for row in self._database.rows(connection, schema.invoices, _table.posted_duplicate_key, wanted, in_sap):
                found.setdefault(row.posted_duplicate_key, []).append(record_from(row, InvoiceRecord))
        return found

    def posted_of_amount(self, amounts: Iterable[Decimal]) -> list[InvoiceRecord]:
        """What is in SAP with one of these totals, in whatever currency; looks at every invoice, so ask rarely."""
        wanted, in_sap = list(amounts), is_in_sap(schema.invoices)
        with self._database.reading() as connection:
            rows = self._database.rows(connection, schema.invoices, _table.amount, wanted, in_sap)
            return [record_from(row, InvoiceRecord) for row in rows]

    def save(self, records: Sequence[InvoiceRecord], *, cycle: str, who: str = "service") -> None:
        """Store where invoices stand, new contents, what the cycle counts and the audit records: all or nothing.

        A record whose first coming was its posting elsewhere (`already_posted`, found in SAP) is as good as any.
        """
        with self._database.writing() as connection:
            self._cycles.start(cycle, who=who)
            for run in without_repeats(records, lambda record: record.stampli_id):
                self._save(connection, run, cycle, who)

    def history(self, stampli_id: str) -> list[InvoiceVersion]:
        """Every content that was brought, the oldest first."""
        versions = schema.invoice_versions.c
        query = all_of(self._database, schema.invoice_versions, versions.stampli_id == stampli_id)
        names = [field.name for field in dataclasses.fields(InvoiceVersion)]
        with self._database.reading() as connection:
            return [InvoiceVersion(**{name: getattr(row, name) for name in names}) for row in connection.execute(query)]

    def contents_of(self, records: Iterable[InvoiceRecord]) -> list[Mapping[str, Any]]:
        """The contents that these records stand for, as JSON has them; those of which none was kept are left out."""
        found = []
        for record in records:
            same = [one for one in self.history(record.stampli_id) if one.content_hash == record.content_hash]
            found += [one.content for one in same[-1:] if one.content]
        return found

    def _save(self, connection: Connection, records: list[InvoiceRecord], cycle: str, who: str) -> None:
        known = self._known(connection, [record.stampli_id for record in records])
        rows = rows_of(records, known, "stampli_id", self._database.clock())
        self._save_versions(connection, rows)
        stored = [_stored(row, known.get(row["stampli_id"])) for row in rows]
        self._database.upsert(connection, schema.invoices, stored, ["stampli_id"])
        events = [event_of("invoice", record.stampli_id, record.number, record) for record in records]
        count(self._database, connection, cycle, events)
        traces = {record.stampli_id: record.trace for record in records}
        audit_saved(self._audit, connection, "invoice", rows, known, "stampli_id", cycle=cycle, who=who, traces=traces)

    def _save_versions(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        names = ("stampli_id", "content_hash", "raw_hash", "file_name", "file_sha256", "row", "content")
        versions = [{**{name: row[name] for name in names}, "brought_at": row["updated_at"]} for row in rows]
        self._database.insert_new(connection, schema.invoice_versions, versions)

    def _known(self, connection: Connection, ids: Iterable[str]) -> dict[str, Row[Any]]:
        rows = self._database.rows(connection, schema.invoices, _table.stampli_id, ids)
        return {row.stampli_id: row for row in rows}

    def _many(self, query: Select[Any]) -> list[InvoiceRecord]:
        with self._database.reading() as connection:
            return [record_from(row, InvoiceRecord) for row in connection.execute(query)]


def _stored(row: Mapping[str, Any], before: Row[Any] | None) -> dict[str, Any]:
    """The row of the table: what SAP has keeps the duplicate key that it was posted with."""
    stored = {name: value for name, value in row.items() if name != "content"}
    stored["posted_duplicate_key"] = row["duplicate_key"]
    if before and before.posted_duplicate_key and row["posted_hash"] not in ("", row["content_hash"]):
        stored["posted_duplicate_key"] = before.posted_duplicate_key
    return stored
