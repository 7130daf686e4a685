"""Probable duplicates among invoices that are ready: against the ledger, SAP, and what stands earlier in this cycle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stampli_b1_assets.accounting.firms import Bill, Firms, vendor_of
from stampli_b1_assets.accounting.identity import duplicate_key, plain_number, spellings
from stampli_b1_assets.domain.journal_entry import JournalEntry, PostedEntry
from stampli_b1_assets.domain.outcome import Hold
from stampli_b1_assets.ledger.records import InvoiceRecord
from stampli_b1_assets.pipeline.conflicts import doubled_vendor_hold, duplicate_hold, duplicate_in_sap_hold
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.verdict import Candidate, Ready, Verdict, held


@dataclass
class Sifted:
    """`post` now; `later`, when it is known whether an earlier one of the same number was posted; `conflicts`."""

    post: list[Ready] = field(default_factory=list)
    later: list[Ready] = field(default_factory=list)
    conflicts: list[Verdict] = field(default_factory=list)


def sift(session: Session, ready: Sequence[Ready], found: Sequence[InvoiceRecord] = ()) -> Sifted:
    """Part the ready ones; a reversal, or a repost of an entry of its own, is no duplicate of itself.

    `found`: postings that are not in the ledger yet. The ledger's word goes before SAP's, and the vendor's own bills
    before those of its double.
    """
    decisions = session.ledger.decisions.effective([one.candidate.id for one in ready])
    checked = {one.candidate.id: one.entry for one in ready if one.entry and _is_checked(one, decisions)}
    firms = Firms.of(session.reference.partners)
    with_entry = [one for one in ready if one.candidate.id in checked]
    keys = {one.candidate.id: _keys(session, one.candidate, checked[one.candidate.id]) for one in with_entry}
    holds = _strangers_in_sap(session, with_entry, firms)
    holds |= _of_doubled_vendors(session, with_entry, firms)
    holds |= _twins_held(with_entry, keys, _posted(session, set().union(*keys.values()), found))
    result, before = Sifted(), _Earlier(firms)
    for one in ready:
        entry = checked.get(one.candidate.id)
        if one.candidate.id in holds:
            result.conflicts.append(held(one.candidate, [holds[one.candidate.id]]))
        elif entry is not None and before.has_twin_of(keys[one.candidate.id], entry):
            result.later.append(one)
        else:
            if entry is not None:
                before.add(keys[one.candidate.id], entry)
            result.post.append(one)
    return result


class _Earlier:
    """What stands before an invoice in this cycle and is about to be posted."""

    def __init__(self, firms: Firms) -> None:
        self._firms = firms
        self._keys: set[str] = set()
        self._vendors: dict[Bill, set[str]] = {}

    def add(self, keys: set[str], entry: JournalEntry) -> None:
        self._keys |= keys
        if (bill := self._firms.bill(entry)) is not None:
            self._vendors.setdefault(bill, set()).add(vendor_of(entry))

    def has_twin_of(self, keys: set[str], entry: JournalEntry) -> bool:
        bill = self._firms.bill(entry)
        others = self._vendors.get(bill, set()) - {vendor_of(entry)} if bill else set()
        return bool(keys & self._keys or others)


def _is_checked(one: Ready, decisions: Mapping[tuple[str, str], str]) -> bool:
    decision = decisions.get((one.candidate.id, one.candidate.content_hash))
    return one.reverses is None and decision != "post-anyway"


def _keys(session: Session, candidate: Candidate, entry: JournalEntry) -> set[str]:
    """Its key under every id that Stampli has for the same supplier of SAP."""
    invoice = candidate.invoice
    ids = {invoice.vendor_id, *session.workplace.mappings().vendor_ids(vendor_of(entry))}
    return {duplicate_key(id_, invoice.type, invoice.number) for id_ in ids} if invoice.type else set()


def _posted(session: Session, keys: set[str], found: Sequence[InvoiceRecord]) -> dict[str, list[InvoiceRecord]]:
    """What is posted under these keys, in the ledger or found in SAP just now."""
    known = session.ledger.invoices.posted_by_duplicate_key(sorted(keys))
    posted = {key: list(records) for key, records in known.items()}
    for record in found:
        posted.setdefault(record.duplicate_key, []).append(record)
    return posted


def _twins_held(
    checked: Sequence[Ready], keys: Mapping[str, set[str]], posted: Mapping[str, Sequence[InvoiceRecord]]
) -> dict[str, Hold]:
    holds = {}
    for candidate in (one.candidate for one in checked):
        twins = (twin for key in sorted(keys[candidate.id]) for twin in posted.get(key, ()))
        twin = next((twin for twin in twins if twin.stampli_id != candidate.id), None)
        if twin is not None:
            holds[candidate.id] = duplicate_hold(candidate, twin)
    return holds


def _of_doubled_vendors(session: Session, checked: Sequence[Ready], firms: Firms) -> dict[str, Hold]:
    """The same date and amount from another supplier with the same tax id; asked only where SAP has such suppliers."""
    bills = {one.candidate.id: bill for one in checked if one.entry and (bill := firms.bill(one.entry))}
    doubled = [one for one in checked if one.candidate.id in bills]
    if not doubled:
        return {}
    amounts = {one.candidate.invoice.total for one in doubled}
    records = session.ledger.invoices.posted_of_amount(amount for amount in amounts if amount is not None)
    entries = session.b1.read_entries(record.jdt_num for record in records if record.jdt_num is not None)
    twins: dict[Bill, list[tuple[InvoiceRecord, PostedEntry]]] = {}
    for record in records:
        entry = entries.get(record.jdt_num or 0)
        if entry is not None and (bill := firms.bill(entry)) is not None:
            twins.setdefault(bill, []).append((record, entry))
    found: dict[str, Hold] = {}
    for one in doubled:
        ours = vendor_of(one.entry) if one.entry else ""
        for record, entry in twins.get(bills[one.candidate.id], []):
            if record.stampli_id != one.candidate.id and vendor_of(entry) != ours:
                hold = doubled_vendor_hold(one.candidate, ours, vendor_of(entry), record)
                found.setdefault(one.candidate.id, hold)
    return found


def _strangers_in_sap(session: Session, checked: Sequence[Ready], firms: Firms) -> dict[str, Hold]:
    """Entries with the same number, however it is spelled, that did not come from a Stampli invoice of ours."""
    numbers = sorted({text[:100] for one in checked for text in spellings(one.candidate.invoice.number)})
    entries = session.b1.entries_by_reference_number(numbers) if numbers else []
    by_number: dict[str, list[PostedEntry]] = {}
    for entry in entries:
        by_number.setdefault(plain_number(entry.reference), []).append(entry)
    found: dict[str, Hold] = {}
    for one in checked:
        for entry in by_number.get(plain_number(one.candidate.invoice.number[:100]), []):
            if (hold := _stranger_hold(one, entry, firms)) is not None:
                found.setdefault(one.candidate.id, hold)
    return found


def _stranger_hold(one: Ready, entry: PostedEntry, firms: Firms) -> Hold | None:
    """The vendor, or one of the same tax id, on the same side; not the invoice itself under an earlier revision."""
    candidate = one.candidate
    if entry.reference2 == candidate.id or one.entry is None:
        return None
    ours = {(line.card_code, line.credit is not None) for line in one.entry.lines if line.card_code}
    theirs = {(line.card_code, bool(line.credit)) for line in entry.lines or () if line.card_code}
    if ours & theirs:
        return duplicate_in_sap_hold(candidate, entry)
    bill = firms.bill(one.entry)
    if bill is not None and bill == firms.bill(entry):
        return doubled_vendor_hold(candidate, vendor_of(one.entry), vendor_of(entry), entry)
    return None
