"""Assess one invoice: to be ignored, held with every reason, or ready with its entry."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from stampli_b1_assets.accounting.draft import Context, Draft
from stampli_b1_assets.accounting.journal import journal_entry
from stampli_b1_assets.accounting.rules.currency import another_rate
from stampli_b1_assets.accounting.rules.ordered import RULES
from stampli_b1_assets.accounting.statuses import StatusKind, status_word
from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.domain.journal_entry import JournalEntry
from stampli_b1_assets.domain.money import ZERO
from stampli_b1_assets.domain.outcome import Hold, in_order

__all__ = ["Assessment", "Context", "assess", "rate_needed"]


@dataclass(frozen=True)
class Assessment:
    """`entry` only when ready, `holds` only when held, in the contract's order.

    `trace` says which mapping row gave which code; `warnings` what an accountant may want to know of an entry.
    """

    outcome: Literal["ignored", "ready", "held"]
    holds: tuple[Hold, ...] = ()
    entry: JournalEntry | None = None
    warnings: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()


def assess(invoice: Invoice, context: Context) -> Assessment:
    """Status first: what is not to be posted is ignored without further checks, and so is a total of zero."""
    status, draft = status_word(invoice, context.settings), Draft(invoice, context)
    if status in (StatusKind.NOT_POSTABLE, StatusKind.CANCELLED):
        return Assessment("ignored")
    if status is StatusKind.POSTABLE and draft.invoice.total == ZERO:
        return Assessment("ignored")
    holds = tuple(in_order([hold for rule in RULES for hold in rule(draft)]))
    if holds:
        return Assessment("held", holds, trace=_trace(draft))
    return Assessment("ready", entry=journal_entry(draft), warnings=tuple(_warnings(draft)), trace=_trace(draft))


def rate_needed(invoice: Invoice, context: Context) -> tuple[str, date] | None:
    """(currency, day) of the exchange rate that posting this invoice takes; None when it takes none."""
    draft = Draft(invoice, context)
    if status_word(invoice, context.settings) is not StatusKind.POSTABLE or draft.invoice.total == ZERO:
        return None
    if draft.decimals is None or not draft.is_foreign or draft.posting_date is None:
        return None
    return (draft.invoice.currency, draft.posting_date)


def _warnings(draft: Draft) -> Iterator[str]:
    if draft.period is not None and draft.posting_date != draft.dates.posting:
        yield (
            f"Posting date {draft.dates.posting} lies in the closed period {draft.period.code}; "
            f"posted on {draft.posting_date} instead."
        )
    if draft.difference:
        off = f"{abs(draft.difference)} {draft.invoice.currency}"
        yield f"Lines and tax are {off} off the total; a rounding line closes the gap."
    yield from another_rate(draft)


def _trace(draft: Draft) -> tuple[str, ...]:
    _, rounding = draft.rounding_account
    notes = [draft.supplier.notes, *(codes.notes for codes in draft.codes), draft.taxes.notes, rounding]
    steps = [step for note in notes for step in note.trace]
    if draft.is_foreign and draft.rate is not None:
        steps.append(f"Rate of {draft.invoice.currency} on {draft.posting_date}: {draft.rate} (SAP)")
    return tuple(dict.fromkeys([*steps, f"mappings {draft.context.mappings.fingerprint[:12]}"]))
