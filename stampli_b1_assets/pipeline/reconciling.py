"""Stampli = SAP, both ways: what the ledger says was posted against what SAP has, per currency, by invoice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from stampli_b1_assets.accounting.compare import same_entry
from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.domain.journal_entry import JournalEntry, JournalLine, PostedEntry
from stampli_b1_assets.domain.money import ZERO
from stampli_b1_assets.domain.outcome import Outcome, Reason
from stampli_b1_assets.ledger.records import InvoiceRecord
from stampli_b1_assets.pipeline.paid import reversal_key
from stampli_b1_assets.pipeline.session import Session

_PROOF = "proof-"
"""Keys of `provision`'s self-test begin so."""


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
class Sums:
    """Of one currency: posted by the ledger, found in SAP, and what is approved but held or in conflict, not in SAP."""

    stampli: Decimal = ZERO
    sap: Decimal = ZERO
    waiting: Decimal = ZERO


@dataclass(frozen=True)
class Reconciliation:
    """`month` is `YYYY-MM`, or empty for all time; `count` invoices of it are posted."""

    month: str
    count: int
    totals: dict[str, Sums]
    differences: tuple[Difference, ...]

    @property
    def is_equal(self) -> bool:
        """Whether both sides agree in everything that was posted."""
        return not self.differences


@dataclass
class _Found:
    """What SAP has: entries with lines by our key, and which entry undid which."""

    entries: dict[str, PostedEntry]
    undone: dict[int, int] = field(default_factory=dict)


def reconcile(session: Session, month: str = "") -> Reconciliation:
    """Compare every invoice posted (in a month, by posting date) with SAP, and SAP's entries with the ledger.

    What is held is no difference: it is told as waiting. Raises `B1Unusable`.
    """
    records = session.ledger.invoices.all()
    posted = [one for one in records if one.jdt_num and one.posted_hash and _is_in(one.posting_date, month)]
    found = _found(session, posted)
    totals: dict[str, Sums] = {}
    differences: list[Difference] = []
    for record in posted:
        entry = found.entries.get(record.key)
        ours, theirs = _approved(record), _owed(entry) if entry else ZERO
        if entry and entry.jdt_num in found.undone:
            theirs = ZERO
        _add(totals, record.currency, stampli=ours, sap=theirs)
        detail = _difference(session, record, entry, found)
        if detail or ours != theirs:
            detail = detail or f"Invoice {record.number} is {ours} in Stampli and {theirs} in SAP."
            differences.append(Difference(record.stampli_id, record.number, record.currency, ours, theirs, detail))
    for stranger in _strangers(session, records, month):
        _add(totals, stranger.currency, sap=stranger.in_sap)
        differences.append(stranger)
    for record in _waiting(session, records, month):
        _add(totals, record.currency, waiting=record.amount or ZERO)
    return Reconciliation(month, len(posted), dict(sorted(totals.items())), tuple(differences))


def _is_in(day: date | None, month: str) -> bool:
    return day is not None and (not month or f"{day:%Y-%m}" == month)


def _add(totals: dict[str, Sums], currency: str, **amounts: Decimal) -> None:
    before = totals.get(currency, Sums())
    totals[currency] = replace(before, **{name: getattr(before, name) + one for name, one in amounts.items()})


# --- what SAP has -----------------------------------------------------------------------------------------------


def _found(session: Session, posted: Sequence[InvoiceRecord]) -> _Found:
    if session.b1.guard().has_field:
        heads = session.b1.posted_by_key([record.key for record in posted])
    else:
        by_id = session.b1.posted_by_reference([record.stampli_id for record in posted])
        numbers = {record.jdt_num: record.key for record in posted}
        heads = {numbers[one.jdt_num]: one for each in by_id.values() for one in each if one.jdt_num in numbers}
    whole = session.b1.read_entries([entry.jdt_num for entry in heads.values()])
    entries = {key: whole[entry.jdt_num] for key, entry in heads.items() if entry.jdt_num in whole}
    return _Found(entries, session.b1.reversals(entries.values()))


def _owed(entry: PostedEntry) -> Decimal:
    """What the entry owes the vendor, signed as Stampli signs: credit positive; in the document's currency."""
    return sum((_credit(line) for line in entry.lines or () if line.card_code), ZERO)


def _credit(line: JournalLine) -> Decimal:
    credit, debit = (line.fc_credit, line.fc_debit) if line.fc_currency else (line.credit, line.debit)
    return (credit or ZERO) - (debit or ZERO)


def _strangers(session: Session, records: Sequence[InvoiceRecord], month: str) -> Iterator[Difference]:
    """Entries in SAP with a key of ours that the ledger does not know, and copies of ours: SAP's Duplicate keeps keys.

    One that was cancelled again is nobody's business, and neither is the entry that cancelled it.
    """
    if not session.b1.guard().has_field:
        return
    keyed = [one for one in session.b1.entries_with_a_key(month) if not one.key.startswith(_PROOF)]
    known = _known_keys(session, records, [one.key for one in keyed])
    strangers = [one for one in keyed if one.key not in known or known[one.key] not in (None, one.jdt_num)]
    originals = [number for one in strangers if (number := known.get(one.key)) is not None]
    whole = session.b1.read_entries([*originals, *(one.jdt_num for one in strangers)])
    undone = session.b1.reversals(whole.values())
    for one in strangers:
        if one.jdt_num not in undone and one.jdt_num not in undone.values():
            yield _stranger(session, whole.get(one.jdt_num, one), known.get(one.key))


