"""What SAP has of payments already, whatever the ledger says: found by key, compared, and what was reversed since."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.accounting.payments import is_same_payment
from stampli_b1_assets.domain.journal_entry import PostedEntry
from stampli_b1_assets.domain.payment import Payment
from stampli_b1_assets.ledger.records import PaymentRecord
from stampli_b1_assets.pipeline.doubts import long_ago, look_up, settle
from stampli_b1_assets.pipeline.payment_checks import found_by_id
from stampli_b1_assets.pipeline.reversing import is_reversal_of
from stampli_b1_assets.pipeline.session import Session


@dataclass(frozen=True)
class Case:
    """One payment: its record so far, and what a person decided on this content of it.

    `is_in_doubt`: a request for it, or for its reversal, may still commit. `was_in_doubt`: it turned out just now that
    an earlier request of ours was posted. `taken_by`: the entry under the reversal's key that undoes something else.
    """

    payment: Payment
    record: PaymentRecord
    decision: str = ""
    is_in_doubt: bool = False
    was_in_doubt: bool = False
    taken_by: PostedEntry | None = None


def reversal_key(session: Session, payment_id: str) -> str:
    """The key of a payment's reversal. An invoice of the same id has it too: see `Case.taken_by`."""
    return posting_key(session.settings.b1.company_db, "reversal", payment_id)


def with_sap(session: Session, cases: Sequence[Case]) -> list[Case]:
    """The cases with the entries, and the reversals, that SAP has of them."""
    before = session.ledger.intents.doubtful(case.record.key for case in cases)
    in_sap = _found(session, cases)
    cases = [_adopted(session, case, in_sap.get(case.record.key), before) for case in cases]
    keys = {reversal_key(session, case.record.payment_id): case.record.jdt_num for case in cases if _stands(case)}
    reversals = look_up(session, list(keys))
    originals = session.b1.read_entries(number for key in reversals if (number := keys[key]) is not None)
    doubtful = session.ledger.intents.doubtful([*keys, *(case.record.key for case in cases)])
    return [_told(session, case, reversals, originals, doubtful) for case in cases]


def _stands(case: Case) -> bool:
    return bool(case.record.jdt_num) and not case.record.is_reversed


def _told(
    session: Session,
    case: Case,
    reversals: Mapping[str, PostedEntry],
    originals: Mapping[int, PostedEntry],
    doubtful: Collection[str],
) -> Case:
    record, key = case.record, reversal_key(session, case.record.payment_id)
    case = replace(case, is_in_doubt=record.key in doubtful or (_stands(case) and key in doubtful))
    original = originals.get(record.jdt_num or 0)
    if not _stands(case) or key not in reversals or original is None:
        return case
    if is_reversal_of(reversals[key], original.reference):
        return replace(case, record=replace(record, is_reversed=True))
    return replace(case, taken_by=reversals[key])


def _found(session: Session, cases: Sequence[Case]) -> dict[str, PostedEntry]:
    keys = [case.record.key for case in cases]
    if session.b1.guard().has_field:
        return look_up(session, keys)
    old = long_ago(session, keys)
    found = found_by_id(session, [case.payment for case in cases], keys)
    settle(session, keys, found, old)
    return found


def _adopted(session: Session, case: Case, posted: PostedEntry | None, doubtful: Iterable[str]) -> Case:
    """With the entry that SAP has, also when the ledger does not know of it; compared with what came now."""
    if posted is None or case.record.jdt_num:
        return case
    whole = posted if posted.lines is not None else session.b1.read_entry(posted.jdt_num)
    is_same = is_same_payment(case.payment, session.context(), whole)
    record = replace(
        case.record,
        jdt_num=posted.jdt_num,
        doc_number=posted.number,
        posting_date=posted.reference_date,
        posted_hash=case.record.content_hash if is_same else f"sap:{posted.jdt_num}",
    )
    return replace(case, record=record, was_in_doubt=case.record.key in doubtful)
