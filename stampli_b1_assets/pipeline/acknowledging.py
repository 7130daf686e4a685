"""Tell Stampli what became of its invoices: a file in its inbound folder, with SAP's number or the reason for each.

The form of the file is our own: no public document of Stampli's says whether and how it reads one.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stampli_b1_assets.ledger.records import InvoiceRecord
from stampli_b1_assets.ledger.totals import Counted
from stampli_b1_assets.pipeline.workplace import Workplace

COLUMNS = (
    "Stampli Invoice ID",
    "Invoice Number",
    "Result",
    "ERP Document Type",
    "ERP Document Number",
    "ERP Internal Id",
    "Posting Date",
    "Error Code",
    "Error Text",
)
_TOLD_UNTIL = "acknowledged until"
_MOST = 10_000
"""Invoices that memory holds at a time, and one file tells of."""


@dataclass(frozen=True)
class Acknowledgement:
    """One file as it was written; `invoices`: how many it tells of."""

    name: str
    sha256: str
    invoices: int


def news(workplace: Workplace) -> datetime | None:
    """When the newest outcome was noted that Stampli was not told of; None when it knows all."""
    latest = workplace.ledger.cycles.last_outcome_at("invoice")
    told = _told_until(workplace)
    return latest if latest is not None and (told is None or latest > told) else None


def acknowledge(workplace: Workplace) -> list[Acknowledgement]:
    """Write what was decided since the last time, each invoice once with its last outcome; nothing when nothing was.

    Raises `StampliUnusable` (also for a folder that may not be written): then nothing counts as told, and the next
    run tells it.
    """
    written = []
    while events := workplace.ledger.cycles.outcomes_after(_told_until(workplace), "invoice", most=_MOST):
        written.append(_written(workplace, events))
    return written


def _written(workplace: Workplace, events: Sequence[tuple[datetime, Counted]]) -> Acknowledgement:
    """The file first and the note that it was written last: a crash in between writes the same file again."""
    until = events[-1][0]
    last = {event.subject_id: event for _, event in events}
    content = _content(last, workplace.ledger.invoices.get_many(last))
    moment = until.astimezone(workplace.settings.posting.zone)
    made = Acknowledgement(f"posting_ack_{moment:%Y%m%d_%H%M%S_%f}.csv", hashlib.sha256(content).hexdigest(), len(last))
    with workplace.stampli() as stampli:
        stampli.write_inbound(made.name, content)
    with workplace.ledger.transaction():
        workplace.ledger.facts.set(_TOLD_UNTIL, until.isoformat())
        facts = {"sha256": made.sha256, "invoices": made.invoices}
        workplace.ledger.audit.append("acknowledgement.written", made.name, "service", facts)
    return made


def _told_until(workplace: Workplace) -> datetime | None:
    text = workplace.ledger.facts.get(_TOLD_UNTIL)
    return datetime.fromisoformat(text) if text else None


def _content(events: Mapping[str, Counted], records: Mapping[str, InvoiceRecord]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(_row(event, records.get(id_)) for id_, event in events.items())
    return text.getvalue().encode()


def _row(event: Counted, record: InvoiceRecord | None) -> Iterable[str]:
    hold = event.holds[0] if event.holds else {}
    is_there = record is not None and record.jdt_num is not None
    entry = (record.doc_number, record.jdt_num, record.posting_date) if record and is_there else (None, None, None)
    yield from (event.subject_id, event.number, event.outcome, "JournalEntry" if is_there else "")
    yield from ("" if value is None else str(value) for value in entry)
    yield from (hold.get("reason", ""), f"{hold.get('detail', '')} {hold.get('action', '')}".strip())
