"""People's decisions on what is held or in conflict, and the rules that they must keep."""

from collections.abc import Sequence
from dataclasses import dataclass

from stampli_b1_assets.domain.outcome import Outcome, Reason
from stampli_b1_assets.errors import DecisionRefused
from stampli_b1_assets.ledger.records import InvoiceRecord
from stampli_b1_assets.pipeline.workplace import Workplace

_ONLY_FOR = {
    "post-anyway": frozenset({Reason.PROBABLE_DUPLICATE}),
    "reverse-and-repost": frozenset({Reason.CHANGED_AFTER_POSTING, Reason.CANCELLED_AFTER_POSTING}),
}
ACTIONS = ("retry", "ignore", "post-anyway", "reverse-and-repost")


@dataclass(frozen=True)
class Decided:
    """One decision as it was taken down; `is_effective` is false while a second person is awaited."""

    stampli_id: str
    action: str
    is_effective: bool


def release(workplace: Workplace, ids: Sequence[str], action: str, *, by: str, note: str) -> list[Decided]:
    """Take a decision on each id, or on none; it takes effect in the next cycle.

    Raises `DecisionRefused`: not open, an action that does not fit the reason, the same person twice, or the person
    who approved the invoice in Stampli (who would release her own).
    """
    records = workplace.ledger.invoices.get_many(ids)
    for id_ in ids:
        _check(id_, records.get(id_), action)
        _check_separation(workplace, id_, by)
    needs_second = action in workplace.settings.approvals.second_person
    decided = []
    with workplace.ledger.transaction():
        for id_ in ids:
            made = workplace.ledger.decisions.add(
                id_, action, by, note, content_hash=records[id_].content_hash, needs_second_person=needs_second
            )
            decided.append(Decided(id_, action, made.is_effective))
    return decided


def _check(id_: str, record: InvoiceRecord | None, action: str) -> None:
    if record is None:
        raise DecisionRefused(f"No invoice {id_} was ever seen.", "`stampli-b1 held` lists what is open, with its ids.")
    if record.outcome not in (Outcome.HELD, Outcome.CONFLICT):
        raise DecisionRefused(
            f"Invoice {id_} is {record.outcome.replace('_', ' ')}: there is nothing to release.",
            "`stampli-b1 held` lists what is open.",
        )
    reasons = {hold.reason for hold in record.holds}
    fitting = _ONLY_FOR.get(action)
    if fitting is not None and not reasons & fitting:
        names = " or ".join(sorted(fitting))
        first = record.holds[0].reason if record.holds else "held"
        raise DecisionRefused(f"Invoice {id_} is {first}, and {action} is only for {names}.", "Choose another action.")


def _check_separation(workplace: Workplace, id_: str, by: str) -> None:
    """Who approved an invoice in Stampli does not release it here: separation of duties."""
    versions = workplace.ledger.invoices.history(id_)
    content = versions[-1].content if versions else None
    approver = str((content or {}).get("authorized_by") or "")
    if approver and _person(approver) == _person(by):
        raise DecisionRefused(
            f"{by} approved invoice {id_} in Stampli, and may not release it too.", "Let another person decide."
        )


def _person(name: str) -> str:
    return " ".join(name.split()).casefold()
