"""Intents: what was about to be sent to SAP, written before the request and resolved after it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from stampli_b1_assets.domain.journal_entry import JournalEntry
from stampli_b1_assets.errors import AlreadyCommitted, B1OutcomeUnknown, LeaseHeld
from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.audit import Audit, AuditEntry
from stampli_b1_assets.ledger.canonical import canonical, plain, sha256_of
from stampli_b1_assets.ledger.database import Database
from stampli_b1_assets.ledger.records import IntentRecord, IntentStatus, Resolution

_table = schema.intents.c
_attempts = schema.intent_attempts.c

_DOUBTFUL = [status.value for status in IntentStatus if status.is_in_doubt]
_WORDS = {"already_there": IntentStatus.COMMITTED, "guard_contradiction": IntentStatus.UNKNOWN}


class Intents:
    """The intents of one company. A key has one row; every attempt to post it is kept beside it."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit
        self._attempts: dict[str, int] = {}

    def write(
        self,
        entries: Sequence[JournalEntry],
        *,
        stampli_ids: Mapping[str, str] | Sequence[str],
        mode: str,
        kind: str = "invoice",
        revision: int | Mapping[str, int] = 0,
        who: str = "service",
    ) -> None:
        """Put on record that these entries are about to be sent; on disk when it returns.

        `stampli_ids` and `revision` go by key, or the former in the order of `entries`. All or none are written.
        Raises `AlreadyCommitted` for a key that SAP has, `B1OutcomeUnknown` for one whose last outcome is in doubt:
        look it up and `resolve` it first.
        """
        ids = _by_key(entries, stampli_ids)
        now = self._database.clock()
        with self._database.writing() as connection:
            known = self._known(connection, ids)
            _refuse(known)
            rows = []
            for entry in entries:
                before = known.get(entry.key)
                number = revision if isinstance(revision, int) else revision.get(entry.key, 0)
                attempt = before.attempt + 1 if before else 1
                rows.append(_new(entry.key, ids[entry.key], kind, number, mode, attempt, now))
            self._database.upsert(connection, schema.intents, rows, ["key"])
            payloads = {entry.key: plain(entry) for entry in entries}
            attempts = [_attempt(row, payloads[row["key"]]) for row in rows]
            self._database.upsert(connection, schema.intent_attempts, attempts, ["key", "attempt"])
            self._audit.append_all(connection, [_written(row, payloads[row["key"]], who) for row in rows])
        self._attempts |= {row["key"]: row["attempt"] for row in rows}

    def sending(self, key: str) -> None:
        """Say that the request leaves now; on disk when it returns. What is in doubt is as old as its last request.

        Raises `LeaseHeld` when another process took the key over, since this one stood still for long.
        """
        ours = (_table.attempt == self._attempts.get(key), _table.status.in_(_DOUBTFUL))
        if not self._touched(key, *ours, written_at=self._database.clock()):
            raise LeaseHeld(
                f"This process stood still for long, and another one took over what it was about to send ({key}).",
                "Stop here and start again; what was begun is looked up in SAP first.",
            )

    def doubtful(self, keys: Iterable[str]) -> dict[str, IntentRecord]:
        """Those of the keys whose outcome is in doubt."""
        return {key: one for key, one in self.get_many(keys).items() if one.status.is_in_doubt}

    def give_up(self, intent: IntentRecord) -> bool:
        """Say that what was in doubt never came to SAP; False when it was sent once more since `intent` was read."""
        same = (_table.attempt == intent.attempt, _table.written_at == intent.written_at)
        with self._database.writing():
            if not self._touched(intent.key, *same, _table.status.in_(_DOUBTFUL), written_at=intent.written_at):
                return False
            self.resolve(intent.key, IntentStatus.ABSENT)
        return True

    def date(self, intent: IntentRecord, moment: datetime) -> None:
        """Count the age of what is in doubt from `moment` on."""
        self._touched(intent.key, _table.attempt == intent.attempt, written_at=moment)

    def _touched(self, key: str, *conditions: Any, written_at: datetime) -> bool:
        own = (_table.company == self._database.company, _table.key == key)
        with self._database.writing() as connection:
            change = update(schema.intents).where(*own, *conditions).values(written_at=written_at)
            return connection.execute(change).rowcount == 1

    def resolve(self, key: str, status: str, *, who: str = "service", **facts: Any) -> None:
        """Say what became of a write; `facts` are the fields of `Resolution`.

        A key without an intent (a ledger filled again from SAP) gets one. Raises `AlreadyCommitted` when the key is
        committed and this says otherwise.
        """
        self.resolve_many([Resolution(key, status, **facts)], who=who)

    def resolve_many(self, resolutions: Sequence[Resolution], *, who: str = "service") -> None:
        """Say what became of several writes, in one transaction."""
        with self._database.writing() as connection:
            known = self._known(connection, [one.key for one in resolutions])
            entries = [
                AuditEntry(f"intent.{_status(one).value}", one.key, who, _said(one, known))
                for one in resolutions
                if self._resolve(connection, one, known.get(one.key))
            ]
            self._audit.append_all(connection, entries)

    def get(self, key: str) -> IntentRecord | None:
        """One intent with what it would have sent last."""
        return self.get_many([key]).get(key)

    def get_many(self, keys: Iterable[str]) -> dict[str, IntentRecord]:
        """Those of the keys that have an intent."""
        with self._database.reading() as connection:
            rows = self._database.rows(connection, schema.intents, _table.key, keys)
            return self._records(connection, rows)

    def unresolved(self) -> dict[str, IntentRecord]:
        """What is in doubt, by key: written and never answered, or with an unknown outcome."""
        with self._database.reading() as connection:
            rows = self._database.rows(connection, schema.intents, _table.status, _DOUBTFUL)
            return self._records(connection, sorted(rows, key=lambda row: row.written_at))

    def attempts(self, stampli_id: str) -> list[dict[str, Any]]:
        """Every attempt to post anything of one invoice or payment, with payload, answer and hashes; for evidence."""
        same = (_attempts.company == _table.company) & (_attempts.key == _table.key)
        query = (
            select(_table.kind, _table.revision, _table.status, _table.jdt_num, schema.intent_attempts)
            .join(schema.intent_attempts, same)
            .where(_table.company == self._database.company, _table.stampli_id == stampli_id)
            .order_by(_attempts.written_at, _attempts.attempt)
        )
        with self._database.reading() as connection:
            return [plain(dict(row)) for row in connection.execute(query).mappings()]

    def _known(self, connection: Connection, keys: Iterable[str]) -> dict[str, Row[Any]]:
        return {row.key: row for row in self._database.rows(connection, schema.intents, _table.key, keys)}

    def _records(self, connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, IntentRecord]:
        tries = self._database.rows(connection, schema.intent_attempts, _attempts.key, [row.key for row in rows])
        payloads = {(one.key, one.attempt): one.payload for one in tries}
        return {row.key: _record(row, payloads.get((row.key, row.attempt))) for row in rows}

    def _resolve(self, connection: Connection, one: Resolution, before: Row[Any] | None) -> bool:
        """Store it; False when it is nothing new."""
        status, now = _status(one), self._database.clock()
        if before is None:
            row = _new(one.key, one.stampli_id, one.kind, one.revision, "found", 1, now)
            self._database.upsert(connection, schema.intents, [row], ["key"])
            self._database.upsert(connection, schema.intent_attempts, [_attempt(row, None)], ["key", "attempt"])
        elif before.status == IntentStatus.COMMITTED.value:
            if status is not IntentStatus.COMMITTED or (before.jdt_num and one.jdt_num not in (None, before.jdt_num)):
                raise _committed([before])
            if before.jdt_num or one.jdt_num is None:
                return False
        changed = {"status": status.value, "resolved_at": now, "jdt_num": one.jdt_num, "doc_number": one.doc_number}
        own = (_table.company == self._database.company, _table.key == one.key)
        connection.execute(update(schema.intents).where(*own).values(**changed))
        mine = (_attempts.company == self._database.company, _attempts.key == one.key)
        this = _attempts.attempt == (before.attempt if before else 1)
        connection.execute(update(schema.intent_attempts).where(*mine, this).values(**_answer(one, status, now)))
        return True


