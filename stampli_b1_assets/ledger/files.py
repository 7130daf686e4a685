"""Files of the outbound folder: which were seen, taken, known or refused, and which are clean."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, select, update

from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.audit import Audit, AuditEntry
from stampli_b1_assets.ledger.canonical import plain
from stampli_b1_assets.ledger.database import Database
from stampli_b1_assets.ledger.records import FileRecord, FileState

Identity = tuple[str, int, int]
"""Name, size in bytes, mtime in the server's seconds."""

_table = schema.files.c
_FIELDS = [field.name for field in dataclasses.fields(FileRecord)]
_STAMP_EVERY = timedelta(hours=12)
_FORGET_AFTER = timedelta(days=7)


class Files:
    """The files of one company."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def first_seen(self, files: Iterable[Identity], now: datetime) -> dict[Identity, datetime]:
        """Note a listing and tell since when each file has been listed just so; for settling.

        Listings are no business facts, so the audit trail has none. Files gone for a week are forgotten.
        """
        wanted = list(dict.fromkeys(files))
        listings = schema.listings
        with self._database.writing() as connection:
            self._forget(connection, now)
            rows = self._database.rows(connection, listings, listings.c.name, [name for name, _, _ in wanted])
            known = {(row.name, row.size, row.mtime): row for row in rows}
            stale = [one for one in wanted if one not in known or now - known[one].last_seen_at > _STAMP_EVERY]
            first = {one: known[one].first_seen_at if one in known else now for one in wanted}
            rows_now = [_listing(one, first[one], now) for one in stale]
            self._database.upsert(connection, listings, rows_now, ["name", "size", "mtime"])
        return first

    def _forget(self, connection: Connection, now: datetime) -> None:
        listings = schema.listings
        gone = listings.c.last_seen_at < now - _FORGET_AFTER
        connection.execute(delete(listings).where(listings.c.company == self._database.company, gone))

    def get(self, name: str, size: int, mtime: int) -> FileRecord | None:
        """The file known by exactly this name, size and time."""
        return self._one(self._all().where(_table.name == name, _table.size == size, _table.mtime == mtime))

    def all(self) -> dict[Identity, FileRecord]:
        """Every file ever recorded, in the order of their first recording."""
        with self._database.reading() as connection:
            records = map(_record, connection.execute(self._all()))
            return {(record.name, record.size, record.mtime): record for record in records}

    def by_sha256(self, sha256: str) -> FileRecord | None:
        """The file that was taken, done or refused with these bytes; never one of the later `known` ones."""
        first = (FileState.TAKEN.value, FileState.DONE.value, FileState.REFUSED.value)
        return self._one(self._all().where(_table.sha256 == sha256, _table.state.in_(first)))

    def by_partition(self, partition: str) -> FileRecord | None:
        """The file of a Dagster partition."""
        return self._one(self._all().where(_table.partition == partition))

    def partitions(self) -> list[str]:
        """The partitions of all files, in the order in which the files came."""
        with self._database.reading() as connection:
            rows = connection.execute(self._all().where(_table.partition != ""))
            return list(dict.fromkeys(row.partition for row in rows))

    def last_taken_at(self) -> datetime | None:
        """When the newest file was taken, or refused."""
        query = select(func.max(_table.taken_at)).where(_table.company == self._database.company)
        with self._database.reading() as connection:
            moment: datetime | None = connection.execute(query).scalar()
        return moment

    def invoices_of(self, partition: str) -> set[str]:
        """Ids of the invoices that the file brought."""
        events = schema.file_events.c
        query = select(events.subject_id).where(
            events.company == self._database.company, events.partition == partition, events.kind == "invoice"
        )
        with self._database.reading() as connection:
            return set(connection.execute(query).scalars())

    def save(self, record: FileRecord, *, who: str = "service") -> None:
        """Insert or overwrite, with an audit record when it says something new."""
        with self._database.writing() as connection:
            known = self.get(record.name, record.size, record.mtime)
            taken_at = record.taken_at or (known.taken_at if known else None)
            if taken_at is None and record.state != FileState.FOUND:
                taken_at = self._database.clock()
            record = dataclasses.replace(record, taken_at=taken_at)
            if record == known:
                return
            row = {name: getattr(record, name) for name in _FIELDS}
            self._database.upsert(connection, schema.files, [row], ["name", "size", "mtime"])
            entry = AuditEntry(f"file.{record.state}", record.name, who, plain(record))
            self._audit.append_all(connection, [entry])

    def mark_clean(self, partition: str, is_clean: bool, *, who: str = "service") -> None:
        """Say whether anything of the file still waits; on record only when that changes."""
        changed = (
            update(schema.files)
            .where(_table.company == self._database.company, _table.partition == partition)
            .where(_table.is_clean.is_not(is_clean), _table.partition != "")
            .values(is_clean=is_clean)
        )
        with self._database.writing() as connection:
            if connection.execute(changed).rowcount:
                event = "file.clean" if is_clean else "file.not_clean"
                self._audit.append_all(connection, [AuditEntry(event, partition, who)])

    def _all(self) -> Select[Any]:
        own = schema.files.c.company == self._database.company
        return select(schema.files).where(own).order_by(_table.id)

    def _one(self, query: Select[Any]) -> FileRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
            return _record(row) if row else None


def _listing(one: Identity, first: datetime, now: datetime) -> dict[str, Any]:
    return {"name": one[0], "size": one[1], "mtime": one[2], "first_seen_at": first, "last_seen_at": now}


def _record(row: Row[Any]) -> FileRecord:
    return FileRecord(**{name: getattr(row, name) for name in _FIELDS})