def _stranger(session: Session, entry: PostedEntry, original: int | None) -> Difference:
    currency = next((line.fc_currency for line in entry.lines or () if line.card_code), "")
    detail = f"Journal entry {entry.number} carries a key of Stampli that this ledger does not know."
    if original is not None:
        detail = f"Journal entry {entry.number} is a copy: it carries the key of the entry with JdtNum {original}."
    owed = _owed(entry)
    return Difference(
        entry.reference2, entry.reference, currency or session.reference.local_currency, ZERO, owed, detail
    )


def _known_keys(session: Session, records: Sequence[InvoiceRecord], keys: Sequence[str]) -> dict[str, int | None]:
    """Every key that is ours → the JdtNum that has it, as far as the ledger knows.

    Of every invoice, with its earlier revisions and their reversals, and of every payment.
    """
    company_db = session.settings.b1.company_db
    known: dict[str, int | None] = {}
    for record in records:
        for revision in range(record.revision):
            for kind in ("invoice", "reversal"):
                known[posting_key(company_db, kind, record.stampli_id, revision)] = None
    known |= {one.key: one.jdt_num for one in records if one.key}
    payments = [one for one in session.ledger.payments.all() if one.key]
    known |= {reversal_key(session, one.payment_id): None for one in payments if one.is_reversed}
    known |= {one.key: one.jdt_num for one in payments}
    intents = session.ledger.intents.get_many(keys)
    return known | {key: intent.jdt_num or known.get(key) for key, intent in intents.items()}


# --- what Stampli approved ---------------------------------------------------------------------------------------


def _approved(record: InvoiceRecord) -> Decimal:
    """The amount that was brought last; nothing for one that was cancelled there."""
    return ZERO if _is_cancelled(record) else record.amount or ZERO


def _is_cancelled(record: InvoiceRecord) -> bool:
    return any(hold.reason is Reason.CANCELLED_AFTER_POSTING for hold in record.holds)


def _waiting(session: Session, records: Sequence[InvoiceRecord], month: str) -> Iterator[InvoiceRecord]:
    """Approved and not in SAP: held, or in conflict as a probable duplicate."""
    for record in records:
        is_open = record.outcome in (Outcome.HELD, Outcome.CONFLICT)
        if is_open and not record.posted_hash and (not month or _brought_month(session, record) == month):
            yield record


def _brought_month(session: Session, record: InvoiceRecord) -> str:
    """Of its posting date or, without one, its invoice date, as Stampli says."""
    versions = session.ledger.invoices.history(record.stampli_id)
    content = next((one.content for one in versions if one.content_hash == record.content_hash), None) or {}
    return str(content.get("posting_date") or content.get("invoice_date") or "")[:7]


# --- one invoice on both sides ------------------------------------------------------------------------------------


def _difference(session: Session, record: InvoiceRecord, entry: PostedEntry | None, found: _Found) -> str:
    """What is wrong, in words; empty when both sides agree."""
    if entry is None:
        return f"Journal entry {record.doc_number} of invoice {record.number} is not in SAP."
    undoing = found.undone.get(entry.jdt_num)
    if undoing is not None:
        return f"Journal entry {entry.number} was cancelled in SAP, by the entry with JdtNum {undoing}."
    if _is_cancelled(record):
        return f"Invoice {record.number} is cancelled in Stampli; journal entry {entry.number} stands in SAP."
    if record.outcome == Outcome.CONFLICT:
        return f"Invoice {record.number} changed in Stampli after journal entry {entry.number}; a person has to decide."
    if edits := _edits(session, record, entry):
        return f"Journal entry {entry.number} was edited in SAP: {'; '.join(edits)}."
    return ""


def _edits(session: Session, record: InvoiceRecord, entry: PostedEntry) -> tuple[str, ...]:
    """Against what we sent; a ledger that was filled again from SAP knows only the date."""
    intent = session.ledger.intents.get(record.key)
    if intent is not None and intent.payload:
        _, words = same_entry(_sent(intent.payload), entry)
        return tuple(map(_against_what_was_posted, words))
    if entry.reference_date != record.posting_date:
        return (f"posting date {entry.reference_date} in SAP, {record.posting_date} as posted",)
    return ()


def _against_what_was_posted(words: str) -> str:
    """The comparison's words are about an invoice of Stampli; here it is the entry that was sent."""
    if words.endswith(" in Stampli"):
        return words.removesuffix("in Stampli") + "as posted"
    return words.replace("SAP alone has", "SAP has", 1).replace("Stampli alone has", "posted was", 1)


def _sent(payload: Mapping[str, Any]) -> JournalEntry:
    """The entry as the intent remembers it: JSON with dates and amounts as text."""
    days = {name: date.fromisoformat(payload[name]) for name in ("reference_date", "tax_date", "due_date")}
    return JournalEntry(**{**payload, **days, "lines": tuple(map(_sent_line, payload["lines"]))})


def _sent_line(line: Mapping[str, Any]) -> JournalLine:
    sides = ("debit", "credit", "fc_debit", "fc_credit")
    amounts = {name: None if line[name] is None else Decimal(line[name]) for name in sides}
    due = line["due_date"]
    return JournalLine(**{**line, **amounts, "due_date": date.fromisoformat(due) if due else None})
