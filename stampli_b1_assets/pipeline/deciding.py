"""People's decisions on what is held or in conflict, and the rules that they must keep."""

import unicodedata
from collections.abc import Iterator, Sequence
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


def release(
    workplace: Workplace, ids: Sequence[str], action: str, *, by: str, note: str, login: str = ""
) -> list[Decided]:
    """Take a decision on each id, or on none of them; it takes effect in the next cycle.

    A decision counts for the content that the ledger has now: when the invoice changes once more, it is asked for
    again. `by` is what the person says; `login`, the operating system's name of who ran the command, is put on record
    beside it. Raises `DecisionRefused`: unknown or not open, an action that does not fit the reason, the same person
    twice, or a person who approved the invoice in Stampli (who would release her own). Who keeps the mappings cannot
    be told from files, so that part of the separation of duties is left to the right to write them.
    """
    wanted = list(dict.fromkeys(ids))
    records = workplace.ledger.invoices.get_many(wanted)
    for id_ in wanted:
        _check(id_, records.get(id_), action)
        _check_separation(workplace, id_, by)
    with workplace.ledger.transaction():
        return [_decide(workplace, records[id_], action, by=by, note=note, login=login) for id_ in wanted]


def _decide(workplace: Workplace, record: InvoiceRecord, action: str, *, by: str, note: str, login: str) -> Decided:
    made = workplace.ledger.decisions.add(
        record.stampli_id,
        action,
        by,
        note,
        content_hash=record.content_hash,
        needs_second_person=action in workplace.settings.approvals.second_person,
    )
    if login:
        facts = {"decision": made.id, "action": action, "login": login}
        workplace.ledger.audit.append("decision.login", record.stampli_id, made.by, facts)
    return Decided(record.stampli_id, action, made.is_effective)


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
    """Who approved any version of an invoice in Stampli does not release it here: separation of duties."""
    if _person(by) in {_person(approver) for approver in _approvers(workplace, id_)}:
        raise DecisionRefused(
            f"{by} approved invoice {id_} in Stampli, and may not release it too.", "Let another person decide."
        )


def _approvers(workplace: Workplace, id_: str) -> Iterator[str]:
    for version in workplace.ledger.invoices.history(id_):
        approver = str((version.content or {}).get("authorized_by") or "")
        if approver.strip():
            yield approver


def _person(name: str) -> str:
    """Compared without case and blanks, as the ledger compares the two of a pair."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
