"""A company's weeks drawn from a seed: invoices that come, change and are cancelled; faults, crashes, people."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from stampli_b1_assets.errors import DecisionRefused, SystemUnusable
from stampli_b1_assets.pipeline import checkpoints
from stampli_b1_assets.pipeline.checkpoints import Checkpoint
from stampli_b1_assets.pipeline.deciding import release
from stampli_b1_assets.sandbox.service_layer.faults import ArmedFault
from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.simulation.bench import TIMEOUT_SECONDS, Bench, Crash
from stampli_b1_assets_tests.simulation.invariants import Exported, check, nobody_is_forgotten
from stampli_b1_assets_tests.simulation.paying import Payments, check_payments, voided_payments_are_reversed

_WRITE_FAULTS = (
    "session_expiry", "gateway_502_before", "gateway_502_after", "cut_before", "cut_during", "cut_after", "slow_commit",
    "worker_crash_in_batch", "service_unavailable_503", "slow_loris", "truncated_json", "empty_500", "empty_500_after",
)  # fmt: skip
_STATUSES = ("Authorized for Payment", "Paid Invoice", "Pending Approval", "Canceled Invoice", "Something New")
_POSTABLE = _STATUSES[:2]
_VENDORS = ("V20010", "V20024", "V20031", "V20047", "NOBODY")
_MONTHS = ("2026-03", "2026-04", "2026-05")


@dataclass
class Document:
    """One Stampli invoice as it stands now."""

    id: str
    number: str
    vendor: str
    amount: Decimal
    status: str
    month: str
    account: str
    currency: str

    def rows(self) -> list[dict[str, str]]:
        return invoice_rows(
            self.id,
            invoice_number=self.number,
            vendor_id=self.vendor,
            invoice_amount=str(self.amount),
            invoice_status=self.status,
            invoice_date=f"{self.month}-02",
            due_date=f"{self.month}-28",
            posting_date=f"{self.month}-15",
            gl_account=self.account,
            currency=self.currency,
        )


@dataclass
class Weeks:
    """`story` says what happened, step by step, so that a failing seed can be read."""

    seed: int
    directory: Path
    story: list[str] = field(default_factory=list)

    def run(self, steps: int) -> None:
        """Live through the steps; raises `AssertionError` when an invariant is broken."""
        self._random = random.Random(self.seed)
        self._documents: list[Document] = []
        self._exported = Exported()
        self._files = self._cycles = 0
        guarded = self._random.random() < 0.6
        self._bench = Bench(self.directory, is_guarded=guarded, pays=True)
        self._payments = Payments(self._random)
        self.story.append(f"seed {self.seed}, {'guarded' if guarded else 'unproved'}")
        try:
            for _ in range(steps):
                self._step()
                self._check()
            self._settle()
        finally:
            self._bench.close()

    def _check(self) -> None:
        check(self._bench, self._exported, self.story)
        self._told(lambda: check_payments(self._bench, self._payments))

    def _told(self, invariant: Callable[[], None]) -> None:
        try:
            invariant()
        except AssertionError as error:
            raise AssertionError(f"{error}\n" + "\n".join(self.story)) from None

    def _step(self) -> None:
        actions = [
            (self._new_invoices, 2), (self._change_one, 4), (self._export, 5), (self._cycle, 4),
            (self._faulty_cycle, 6), (self._crashed_cycle, 5), (self._someone_decides, 3), (self._period, 1),
            (self._map, 1), (self._lose_ledger, 0.4), (self._pay, 2), (self._change_a_payment, 2),
            (self._export_payments, 3),
        ]  # fmt: skip
        names, weights = zip(*actions, strict=True)
        self._random.choices(names, weights)[0]()
        self._bench.clock.sleep(self._random.choice((5, 60, 900)))

    # --- Stampli -------------------------------------------------------------------------------------------------

    def _new_invoices(self) -> None:
        for _ in range(self._random.randint(1, 3)):
            id_ = str(7000 + len(self._documents))
            number = f"N-{self._random.randint(1, 200)}"
            self._documents.append(
                Document(
                    id=id_,
                    number=number,
                    vendor=self._random.choices(_VENDORS, (6, 6, 6, 1, 1))[0],
                    amount=Decimal(self._random.randint(1, 99_999)) / 100,
                    status=self._random.choices(_STATUSES, (10, 2, 2, 1, 0.5))[0],
                    month=self._random.choice(_MONTHS),
                    account=self._random.choices(("001300", "006200", "4711"), (9, 6, 1))[0],
                    currency=self._random.choices(("USD", "EUR"), (4, 1))[0],
                )
            )
        self.story.append(f"{len(self._documents)} documents")

    def _change_one(self) -> None:
        if not self._documents:
            return
        document = self._random.choice(self._documents)
        what = self._random.choice(("amount", "status", "account", "month"))
        if what == "amount":
            document.amount += 1
        elif what == "status":
            document.status = self._random.choice(_STATUSES)
        elif what == "account":
            document.account = "006200"
        else:
            document.month = self._random.choice(_MONTHS)
        self.story.append(f"{document.id}: {what} changed to {getattr(document, what)}")

    def _export(self) -> None:
        """Everything so far, or the newest few: cumulative and incremental exports both occur."""
        if not self._documents:
            return
        is_cumulative = self._random.random() < 0.5
        chosen = self._documents if is_cumulative else self._documents[-self._random.randint(1, 4) :]
        rows = [row for document in chosen for row in document.rows()]
        for document in chosen:
            self._exported.add(document.id, document.amount, is_authorised=document.status in _POSTABLE)
        self._files += 1
        mtime = 1_777_000_000 + self._files * 60
        name = f"invoices_{self._files:03}.csv"
        self._bench.folder.files[name] = (csv_bytes(*rows), mtime)
        self.story.append(f"export {name} with {[document.id for document in chosen]}")

    def _pay(self) -> None:
        if self._documents:
            one = self._random.choice(self._documents)
            self.story.append(self._payments.pay(one.id, one.vendor, one.currency, one.amount))

    def _change_a_payment(self) -> None:
        if self._payments.all:
            self.story.append(self._payments.change())

    def _export_payments(self) -> None:
        chosen = self._payments.all[-self._random.randint(1, 6) :]
        if chosen:
            self._files += 1
            name = f"payments_{self._files:03}.csv"
            self._bench.folder.files[name] = (self._payments.export(chosen), 1_777_000_000 + self._files * 60)
            self.story.append(f"export {name} with {[(one.id, str(one.amount), one.status) for one in chosen]}")

    # --- cycles --------------------------------------------------------------------------------------------------

    def _cycle(self) -> None:
        self._cycles += 1
        name = f"cycle-{self._cycles}"
        try:
            document = self._bench.cycle(name)
        except SystemUnusable as error:
            self.story.append(f"{name}: {error}")
            return
        self.story.append(f"{name}: {document['invoices']}")
        _check_equation(document)

    def _faulty_cycle(self) -> None:
        name = self._random.choice(_WRITE_FAULTS)
        fault = ArmedFault(
            name,
            method=self._random.choice(("POST", "")),
            path=self._random.choice(("$batch", "JournalEntries", "")),
            times=self._random.randint(1, 4),
            after=self._random.randint(0, 6),
            seconds=self._random.choice((1, 2 * TIMEOUT_SECONDS)),
        )
        self._new_invoices()
        self._export()
        self._export_payments()
        self._bench.application.faults.arm(fault)
        self.story.append(f"fault {fault}")
        if self._random.random() < 0.1:
            self._bench.folder.cut.update(self._bench.folder.files)
        self._cycle()
        self._bench.application.faults.clear()

    def _crashed_cycle(self) -> None:
        point = self._random.choice(list(Checkpoint))
        left = self._random.randint(1, 3)

        def die(passed: Checkpoint) -> None:
            nonlocal left
            left -= passed is point
            if left == 0:
                raise Crash

        self._new_invoices()
        self._export()
        self._export_payments()
        checkpoints.listeners.append(die)
        try:
            self._cycle()
        except Crash:
            self.story.append(f"crashed at {point}")
        finally:
            checkpoints.listeners.remove(die)

    # --- people --------------------------------------------------------------------------------------------------

    def _someone_decides(self) -> None:
        with self._bench.workplace() as workplace:
            open_ids = [record.stampli_id for record in workplace.ledger.invoices.open()]
            open_ids += [record.payment_id for record in workplace.ledger.payments.open()]
            for id_ in open_ids:
                if self._random.random() < 0.5:
                    continue
                action = self._random.choice(("retry", "ignore", "post-anyway", "reverse-and-repost"))
                for person in ("Ada", "Grace"):
                    try:
                        release(workplace, [id_], action, by=person, note="drawn")
                        self.story.append(f"{person}: {action} {id_}")
                    except DecisionRefused:
                        break

    def _period(self) -> None:
        month = self._random.choice(_MONTHS[:2])
        row = self._bench.store.get("_periods", month)
        assert row is not None
        status = "ltLocked" if row["PeriodStatus"] == "ltUnlocked" else "ltUnlocked"
        self._bench.store.put("_periods", month, {**row, "PeriodStatus": status})
        self.story.append(f"period {month} {status}")

    def _map(self) -> None:
        path = self._bench.directory / "mappings" / "gl_accounts.csv"
        if "4711" not in path.read_text(encoding="utf-8"):
            path.write_text(path.read_text(encoding="utf-8") + "4711,001300\n", encoding="utf-8")
            self.story.append("4711 mapped")

    def _lose_ledger(self) -> None:
        self._bench.new_ledger()
        self.story.append("ledger lost")

    def _settle(self) -> None:
        """Without faults, and with time, nothing stays in doubt."""
        for _ in range(3):
            self._bench.clock.sleep(3600)
            self._cycle()
            self._check()
        nobody_is_forgotten(self._bench, self._exported)
        self._told(lambda: voided_payments_are_reversed(self._bench, self._payments))
        with self._bench.workplace() as workplace:
            doubtful = [
                record
                for record in [*workplace.ledger.invoices.open(), *workplace.ledger.payments.open()]
                if any(hold.reason == "OUTCOME_UNKNOWN" for hold in record.holds)
            ]
            doubtful += workplace.ledger.intents.unresolved()
        assert not doubtful, f"still in doubt: {doubtful}"


def _check_equation(document: dict[str, dict[str, object]]) -> None:
    """seen = posted + already posted + held + conflict + ignored, in count and in money."""
    names = ("posted", "already_posted", "held", "conflict", "ignored")
    counts = document["invoices"]
    assert counts["seen"] == sum(int(str(counts[name])) for name in names), counts
    for sums in document["amounts"].values():
        assert isinstance(sums, dict)
        assert Decimal(sums["seen"]) == sum(Decimal(sums[name]) for name in names), sums
