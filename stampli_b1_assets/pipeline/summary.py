"""The summary of one cycle, as `sync --json` prints it."""

from decimal import Decimal
from typing import Any

from stampli_b1_assets.ledger.records import FileRecord, FileState
from stampli_b1_assets.pipeline.discovering import Discovery
from stampli_b1_assets.pipeline.workplace import Workplace

Document = dict[str, Any]


def cycle_document(workplace: Workplace, cycle: str, discovery: Discovery, *, seconds: Decimal) -> Document:
    """Files, invoices, amounts per currency, vendors, payments, what needs a person, runs, and the audit head.

    Reads the files' records anew: what the listing found to be work has become taken, known or refused since.
    """
    _note_files(workplace, cycle, discovery)
    totals = workplace.ledger.cycles.summary(cycle)
    head = workplace.ledger.audit.head()
    return {
        "company": workplace.settings.company,
        "files": totals.files,
        "invoices": totals.invoices,
        "amounts": totals.amounts_as_text(),
        "vendors": totals.vendors,
        "payments": totals.payments,
        "needs_a_person": list(totals.needs_a_person),
        "runs": list(totals.runs),
        "seconds": seconds,
        "audit": {"sequence": head.sequence, "head": head.hash},
    }


def _note_files(workplace: Workplace, cycle: str, discovery: Discovery) -> None:
    files = workplace.ledger.files
    worked = [files.get(record.name, record.size, record.mtime) or record for record in discovery.work]
    refused = [*discovery.refused, *(record for record in worked if record.state == FileState.REFUSED)]
    workplace.ledger.cycles.note_files(
        cycle,
        taken=_count(worked, FileState.TAKEN, FileState.DONE),
        known=discovery.known + _count(worked, FileState.KNOWN),
        unsettled=len(discovery.unsettled) + _count(worked, FileState.FOUND),
        refused=[(record.name, record.reason, record.detail) for record in refused],
    )


def _count(records: list[FileRecord], *states: FileState) -> int:
    return sum(record.state in states for record in records)
