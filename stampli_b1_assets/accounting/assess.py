"""Assess one invoice: to be ignored, held with every reason, or ready with its entry."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from stampli_b1_assets.accounting.draft import Context, Draft
from stampli_b1_assets.accounting.journal import journal_entry
from stampli_b1_assets.accounting.rules import RULES
from stampli_b1_assets.accounting.statuses import StatusKind, status_word
from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.domain.journal_entry import JournalEntry
from stampli_b1_assets.domain.outcome import Hold, in_order

__all__ = ["Assessment", "Context", "assess", "rate_needed"]


@dataclass(frozen=True)
class Assessment:
    """`entry` only when ready; `trace` says which mapping row gave which code."""

    outcome: Literal["ignored", "ready", "held"]
    holds: tuple[Hold, ...] = ()
    entry: JournalEntry | None = None
    trace: tuple[str, ...] = ()


def assess(invoice: Invoice, context: Context) -> Assessment:
    """Status first: what is not to be posted is ignored without further checks, and so is a total of zero."""
    status = status_word(invoice, context.settings)
    if status in (StatusKind.NOT_POSTABLE, StatusKind.CANCELLED):
        return Assessment("ignored")
    if status is StatusKind.POSTABLE and invoice.total == 0:
        return Assessment("ignored")
    draft = Draft(invoice, context)
    holds = tuple(in_order([hold for rule in RULES for hold in rule(draft)]))
    if holds:
        return Assessment("held", holds, trace=_trace(draft))
    return Assessment("ready", entry=journal_entry(draft), trace=_trace(draft))


def rate_needed(invoice: Invoice, context: Context) -> tuple[str, date] | None:
    """(currency, day) of the exchange rate that posting this invoice takes; None when it takes none."""
    draft = Draft(invoice, context)
    if status_word(invoice, context.settings) is not StatusKind.POSTABLE:
        return None
    if draft.decimals is None or not draft.is_foreign or draft.posting_date is None:
        return None
    return (invoice.currency, draft.posting_date)


def _trace(draft: Draft) -> tuple[str, ...]:
    lines = [step for codes in draft.codes for step in codes.trace]
    steps = [*draft.supplier.trace, *lines, *draft.taxes.trace, *draft.rounding_codes.trace]
    return tuple(dict.fromkeys([*steps, f"mappings {draft.context.mappings.fingerprint[:12]}"]))
