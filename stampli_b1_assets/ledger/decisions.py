"""Decisions of people on what is held or in conflict: who, what, why, and whether it counts yet."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from stampli_b1_assets.errors import DecisionRefused
from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.audit import Audit, AuditEntry
from stampli_b1_assets.ledger.canonical import plain
from stampli_b1_assets.ledger.database import Database
from stampli_b1_assets.ledger.records import DecisionRecord

_table = schema.decisions.c

_PREFIXES = {"payment": "payment:", "vendor": "vendor:"}


def payment_subject(payment_id: str) -> str:
    """What a decision on a payment is filed under, apart from an invoice of the same id."""
    return f"{_PREFIXES['payment']}{payment_id}"


def vendor_subject(key: str) -> str:
    """The same for a vendor, by its id or what stands in for it."""
    return f"{_PREFIXES['vendor']}{key}"


def kind_and_id(subject: str) -> tuple[str, str]:
    """`invoice`, `payment` or `vendor`, and its id."""
    for kind, prefix in _PREFIXES.items():
        if subject.startswith(prefix):
            return kind, subject.removeprefix(prefix)
    return "invoice", subject


class Decisions:
    """The decisions of one company. One counts for the content that the person saw, and until it is spent."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def add(
        self,
        stampli_id: str,
        action: str,
        by: str,
        note: str,
        at: datetime | None = None,
        *,
        content_hash: str = "",
        needs_second_person: bool = False,
        kind: str = "invoice",
    ) -> DecisionRecord:
        """Put a decision on record. With `needs_second_person` it counts once a different person has said the same.

        People are compared without case and blanks. Raises `DecisionRefused` without a name or a reason, and for the
        same person a second time.
        """
        by, note = " ".join(by.split()), note.strip()
        if not by or not note:
            raise DecisionRefused("A decision needs a name and a reason.", "Give both `--by` and `--note`.")
        with self._database.writing() as connection:
            matter = (stampli_id, action, content_hash)
            same = [one for one in self.pending(stampli_id) if _matter(one) == matter]
            if needs_second_person:
                _refuse_same_person(by, same)
            row = {
                "company": self._database.company,
                "stampli_id": stampli_id,
                "kind": kind,
                "action": action,
                "decided_by": by,
                "note": note,
                "decided_at": at or self._database.clock(),
                "content_hash": content_hash,
                "is_effective": bool(same) or not needs_second_person,
            }
            made = _record(connection.execute(insert(schema.decisions).returning(schema.decisions), row).one())
            entry = AuditEntry(f"decision.{action}", stampli_id, by, {**plain(made), "seconds": same})
            self._audit.append_all(connection, [entry])
        return made

    def for_invoice(self, stampli_id: str) -> list[DecisionRecord]:
        """Every decision ever made on it, the oldest first."""
        return self._many(_table.stampli_id == stampli_id)

    def effective(self, stampli_ids: Iterable[str]) -> dict[tuple[str, str], str]:
        """(Stampli id, content hash that it was made for) → action, of the newest decision that counts now."""
        with self._database.reading() as connection:
            rows = self._database.rows(connection, schema.decisions, _table.stampli_id, stampli_ids, *_counts())
        rows.sort(key=lambda row: row.id)
        return {(row.stampli_id, row.content_hash): row.action for row in rows}

    def all_effective(self) -> list[DecisionRecord]:
        """Every decision that counts now, the oldest first."""
        return self._many(*_counts())

    def count(self) -> int:
        """How many were ever made; another number means that something may be released."""
        query = select(func.count()).select_from(schema.decisions).where(_table.company == self._database.company)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def pending(self, stampli_id: str | None = None) -> list[DecisionRecord]:
        """Decisions that wait for a second person: no one has said the same since."""
        found = self._many(*([_table.stampli_id == stampli_id] if stampli_id is not None else []))
        done = {_matter(one): one.id for one in found if one.is_effective}
        return [one for one in found if not one.is_effective and one.id > done.get(_matter(one), 0)]

    def consume(self, stampli_id: str, *, who: str = "service") -> None:
        """Say that what was decided on it was carried out: those decisions count no more. Once is enough."""
        with self._database.writing() as connection:
            done = self._many(_table.stampli_id == stampli_id, *_counts())
            spent = update(schema.decisions).values(spent_at=self._database.clock())
            own = (_table.company == self._database.company, _table.id.in_([one.id for one in done]))
            connection.execute(spent.where(*own))
            facts = [{"id": one.id, "action": one.action, "by": one.by} for one in done]
            self._audit.append_all(
                connection, [AuditEntry("decision.carried_out", stampli_id, who, one) for one in facts]
            )

    def _many(self, *where: Any) -> list[DecisionRecord]:
        query = select(schema.decisions).where(_table.company == self._database.company, *where).order_by(_table.id)
        with self._database.reading() as connection:
            return [_record(row) for row in connection.execute(query)]


def _counts() -> tuple[Any, ...]:
    return _table.is_effective, _table.spent_at.is_(None)


def _refuse_same_person(by: str, same: list[DecisionRecord]) -> None:
    if any(_person(one.by) == _person(by) for one in same):
        raise DecisionRefused(
            f"{by} has decided {same[0].action} on {same[0].stampli_id} already.",
            "Ask a second, different person to say the same.",
        )


def _person(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _matter(one: DecisionRecord) -> tuple[str, str, str]:
    return one.stampli_id, one.action, one.content_hash


def _record(row: Row[Any]) -> DecisionRecord:
    return DecisionRecord(
        id=row.id,
        stampli_id=row.stampli_id,
        kind=row.kind,
        action=row.action,
        by=row.decided_by,
        note=row.note,
        at=row.decided_at,
        content_hash=row.content_hash,
        is_effective=row.is_effective,
        spent_at=row.spent_at,
    )
