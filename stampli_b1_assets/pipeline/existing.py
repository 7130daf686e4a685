"""What SAP has already: entries found by key before anything is posted, whatever the ledger says.

SAP is the truth about what was posted. This finds what a crash left unrecorded, and rebuilds a ledger that was lost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from stampli_b1_assets.accounting.compare import same_as_posted
from stampli_b1_assets.accounting.identity import PostingKind, posting_key
from stampli_b1_assets.domain.journal_entry import PostedEntry
from stampli_b1_assets.ledger.records import IntentRecord, IntentStatus
from stampli_b1_assets.pipeline.doubts import long_ago, look_up, settle
from stampli_b1_assets.pipeline.reversing import is_reversal_of
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.verdict import Candidate

_MOST_REVISIONS = 20
_NEVER_CAME = (IntentStatus.ABSENT, IntentStatus.REFUSED)


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


@dataclass(frozen=True)
class InSap:
    """What SAP has of candidates that the ledger does not know as posted, by Stampli id.

    `entries`: the one that counts. `revisions`: the next free one, where all that SAP has was reversed.
    """

    entries: dict[str, Existing]
    revisions: dict[str, int]


def find_existing(session: Session, candidates: Sequence[Candidate]) -> InSap:
    """Ask SAP by key, revision after revision."""
    if not candidates:
        return InSap({}, {})
    if not session.b1.guard().has_field:
        return InSap(_found_by_reference(session, candidates), {})
    found: dict[str, Existing] = {}
    intents = session.ledger.intents.unresolved()
    free: dict[str, int] = {}
    pending = list(candidates)
    for _ in range(_MOST_REVISIONS):
        entries = look_up(session, [candidate.key for candidate in pending])
        settled = {one.id: entries[one.key] for one in pending if one.key in entries and one.key not in intents}
        reversed_ids = _reversed(session, [one for one in pending if one.id in settled], settled)
        for candidate in pending:
            if candidate.key in entries and candidate.id not in reversed_ids:
                found[candidate.id] = _existing(session, candidate, entries[candidate.key], intents)
        pending = [_next_revision(session, one) for one in pending if one.id in reversed_ids]
        free |= {one.id: one.revision for one in pending}
        if not pending:
            break
    return InSap(found, {id_: revision for id_, revision in free.items() if id_ not in found})


def find_undone(session: Session, candidates: Sequence[Candidate]) -> dict[str, bool]:
    """Of candidates that the ledger calls posted: those whose reversal was sent and never put on record.

    True: SAP has it, so that the posting does not count any more. False: it is in doubt still.
    """
    keys = {_key(session, "reversal", one): one for one in candidates}
    intents = session.ledger.intents.get_many(keys)
    asked = [key for key, intent in intents.items() if intent.status not in _NEVER_CAME]
    found = look_up(session, asked)
    undone = {keys[key].id: False for key in session.ledger.intents.doubtful(asked)}
    numbers = {key: standing.jdt_num for key in found if (standing := keys[key].standing) is not None}
    posted = session.b1.read_entries(number for number in numbers.values() if number is not None)
    for key, number in numbers.items():
        if number in posted and is_reversal_of(found[key], posted[number].reference):
            undone[keys[key].id] = True
    return undone


def _reversed(session: Session, candidates: Sequence[Candidate], posted: Mapping[str, PostedEntry]) -> set[str]:
    """Ids whose entry of this revision was reversed by us: the next revision is the one that counts."""
    keys = {_key(session, "reversal", one): one.id for one in candidates}
    undoing = look_up(session, list(keys)).items()
    return {keys[key] for key, entry in undoing if is_reversal_of(entry, posted[keys[key]].reference)}


def _key(session: Session, kind: PostingKind, candidate: Candidate) -> str:
    return posting_key(session.settings.b1.company_db, kind, candidate.id, candidate.revision)


def _next_revision(session: Session, candidate: Candidate) -> Candidate:
    candidate = replace(candidate, revision=candidate.revision + 1)
    return replace(candidate, key=_key(session, "invoice", candidate))


def _existing(
    session: Session, candidate: Candidate, posted: PostedEntry, intents: Mapping[str, IntentRecord]
) -> Existing:
    whole = posted if posted.lines is not None else session.b1.read_entry(posted.jdt_num)
    is_same, _ = same_as_posted(candidate.invoice, session.context(), whole)
    content_hash = candidate.content_hash if is_same else f"sap:{posted.jdt_num}"
    return Existing(replace(whole, key=posted.key), content_hash, candidate.revision, posted.key in intents)


def _found_by_reference(session: Session, candidates: Sequence[Candidate]) -> dict[str, Existing]:
    """Without our user field the Stampli id in Reference2 is all there is; reversals cannot be told apart then."""
    intents = session.ledger.intents.unresolved()
    keys = [one.key for one in candidates]
    old = long_ago(session, keys)
    by_id = session.b1.posted_by_reference([one.id for one in candidates])
    posted = {one.key: replace(by_id[one.id][0], key=one.key) for one in candidates if by_id.get(one.id)}
    settle(session, keys, posted, old)
    return {one.id: _existing(session, one, posted[one.key], intents) for one in candidates if one.key in posted}
