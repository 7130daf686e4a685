"""Conflicts in an accountant's words: changed or cancelled after posting, probably a duplicate."""

from collections.abc import Sequence

from stampli_b1_assets.accounting.compare import recoded, same_as_posted
from stampli_b1_assets.domain.journal_entry import PostedEntry
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.ledger.records import InvoiceRecord
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.verdict import Candidate

_RELEASE = "`stampli-b1 release {id} --action {action} --by NAME --note TEXT`"


def changed_hold(session: Session, candidate: Candidate) -> Hold:
    """The export differs from the entry that SAP has."""
    number = candidate.standing.doc_number if candidate.standing else None
    return changed_words_hold(candidate, number, _differences(session, candidate))


def changed_words_hold(candidate: Candidate, number: int | None, differences: Sequence[str]) -> Hold:
    """The same, with the differences found already."""
    invoice = candidate.invoice
    return Hold(
        Reason.CHANGED_AFTER_POSTING,
        f"Invoice {invoice.number} {_was_posted(number)} and comes back changed: {'; '.join(differences)}.",
        f"Compare both; then {_RELEASE.format(id=candidate.id, action='reverse-and-repost')} books the new content, "
        "`--action ignore` keeps the old.",
    )


def _differences(session: Session, candidate: Candidate) -> Sequence[str]:
    standing, invoice = candidate.standing, candidate.invoice
    if standing is None or standing.jdt_num is None:
        return [f"its content is not the one that was posted; the total is {invoice.total} now"]
    _, words = same_as_posted(invoice, session.context(), session.b1.read_entry(standing.jdt_num))
    if words:
        return words
    versions = session.ledger.invoices.history(candidate.id)
    before = next((one.content for one in versions if one.content_hash == standing.posted_hash and one.content), None)
    return (recoded(before, invoice) if before else []) or ["a date, a code or the way it is split"]


def _was_posted(number: int | None) -> str:
    return "is planned here" if _is_planned(number) else f"was posted as journal entry {number}"


def _is_planned(number: int | None) -> bool:
    """A plan gives its entries numbers below zero: SAP has none for them yet."""
    return number is not None and number < 0


def cancelled_hold(candidate: Candidate) -> Hold:
    """Cancelled in Stampli, but in SAP's ledger."""
    number = candidate.standing.doc_number if candidate.standing else None
    entry = "the entry planned here would stand" if _is_planned(number) else f"journal entry {number} stands"
    return Hold(
        Reason.CANCELLED_AFTER_POSTING,
        f"Invoice {candidate.invoice.number} is cancelled in Stampli, but {entry} in SAP.",
        f"{_RELEASE.format(id=candidate.id, action='reverse-and-repost')} posts the reversal; "
        "`--action ignore` leaves the entry.",
    )


def duplicate_hold(candidate: Candidate, twin: InvoiceRecord) -> Hold:
    """Another Stampli id, but the same vendor, type and number as one that the ledger knows as posted."""
    return _duplicate(candidate, f"{_has_sent(candidate)}: {_stampli(twin)}")


def duplicate_in_sap_hold(candidate: Candidate, posted: PostedEntry) -> Hold:
    """An entry in SAP that carries the vendor's number and did not come through here."""
    entry = f"journal entry {posted.number}, which was not posted from Stampli"
    spelled = "" if posted.reference == candidate.invoice.number else f" as {posted.reference}"
    return _duplicate(candidate, f"{_has_sent(candidate)}{spelled}: {entry}")


def reversed_hold(candidate: Candidate) -> Hold:
    """Posted and reversed by us, as SAP shows, and the ledger that knew why was lost."""
    invoice = candidate.invoice
    return Hold(
        Reason.PROBABLE_DUPLICATE,
        f"Invoice {invoice.number} was posted and reversed in SAP before this ledger began, and nothing here says "
        "whether it is to be posted again.",
        f"Look at both entries in SAP; then {_RELEASE.format(id=candidate.id, action='post-anyway')} posts it anew, "
        "`--action ignore` leaves it reversed.",
    )


def doubled_vendor_hold(candidate: Candidate, ours: str, theirs: str, twin: InvoiceRecord | PostedEntry) -> Hold:
    """The same date and amount from a supplier that has the tax id of this one."""
    invoice = candidate.invoice
    where = _stampli(twin) if isinstance(twin, InvoiceRecord) else f"journal entry {twin.number}"
    detail = (
        f"Suppliers {ours} and {theirs} have one tax id in SAP, and a bill of {invoice.invoice_date} over "
        f"{invoice.total} {invoice.currency} stands under {theirs} already: {where}"
    )
    return _duplicate(candidate, detail)


def _has_sent(candidate: Candidate) -> str:
    invoice = candidate.invoice
    return f"{invoice.vendor_name or invoice.vendor_id} has sent number {invoice.number} before"


def _stampli(twin: InvoiceRecord) -> str:
    entry = "planned here too" if _is_planned(twin.doc_number) else f"entry {twin.doc_number}"
    return f"Stampli invoice {twin.stampli_id} (number {twin.number}, {entry})"


def _duplicate(candidate: Candidate, detail: str) -> Hold:
    return Hold(
        Reason.PROBABLE_DUPLICATE,
        f"{detail}.",
        f"If it is another bill, {_RELEASE.format(id=candidate.id, action='post-anyway')}; "
        "if it is the same, `--action ignore`.",
    )
