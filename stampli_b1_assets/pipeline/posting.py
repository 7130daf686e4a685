"""Post a run's invoices, each exactly once: classify, sift duplicates, write the intent, send, look up, record.

The order is what makes it safe: SAP is asked by key before anything is sent, the intent stands in the ledger before
the request leaves, and an outcome is recorded only when the entry was found in SAP, or SAP said no.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.domain.outcome import Outcome
from stampli_b1_assets.ledger.files import FileState
from stampli_b1_assets.pipeline.classifying import classify
from stampli_b1_assets.pipeline.duplicates import sift
from stampli_b1_assets.pipeline.reading import FileContent
from stampli_b1_assets.pipeline.recording import save
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.verdict import Ready, Verdict, invoice_id
from stampli_b1_assets.pipeline.writing import write_to_sap

_CHUNK = 200  # entries whose intents are written, and whose outcomes are saved, together


@dataclass(frozen=True)
class Brought:
    """One version of an invoice and the partition (file) that brings it."""

    invoice: Invoice
    partition: str


def post_invoices(session: Session, files: Sequence[FileContent]) -> dict[str, Verdict]:
    """Carry every invoice of new files, and every open one of files tried again, to its outcome.

    Returns the last verdict by Stampli id. Raises `B1Unusable` or `LedgerUnusable` before anything was changed;
    what SAP refuses, and what is in doubt, is an outcome and no error.
    """
    verdicts: dict[str, Verdict] = {}
    for versions in _rounds(_work(session, files)):
        for verdict in _one_round(session, versions):
            verdicts[verdict.candidate.id] = verdict
    return verdicts


def _work(session: Session, files: Sequence[FileContent]) -> Iterator[Brought]:
    """All invoices of a file that is new; of one that was done before, those still open that it brought last."""
    for content in files:
        partition = content.record.partition
        if content.record.state is FileState.DONE:
            still_open = {record.stampli_id for record in session.ledger.invoices.open_in(partition)}
            yield from (Brought(one, partition) for one in content.invoices if invoice_id(one) in still_open)
        else:
            yield from (Brought(one, partition) for one in content.invoices)


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
        sifted = sift(session, classified.ready)
        final = [*classified.verdicts, *sifted.conflicts]
        save(session, final)
        yield from final
        for start in range(0, len(sifted.post), _CHUNK):
            written = write_to_sap(session, sifted.post[start : start + _CHUNK])
            save(session, written)
            yield from written
        pending = [_again(one) for one in sifted.later]


def _again(one: Ready) -> Brought:
    return Brought(one.candidate.invoice, one.candidate.partition)


def needs_a_person(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Those held or in conflict."""
    return [verdict for verdict in verdicts if verdict.outcome in (Outcome.HELD, Outcome.CONFLICT)]
