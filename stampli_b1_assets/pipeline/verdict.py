"""What the pipeline concludes about one invoice, and the ledger record that remembers it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from stampli_b1_assets.accounting.assess import Assessment
from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.domain.journal_entry import JournalEntry, PostedEntry
from stampli_b1_assets.domain.outcome import Hold, Outcome, in_order, outcome_of
from stampli_b1_assets.ledger.records import InvoiceRecord


@dataclass(frozen=True)
class Candidate:
    """One version of an invoice with what is known of it before any decision.

    `standing` is the ledger's record, or None for one never seen. `partition` is the file that brings this version.
    """

    invoice: Invoice
    partition: str
    assessment: Assessment
    content_hash: str
    duplicate_key: str
    key: str
    revision: int
    standing: InvoiceRecord | None

    @property
    def id(self) -> str:
        """The Stampli id, or file and row of an invoice that has none."""
        return invoice_id(self.invoice)

    @property
    def is_posted(self) -> bool:
        """Whether the ledger knows a posting of this invoice that was not reversed."""
        return self.standing is not None and bool(self.standing.posted_hash)


@dataclass(frozen=True)
class Ready:
    """A candidate that may be posted: its entry, and what must be reversed before it."""

    candidate: Candidate
    entry: JournalEntry | None
    """None: only the reversal is wanted (a cancelled invoice)."""
    reverses: int | None = None
    """JdtNum of the entry that a person decided to reverse."""


@dataclass(frozen=True)
class Verdict:
    """What became of a candidate in this cycle."""

    candidate: Candidate
    outcome: Outcome
    holds: tuple[Hold, ...] = ()
    posted: PostedEntry | None = None
    posted_hash: str = ""
    """Content hash of what SAP holds; empty = nothing."""
    revision: int = 0
    decision: str = ""

    @property
    def posting_date(self) -> date | None:
        """The date in SAP's ledger, when it is there."""
        return self.posted.reference_date if self.posted else None


def invoice_id(invoice: Invoice) -> str:
    """The Stampli id; for a row without one, its file and row."""
    if invoice.stampli_id:
        return invoice.stampli_id
    row = invoice.lines[0].row if invoice.lines else 0
    return f"{invoice.file_name}#{row}"


def held(candidate: Candidate, holds: Sequence[Hold]) -> Verdict:
    """Held or in conflict, by the first reason; what is in SAP already stays remembered."""
    ordered = tuple(in_order(list(holds)))
    return remembered(Verdict(candidate, outcome_of(list(ordered)), ordered, revision=candidate.revision))


def remembered(verdict: Verdict) -> Verdict:
    """The verdict with the posting that the ledger knows already."""
    standing = verdict.candidate.standing
    if standing is None or not standing.posted_hash:
        return verdict
    return replace(verdict, posted_hash=standing.posted_hash, revision=standing.revision)


def record_of(verdict: Verdict) -> InvoiceRecord:
    """The ledger's new record of the invoice; moments and the count of attempts are the ledger's to keep."""
    candidate, invoice, standing = verdict.candidate, verdict.candidate.invoice, verdict.candidate.standing
    keeps = standing if verdict.posted is None and verdict.posted_hash and standing else None
    posted = verdict.posted
    return InvoiceRecord(
        stampli_id=candidate.id,
        number=invoice.number,
        vendor_id=invoice.vendor_id,
        type=str(invoice.type or ""),
        duplicate_key=candidate.duplicate_key,
        currency=invoice.currency,
        amount=invoice.total,
        content_hash=candidate.content_hash,
        posted_hash=verdict.posted_hash,
        revision=verdict.revision,
        key=posted.key if posted else (keeps.key if keeps else ""),
        jdt_num=posted.jdt_num if posted else (keeps.jdt_num if keeps else None),
        doc_number=posted.number if posted else (keeps.doc_number if keeps else None),
        posting_date=verdict.posting_date or (keeps.posting_date if keeps else None),
        outcome=verdict.outcome,
        holds=verdict.holds,
        partition=candidate.partition,
        file_name=invoice.file_name,
        file_sha256=invoice.file_sha256,
        decision=verdict.decision,
        row=invoice.lines[0].row if invoice.lines else 0,
        content=invoice,
        trace=(*candidate.assessment.trace, *candidate.assessment.warnings),
    )