def _by_key(entries: Sequence[JournalEntry], ids: Mapping[str, str] | Sequence[str]) -> dict[str, str]:
    if isinstance(ids, Mapping):
        return {entry.key: ids[entry.key] for entry in entries}
    return {entry.key: id_ for entry, id_ in zip(entries, ids, strict=True)}


def _refuse(known: Mapping[str, Row[Any]]) -> None:
    committed = [row for row in known.values() if row.status == IntentStatus.COMMITTED.value]
    if committed:
        raise _committed(committed)
    doubtful = [row.key for row in known.values() if IntentStatus(row.status).is_in_doubt]
    if doubtful:
        raise B1OutcomeUnknown(
            f"What became of {', '.join(doubtful)} is not known; nothing was sent.", "Look the keys up in SAP first."
        )


def _committed(rows: Sequence[Row[Any]]) -> AlreadyCommitted:
    named = ", ".join(f"{row.key} (journal entry {row.jdt_num}, Stampli id {row.stampli_id})" for row in rows)
    return AlreadyCommitted(f"SAP has {named} already; nothing was written.", "See `stampli-b1 evidence` for its id.")


def _status(one: Resolution) -> IntentStatus:
    return _WORDS.get(one.status) or IntentStatus(one.status)


def _new(key: str, id_: str, kind: str, revision: int, mode: str, attempt: int, now: datetime) -> dict[str, Any]:
    return {
        "key": key,
        "stampli_id": id_,
        "kind": kind,
        "revision": revision,
        "mode": str(mode),
        "attempt": attempt,
        "status": IntentStatus.WRITTEN.value,
        "written_at": now,
        "resolved_at": None,
        "jdt_num": None,
        "doc_number": None,
    }


