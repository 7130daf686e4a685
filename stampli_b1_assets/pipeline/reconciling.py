"""Stampli = SAP, both ways: what the ledger says was posted against what SAP has, per currency, by invoice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stampli_b1_assets.domain.journal_entry import JournalLine, PostedEntry
from stampli_b1_assets.domain.money import ZERO
from stampli_b1_assets.ledger.records import InvoiceRecord
from stampli_b1_assets.pipeline.session import Session


@dataclass(frozen=True)
class Difference:
    """One invoice (or entry) on which both sides disagree, in words; amounts signed as in Stampli."""

    stampli_id: str
    number: str
    currency: str
    in_stampli: Decimal
    in_sap: Decimal
    detail: str


@dataclass(frozen=True)
class Reconciliation:
    """`totals`: currency → (posted by the ledger, found in SAP). `month` is `YYYY-MM`, or empty for all time."""

    month: str
    count: int
    totals: dict[str, tuple[Decimal, Decimal]]
    differences: tuple[Difference, ...]

    @property
    def is_equal(self) -> bool:
        """Whether both sides agree in everything."""
        return not self.differences


def reconcile(session: Session, month: str = "") -> Reconciliation:
    """Compare every invoice posted (in a month, by posting date). Raises `B1Unusable`.

    Entries are found by our key, each read with its lines; entries in SAP with a key that the ledger does not know
    are differences too.
    """
    posted = [record for record in session.ledger.invoices.all() if record.jdt_num and record.posted_hash]
    records = [record for record in posted if _is_in(record.posting_date, month)]
    entries = _entries(session, records)
    totals: dict[str, tuple[Decimal, Decimal]] = {}
    differences: list[Difference] = []
    for record in records:
        entry = entries.get(record.key)
        ours, theirs = record.amount or ZERO, _vendor_amount(entry) if entry else ZERO
        sums = totals.get(record.currency, (ZERO, ZERO))
        totals[record.currency] = (sums[0] + ours, sums[1] + theirs)
        differences += _differences(record, entry, ours, theirs)
    differences += _strangers(session, month)
    return Reconciliation(month, len(records), totals, tuple(differences))


def _is_in(day: date | None, month: str) -> bool:
    return day is not None and (not month or f"{day:%Y-%m}" == month)


def _entries(session: Session, records: Sequence[InvoiceRecord]) -> dict[str, PostedEntry]:
    if session.b1.guard().has_field:
        found = session.b1.posted_by_key([record.key for record in records])
    else:
        by_id = session.b1.posted_by_reference([record.stampli_id for record in records])
        found = {record.key: by_id[record.stampli_id][0] for record in records if record.stampli_id in by_id}
    return {key: session.b1.read_entry(entry.jdt_num) for key, entry in found.items()}


def _vendor_amount(entry: PostedEntry) -> Decimal:
    """What the entry owes the vendor, signed as Stampli signs: credit positive; in the document's currency."""
    lines = [line for line in entry.lines or () if line.card_code]
    return sum((_owed(line) for line in lines), ZERO)


def _owed(line: JournalLine) -> Decimal:
    credit, debit = (line.fc_credit, line.fc_debit) if line.fc_currency else (line.credit, line.debit)
    return (credit or ZERO) - (debit or ZERO)


def _differences(
    record: InvoiceRecord, entry: PostedEntry | None, ours: Decimal, theirs: Decimal
) -> Iterator[Difference]:
    if entry is None:
        detail = f"Journal entry {record.doc_number} of invoice {record.number} is not in SAP."
    elif ours != theirs and record.posted_hash == record.content_hash:
        detail = f"Invoice {record.number} is {ours}, its journal entry {entry.number} {theirs}."
    elif entry.reference_date != record.posting_date:
        detail = f"Journal entry {entry.number} is dated {entry.reference_date}, not {record.posting_date} as posted."
    elif ours != theirs:
        detail = f"Invoice {record.number} is {ours} in Stampli now; {theirs} was posted before it changed."
    else:
        return
    yield Difference(record.stampli_id, record.number, record.currency, ours, theirs, detail)


def _strangers(session: Session, month: str) -> Iterator[Difference]:
    """Entries in SAP with a key of ours that the ledger does not know."""
    if not session.b1.guard().has_field:
        return
    known = {record.key for record in session.ledger.invoices.all() if record.key}
    for entry in session.b1.entries_with_a_key(month):
        is_ours = entry.key in known or session.ledger.intents.get(entry.key) is not None
        if not is_ours and not entry.key.startswith("proof-"):
            detail = f"Journal entry {entry.number} carries a key of Stampli that this ledger does not know."
            yield Difference(entry.reference2, entry.reference, "", ZERO, ZERO, detail)
