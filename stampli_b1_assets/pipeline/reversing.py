"""The entry that undoes a posted one, by a person's decision."""

from datetime import date

from stampli_b1_assets.accounting import texts
from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.accounting.periods import open_date
from stampli_b1_assets.accounting.reversal import reversal_of
from stampli_b1_assets.b1.poster import PostingMode
from stampli_b1_assets.domain.journal_entry import JournalEntry, PostedEntry
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.verdict import Ready

NEEDS_THE_FIELD = Hold(
    Reason.B1_REJECTED,
    "A reversal needs the user field U_StampliKey, which SAP does not have.",
    "Run `stampli-b1 provision` once; the reversal is then posted by itself.",
)


def is_reversal_of(found: PostedEntry, reference: str) -> bool:
    """Whether the entry under a reversal's key undoes the entry with this `Reference`.

    An invoice and a payment of one Stampli id have one key for their reversals; their own references differ.
    """
    return found.reference == reference


def key_is_taken(number: int | None, found: PostedEntry) -> Hold:
    """The reversal's key stands on an entry that undoes another one."""
    return Hold(
        Reason.B1_REJECTED,
        f"Journal entry {number} cannot be reversed under its key: entry {found.number} has it and undoes something "
        "else, an invoice or a payment of the same Stampli id.",
        f"Reverse journal entry {number} in SAP by hand, then release it with `--action ignore`.",
    )


def no_open_period(number: int, day: date) -> Hold:
    """No day is left on which the entry could be reversed."""
    return Hold(
        Reason.PERIOD_CLOSED,
        f"Journal entry {number} cannot be reversed: no period is open from {day} on.",
        "Open a posting period in SAP; the reversal is then posted by itself.",
    )


def own_entry(session: Session, jdt_num: int, key: str, subject_id: str) -> PostedEntry | None:
    """The entry of that number, if it is still the one that was posted under the key; None otherwise.

    A company that was put back from a backup gives its numbers to other entries. One posted before SAP had the user
    field carries the Stampli id alone.
    """
    entry = session.b1.read_entries([jdt_num]).get(jdt_num)
    if entry is None:
        return None
    is_ours = entry.key == key if entry.key else entry.reference2 == texts.reference(subject_id)
    return entry if is_ours else None


def not_ours(what: str, number: int | None) -> Hold:
    """What the ledger calls posted is not in SAP under that number."""
    return Hold(
        Reason.B1_REJECTED,
        f"Journal entry {number} in SAP is not, or not any more, the one that was posted for {what}: "
        "it was not reversed.",
        "Was the company put back from a backup? See `stampli-b1 reconcile`, and correct the entry in SAP by hand.",
    )


def reversal_entry(session: Session, one: Ready) -> JournalEntry | Hold:
    """The reversal under its own key, on the original's date, or on the first day of the next open period.

    A hold, when SAP lacks the user field that tells a reversal from its original, or no period is open.
    """
    if session.posting_mode() is PostingMode.UNMARKED or one.reverses is None:
        return NEEDS_THE_FIELD
    standing = one.candidate.standing
    posted = own_entry(session, one.reverses, standing.key if standing else "", one.candidate.id)
    if posted is None:
        return not_ours(f"invoice {one.candidate.invoice.number}", standing.doc_number if standing else None)
    when = open_date(posted.reference_date, session.reference.periods)
    if when is None:
        return no_open_period(posted.number, posted.reference_date)
    key = posting_key(session.settings.b1.company_db, "reversal", one.candidate.id, one.candidate.revision)
    decimals = session.reference.currencies.get(session.reference.local_currency, 2)
    return reversal_of(posted, key=key, date=when, decimals=decimals, currencies=session.reference.currencies)
