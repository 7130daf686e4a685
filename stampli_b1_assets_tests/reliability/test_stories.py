"""Orders of events that could post twice, lose a document or say something untrue, one story each."""

# Longer than 400 lines: each story is told whole, and shares the same few words with the others.

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.errors import LeaseHeld
from stampli_b1_assets.pipeline import checkpoints, posting
from stampli_b1_assets.pipeline.checkpoints import Checkpoint
from stampli_b1_assets.pipeline.deciding import release
from stampli_b1_assets.pipeline.reconciling import reconcile
from stampli_b1_assets.sandbox.sample_company import COMPANY_DB
from stampli_b1_assets.sandbox.service_layer.faults import ArmedFault
from stampli_b1_assets_tests.fixtures.payments import exported, payment
from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.simulation.bench import TIMEOUT_SECONDS, Bench, Crash
from stampli_b1_assets_tests.simulation.transport import Late

Bring = Callable[..., dict[str, Any]]

WAYS = ("guarded", "unproved", "fallback", "unmarked")
LOST = 3 * TIMEOUT_SECONDS + 1
"""Seconds after which a request without a guard counts as lost."""


def made(folder: Path, way: str) -> Bench:
    bench = Bench(folder, is_guarded=way == "guarded", provisioned=way != "unmarked")
    bench.company.hides_user_tables = way == "fallback"
    bench.configure("posting", payments={"post": True, "clearing_account": "101900"})
    return bench


