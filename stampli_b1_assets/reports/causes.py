"""Holds grouped by cause: what waits for the same thing, how much money, and what releases it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from stampli_b1_assets.reports.words import counted, money


@dataclass
class Cause:
    """Everything that waits for one thing. `ids` of invoices, vendors, payments or files."""

    kind: str
    outcome: str
    reason: str
    code: str
    action: str
    ids: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    money: dict[str, Decimal] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """`7 invoices wait for P-0110: 12,300.00 USD`."""
        sums = ", ".join(money(amount, currency) for currency, amount in sorted(self.money.items()))
        verb = "waits" if len(self.ids) == 1 else "wait"
        what = f" for {self.code}" if self.code else ""
        return f"{counted(len(self.ids), self.kind)} {verb}{what}: {self.reason}" + (f", {sums}" if sums else "")

    def document(self) -> dict[str, Any]:
        """For `--json`; amounts as text."""
        return {
            "kind": self.kind,
            "outcome": self.outcome,
            "reason": self.reason,
            "code": self.code,
            "count": len(self.ids),
            "ids": self.ids,
            "amounts": {currency: format(amount, "f") for currency, amount in sorted(self.money.items())},
            "detail": self.details[0] if self.details else "",
            "action": self.action,
        }


@dataclass(frozen=True)
class Waiting:
    """One thing that waits, by its first reason."""

    kind: str
    id: str
    outcome: str
    reason: str
    code: str
    detail: str
    action: str
    currency: str = ""
    amount: Decimal | None = None


def by_cause(waiting: Iterable[Waiting]) -> list[Cause]:
    """Groups of one kind, reason and code; those with the most waiting first."""
    causes: dict[tuple[str, str, str], Cause] = {}
    for one in waiting:
        key = (one.kind, one.reason, one.code)
        cause = causes.setdefault(key, Cause(one.kind, one.outcome, one.reason, one.code, one.action))
        cause.ids.append(one.id)
        cause.details.append(one.detail)
        if one.amount is not None and one.currency:
            cause.money[one.currency] = cause.money.get(one.currency, Decimal(0)) + one.amount
    return sorted(causes.values(), key=lambda cause: (-len(cause.ids), cause.reason, cause.code))
