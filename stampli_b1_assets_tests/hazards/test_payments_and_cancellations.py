"""Hazards 56 to 64: payments, what is voided or cancelled, and what hangs on an invoice."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.pipeline import checkpoints, payments
from stampli_b1_assets.pipeline.checkpoints import Checkpoint
from stampli_b1_assets.pipeline.deciding import release
from stampli_b1_assets.pipeline.reconciling import reconcile
from stampli_b1_assets.sandbox.sample_company import COMPANY_DB
from stampli_b1_assets.sandbox.service_layer import journal_entries
from stampli_b1_assets.sandbox.service_layer.faults import ArmedFault
from stampli_b1_assets_tests.fixtures.payments import exported, payment
from stampli_b1_assets_tests.fixtures.world import invoice_rows
from stampli_b1_assets_tests.hazards.story import (
    NEIGHBOUR,
    counts,
    entries_of,
    lines,
    neighbour_is_posted,
    waiting,
    waits,
)
from stampli_b1_assets_tests.simulation.bench import Bench

Bring = Callable[..., dict[str, Any]]
Configure = Callable[..., None]


def paid(summary: dict[str, Any]) -> dict[str, int]:
    """Payments by outcome, without zeros and without `seen`."""
    return {name: count for name, count in summary["payments"].items() if count and name != "seen"}


def close_month(bench: Bench, month: str) -> None:
    period = bench.store.get("_periods", month)
    assert period is not None
    bench.store.put("_periods", month, {**period, "PeriodStatus": "ltLocked"})


@pytest.fixture
def paying(bench: Bench, bring: Bring, configure: Configure) -> Bench:
    """Payments are posted through 101900; invoices 9001 and 9002 and a credit memo 9003 are in SAP."""
    configure("posting", payments={"post": True, "clearing_account": "101900"})
    credit = invoice_rows("9003", invoice_type="Credit Memo", invoice_amount="-20.00")
    posted = bring("invoices.csv", *invoice_rows("9001"), *invoice_rows("9002"), *credit)
    assert counts(posted) == {"posted": 3}
    return bench


def test_hazard_56_a_payment_waits_for_its_invoice(bench: Bench, bring: Bring, configure: Configure) -> None:
    configure("posting", payments={"post": True, "clearing_account": "101900"})
    bring("neighbours.csv", *NEIGHBOUR)
    early = bring("payments.csv", exported(payment("P-1"), payment("P-2", stampli_invoice_id="9999")))
    assert [(id_, outcome) for id_, outcome, _ in waits(early)] == [("P-1", "held")]
    assert "invoice 9001, which is not in SAP" in waiting(early, "P-1")["detail"]
    assert "tried again" in waiting(early, "P-1")["action"]
    assert paid(early) == {"posted": 1, "held": 1}
    assert paid(bench.cycle("still early")) == {"held": 1}
    held = bring("held.csv", *invoice_rows("9001", gl_account="4711"))
    assert paid(held) == {"held": 1}
    come = bring("invoices.csv", *invoice_rows("9001"))
    assert counts(come) == {"posted": 1}
    assert paid(come) == {"posted": 1}
    assert paid(bench.cycle("later")) == {}
    assert len(entries_of(bench, "P-1")) == 1


def test_payments_without_an_id_are_each_counted_and_wait(paying: Bench, bring: Bring) -> None:
    nameless = [payment(""), payment("", applied_amount="40.00", payment_amount="40.00")]
    first = bring("payments.csv", exported(*nameless, payment("P-3", stampli_invoice_id="9002")))
    assert paid(first) == {"posted": 1, "held": 2}
    assert [id_ for id_, _, _ in waits(first)] == ["payments.csv#2", "payments.csv#3"]
    assert waiting(first, "payments.csv#3")["detail"] == "payments.csv, row 3: Payment ID is empty."
    assert paid(paying.cycle("later")) == {"held": 2}


def test_hazard_57_applied_amounts_must_sum_to_the_payment(paying: Bench, bring: Bring) -> None:
    partial = payment("P-1", payment_amount="60.00", applied_amount="60.00")
    over = payment("P-2", payment_amount="150.00", applied_amount="100.00", stampli_invoice_id="9002")
    net = [
        payment("P-3", payment_amount="80.00", stampli_invoice_id="9002"),
        payment("P-3", payment_amount="80.00", stampli_invoice_id="9003", applied_amount="-20.00"),
    ]
    summary = bring("payments.csv", exported(partial, over, *net))
    assert waits(summary) == [("P-2", "held", "TOTALS_DISAGREE")]
    assert "150.00 USD" in waiting(summary, "P-2")["detail"]
    assert "comes to 100.00" in waiting(summary, "P-2")["detail"]
    assert paid(summary) == {"posted": 2, "held": 1}
    assert [lines(entries_of(paying, id_)[0]) for id_ in ("P-1", "P-3")] == [
        [("V20010", Decimal(60), Decimal(0)), ("101900", Decimal(0), Decimal(60))],
        [("V20010", Decimal(80), Decimal(0)), ("101900", Decimal(0), Decimal(80))],
    ]
    mended = bring("mended.csv", exported(over | {"Payment Amount": "100.00"}))
    assert paid(mended) == {"posted": 1}


def test_hazard_58_a_payment_voided_after_posting_is_reversed_once(paying: Bench, bring: Bring) -> None:
    bring("a.csv", exported(payment("P-1"), payment("P-2", stampli_invoice_id="9002")))
    close_month(paying, "2026-05")
    voided = payment("P-1", status="Voided", voided_date="2026-05-20")
    first = bring("b.csv", exported(voided, payment("P-2", stampli_invoice_id="9002")))
    assert waits(first) == []
    assert paid(first)["already_posted"] == 1
    bring("c.csv", exported(voided | {"Method": "ACH"}))
    paying.cycle("later")
    key = posting_key(COMPANY_DB, "reversal", "P-1")
    (reversal,) = [entry for entry in paying.entries() if entry["U_StampliKey"] == key]
    assert reversal["ReferenceDate"] == "2026-06-01"
    assert lines(reversal) == [("V20010", Decimal(0), Decimal(100)), ("101900", Decimal(100), Decimal(0))]
    with paying.session("reconciling") as session:
        assert reconcile(session).is_equal


def test_hazard_58_a_reversal_survives_the_loss_of_the_ledger(paying: Bench, bring: Bring) -> None:
    bring("a.csv", exported(payment("P-1")))
    voided = exported(payment("P-1", status="Voided", voided_date="2026-05-20"))
    bring("b.csv", voided)
    before = len(paying.entries())
    paying.new_ledger()
    bring("c.csv", voided + b"\r\n")
    assert len(paying.entries()) == before


def test_hazard_58_an_invoice_of_the_same_id_that_was_reversed_is_not_taken_for_it(paying: Bench, bring: Bring) -> None:
    """Both reversals have one key, by the rule for keys: neither is called done because of the other."""
    bring("a.csv", exported(payment("9001")))
    bring("b.csv", *invoice_rows("9001", invoice_amount="110.00"))
    with paying.workplace() as workplace:
        for person in ("Ada", "Grace"):
            release(workplace, ["9001"], "reverse-and-repost", by=person, note="as the vendor says")
    paying.cycle("reversed")
    summary = bring("c.csv", exported(payment("9001", status="Voided", voided_date="2026-05-20")))
    assert waits(summary) == [("9001", "held", "B1_REJECTED")]
    assert "undoes something else" in waiting(summary, "9001")["detail"]
    with paying.workplace() as workplace:
        release(workplace, ["9001"], "ignore", by="Ada", note="reversed by hand")
    assert waits(paying.cycle("after")) == []


def test_hazard_58_a_payment_of_the_same_id_that_was_reversed_is_not_taken_for_it(paying: Bench, bring: Bring) -> None:
    bring("a.csv", exported(payment("9001")))
    bring("b.csv", exported(payment("9001", status="Voided", voided_date="2026-05-20")))
    bring("c.csv", *invoice_rows("9001", invoice_amount="110.00"))
    with paying.workplace() as workplace:
        for person in ("Ada", "Grace"):
            release(workplace, ["9001"], "reverse-and-repost", by=person, note="as the vendor says")
    summary = paying.cycle("after")
    assert ("9001", "held", "B1_REJECTED") in waits(summary)
    assert "undoes something else" in waiting(summary, "9001")["detail"]


def test_hazard_58_what_was_never_posted_needs_no_reversal(paying: Bench, bring: Bring) -> None:
    before = len(paying.entries())
    summary = bring("a.csv", exported(payment("P-1", status="Voided"), payment("P-2", stampli_invoice_id="9002")))
    assert paid(summary) == {"ignored": 1, "posted": 1}
    assert len(paying.entries()) == before + 1


@pytest.fixture
def unmarked(bench: Bench) -> Bench:
    """SAP has neither table nor field: entries are known by their second reference alone."""
    bench.is_guarded = False
    bench.new_ledger()
    bench.company.hides_user_tables = True
    bench.company._visible_fields = set()
    return bench


def test_without_the_user_field_a_payment_survives_the_loss_of_the_ledger(
    unmarked: Bench, paying: Bench, bring: Bring
) -> None:
    export = exported(payment("P-1"))
    assert paid(bring("a.csv", export)) == {"posted": 1}
    unmarked.new_ledger()
    bring("invoices again.csv", *invoice_rows("9001"))
    assert paid(bring("b.csv", export + b"\r\n")) == {"already_posted": 1}
    assert len(entries_of(unmarked, "P-1")) == 1


def test_without_the_user_field_an_invoice_is_not_taken_for_a_payment_of_its_id(
    unmarked: Bench, paying: Bench, bring: Bring
) -> None:
    assert paid(bring("a.csv", exported(payment("9001")))) == {"posted": 1}
    assert len(entries_of(unmarked, "9001")) == 2


def test_hazard_59_in_transit_and_cleared_go_through_the_clearing_account_once(paying: Bench, bring: Bring) -> None:
    first = bring("a.csv", exported(payment(status="In Transit")))
    again = bring("b.csv", exported(payment(status="Cleared"), payment("P-2", stampli_invoice_id="9002")))
    assert paid(first) == {"posted": 1}
    assert paid(again) == {"posted": 1, "already_posted": 1}
    (entry,) = entries_of(paying, "P-1")
    assert lines(entry) == [("V20010", Decimal(100), Decimal(0)), ("101900", Decimal(0), Decimal(100))]
    assert entry["U_StampliKey"] == posting_key(COMPANY_DB, "payment", "P-1")


def small_payments(*numbers: int, more: int = 0) -> bytes:
    """Payments of invoice 9001, each with an amount of its own."""
    amounts = {number: f"{number + more}.00" for number in numbers}
    return exported(*(payment(f"P-{n}", payment_amount=each, applied_amount=each) for n, each in amounts.items()))


def test_more_payments_than_are_looked_at_together_are_each_posted_once_as_brought_last(
    paying: Bench, bring: Bring, put: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payments, "_WINDOW", 2)
    put("a.csv", small_payments(1, 2, 3, 4, 5))
    assert paid(bring("b.csv", small_payments(2, 6, more=10))) == {"posted": 6}
    debits = {n: [lines(entry)[0][1] for entry in entries_of(paying, f"P-{n}")] for n in range(1, 7)}
    assert debits == {1: [1], 2: [12], 3: [3], 4: [4], 5: [5], 6: [16]}
    assert paid(paying.cycle("later")) == {}


def test_when_sap_goes_away_between_payments_the_rest_waits_and_is_posted_once(
    paying: Bench, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payments, "_WINDOW", 2)
    faults = paying.application.faults
    gone = ArmedFault("service_unavailable_503", times=1_000)
    monkeypatch.setattr(checkpoints, "listeners", [lambda point: point is Checkpoint.RESOLVED and faults.arm(gone)])
    summary = bring("a.csv", small_payments(1, 2, 3, 4, 5))
    assert paid(summary) == {"posted": 2, "held": 3}
    assert {reason for _, _, reason in waits(summary)} == {"OUTCOME_UNKNOWN"}
    monkeypatch.setattr(checkpoints, "listeners", [])
    faults.clear()
    assert paid(paying.cycle("later")) == {"posted": 3}
    assert [len(entries_of(paying, f"P-{n}")) for n in range(1, 6)] == [1] * 5


def test_hazard_59_payments_that_are_not_to_be_posted_are_counted_only(bench: Bench, bring: Bring) -> None:
    summary = bring("a.csv", exported(payment(), payment("P-2", applied_amount="99.00")))
    assert summary["payments"] | {"seen": 2, "ignored": 2} == summary["payments"]
    assert waits(summary) == []
    assert bench.entries() == []


def test_hazard_60_a_payment_that_was_made_in_sap_too_is_not_posted(paying: Bench, bring: Bring) -> None:
    by_hand = [{"ShortName": "V20010", "Debit": 100}, {"AccountCode": "101900", "Credit": 100}]
    with paying.store.transaction():
        head = {"ReferenceDate": "2026-05-02", "Reference": "000P-1", "Reference2": ""}
        twin = journal_entries.post(paying.store, head | {"JournalEntryLines": by_hand}, frozenset())
    summary = bring("a.csv", exported(payment("P-1"), payment("P-2", stampli_invoice_id="9002")))
    assert waits(summary) == [("P-1", "conflict", "PROBABLE_DUPLICATE")]
    assert f"journal entry {twin['Number']}" in waiting(summary, "P-1")["detail"]
    assert "--action post-anyway" in waiting(summary, "P-1")["action"]
    assert paid(summary) == {"posted": 1, "conflict": 1}
    with paying.workplace() as workplace:
        release(workplace, ["P-1"], "post-anyway", by="Ada", note="two cheques")
    assert paid(paying.cycle("decided")) == {"posted": 1}
    assert paid(paying.cycle("later")) == {}
    assert len(entries_of(paying, "P-1")) == 1


def test_hazard_61_an_invoice_cancelled_after_posting_waits_for_a_person(bench: Bench, bring: Bring) -> None:
    bring("a.csv", *invoice_rows("9001"))
    cancelled = bring("b.csv", *invoice_rows("9001", invoice_status="Canceled Invoice"), *NEIGHBOUR)
    assert waits(cancelled) == [("9001", "conflict", "CANCELLED_AFTER_POSTING")]
    number = entries_of(bench, "9001")[0]["Number"]
    assert f"journal entry {number} stands in SAP" in waiting(cancelled, "9001")["detail"]
    assert "--action reverse-and-repost" in waiting(cancelled, "9001")["action"]
    assert len(entries_of(bench, "9001")) == 1
    assert neighbour_is_posted(bench)
    assert counts(bench.cycle("nobody decided")) == {"conflict": 1}
    close_month(bench, "2026-04")
    with bench.workplace() as workplace:
        for person in ("Ada", "Grace"):
            release(workplace, ["9001"], "reverse-and-repost", by=person, note="the vendor withdrew it")
    assert counts(bench.cycle("decided")) == {"ignored": 1}
    reversal = bench.entries()[-1]
    assert reversal["U_StampliKey"] == posting_key(COMPANY_DB, "reversal", "9001")
    assert reversal["ReferenceDate"] == "2026-05-01"
    assert sorted(lines(reversal)) == [("001300", Decimal(0), Decimal(100)), ("V20010", Decimal(100), Decimal(0))]


def test_hazard_62_an_invoice_that_is_gone_from_the_snapshot_stays_as_it_is(bench: Bench, bring: Bring) -> None:
    bring("a.csv", *invoice_rows("9001"), *invoice_rows("9002", gl_account="4711"))
    later = bring("b.csv", *NEIGHBOUR)
    assert counts(later) == {"posted": 1, "held": 1}
    assert [len(entries_of(bench, id_)) for id_ in ("9001", "9002")] == [1, 0]
    with bench.session("reconciling") as session:
        assert reconcile(session).is_equal
    assert neighbour_is_posted(bench)


def told_of(bench: Bench, event: str) -> list[tuple[str, dict[str, Any]]]:
    return [(one.subject, json.loads(one.data)) for one in bench.ledger().audit.export() if one.event == event]


def test_hazard_62_what_a_cumulative_export_leaves_out_is_on_record_and_changes_nothing(
    bench: Bench, bring: Bring
) -> None:
    bring("a.csv", *invoice_rows("9001"), *invoice_rows("9002"), *invoice_rows("9003", gl_account="4711"))
    later = bring("b.csv", *invoice_rows("9001"), *invoice_rows("9003", gl_account="4711"), *NEIGHBOUR)
    assert counts(later) == {"posted": 1, "already_posted": 1, "held": 1}
    assert told_of(bench, "file.leaves_out") == [("b.csv", {"previous": "a.csv", "count": 1})]
    assert told_of(bench, "invoice.left_out") == [("9002", {"previous": "a.csv", "file": "b.csv"})]
    assert "invoice.left_out" in str(bench.ledger().evidence_of("9002")["audit"])
    assert len(entries_of(bench, "9002")) == 1
    assert neighbour_is_posted(bench)
    bring("c.csv", *invoice_rows("9001"), *invoice_rows("9003", gl_account="4711"), *NEIGHBOUR)
    assert len(told_of(bench, "file.leaves_out")) == 1


def test_hazard_62_an_export_of_what_is_new_leaves_nothing_out(bench: Bench, bring: Bring) -> None:
    bring("a.csv", *invoice_rows("9001"), *invoice_rows("9002"), *invoice_rows("9003"))
    bring("b.csv", *invoice_rows("9003"), *NEIGHBOUR)
    assert told_of(bench, "file.leaves_out") == []


def test_hazard_63_a_purchase_order_does_not_stop_its_invoice(bench: Bench, bring: Bring) -> None:
    row = invoice_rows("9001")[0] | {"PO Number": "PO-CLOSED-7"}
    text = ",".join(row) + "\r\n" + ",".join(row.values()) + "\r\n"
    assert counts(bring("a.csv", text.encode())) == {"posted": 1}
    (version,) = bench.ledger().invoices.history("9001")
    assert version.content is not None
    assert version.content["po_number"] == "PO-CLOSED-7"


def test_hazard_64_a_dead_link_does_not_stop_its_invoice_and_stays_on_record(bench: Bench, bring: Bring) -> None:
    row = invoice_rows("9001")[0] | {"Invoice URL": "https://stampli.invalid/9001.pdf"}
    text = ",".join(row) + "\r\n" + ",".join(row.values()) + "\r\n"
    assert counts(bring("a.csv", text.encode())) == {"posted": 1}
    (version,) = bench.ledger().invoices.history("9001")
    assert version.content is not None
    assert version.content["url"] == "https://stampli.invalid/9001.pdf"
