"""Probable duplicates among invoices that are ready: against the ledger, SAP, and what stands earlier in this cycle."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from stampli_b1_assets.domain.journal_entry import PostedEntry
from stampli_b1_assets.pipeline.conflicts import duplicate_hold, duplicate_in_sap_hold
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.verdict import Candidate, Ready, Verdict, held


@dataclass
class Sifted:
    """`post` now; `later`, when it is known whether an earlier one of the same number was posted; `conflicts`."""

    post: list[Ready] = field(default_factory=list)
    later: list[Ready] = field(default_factory=list)
    conflicts: list[Verdict] = field(default_factory=list)


def sift(session: Session, ready: Sequence[Ready]) -> Sifted:
    """Part the ready ones; a reversal, or a repost of an entry of its own, is no duplicate of itself."""
    decisions = session.ledger.decisions.effective([one.candidate.id for one in ready])
    checked = [one for one in ready if _is_checked(one, decisions)]
    posted = session.ledger.invoices.posted_by_duplicate_key([one.candidate.duplicate_key for one in checked])
    in_sap = _strangers_in_sap(session, checked)
    result = Sifted()
    standing_before: set[str] = set()
    for one in ready:
        candidate = one.candidate
        if not _is_checked(one, decisions):
            result.post.append(one)
            continue
        twins = [twin for twin in posted.get(candidate.duplicate_key, []) if twin.stampli_id != candidate.id]
        stranger = in_sap.get(candidate.id)
        if twins:
            result.conflicts.append(held(candidate, [duplicate_hold(candidate, twins[0])]))
        elif stranger is not None:
            result.conflicts.append(held(candidate, [duplicate_in_sap_hold(candidate, stranger.number)]))
        elif candidate.duplicate_key in standing_before:
            result.later.append(one)
        else:
            standing_before.add(candidate.duplicate_key)
            result.post.append(one)
    return result


def _is_checked(one: Ready, decisions: dict[tuple[str, str], str]) -> bool:
    decision = decisions.get((one.candidate.id, one.candidate.content_hash))
    return one.reverses is None and one.entry is not None and decision != "post-anyway"


def _strangers_in_sap(session: Session, ready: Sequence[Ready]) -> dict[str, PostedEntry]:
    """By Stampli id: an entry with the same vendor and number that did not come from a Stampli invoice of ours."""
    numbers = sorted({one.candidate.invoice.number for one in ready})
    entries = session.b1.entries_by_reference_number(numbers) if numbers else []
    by_number: dict[str, list[PostedEntry]] = {}
    for entry in entries:
        by_number.setdefault(entry.reference, []).append(entry)
    found = {}
    for one in ready:
        for entry in by_number.get(one.candidate.invoice.number[:100], []):
            if _is_same_bill(one.candidate, one, entry):
                found[one.candidate.id] = entry
                break
    return found


def _is_same_bill(candidate: Candidate, one: Ready, entry: PostedEntry) -> bool:
    """The vendor on the same side; not the invoice itself under an earlier revision."""
    if entry.reference2 == candidate.id or one.entry is None:
        return False
    ours = {(line.card_code, line.credit is not None) for line in one.entry.lines if line.card_code}
    theirs = {(line.card_code, bool(line.credit)) for line in entry.lines or () if line.card_code}
    return bool(ours & theirs)
