"""What invoices and payments have in common when they are saved: the row, its event, its audit record."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, Table, select

from stampli_b1_assets.domain.outcome import Outcome
from stampli_b1_assets.ledger.audit import Audit, AuditEntry
from stampli_b1_assets.ledger.canonical import canonical, plain, sha256_of
from stampli_b1_assets.ledger.database import Database
from stampli_b1_assets.ledger.events import OPEN, Event, holds_from
from stampli_b1_assets.ledger.records import InvoiceRecord, PaymentRecord

Record = TypeVar("Record", InvoiceRecord, PaymentRecord)

_PLACES = frozenset({"file_name", "file_sha256", "row"})
_NEVER_NEWS = frozenset({"attempts", "updated_at", "first_seen_at", "content", "trace", *_PLACES, "partition"})


def raw_hash(content: Any) -> str:
    """Hash of everything that was brought but its place (file and row); "" when no content was given."""
    return "" if content is None else sha256_of(canonical(_without_places(plain(content))))


def _without_places(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_places(item) for key, item in value.items() if key not in _PLACES}
    return [_without_places(item) for item in value] if isinstance(value, list) else value


def rows_of(
    records: Sequence[InvoiceRecord | PaymentRecord], known: Mapping[str, Row[Any]], identity: str, now: datetime
) -> list[dict[str, Any]]:
    """Rows to store; moments that were left out are the known ones, or now."""
    rows = []
    for record in records:
        before = known.get(getattr(record, identity))
        row = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
        del row["trace"]
        row["raw_hash"] = raw_hash(record.content) or (before.raw_hash if before else "")
        row["attempts"] = max(record.attempts, (before.attempts if before else 0) + 1)
        row["first_seen_at"] = record.first_seen_at or (before.first_seen_at if before else now)
        row["updated_at"] = record.updated_at or now
        rows.append(row)
    return rows


def audit_entries(
    kind: str, rows: Sequence[Mapping[str, Any]], known: Mapping[str, Row[Any]], identity: str, more: Mapping[str, Any]
) -> list[AuditEntry]:
    """One entry for each thing with news, and one that lists the others, so that no attempt goes unrecorded."""
    who, traces = more["who"], more["traces"]
    entries, tried = [], []
    for row in rows:
        subject = row[identity]
        if not _has_news(row, known.get(subject)):
            tried.append([subject, row["outcome"], row["attempts"], row["partition"]])
            continue
        data = {key: value for key, value in row.items() if key != "content" and value not in (None, "", (), [])}
        data |= {"cycle": more["cycle"], "trace": traces[subject]}
        entries.append(AuditEntry(f"{kind}.{row['outcome']}", subject, who, data))
    if tried:
        entries.append(AuditEntry(f"{kind}.seen_again", more["cycle"], who, {"cycle": more["cycle"], "seen": tried}))
    return entries


def _has_news(row: Mapping[str, Any], known: Row[Any] | None) -> bool:
    if known is None:
        return True
    stored = known._mapping  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    return any(plain(value) != plain(stored[name]) for name, value in row.items() if name not in _NEVER_NEWS)


def event_of(kind: str, subject_id: str, number: str, record: InvoiceRecord | PaymentRecord) -> Event:
    """What to count."""
    return Event(
        kind=kind,
        subject_id=subject_id,
        number=number,
        outcome=record.outcome,
        currency=record.currency,
        amount=record.amount,
        holds=record.holds,
        partition=record.partition,
        file_name=record.file_name,
    )


def record_from(row: Row[Any], type_: type[Record]) -> Record:
    """A row as its record, without content and trace."""
    names = {field.name for field in dataclasses.fields(type_)} - {"content", "trace", "holds"}
    return type_(holds=holds_from(row.holds), **{name: getattr(row, name) for name in names})


def all_of(database: Database, table: Table, *where: Any) -> Select[Any]:
    """This company's rows in the order of their first coming."""
    return select(table).where(table.c.company == database.company, *where).order_by(table.c.id)


def is_open(table: Table) -> Any:
    """What waits: held or in conflict."""
    return table.c.outcome.in_(OPEN)


def is_in_sap(table: Table) -> Any:
    """What SAP has of us, also when a later version is held or in conflict."""
    posted = (Outcome.POSTED.value, Outcome.ALREADY_POSTED.value)
    return table.c.outcome.in_(posted) | table.c.jdt_num.is_not(None) | (table.c.posted_hash != "")


def audit_saved(
    audit: Audit,
    connection: Connection,
    kind: str,
    rows: Sequence[Mapping[str, Any]],
    known: Mapping[str, Row[Any]],
    identity: str,
    **more: Any,
) -> None:
    """Put a save on record."""
    audit.append_all(connection, audit_entries(kind, rows, known, identity, more))
