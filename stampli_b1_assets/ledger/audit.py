"""The audit trail: append-only, each record hashed over its content and the hash before it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from stampli_b1_assets.errors import LedgerUnusable
from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.canonical import canonical, moment_text
from stampli_b1_assets.ledger.chain import GENESIS, record_hash, verify_chain
from stampli_b1_assets.ledger.columns import storable, unescaped
from stampli_b1_assets.ledger.database import Database
from stampli_b1_assets.ledger.records import AuditHead, AuditRecord

_CHUNK = 5000


@dataclass(frozen=True)
class AuditEntry:
    """One thing to put on record: what happened, to what, by whom, and what else is known. Never secrets."""

    event: str
    subject: str
    who: str
    data: Mapping[str, Any] = field(default_factory=dict)


class Audit:
    """The trail of one company."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, event: str, subject: str, who: str, data: Mapping[str, Any]) -> AuditRecord:
        """Put one event on record, in a transaction of its own or the one that is open."""
        with self._database.writing() as connection:
            return self.append_all(connection, [AuditEntry(event, subject, who, data)])[0]

    def append_all(self, connection: Connection, entries: Iterable[AuditEntry]) -> list[AuditRecord]:
        """Append within the transaction of the change that the entries are about; it holds the head already."""
        head = self._head(connection)
        if head is None:
            raise LedgerUnusable(
                f"The head of {self._database.company}'s audit trail is missing.", "See `stampli-b1 audit verify`."
            )
        at = self._database.clock()
        records, rows = [], []
        for number, entry in enumerate(entries, head.sequence + 1):
            row = {
                "company": self._database.company,
                "sequence": number,
                "at": moment_text(at),
                "event": storable(entry.event),
                "subject": storable(entry.subject),
                "who": storable(entry.who),
                "data": canonical(entry.data),
                "previous_hash": head.hash,
            }
            row["hash"] = record_hash(row)
            head = AuditHead(number, str(row["hash"]))
            rows.append(row)
            records.append(_record(row))
        if rows:
            connection.execute(insert(schema.audit), rows)
            self._move_head(connection, head)
        return records

    def head(self) -> AuditHead:
        """The end of the chain; (0, zeros) before the first record. Keep it elsewhere to anchor the chain."""
        with self._database.reading() as connection:
            return self._head(connection) or GENESIS

    def verify(self, anchors: Iterable[AuditHead | tuple[int, str]] = ()) -> int:
        """Check every record, the head, the heads of all cycles and the `anchors` that were kept elsewhere.

        Returns how many records were checked. Raises `AuditBroken` with the number of the first record that is
        altered, missing, out of place or too many.
        """
        wanted = [anchor if isinstance(anchor, AuditHead) else AuditHead(*anchor) for anchor in anchors]
        with self._database.reading() as connection:
            return verify_chain(connection, self._database.company, wanted)

    def export(self, *, after: int = 0, subject: str | None = None) -> Iterator[AuditRecord]:
        """All records in order, or those after a number or about one subject; read in pieces."""
        while True:
            query = select(schema.audit).where(
                schema.audit.c.company == self._database.company, schema.audit.c.sequence > after
            )
            if subject is not None:
                query = query.where(schema.audit.c.subject == storable(subject))
            with self._database.reading() as connection:
                rows = connection.execute(query.order_by(schema.audit.c.sequence).limit(_CHUNK)).mappings().all()
            yield from (_record(dict(row)) for row in rows)
            if len(rows) < _CHUNK:
                return
            after = rows[-1]["sequence"]

    def _head(self, connection: Connection) -> AuditHead | None:
        heads = schema.audit_heads
        found = connection.execute(
            select(heads.c.sequence, heads.c.hash).where(heads.c.company == self._database.company)
        ).one_or_none()
        return AuditHead(*found) if found else None

    def _move_head(self, connection: Connection, head: AuditHead) -> None:
        moved = (
            update(schema.audit_heads)
            .where(schema.audit_heads.c.company == self._database.company)
            .values(sequence=head.sequence, hash=head.hash)
        )
        connection.execute(moved)


def _record(row: Mapping[str, Any]) -> AuditRecord:
    return AuditRecord(
        sequence=row["sequence"],
        at=datetime.fromisoformat(row["at"]),
        event=unescaped(row["event"]),
        subject=unescaped(row["subject"]),
        who=unescaped(row["who"]),
        data=row["data"],
        previous_hash=row["previous_hash"],
        hash=row["hash"],
    )
