"""People's decisions on what is held or in conflict, and the rules that they must keep."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stampli_b1_assets.domain.outcome import Outcome, Reason
from stampli_b1_assets.errors import DecisionRefused
from stampli_b1_assets.ledger.decisions import payment_subject, vendor_subject
from stampli_b1_assets.pipeline.workplace import Workplace

_ONLY_FOR = {
    "post-anyway": frozenset({Reason.PROBABLE_DUPLICATE}),
    "reverse-and-repost": frozenset({Reason.CHANGED_AFTER_POSTING, Reason.CANCELLED_AFTER_POSTING}),
}
# BAD_VALUE: applied to an invoice that is not here; values that cannot be read stay held whatever is decided.
_ONLY_FOR_PAYMENTS = {
    "post-anyway": frozenset({Reason.PROBABLE_DUPLICATE, Reason.BAD_VALUE}),
    "reverse-and-repost": frozenset[Reason](),
}
_ONLY_FOR_VENDORS = {"post-anyway": frozenset[Reason](), "reverse-and-repost": frozenset[Reason]()}
_OPEN = frozenset({Outcome.HELD, Outcome.CONFLICT})
_ONLY = {"Invoice": _ONLY_FOR, "Payment": _ONLY_FOR_PAYMENTS, "Vendor": _ONLY_FOR_VENDORS}
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
    matters = _matters(workplace, wanted)
    for id_ in wanted:
        _check(id_, matters.get(id_), action)
        _check_separation(workplace, id_, by)
    with workplace.ledger.transaction():
        return [_decide(workplace, matters[id_], action, by=by, note=note, login=login) for id_ in wanted]


@dataclass(frozen=True)
class _Matter:
    """What is decided on."""

    kind: str
    id: str
    subject: str
    outcome: str
    reasons: tuple[Reason, ...]
    content_hash: str


def _matters(workplace: Workplace, ids: Sequence[str]) -> dict[str, _Matter]:
    """By id; where two of them share one, the open one, and of these the invoice."""
    found: dict[str, _Matter] = {}
    for vendor in workplace.ledger.vendors.get_many(ids).values():
        id_ = vendor.subject_id
        reasons = tuple(hold.reason for hold in vendor.holds)
        found[id_] = _Matter("Vendor", id_, vendor_subject(id_), vendor.outcome, reasons, vendor.content_hash)
    for payment in workplace.ledger.payments.get_many(ids).values():
        id_ = payment.payment_id
        if id_ not in found or payment.outcome in _OPEN:
            reasons = tuple(hold.reason for hold in payment.holds)
            found[id_] = _Matter("Payment", id_, payment_subject(id_), payment.outcome, reasons, payment.content_hash)
    for invoice in workplace.ledger.invoices.get_many(ids).values():
        id_ = invoice.stampli_id
        if id_ not in found or invoice.outcome in _OPEN:
            reasons = tuple(hold.reason for hold in invoice.holds)
            found[id_] = _Matter("Invoice", id_, id_, invoice.outcome, reasons, invoice.content_hash)
    return found


def _decide(workplace: Workplace, matter: _Matter, action: str, *, by: str, note: str, login: str) -> Decided:
    made = workplace.ledger.decisions.add(
        matter.subject,
        action,
        by,
        note,
        content_hash=matter.content_hash,
        needs_second_person=action in workplace.settings.approvals.second_person,
    )
    if login:
        facts = {"decision": made.id, "action": action, "login": login}
        workplace.ledger.audit.append("decision.login", matter.subject, made.by, facts)
    return Decided(matter.id, action, made.is_effective)


def _check(id_: str, matter: _Matter | None, action: str) -> None:
    if matter is None:
        raise DecisionRefused(
            f"No invoice, payment or vendor {id_} was ever seen.", "`stampli-b1 held` lists what is open, with its ids."
        )
    if matter.outcome not in _OPEN:
        raise DecisionRefused(
            f"{matter.kind} {id_} is {matter.outcome.replace('_', ' ')}: there is nothing to release.",
            "`stampli-b1 held` lists what is open.",
        )
    fitting = _ONLY[matter.kind].get(action)
    if fitting is not None and not fitting.intersection(matter.reasons):
        first = matter.reasons[0] if matter.reasons else "held"
        only = f"only for {' or '.join(sorted(fitting))}" if fitting else f"not for {matter.kind.lower()}s"
        raise DecisionRefused(f"{matter.kind} {id_} is {first}, and {action} is {only}.", "Choose another action.")


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
