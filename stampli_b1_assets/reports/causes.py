"""What waits, grouped by cause: how much money stands behind each, and the one action that releases it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from stampli_b1_assets.reports.hanging import Hanging
from stampli_b1_assets.reports.words import Document, counted, money, sums

_MANY_WAYS = ("BAD_VALUE",)
"""Reasons that are mended in more than one way for one code, which is a column there."""


@dataclass(frozen=True)
class Waiting:
    """One thing that waits: an invoice, vendor, payment or file, by the first of its reasons.

    `code` is what it waits for (an account, a vendor); `amount` is signed, None when it has none.
    """

    kind: str
    id: str
    number: str
    outcome: str
    reasons: tuple[str, ...]
    detail: str
    action: str
    code: str = ""
    currency: str = ""
    amount: Decimal | None = None


@dataclass
class Cause:
    """Everything that waits for one thing."""

    kind: str
    outcome: str
    reason: str
    code: str
    action: str
    waiting: list[Waiting] = field(default_factory=list)

    @property
    def amounts(self) -> dict[str, Decimal]:
        """Currency → sum of what waits; amounts that could not be read are in the number only."""
        found: dict[str, Decimal] = {}
        for one in self.waiting:
            if one.amount is not None and one.currency:
                found[one.currency] = found.get(one.currency, Decimal(0)) + one.amount
        return found

    def document(self) -> dict[str, Any]:
        """For `--json`; amounts as text. `released_alone` are those that wait for nothing else."""
        return {
            "kind": self.kind,
            "outcome": self.outcome,
            "reason": self.reason,
            "code": self.code,
            "count": len(self.waiting),
            "released_alone": sum(len(one.reasons) < 2 for one in self.waiting),
            "ids": [one.id for one in self.waiting],
            "amounts": {currency: format(amount, "f") for currency, amount in sorted(self.amounts.items())},
            "detail": self.waiting[0].detail,
            "action": self.action,
            "waiting": [_waiting(one) for one in self.waiting],
        }


def _waiting(one: Waiting) -> dict[str, Any]:
    amount = None if one.amount is None else format(one.amount, "f")
    return {
        "id": one.id,
        "number": one.number,
        "currency": one.currency,
        "amount": amount,
        "reasons": list(one.reasons),
        "detail": one.detail,
    }


def by_cause(waiting: Iterable[Waiting]) -> list[Cause]:
    """Groups that one action releases; those with the most waiting first."""
    causes: dict[tuple[str, ...], Cause] = {}
    for one in waiting:
        reason = one.reasons[0] if one.reasons else ""
        action = _for_any(one)
        key = (one.kind, one.outcome, reason, one.code, action if reason in _MANY_WAYS or not one.code else "")
        cause = causes.setdefault(key, Cause(one.kind, one.outcome, reason, one.code, one.action))
        cause.waiting.append(one)
        if len(cause.waiting) > 1:
            cause.action = action
    return sorted(causes.values(), key=lambda cause: (-len(cause.waiting), cause.reason, cause.code))


def _for_any(one: Waiting) -> str:
    """The action with `ID` in place of its own id, so that equal actions are seen to be equal."""
    return one.action.replace(one.id, "ID") if one.id else one.action


def of_rows(rows: Iterable[Mapping[str, Any]]) -> list[Cause]:
    """The causes in `needs_a_person` of a summary, which has neither codes nor amounts."""
    return by_cause(
        Waiting(
            row["kind"], row["id"], row["number"], row["outcome"], tuple(row["reasons"]), row["detail"], row["action"]
        )
        for row in rows
    )


def held(document: Document) -> RenderableType:
    """All that `held` tells of one company."""
    causes = document["causes"]
    if not causes:
        return Text(f"{document['company']}: nothing is held.", style="green")
    totals: dict[str, Decimal] = {}
    for cause in causes:
        for currency, amount in cause["amounts"].items():
            totals[currency] = totals.get(currency, Decimal(0)) + Decimal(amount)
    number = sum(cause["count"] for cause in causes)
    head = f"{document['company']}: {counted(number, 'document')} {'waits' if number == 1 else 'wait'} for a person"
    parts = [Text(head + (f", {sums(totals)}" if totals else ""), style="bold")]
    decided = {(one["kind"], one["id"]): one for one in document["decisions"]}
    return Group(*parts, *(part for cause in causes for part in shown(cause, most=10, decided=decided)))


def shown(
    cause: Document, *, most: int, decided: Mapping[tuple[str, str], Document] | None = None
) -> Iterator[Hanging]:
    """One cause: the sentence, what to do, and at most so many of those that wait."""
    yield Hanging("", sentence(cause), style="yellow")
    if cause["action"]:
        yield Hanging("  → ", cause["action"], style="bold")
    for one in cause["waiting"][:most]:
        yield Hanging("    ", line(one))
        decision = (decided or {}).get((cause["kind"], one["id"]))
        if decision is not None:
            yield Hanging("      ", _decided(decision), style="cyan")
    hidden = cause["count"] - most
    if hidden > 0:
        yield Hanging("    ", f"… and {hidden:,} more, which --json lists.", style="dim")


def sentence(cause: Document) -> str:
    """`7 invoices wait for P-0110 (UNMAPPED_DIMENSION): 12,300.00 USD`."""
    number = cause["count"]
    what = counted(number, cause["kind"])
    if cause["outcome"] == "conflict":
        verb = "is in conflict" if number == 1 else "are in conflict"
    elif cause["outcome"] == "refused":
        verb = "is refused" if number == 1 else "are refused"
    else:
        verb = ("waits" if number == 1 else "wait") + (f" for {cause['code']}" if cause["code"] else "")
    money_ = f": {sums(cause['amounts'])}" if cause["amounts"] else ""
    others = number - cause["released_alone"]
    more = f"; {others:,} of them for other reasons too" if others else ""
    return f"{what} {verb} ({cause['reason']}){money_}{more}"


def line(one: Document) -> str:
    """`FG-3395 (7710008) 300.00 USD: …`: number, id, amount and what is wrong."""
    name = f"{one['number']} ({one['id']})" if one["number"] and one["number"] != one["id"] else one["id"]
    amount = f" {money(one['amount'], one['currency'])}" if one["amount"] is not None else ""
    return f"{name}{amount}: {one['detail']}"


def _decided(decision: Document) -> str:
    if decision["is_effective"]:
        return f"{decision['action']}, decided by {decision['by']}: takes effect in the next sync."
    return f"{decision['action']}, said by {decision['by']}: waits for a second person to say the same."
