"""What is counted: per cycle and per file, each invoice, payment or vendor once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, select

from stampli_b1_assets.domain.outcome import Hold, Outcome, Reason, in_order
from stampli_b1_assets.domain.vendor import VendorOutcome
from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.database import Database, chunks

OPEN = (Outcome.HELD.value, Outcome.CONFLICT.value)
"""Outcomes that wait for something, of invoices, payments and vendors alike."""

_DONE_HERE = (Outcome.POSTED.value, VendorOutcome.CREATED, VendorOutcome.UPDATED)


@dataclass(frozen=True)
class Event:
    """One outcome of one thing (`kind`: invoice, payment, vendor) in one cycle, brought by one file."""

    kind: str
    subject_id: str
    number: str
    outcome: str
    currency: str
    amount: Decimal | None
    holds: tuple[Hold, ...]
    partition: str
    file_name: str


def count(database: Database, connection: Connection, cycle: str, events: Sequence[Event]) -> None:
    """Note events of one kind, each subject at most once, for the cycle and for the files that brought them.

    The last outcome counts, but what was posted (created, updated) in this cycle, or from this file, does not
    become "was there already" when it is looked at again.
    """
    if not events:
        return
    now = database.clock()
    cycle_events, file_events = schema.cycle_events, schema.file_events
    in_cycle = _present(database, connection, cycle_events, cycle_events.c.cycle == cycle, events)
    rows = [{"cycle": cycle, **_row(event, in_cycle.get(event.subject_id), now)} for event in events]
    database.upsert(connection, cycle_events, rows, ["cycle", "kind", "subject_id"])
    for partition in dict.fromkeys(event.partition for event in events if event.partition):
        brought = [event for event in events if event.partition == partition]
        here = _present(database, connection, file_events, file_events.c.partition == partition, brought)
        rows = [_file_row(event, here.get(event.subject_id), now) for event in brought]
        database.upsert(connection, file_events, rows, ["partition", "kind", "subject_id"])


def _present(
    database: Database, connection: Connection, table: Table, where: Any, events: Sequence[Event]
) -> dict[str, Any]:
    found = {}
    for chunk in chunks([event.subject_id for event in events]):
        query = select(table.c.subject_id, table.c.outcome, table.c.has_posted).where(
            table.c.company == database.company,
            where,
            table.c.kind == events[0].kind,
            table.c.subject_id.in_(chunk),
        )
        found.update({row.subject_id: row for row in connection.execute(query)})
    return found


def _row(event: Event, before: Any, now: datetime) -> dict[str, Any]:
    outcome, has_posted = outcome_after(before, event.outcome)
    return {
        "kind": event.kind,
        "subject_id": event.subject_id,
        "number": event.number,
        "outcome": outcome,
        "has_posted": has_posted,
        "currency": event.currency,
        "amount": event.amount,
        "holds": in_order(list(event.holds)),
        "at": now,
        "partition": event.partition,
        "file_name": event.file_name,
    }


def outcome_after(before: Any, outcome: str) -> tuple[str, bool]:
    """What counts after `before` (an earlier event or None), and whether anything was posted by then."""
    has_posted = outcome in _DONE_HERE or (before is not None and before.has_posted)
    if has_posted and outcome == Outcome.ALREADY_POSTED.value:
        return Outcome.POSTED.value, True
    if has_posted and outcome == VendorOutcome.UNCHANGED:
        return before.outcome if before.outcome in _DONE_HERE else VendorOutcome.UPDATED, True
    return outcome, has_posted


def _file_row(event: Event, before: Any, now: datetime) -> dict[str, Any]:
    row = _row(event, before, now)
    del row["file_name"]
    return row


def without_repeats(records: Sequence[Any], identity: Any) -> Iterator[list[Any]]:
    """Split records into runs in which each identity comes once, keeping their order."""
    run: dict[Any, Any] = {}
    for record in records:
        if identity(record) in run:
            yield list(run.values())
            run = {}
        run[identity(record)] = record
    if run:
        yield list(run.values())


def holds_from(stored: Iterable[dict[str, str]]) -> tuple[Hold, ...]:
    """Holds as they were stored."""
    return tuple(Hold(Reason(hold["reason"]), hold["detail"], hold["action"], hold["code"]) for hold in stored)
