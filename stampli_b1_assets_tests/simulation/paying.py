"""Payments of the simulated weeks: made, changed, voided, exported; and what must hold of them after every step."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.ledger.records import PaymentRecord
from stampli_b1_assets.sandbox.sample_company import COMPANY_DB
from stampli_b1_assets_tests.fixtures.payments import exported, payment
from stampli_b1_assets_tests.simulation.bench import Bench

_STATUSES = ("Cleared", "In Transit", "Voided")


@dataclass
class Paid:
    """One payment as it stands now. Its id may be an invoice's id too."""

    id: str
    invoice: str
    vendor: str
    currency: str
    amount: Decimal
    status: str

    def row(self) -> dict[str, str]:
        return payment(
            self.id,
            stampli_invoice_id=self.invoice,
            vendor_id=self.vendor,
            currency=self.currency,
            payment_amount=str(self.amount),
            applied_amount=str(self.amount),
            status=self.status,
        )


@dataclass
class Payments:
    """All payments so far, and what the files said of them: amounts that were not voided, and ids that were."""

    draw: random.Random
    all: list[Paid] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    paid: set[tuple[str, Decimal]] = field(default_factory=set)
    voided: set[str] = field(default_factory=set)

    def pay(self, invoice: str, vendor: str, currency: str, amount: Decimal) -> str:
        id_ = str(7000 + len(self.all)) if self.draw.random() < 0.2 else f"P{7000 + len(self.all)}"
        status = self.draw.choices(_STATUSES, (6, 3, 1))[0]
        self.all.append(Paid(id_, invoice, vendor, currency, amount, status))
        return f"payment {id_} of {invoice}: {status}"

    def change(self) -> str:
        one = self.draw.choice(self.all)
        if self.draw.random() < 0.2:
            one.amount += 1
        else:
            one.status = self.draw.choices(_STATUSES, (1, 1, 4))[0]
        return f"payment {one.id}: {one.amount}, {one.status}"

    def export(self, chosen: Sequence[Paid]) -> bytes:
        for one in chosen:
            self.ids.add(one.id)
            if one.status == "Voided":
                self.voided.add(one.id)
            else:
                self.paid.add((one.id, one.amount))
        return exported(*(one.row() for one in chosen))


def check_payments(bench: Bench, payments: Payments) -> None:
    """Raises `AssertionError`."""
    by_key = {entry["U_StampliKey"]: entry for entry in bench.entries() if entry.get("U_StampliKey")}
    counts = Counter(entry["U_StampliKey"] for entry in bench.entries() if entry.get("U_StampliKey"))
    with bench.workplace() as workplace:
        records = {record.payment_id: record for record in workplace.ledger.payments.all()}
    for one in payments.all:
        key = posting_key(COMPANY_DB, "payment", one.id)
        undoing = _undoing(by_key, one.id)
        assert counts[key] <= 1, f"payment {one.id} was posted {counts[key]} times"
        if key in by_key:
            paid = _vendor_debit(by_key[key])
            assert (one.id, paid) in payments.paid, f"payment {one.id} was posted with {paid}, which nobody paid"
        if undoing is not None:
            assert one.id in payments.voided, f"payment {one.id} was reversed, and nobody voided it"
        if one.id in records:
            _is_told_as_it_is(records[one.id], by_key.get(key), undoing)


def _is_told_as_it_is(record: PaymentRecord, entry: dict[str, Any] | None, undoing: dict[str, Any] | None) -> None:
    if record.outcome not in ("posted", "already_posted"):
        return
    assert entry is not None, f"payment {record.payment_id} is {record.outcome} and not in SAP"
    assert entry["JdtNum"] == record.jdt_num
    # A crash between SAP's answer and its record leaves a reversal that only the next cycle finds: see the end.
    assert not record.is_reversed or undoing is not None, f"payment {record.payment_id}: {record}"


def voided_payments_are_reversed(bench: Bench, payments: Payments) -> None:
    """In the end: what was voided last has no live entry, unless a person is asked about it, or has decided."""
    by_key = {entry["U_StampliKey"]: entry for entry in bench.entries() if entry.get("U_StampliKey")}
    with bench.workplace() as workplace:
        records = {record.payment_id: record for record in workplace.ledger.payments.all()}
    assert payments.ids <= records.keys(), f"forgotten: {sorted(payments.ids - records.keys())}"
    for id_, record in records.items():
        is_undone = _undoing(by_key, id_) is not None
        assert record.is_reversed or not is_undone, f"payment {id_} was reversed, and nobody knows"
        is_live = posting_key(COMPANY_DB, "payment", id_) in by_key and _undoing(by_key, id_) is None
        if record.outcome == "ignored" and not record.decision:
            assert not is_live, f"payment {id_} is ignored, and stands in SAP"


def _undoing(by_key: dict[str, dict[str, Any]], id_: str) -> dict[str, Any] | None:
    """The entry that reverses the payment; the key may belong to the reversal of an invoice with the same id."""
    entry, posted = (
        by_key.get(posting_key(COMPANY_DB, "reversal", id_)),
        by_key.get(posting_key(COMPANY_DB, "payment", id_)),
    )
    is_its = entry is not None and posted is not None and entry["Reference"] == posted["Reference"]
    return entry if is_its else None


def _vendor_debit(entry: dict[str, Any]) -> Decimal:
    vendor = next(line for line in entry["JournalEntryLines"] if line["ShortName"] != line["AccountCode"])
    return Decimal(vendor["FCDebit"] or 0) or Decimal(vendor["Debit"])
