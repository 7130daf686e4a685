"""Post a run's invoices, each exactly once: classify, sift duplicates, write the intent, send, look up, record.

The order is what makes it safe: SAP is asked by key before anything is sent, the intent stands in the ledger before
the request leaves, and an outcome is recorded only when the entry was found in SAP, or SAP said no.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.domain.outcome import Hold, Outcome, Reason
from stampli_b1_assets.errors import B1Unusable
from stampli_b1_assets.ledger.records import InvoiceRecord
from stampli_b1_assets.pipeline.classifying import candidate_of, classify
from stampli_b1_assets.pipeline.duplicates import sift
from stampli_b1_assets.pipeline.reading import FileContent
from stampli_b1_assets.pipeline.recording import save
from stampli_b1_assets.pipeline.selecting import open_invoices
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.verdict import Ready, Verdict, held, invoice_id
from stampli_b1_assets.pipeline.writing import write_to_sap

Figures = dict[str, Counter[Outcome]]
"""Partition → how many of its invoices ended in each outcome."""

_WINDOW = 5_000  # invoices that are looked at together
_CHUNK = 200  # entries whose intents are written, and whose outcomes are saved, together


@dataclass(frozen=True)
class Brought:
    """One version of an invoice and the partition (file) that brings it."""

    invoice: Invoice
    partition: str


def post_invoices(session: Session, files: Sequence[FileContent]) -> Figures:
    """Carry every invoice of new files, and every open one of files tried again, to its outcome.

    Returns how many of each file ended how. Raises `B1Unusable` or `LedgerUnusable` before anything was changed; what
    SAP refuses, and what is in doubt, is an outcome and no error.
    """
    figures: Figures = {}
    gone: B1Unusable | None = None
    for versions in _turns(_work(session, files)):
        decided: set[str] = set()
        if gone is None:
            try:
                for verdict in _one_round(session, versions):
                    decided.add(verdict.candidate.id)
                    _count(figures, verdict)
                    session.warnings += _worth_knowing(verdict)
            except B1Unusable as error:
                if not session.has_written:
                    raise
                gone = error
        if gone is not None:
            undecided = [one for one in versions if invoice_id(one.invoice) not in decided]
            for verdict in _cut_off(session, undecided, gone):
                _count(figures, verdict)
    return figures


def _count(figures: Figures, verdict: Verdict) -> None:
    figures.setdefault(verdict.candidate.partition, Counter())[verdict.outcome] += 1


def _worth_knowing(verdict: Verdict) -> list[str]:
    """Of an entry that was posted just now; its evidence has it, too."""
    if verdict.outcome is not Outcome.POSTED:
        return []
    invoice = verdict.candidate.invoice
    return [f"Invoice {invoice.number} ({invoice.stampli_id}): {one}" for one in verdict.candidate.assessment.warnings]


def _work(session: Session, files: Sequence[FileContent]) -> Iterator[Brought]:
    for content in files:
        for invoice in open_invoices(session, content):
            yield Brought(invoice, content.record.partition)


def _turns(brought: Iterator[Brought]) -> Iterator[list[Brought]]:
    """Some thousand invoices at a time, and of these every id once: memory never holds a whole file."""
    while some := list(islice(brought, _WINDOW)):
        yield from _rounds(some)


def _rounds(brought: Iterable[Brought]) -> Iterator[list[Brought]]:
    """Versions of one invoice take turns: the earlier is posted, the later is compared with it."""
    versions: dict[str, list[Brought]] = {}
    for one in brought:
        versions.setdefault(invoice_id(one.invoice), []).append(one)
    turn = 0
    while versions:
        yield [of_one[turn] for of_one in versions.values()]
        turn += 1
        versions = {key: of_one for key, of_one in versions.items() if len(of_one) > turn}


def _one_round(session: Session, brought: Sequence[Brought]) -> Iterator[Verdict]:
    """Each id once. Invoices that repeat the number of an earlier one wait until that one's outcome is known."""
    pending = list(brought)
    while pending:
        classified = classify(session, [(one.invoice, one.partition) for one in pending])
        sifted = sift(session, classified.ready, _found_in_sap(classified.verdicts))
        final = [*classified.verdicts, *sifted.conflicts]
        save(session, final)
        yield from final
        for start in range(0, len(sifted.post), _CHUNK):
            written = write_to_sap(session, sifted.post[start : start + _CHUNK])
            save(session, written)
            yield from written
        pending = [_again(one) for one in sifted.later]


def _found_in_sap(verdicts: Iterable[Verdict]) -> list[InvoiceRecord]:
    """Postings that the ledger did not know, such as all of them when it was lost: twins of others all the same."""
    return [one.candidate.standing for one in verdicts if one.posted is not None and one.candidate.standing is not None]


def _cut_off(session: Session, brought: Sequence[Brought], error: B1Unusable) -> list[Verdict]:
    """SAP went away in the middle: what was not decided waits, and is looked up first in the next cycle."""
    hold = Hold(
        Reason.OUTCOME_UNKNOWN,
        f"SAP stopped answering before this invoice was done with: {error.message}",
        "Nothing to do: the next cycle looks it up in SAP, and posts it if it is not there.",
    )
    verdicts = [held(candidate_of(session, one.invoice, one.partition), [hold]) for one in brought]
    save(session, verdicts)
    return verdicts


def _again(one: Ready) -> Brought:
    return Brought(one.candidate.invoice, one.candidate.partition)
