"""Adding up: seen = posted + already posted + held + conflict + ignored, in count and in money per currency."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

from sqlalchemy import Connection, Row, select

from stampli_b1_assets.domain.money import ZERO, fixed, iso_decimals, significant_decimals
from stampli_b1_assets.domain.outcome import Outcome, refused_action
from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.database import Database
from stampli_b1_assets.ledger.events import OPEN, outcome_after

NO_FILES: Mapping[str, Any] = {"seen": 0, "taken": 0, "known": 0, "unsettled": 0, "refused": []}

_OUTCOMES = tuple(outcome.value for outcome in Outcome)
_VENDOR_OUTCOMES = ("created", "updated", "unchanged", "held")
_SUBJECTS = {
    "vendor": schema.vendors.c.vendor_key,
    "invoice": schema.invoices.c.stampli_id,
    "payment": schema.payments.c.payment_id,
}
_KINDS = ("vendor", "invoice", "payment")
_LONGEST_CYCLE = timedelta(days=30)
"""Events of cycles that began earlier are not looked for: the table has those of years."""
_DIGITS = 60
"""More than any sum of amounts has, so that no addition rounds."""


@dataclass(frozen=True)
class Counted:
    """One thing as it counts; `holds` as they are stored."""

    kind: str
    subject_id: str
    number: str
    outcome: str
    has_posted: bool
    currency: str
    amount: Decimal | None
    holds: list[dict[str, str]]


@dataclass(frozen=True)
class Totals:
    """Counts and amounts of things that are each counted once.

    `invoices` and `payments`: `seen` and each outcome → number; `vendors`: created, updated, unchanged, held → number.
    `amounts`: currency → `seen` and each outcome → exact sum of invoices; amounts that could not be read, and those
    without a currency, are in the numbers only. `payment_amounts`: the same of payments.
    `needs_a_person`: what is held or in conflict, with kind, id, number, outcome, reason, reasons, detail, action.
    """

    invoices: dict[str, int]
    amounts: dict[str, dict[str, Decimal]]
    vendors: dict[str, int]
    payments: dict[str, int]
    payment_amounts: dict[str, dict[str, Decimal]]
    needs_a_person: tuple[dict[str, Any], ...]

    def amounts_as_text(self, decimals: Callable[[str], int] = iso_decimals) -> dict[str, dict[str, str]]:
        """Sums with their currency's decimals (`"251.00"`); never rounded."""
        return {
            currency: {name: _text(amount, decimals(currency)) for name, amount in sums.items()}
            for currency, sums in self.amounts.items()
        }


@dataclass(frozen=True)
class CycleTotals(Totals):
    """One cycle: its totals, and `files` as {seen, taken, known, unsettled, refused: [{file, reason, detail}]}."""

    cycle_id: str
    started_at: datetime
    finished_at: datetime | None
    seconds: float
    files: dict[str, Any] = field(default_factory=lambda: dict(NO_FILES))
    runs: tuple[str, ...] = ()


def refused_file(file: str, reason: str, detail: str, action: str = "") -> dict[str, str]:
    """A refused file as it is stored with its cycle; left out, the action is that of the reason."""
    return {"file": file, "reason": str(reason), "detail": detail, "action": action or refused_action(reason)}


def files_seen(files: Mapping[str, Any]) -> int:
    """Seen = taken + known + unsettled + refused."""
    return int(files["taken"] + files["known"] + files["unsettled"] + len(files["refused"]))


def cycle_events(connection: Connection, company: str, cycle: str) -> list[Counted]:
    """What one cycle counts, in the order in which it was noted."""
    table = schema.cycle_events.c
    query = select(schema.cycle_events).where(table.company == company, table.cycle == cycle)
    return [_counted(row) for row in connection.execute(query.order_by(table.at, table.subject_id))]


def file_events(database: Database, connection: Connection, partition: str) -> list[Counted]:
    """What one file counts. What still waited in it when a newer file brought it again stands as it stands there."""
    table = schema.file_events.c
    query = select(schema.file_events).where(table.company == database.company, table.partition == partition)
    brought = [_counted(row) for row in connection.execute(query.order_by(table.at, table.subject_id))]
    newer: dict[tuple[str, str], Row[Any]] = {}
    for kind, column in _SUBJECTS.items():
        waiting = [one.subject_id for one in brought if one.kind == kind and one.outcome in OPEN]
        elsewhere = column.table.c.partition != partition
        for row in database.rows(connection, column.table, column, waiting, elsewhere):
            newer[kind, getattr(row, column.name)] = row
    return [_as_in(newer.get((one.kind, one.subject_id)), one) for one in brought]


def _as_in(newer: Row[Any] | None, one: Counted) -> Counted:
    return replace(one, outcome=newer.outcome, holds=newer.holds) if newer is not None else one