@pytest.fixture
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Posts payments; `request.param` is the way of posting."""
    bench = made(tmp_path, getattr(request, "param", "guarded"))
    yield bench
    bench.close()


@pytest.fixture
def bring(bench: Bench) -> Bring:
    """bring(*rows or bytes): one more file, and a cycle."""
    numbers = count(1)

    def bring(*content: Any) -> dict[str, Any]:
        number = next(numbers)
        is_raw = len(content) == 1 and isinstance(content[0], bytes)
        data = content[0] if is_raw else csv_bytes(*content)
        bench.folder.files[f"{number:02}.csv"] = (data, 1_777_000_000 + 60 * number)
        return bench.cycle(f"cycle {number}")

    return bring


def crash_at(point: Checkpoint, act: Callable[[], object], *, passage: int = 1) -> None:
    """Act until this point is passed for the given time; the process dies there."""
    left = passage

    def die(passed: Checkpoint) -> None:
        nonlocal left
        left -= passed is point
        if left == 0:
            raise Crash

    checkpoints.listeners.append(die)
    try:
        with pytest.raises(Crash):
            act()
    finally:
        checkpoints.listeners.remove(die)


def decide(bench: Bench, id_: str, action: str = "reverse-and-repost") -> None:
    with bench.workplace() as workplace:
        for person in ("Ada", "Grace"):
            release(workplace, [id_], action, by=person, note="drawn")


def keys(bench: Bench, id_: str) -> list[str]:
    """What SAP has of a document, oldest first: `invoice 0`, `reversal 0`, `payment 0` and so on."""
    names = {
        posting_key(COMPANY_DB, kind, name, number): f"{kind} {number}"
        for kind, name in (("invoice", id_), ("payment", id_), ("reversal", id_))
        for number in range(3)
    }
    return [
        names.get(entry.get("U_StampliKey", ""), "no key") for entry in bench.entries() if entry["Reference2"] == id_
    ]


def outcomes(document: dict[str, Any], kind: str = "invoices") -> dict[str, int]:
    return {name: number for name, number in document[kind].items() if number and name != "seen"}


def reasons(document: dict[str, Any]) -> dict[str, str]:
    return {row["id"]: row["reason"] for row in document["needs_a_person"]}


def unresolved(bench: Bench) -> list[str]:
    return list(bench.ledger().intents.unresolved())


def settle(bench: Bench) -> dict[str, Any]:
    """Time passes, and a cycle; nothing is in doubt any more."""
    bench.clock.sleep(3600)
    document = bench.cycle("settled")
    assert unresolved(bench) == []
    return document


@contextmanager
def silence_after_a_post(bench: Bench, seconds: float = 2 * TIMEOUT_SECONDS + 9) -> Iterator[None]:
    """SAP commits so many seconds later, and nothing answers until then."""
    is_batch = bench.is_provisioned and not bench.company.hides_user_tables
    bench.transport.late = Late("$batch" if is_batch else "JournalEntries", 0, seconds, is_last=True)
    yield
    assert bench.transport.is_down
    bench.transport.is_down = False


CHANGED = {"invoice_amount": "250.00"}


class TestReversals:
    @pytest.mark.parametrize("bench", ["guarded", "fallback"], indirect=True)
    def test_a_ledger_lost_between_reversal_and_repost_leaves_the_repost_to_a_person(
        self, bench: Bench, bring: Bring
    ) -> None:
        bring(*invoice_rows("9001"))
        bring(*invoice_rows("9001", **CHANGED))
        decide(bench, "9001")
        crash_at(Checkpoint.REVERSED, lambda: bench.cycle("crashes"))
        assert keys(bench, "9001") == ["invoice 0", "reversal 0"]
        bench.new_ledger()
        document = bench.cycle("after the loss")
        assert reasons(document) == {"9001": "PROBABLE_DUPLICATE"}
        assert "was posted and reversed" in document["needs_a_person"][0]["detail"]
        assert reasons(bench.cycle("nobody decided")) == {"9001": "PROBABLE_DUPLICATE"}
        decide(bench, "9001", "post-anyway")
        assert outcomes(settle(bench)) == {"posted": 1}
        assert keys(bench, "9001") == ["invoice 0", "reversal 0", "invoice 1"]

    @pytest.mark.parametrize("bench", ["guarded", "fallback"], indirect=True)
    def test_an_invoice_that_was_reversed_is_not_posted_again_since_the_ledger_was_lost(
        self, bench: Bench, bring: Bring
    ) -> None:
        bring(*invoice_rows("9001"))
        bring(*invoice_rows("9001", invoice_status="Canceled Invoice"))
        decide(bench, "9001")
        assert outcomes(bench.cycle("reverses")) == {"ignored": 1}
        bench.new_ledger()
        assert outcomes(bench.cycle("all files again")) == {"ignored": 1}
        assert keys(bench, "9001") == ["invoice 0", "reversal 0"]

    def test_one_that_is_authorised_again_after_its_reversal_is_posted_under_the_next_revision(
        self, bench: Bench, bring: Bring
    ) -> None:
        bring(*invoice_rows("9001"))
        bring(*invoice_rows("9001", invoice_status="Canceled Invoice"))
        decide(bench, "9001")
        bench.cycle("reverses")
        assert outcomes(bring(*invoice_rows("9001"), *invoice_rows("9002"))) == {"posted": 2}
        assert keys(bench, "9001") == ["invoice 0", "reversal 0", "invoice 1"]

    @pytest.mark.parametrize("bench", ["guarded", "fallback"], indirect=True)
    @pytest.mark.parametrize("point", [Checkpoint.ANSWERED, Checkpoint.RESOLVED])
    def test_a_reversal_that_was_never_put_on_record_is_not_forgotten_when_the_export_agrees_again(
        self, bench: Bench, bring: Bring, point: Checkpoint
    ) -> None:
        bring(*invoice_rows("9001"))
        bring(*invoice_rows("9001", **CHANGED))
        decide(bench, "9001")
        crash_at(point, lambda: bench.cycle("crashes"))
        assert keys(bench, "9001") == ["invoice 0", "reversal 0"]
        bring(*invoice_rows("9001"), *invoice_rows("9002"))
        settle(bench)
        assert keys(bench, "9001") == ["invoice 0", "reversal 0", "invoice 1"]
        assert bench.ledger().invoices.get_many(["9001"])["9001"].revision == 1

    @pytest.mark.parametrize("bench", ["guarded", "fallback"], indirect=True)
    def test_a_reversal_in_doubt_is_looked_up_before_the_invoice_counts_as_posted(
        self, bench: Bench, bring: Bring
    ) -> None:
        bring(*invoice_rows("9001"))
        bring(*invoice_rows("9001", **CHANGED))
        decide(bench, "9001")
        with silence_after_a_post(bench):
            bench.cycle("in doubt")
        assert reasons(bring(*invoice_rows("9001"), *invoice_rows("9002"))) == {"9001": "OUTCOME_UNKNOWN"}
        settle(bench)
        assert keys(bench, "9001") == ["invoice 0", "reversal 0", "invoice 1"]

    def test_nothing_is_reversed_that_is_not_ours(self, bench: Bench, bring: Bring) -> None:
        """The company was put back from a backup, and the number belongs to somebody else's entry now."""
        bring(*invoice_rows("9001"))
        bring(*invoice_rows("9001", **CHANGED), *invoice_rows("9002"))
        with bench.store.transaction():
            number = next(entry["JdtNum"] for entry in bench.entries() if entry["Reference2"] == "9001")
            bench.store.add_entry({**(bench.store.entry(number) or {}), "Reference2": "by hand", "U_StampliKey": None})
        decide(bench, "9001")
        document = bench.cycle("reverses nothing")
        assert reasons(document) == {"9001": "B1_REJECTED"}
        assert "not any more, the one that was posted" in document["needs_a_person"][0]["detail"]
        assert keys(bench, "9001") == []
        assert len(bench.entries()) == 2


