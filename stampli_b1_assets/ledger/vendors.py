"""Vendors: what became of each row of a vendor file; held ones are tried again."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select

from stampli_b1_assets.domain.vendor import VendorOutcome
from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.audit import Audit, AuditEntry
from stampli_b1_assets.ledger.canonical import plain
from stampli_b1_assets.ledger.cycles import Cycles
from stampli_b1_assets.ledger.database import Database
from stampli_b1_assets.ledger.events import Event, count, holds_from, without_repeats
from stampli_b1_assets.ledger.postings import all_of, is_open
from stampli_b1_assets.ledger.records import VendorRecord

_table = schema.vendors.c
_NEVER_NEWS = frozenset({"updated_at", "partition", "file_name", "content_hash", "modified_at"})


class Vendors:
    """The vendors of one company, by vendor id, or by file and row where a row has none."""

    def __init__(self, database: Database, audit: Audit, cycles: Cycles) -> None:
        self._database = database
        self._audit = audit
        self._cycles = cycles

    def get_many(self, ids: Iterable[str]) -> dict[str, VendorRecord]:
        """Those of the ids (or row keys) that are known."""
        with self._database.reading() as connection:
            rows = self._database.rows(connection, schema.vendors, _table.vendor_key, ids)
            return {row.vendor_key: _record(row) for row in rows}

    def ids_longer_than(self, characters: int) -> list[str]:
        """Vendor ids that cannot be a CardCode, and that SAP has under a number of its own."""
        is_there = (_table.company == self._database.company, _table.card_code != "")
        query = select(_table.vendor_id).where(*is_there, func.length(_table.vendor_id) > characters)
        with self._database.reading() as connection:
            return [row.vendor_id for row in connection.execute(query.order_by(_table.id))]

    def open(self) -> list[VendorRecord]:
        """What is held."""
        return self._many(all_of(self._database, schema.vendors, is_open(schema.vendors)))

    def open_in(self, partition: str) -> list[VendorRecord]:
        """What is held of one file."""
        here = _table.partition == partition
        return self._many(all_of(self._database, schema.vendors, is_open(schema.vendors), here))

    def save(self, records: Sequence[VendorRecord], *, cycle: str, who: str = "service") -> None:
        """Store what became of vendors, what the cycle counts, and the audit records: all or nothing."""
        with self._database.writing() as connection:
            self._cycles.start(cycle, who=who)
            for run in without_repeats(records, lambda record: record.subject_id):
                known = self.get_many([record.subject_id for record in run])
                rows = [_row(record, self._database) for record in run]
                self._database.upsert(connection, schema.vendors, rows, ["vendor_key"])
                count(self._database, connection, cycle, [_event(record) for record in run])
                self._audit.append_all(connection, _entries(run, known, cycle, who))

    def _many(self, query: Select[Any]) -> list[VendorRecord]:
        with self._database.reading() as connection:
            return [_record(row) for row in connection.execute(query)]


def _row(record: VendorRecord, database: Database) -> dict[str, Any]:
    row = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    return {**row, "vendor_key": record.subject_id, "updated_at": record.updated_at or database.clock()}


def _record(row: Row[Any]) -> VendorRecord:
    names = {field.name for field in dataclasses.fields(VendorRecord)} - {"holds", "notes"}
    notes = tuple(row.notes)
    return VendorRecord(holds=holds_from(row.holds), notes=notes, **{name: getattr(row, name) for name in names})


def _event(record: VendorRecord) -> Event:
    return Event(
        kind="vendor",
        subject_id=record.subject_id,
        number=record.name,
        outcome=record.outcome,
        currency="",
        amount=None,
        holds=record.holds,
        partition=record.partition,
        file_name=record.file_name,
    )


def _entries(
    records: Sequence[VendorRecord], known: Mapping[str, VendorRecord], cycle: str, who: str
) -> list[AuditEntry]:
    """Unchanged vendors are counted, not put on record one by one."""
    entries = []
    for record in records:
        before = known.get(record.subject_id)
        is_routine = record.outcome == VendorOutcome.UNCHANGED and not (before and before.outcome == VendorOutcome.HELD)
        if not is_routine and (before is None or _news(record) != _news(before)):
            data = {name: value for name, value in plain(record).items() if value not in (None, "", [])}
            entries.append(AuditEntry(f"vendor.{record.outcome}", record.subject_id, who, {**data, "cycle": cycle}))
    return entries


def _news(record: VendorRecord) -> dict[str, Any]:
    return {name: value for name, value in plain(record).items() if name not in _NEVER_NEWS}