def period_events(connection: Connection, company: str, start: datetime, end: datetime) -> list[Counted]:
    """Each thing once, by its last event in the cycles begun in a period."""
    table, cycles = schema.cycle_events, schema.cycles
    same = (cycles.c.company == table.c.company) & (cycles.c.cycle == table.c.cycle)
    query = (
        select(table)
        .join(cycles, same)
        .where(table.c.company == company, cycles.c.started_at >= start, cycles.c.started_at < end)
        .order_by(cycles.c.started_at, cycles.c.id, table.c.at)
    )
    last: dict[tuple[str, str], Counted] = {}
    for row in map(_counted, connection.execute(query)):
        key = (row.kind, row.subject_id)
        outcome, has_posted = outcome_after(last.get(key), row.outcome)
        last[key] = replace(row, outcome=outcome, has_posted=has_posted or row.has_posted)
    return list(last.values())


def events_after(
    connection: Connection, company: str, kind: str, moment: datetime | None, most: int
) -> list[tuple[datetime, Counted]]:
    """Things of one kind noted after a moment, oldest first: `most` of them, and those noted with the last one."""
    table, cycles = schema.cycle_events, schema.cycles
    query = select(table).where(table.c.company == company, table.c.kind == kind)
    if moment is not None:
        same = (cycles.c.company == table.c.company) & (cycles.c.cycle == table.c.cycle)
        query = query.join(cycles, same).where(cycles.c.started_at >= moment - _LONGEST_CYCLE, table.c.at > moment)
    edge = query.with_only_columns(table.c.at).order_by(table.c.at).offset(most - 1).limit(1)
    last = connection.execute(edge).scalar()
    if last is not None:
        query = query.where(table.c.at <= last)
    return [(row.at, _counted(row)) for row in connection.execute(query.order_by(table.c.at, table.c.subject_id))]


def _counted(row: Row[Any]) -> Counted:
    return Counted(**{each.name: getattr(row, each.name) for each in fields(Counted)})


def of_cycle(cycle: Row[Any], events: Iterable[Counted], until: datetime) -> CycleTotals:
    """The totals of a cycle; refused files come first among what needs a person."""
    totals = of_events(events)
    files = dict(cycle.files or NO_FILES)
    refused = files["refused"]
    return CycleTotals(
        invoices=totals.invoices,
        amounts=totals.amounts,
        vendors=totals.vendors,
        payments=totals.payments,
        payment_amounts=totals.payment_amounts,
        needs_a_person=(*map(_refused_for_person, refused), *totals.needs_a_person),
        cycle_id=cycle.cycle,
        started_at=cycle.started_at,
        finished_at=cycle.finished_at,
        seconds=round((until - cycle.started_at).total_seconds(), 1),
        files={**files, "refused": [{name: one[name] for name in ("file", "reason", "detail")} for one in refused]},
        runs=tuple(cycle.runs),
    )


def of_events(events: Iterable[Counted]) -> Totals:
    """Add up events, each of another thing."""
    by_kind: dict[str, list[Counted]] = {kind: [] for kind in _KINDS}
    for event in events:
        by_kind[event.kind].append(event)
    waiting = [event for kind in _KINDS for event in by_kind[kind] if event.outcome in OPEN]
    return Totals(
        invoices=_numbers(by_kind["invoice"]),
        amounts=_amounts(by_kind["invoice"]),
        vendors={name: sum(event.outcome == name for event in by_kind["vendor"]) for name in _VENDOR_OUTCOMES},
        payments=_numbers(by_kind["payment"]),
        payment_amounts=_amounts(by_kind["payment"]),
        needs_a_person=tuple(map(_for_person, waiting)),
    )


def _numbers(events: list[Counted]) -> dict[str, int]:
    return {"seen": len(events), **{name: sum(event.outcome == name for event in events) for name in _OUTCOMES}}


def _amounts(events: list[Counted]) -> dict[str, dict[str, Decimal]]:
    readable = [event for event in events if event.amount is not None and event.currency]
    sums = {event.currency: dict.fromkeys(("seen", *_OUTCOMES), ZERO) for event in readable}
    with localcontext(prec=_DIGITS):
        for event in readable:
            for name in ("seen", event.outcome):
                sums[event.currency][name] += event.amount or ZERO
    return {currency: sums[currency] for currency in sorted(sums)}


def _text(amount: Decimal, decimals: int) -> str:
    with localcontext(prec=_DIGITS):
        return format(fixed(amount, max(decimals, significant_decimals(amount))), "f")


def _for_person(event: Counted) -> dict[str, Any]:
    first = event.holds[0] if event.holds else {"reason": "", "detail": "", "action": ""}
    return {
        "kind": event.kind,
        "id": event.subject_id,
        "number": event.number,
        "outcome": event.outcome,
        "reason": first["reason"],
        "reasons": list(dict.fromkeys(hold["reason"] for hold in event.holds)),
        "detail": first["detail"],
        "action": first["action"],
    }


def _refused_for_person(refused: Mapping[str, str]) -> dict[str, Any]:
    return {
        "kind": "file",
        "id": refused["file"],
        "number": "",
        "outcome": "refused",
        "reason": refused["reason"],
        "reasons": [refused["reason"]],
        "detail": refused["detail"],
        "action": refused["action"],
    }
