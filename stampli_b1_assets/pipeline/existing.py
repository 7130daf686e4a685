"""What SAP has already: entries found by key before anything is posted, whatever the ledger says.

SAP is the truth about what was posted. This finds what a crash left unrecorded, and rebuilds a ledger that was lost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from stampli_b1_assets.accounting.compare import same_as_posted
from stampli_b1_assets.accounting.identity import PostingKind, posting_key
from stampli_b1_assets.domain.journal_entry import PostedEntry
from stampli_b1_assets.ledger.records import IntentRecord
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.verdict import Candidate

_MOST_REVISIONS = 20


@dataclass(frozen=True)
class Existing:
    """An entry in SAP that carries an invoice's key.

    `posted_hash` is the content hash of what was posted, or `sap:<JdtNum>` when that content is other than the
    invoice's now. `is_ours_in_doubt`: an intent of ours that was never resolved wrote it.
    """

    posted: PostedEntry
    posted_hash: str
    revision: int
    is_ours_in_doubt: bool


def find_existing(session: Session, candidates: Sequence[Candidate]) -> dict[str, Existing]:
    """Entries in SAP of candidates that the ledger does not know as posted, by Stampli id."""
    if not candidates:
        return {}
    if not session.b1.guard().has_field:
        return _found_by_reference(session, candidates)
    found: dict[str, Existing] = {}
    intents = session.ledger.intents.unresolved()
    pending = list(candidates)
    for _ in range(_MOST_REVISIONS):
        entries = session.b1.posted_by_key([candidate.key for candidate in pending])
        reversed_ids = _reversed(session, [one for one in pending if one.key in entries and one.key not in intents])
        for candidate in pending:
            if candidate.key in entries and candidate.id not in reversed_ids:
                found[candidate.id] = _existing(session, candidate, entries[candidate.key], intents)
        pending = [_next_revision(session, one) for one in pending if one.id in reversed_ids]
        if not pending:
            break
    return found


def _reversed(session: Session, candidates: Sequence[Candidate]) -> set[str]:
    """Ids whose entry of this revision was reversed by us: the next revision is the one that counts."""
    keys = {_key(session, "reversal", one): one.id for one in candidates}
    return {keys[key] for key in session.b1.posted_by_key(list(keys))} if keys else set()


def _key(session: Session, kind: PostingKind, candidate: Candidate) -> str:
    return posting_key(session.settings.b1.company_db, kind, candidate.id, candidate.revision)


def _next_revision(session: Session, candidate: Candidate) -> Candidate:
    candidate = replace(candidate, revision=candidate.revision + 1)
    return replace(candidate, key=_key(session, "invoice", candidate))


def _existing(
    session: Session, candidate: Candidate, posted: PostedEntry, intents: Mapping[str, IntentRecord]
) -> Existing:
    is_ours = posted.key in intents
    if is_ours:
        session.ledger.intents.resolve(posted.key, "committed", jdt_num=posted.jdt_num, doc_number=posted.number)
    whole = posted if posted.lines is not None else session.b1.read_entry(posted.jdt_num)
    is_same, _ = same_as_posted(candidate.invoice, session.context(), whole)
    content_hash = candidate.content_hash if is_same else f"sap:{posted.jdt_num}"
    return Existing(replace(whole, key=posted.key), content_hash, candidate.revision, is_ours)


def _found_by_reference(session: Session, candidates: Sequence[Candidate]) -> dict[str, Existing]:
    """Without our user field the Stampli id in Reference2 is all there is; reversals cannot be told apart then."""
    intents = session.ledger.intents.unresolved()
    by_id = session.b1.posted_by_reference([one.id for one in candidates])
    found = {}
    for candidate in candidates:
        entries = by_id.get(candidate.id, [])
        if entries:
            posted = replace(entries[0], key=candidate.key)
            found[candidate.id] = _existing(session, candidate, posted, intents)
    return found