def _attempt(row: Mapping[str, Any], payload: Any) -> dict[str, Any]:
    return {
        "key": row["key"],
        "attempt": row["attempt"],
        "mode": row["mode"],
        "payload": payload,
        "written_at": row["written_at"],
    }


def _answer(one: Resolution, status: IntentStatus, now: datetime) -> dict[str, Any]:
    return {
        "answer": status.value,
        "resolved_at": now,
        "http_status": one.http_status,
        "code": one.code,
        "text": one.text,
        "request_sha256": one.request_sha256,
        "response_sha256": one.response_sha256,
    }


def _written(row: Mapping[str, Any], payload: Any, who: str) -> AuditEntry:
    names = ("stampli_id", "kind", "revision", "mode", "attempt")
    data = {**{name: row[name] for name in names}, "payload_sha256": sha256_of(canonical(payload))}
    return AuditEntry("intent.written", row["key"], who, data)


def _said(one: Resolution, known: Mapping[str, Row[Any]]) -> dict[str, Any]:
    before = known.get(one.key)
    stampli_id = before.stampli_id if before else one.stampli_id
    said = {**plain(one), "stampli_id": stampli_id}
    return {name: value for name, value in said.items() if value not in (None, "") and name != "key"}


def _record(row: Row[Any], payload: Mapping[str, Any] | None) -> IntentRecord:
    return IntentRecord(
        key=row.key,
        stampli_id=row.stampli_id,
        kind=row.kind,
        revision=row.revision,
        mode=row.mode,
        attempt=row.attempt,
        status=IntentStatus(row.status),
        written_at=row.written_at,
        resolved_at=row.resolved_at,
        jdt_num=row.jdt_num,
        doc_number=row.doc_number,
        payload=payload,
    )