class TestInDoubt:
    @pytest.mark.parametrize("bench", WAYS, indirect=True)
    def test_an_invoice_cancelled_while_it_is_in_doubt_is_not_ignored_before_it_was_looked_up(
        self, bench: Bench, bring: Bring
    ) -> None:
        with silence_after_a_post(bench):
            assert reasons(bring(*invoice_rows("9001"))) == {"9001": "OUTCOME_UNKNOWN"}
        assert reasons(bring(*invoice_rows("9001", invoice_status="Canceled Invoice"))) == {"9001": "OUTCOME_UNKNOWN"}
        assert reasons(settle(bench)) == {"9001": "CANCELLED_AFTER_POSTING"}

    @pytest.mark.parametrize("bench", WAYS, indirect=True)
    def test_one_whose_request_was_lost_is_ignored_in_the_end(self, bench: Bench, bring: Bring) -> None:
        with silence_after_a_post(bench, seconds=10**9):
            bring(*invoice_rows("9001"))
        bring(*invoice_rows("9001", invoice_status="Canceled Invoice"))
        assert outcomes(settle(bench)) == {"ignored": 1}
        assert bench.entries() == []

    @pytest.mark.parametrize("bench", ["fallback", "unmarked"], indirect=True)
    def test_a_look_up_that_grew_old_in_a_long_run_sends_nothing_again(
        self, bench: Bench, bring: Bring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The backlog before it takes so long that the request counts as lost, and commits meanwhile."""
        monkeypatch.setattr(posting, "_CHUNK", 1)
        bench.transport.late = Late("JournalEntries", 0, LOST - 3, kills=Crash)
        with pytest.raises(Crash):
            bring(*invoice_rows("9001"))
        slow = ArmedFault("slow_commit", method="POST", path="JournalEntries", times=5, seconds=TIMEOUT_SECONDS - 1)
        bench.application.faults.arm(slow)
        bench.folder.files["00.csv"] = (csv_bytes(*(row for n in range(5) for row in invoice_rows(f"800{n}"))), 1)
        bring(*invoice_rows("9002"))
        settle(bench)
        assert [entry["Reference2"] for entry in bench.entries()].count("9001") == 1

    def test_a_request_without_the_guard_is_waited_for_though_the_guard_is_proved_meanwhile(
        self, tmp_path: Path
    ) -> None:
        bench = made(tmp_path, "fallback")
        bench.folder.files["a.csv"] = (csv_bytes(*invoice_rows("9001")), 1)
        bench.transport.late = Late("JournalEntries", 0, TIMEOUT_SECONDS, kills=Crash)
        with pytest.raises(Crash):
            bench.cycle("crashes")
        bench.company.hides_user_tables = False
        with bench.workplace() as workplace:
            workplace.ledger.save_proof(COMPANY_DB, is_proved=True)
        assert reasons(bench.cycle("guarded now")) == {"9001": "OUTCOME_UNKNOWN"}
        settle(bench)
        assert keys(bench, "9001") == ["invoice 0"]
        bench.close()

    @pytest.mark.parametrize("bench", ["fallback", "unproved", "unmarked"], indirect=True)
    def test_a_process_that_stood_still_sends_nothing_that_another_one_took_over(
        self, bench: Bench, bring: Bring
    ) -> None:
        """A laptop that was closed right before the request: its lease ends, another process posts, it wakes up."""
        asleep = []

        def stand_still(passed: Checkpoint) -> None:
            if passed is Checkpoint.INTENTS_WRITTEN and not asleep:
                asleep.append(passed)
                bench.clock.sleep(3600)
                bench.cycle("another")

        checkpoints.listeners.append(stand_still)
        try:
            with pytest.raises(LeaseHeld, match="stood still"):
                bring(*invoice_rows("9001"), *invoice_rows("9002"))
        finally:
            checkpoints.listeners.remove(stand_still)
        settle(bench)
        assert sorted(entry["Reference2"] for entry in bench.entries()) == ["9001", "9002"]

    @pytest.mark.parametrize("bench", ["fallback"], indirect=True)
    def test_a_clock_that_was_ahead_when_it_was_sent_delays_nothing_for_long(self, bench: Bench, bring: Bring) -> None:
        bench.clock.sleep(86_400)
        crash_at(Checkpoint.INTENTS_WRITTEN, lambda: bring(*invoice_rows("9001")))
        bench.clock.sleep(-86_400)
        assert reasons(bench.cycle("set back")) == {"9001": "OUTCOME_UNKNOWN"}
        bench.clock.sleep(LOST)
        assert outcomes(bench.cycle("later")) == {"posted": 1}
        assert keys(bench, "9001") == ["invoice 0"]


class TestDuplicates:
    @pytest.mark.parametrize("bench", WAYS, indirect=True)
    def test_the_twin_of_a_posting_that_was_found_again_is_not_posted(self, bench: Bench, bring: Bring) -> None:
        """Both are new to a ledger that was lost; the number's spelling is one that SAP cannot be asked for."""
        bring(*invoice_rows("9001", invoice_number="FG-3391"))
        bench.new_ledger()
        document = bring(*invoice_rows("9002", invoice_number="FG 3391"))
        assert outcomes(document) == {"already_posted": 1, "conflict": 1}
        assert reasons(document) == {"9002": "PROBABLE_DUPLICATE"}


class TestPayments:
    @pytest.mark.parametrize("bench", WAYS, indirect=True)
    @pytest.mark.parametrize("is_lost", [False, True], ids=["ledger kept", "ledger lost"])
    @pytest.mark.parametrize("point", [Checkpoint.INTENTS_WRITTEN, Checkpoint.ANSWERED, Checkpoint.RESOLVED])
    def test_a_payment_is_posted_once_whenever_the_process_dies(
        self, bench: Bench, bring: Bring, point: Checkpoint, is_lost: bool
    ) -> None:
        bring(*invoice_rows("9001"))
        crash_at(point, lambda: bring(exported(payment("P-1"))))
        if is_lost:
            bench.new_ledger()
        bench.cycle("carries on")
        settle(bench)
        assert len([entry for entry in bench.entries() if entry["Reference2"] == "P-1"]) == 1
        assert bench.ledger().payments.get("P-1").outcome in ("posted", "already_posted")  # type: ignore[union-attr]

    @pytest.mark.parametrize("bench", ["guarded", "unproved", "fallback"], indirect=True)
    @pytest.mark.parametrize("is_lost", [False, True], ids=["ledger kept", "ledger lost"])
    @pytest.mark.parametrize("point", [Checkpoint.INTENTS_WRITTEN, Checkpoint.ANSWERED, Checkpoint.RESOLVED])
    def test_a_voided_payment_is_reversed_once_whenever_the_process_dies(
        self, bench: Bench, bring: Bring, point: Checkpoint, is_lost: bool
    ) -> None:
        bring(*invoice_rows("9001"))
        bring(exported(payment("P-1")))
        crash_at(point, lambda: bring(exported(payment("P-1", status="Voided"))))
        if is_lost:
            bench.new_ledger()
        bench.cycle("carries on")
        settle(bench)
        assert keys(bench, "P-1") == ["payment 0", "reversal 0"]
        with bench.session("reconciling") as session:
            assert reconcile(session).is_equal

    def test_a_payment_voided_while_it_is_in_doubt_is_reversed_when_it_turns_up(
        self, bench: Bench, bring: Bring
    ) -> None:
        bring(*invoice_rows("9001"))
        with silence_after_a_post(bench):
            bring(exported(payment("P-1")))
        assert reasons(bring(exported(payment("P-1", status="Voided")))) == {"P-1": "OUTCOME_UNKNOWN"}
        settle(bench)
        assert keys(bench, "P-1") == ["payment 0", "reversal 0"]

    @pytest.mark.parametrize("is_lost", [False, True], ids=["ledger kept", "ledger lost"])
    def test_a_payment_s_reversal_is_not_taken_for_that_of_the_invoice_of_the_same_id(
        self, bench: Bench, bring: Bring, is_lost: bool
    ) -> None:
        bring(*invoice_rows("9001"))
        bring(exported(payment("9001")))
        bring(exported(payment("9001", status="Voided")))
        if is_lost:
            bench.new_ledger()
            bench.cycle("all files again")
        bring(*invoice_rows("9001"), *invoice_rows("9002"))
        assert keys(bench, "9001") == ["invoice 0", "payment 0", "reversal 0"]
        bring(*invoice_rows("9001", invoice_status="Canceled Invoice"))
        decide(bench, "9001")
        document = bench.cycle("its key is taken")
        assert reasons(document) == {"9001": "B1_REJECTED"}
        assert "cannot be reversed under its key" in document["needs_a_person"][0]["detail"]

    def test_one_that_changed_is_told_though_the_ledger_was_lost(self, bench: Bench, bring: Bring) -> None:
        bring(*invoice_rows("9001"))
        bring(exported(payment("P-1")))
        bench.folder.files.clear()
        bench.new_ledger()
        bring(*invoice_rows("9001"))
        changed = payment("P-1", payment_amount="60.00", applied_amount="60.00")
        assert reasons(bring(exported(changed))) == {"P-1": "CHANGED_AFTER_POSTING"}

    @pytest.mark.parametrize("is_lost", [False, True], ids=["ledger kept", "ledger lost"])
    def test_one_that_comes_back_after_its_void_is_a_conflict(self, bench: Bench, bring: Bring, is_lost: bool) -> None:
        bring(*invoice_rows("9001"))
        bring(exported(payment("P-1")))
        bring(exported(payment("P-1", status="Voided")))
        if is_lost:
            bench.folder.files.clear()
            bench.new_ledger()
            bring(*invoice_rows("9001"))
        document = bring(exported(payment("P-1", status="In Transit")))
        assert reasons(document) == {"P-1": "CHANGED_AFTER_POSTING"}
        assert "was reversed in SAP" in document["needs_a_person"][0]["detail"]
        decide(bench, "P-1", "ignore")
        assert outcomes(bench.cycle("decided"), "payments") == {"ignored": 1}
        assert keys(bench, "P-1") == ["payment 0", "reversal 0"]

    def test_one_for_an_invoice_that_was_reversed_waits(self, bench: Bench, bring: Bring) -> None:
        bring(*invoice_rows("9001"))
        bring(*invoice_rows("9001", invoice_status="Canceled Invoice"))
        decide(bench, "9001")
        bench.cycle("reverses")
        document = bring(exported(payment("P-1")))
        assert "invoice 9001, which is not in SAP" in document["needs_a_person"][0]["detail"]

    def test_nothing_is_reversed_that_is_not_ours(self, bench: Bench, bring: Bring) -> None:
        bring(*invoice_rows("9001"))
        bring(exported(payment("P-1")))
        with bench.store.transaction():
            entry = next(entry for entry in bench.entries() if entry["Reference2"] == "P-1")
            bench.store.add_entry({**entry, "Reference2": "by hand", "U_StampliKey": None})
        document = bring(exported(payment("P-1", status="Voided")))
        assert reasons(document) == {"P-1": "B1_REJECTED"}
        assert len(bench.entries()) == 2
