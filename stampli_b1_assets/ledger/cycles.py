"""Cycles: when each one ran, what it saw, and what it counts to."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from stampli_b1_assets.errors import LedgerUnusable
from stampli_b1_assets.ledger import schema, totals
from stampli_b1_assets.ledger.audit import Audit, AuditEntry
from stampli_b1_assets.ledger.database import Database
from stampli_b1_assets.ledger.records import AuditHead

_table = schema.cycles.c


class Cycles:
    """The cycles of one company. A cycle is named by its caller (a UUID, a Dagster run id)."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def start(self, cycle_id: str, runs: Iterable[str] = (), *, who: str = "service") -> None:
        """Begin a cycle; one that is there already goes on. `runs` are Dagster's run ids so far."""
        with self._database.writing() as connection:
            if self._row(connection, cycle_id) is None:
                row = {"cycle": cycle_id, "started_at": self._database.clock(), "runs": []}
                self._database.insert_new(connection, schema.cycles, [row])
                self._audit.append_all(connection, [AuditEntry("cycle.started", cycle_id, who)])
            for run in runs:
                self.note_run(cycle_id, run)

    def note_run(self, cycle_id: str, run_id: str) -> None:
        """Add a Dagster run; once is enough."""
        with self._database.writing() as connection:
            self._ensure(connection, cycle_id)
            runs = self._needed(connection, cycle_id).runs
            if run_id not in runs:
                self._update(connection, cycle_id, runs=[*runs, run_id])

    def note_files(
        self,
        cycle_id: str,
        *,
        seen: int | None = None,
        taken: int | None = None,
        known: int | None = None,
        unsettled: int | None = None,
        refused: Sequence[Sequence[str]] | None = None,
    ) -> None:
        """Note what the listing came to. What is left out stays as an earlier call said.

        `refused`: (file, reason, detail), or with the action that mends it as a fourth. `seen` left out is the sum.
        """
        with self._database.writing() as connection:
            self._ensure(connection, cycle_id)
            files = dict(self._needed(connection, cycle_id).files or totals.NO_FILES)
            given = {"taken": taken, "known": known, "unsettled": unsettled}
            files |= {name: number for name, number in given.items() if number is not None}
            if refused is not None:
                files["refused"] = [totals.refused_file(*one) for one in refused]
            files["seen"] = seen if seen is not None else totals.files_seen(files)
            self._update(connection, cycle_id, files=files)

    def summary(self, cycle_id: str) -> totals.CycleTotals:
        """What the cycle counts to by now. Raises `LedgerUnusable` for a cycle that never started."""
        with self._database.reading() as connection:
            row = self._needed(connection, cycle_id)
            events = totals.cycle_events(connection, self._database.company, cycle_id)
        return totals.of_cycle(row, events, row.finished_at or self._database.clock())

    def of_file(self, partition: str) -> totals.Totals:
        """What one file's invoices, vendors and payments came to, each counted once, by their last outcome."""
        with self._database.reading() as connection:
            return totals.of_events(totals.file_events(self._database, connection, partition))

    def of_period(self, start: datetime, end: datetime) -> totals.Totals:
        """All cycles begun from `start` to before `end` (such as a month), everything counted once.

        The last outcome counts; what was posted in the period stays posted when it is merely seen again.
        """
        with self._database.reading() as connection:
            return totals.of_events(totals.period_events(connection, self._database.company, start, end))

    def outcomes_after(self, moment: datetime | None, kind: str, *, most: int) -> list[tuple[datetime, totals.Counted]]:
        """Outcomes of one kind noted after a moment (None: all), oldest first; `most`, or a few more, at a time."""
        with self._database.reading() as connection:
            return totals.events_after(connection, self._database.company, kind, moment, most)

    def last_outcome_at(self, kind: str) -> datetime | None:
        """When an outcome of that kind was noted last."""
        table = schema.cycle_events.c
        query = select(func.max(table.at)).where(table.company == self._database.company, table.kind == kind)
        with self._database.reading() as connection:
            moment: datetime | None = connection.execute(query).scalar()
        return moment

    def finish(self, cycle_id: str, summary: dict[str, Any], *, who: str = "service") -> AuditHead:
        """End the cycle with its summary. Returns the audit head to print and send, so that it is anchored outside."""
        summary = _without_fractions(summary)
        with self._database.writing() as connection:
            self._ensure(connection, cycle_id)
            self._audit.append_all(connection, [AuditEntry("cycle.finished", cycle_id, who, {"summary": summary})])
            head = self._audit.head()
            self._update(
                connection,
                cycle_id,
                finished_at=self._database.clock(),
                summary=summary,
                audit_sequence=head.sequence,
                audit_hash=head.hash,
            )
        return head

    def first_started_at(self) -> datetime | None:
        """When the company's first cycle began."""
        query = select(func.min(_table.started_at)).where(_table.company == self._database.company)
        with self._database.reading() as connection:
            moment: datetime | None = connection.execute(query).scalar()
        return moment

    def last_finished(self) -> tuple[str, datetime, dict[str, Any]] | None:
        """Id, end and summary of the last finished cycle."""
        query = select(schema.cycles).where(_table.company == self._database.company, _table.finished_at.is_not(None))
        with self._database.reading() as connection:
            row = connection.execute(query.order_by(_table.finished_at.desc(), _table.id.desc()).limit(1)).one_or_none()
        return (row.cycle, row.finished_at, row.summary) if row else None

    def _ensure(self, connection: Connection, cycle_id: str) -> None:
        if self._row(connection, cycle_id) is None:
            self.start(cycle_id)

    def _row(self, connection: Connection, cycle_id: str) -> Row[Any] | None:
        query = select(schema.cycles).where(_table.company == self._database.company, _table.cycle == cycle_id)
        return connection.execute(query).one_or_none()

    def _needed(self, connection: Connection, cycle_id: str) -> Row[Any]:
        row = self._row(connection, cycle_id)
        if row is None:
            raise LedgerUnusable(f"The ledger knows no cycle {cycle_id}.", "Start it first.")
        return row

    def _update(self, connection: Connection, cycle_id: str, **values: Any) -> None:
        own = (_table.company == self._database.company, _table.cycle == cycle_id)
        connection.execute(update(schema.cycles).where(*own).values(**values))


def _without_fractions(value: Any) -> Any:
    """Seconds and the like are binary fractions; they are kept as text, for the trail takes none."""
    if isinstance(value, dict):
        return {key: _without_fractions(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_fractions(item) for item in value]
    return repr(value) if isinstance(value, float) else value
