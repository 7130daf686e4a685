"""Hazards 1 to 10: files that come again, versions of an invoice, and bills that come twice."""

import pytest

from stampli_b1_assets.pipeline.deciding import release
from stampli_b1_assets.sandbox.service_layer import journal_entries
from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.hazards.story import (
    NEIGHBOUR,
    counts,
    entries_of,
    lines,
    neighbour_is_posted,
    waiting,
    waits,
    words,
)


def test_hazard_01_the_same_bytes_under_another_name_are_no_work(bench, bring):
    content = csv_bytes(*invoice_rows("9001"), *NEIGHBOUR)
    bring("a.csv", content)
    again = bring("renamed.csv", content)
    assert again["files"] == {"seen": 2, "taken": 0, "known": 2, "unsettled": 0, "refused": []}
    assert again["invoices"]["seen"] == 0
    assert len(bench.entries()) == 2
    named = [one for one in bench.ledger().audit.export() if "renamed.csv" in one.subject + one.data]
    assert any("same bytes as a.csv" in one.data for one in named)


def test_hazard_02_the_same_name_with_other_content_is_a_new_version(bench, bring):
    bring("a.csv", *invoice_rows("9001"), *NEIGHBOUR)
    again = bring("a.csv", *invoice_rows("9001"), *invoice_rows("9002"), *NEIGHBOUR)
    assert (again["files"]["taken"], again["files"]["known"]) == (1, 0)
    assert counts(again) == {"posted": 1, "already_posted": 2}
    assert len(bench.entries()) == 3
    assert neighbour_is_posted(bench)


def test_hazard_03_of_a_cumulative_export_only_new_invoices_are_posted(bench, bring):
    bring("monday.csv", *invoice_rows("9001"), *invoice_rows("9002"), *NEIGHBOUR)
    tuesday = bring(
        "tuesday.csv",
        *invoice_rows("9001"),
        *invoice_rows("9002", invoice_amount="120.00"),
        *invoice_rows("9003"),
        *NEIGHBOUR,
    )
    assert counts(tuesday) == {"posted": 1, "already_posted": 2, "conflict": 1}
    assert tuesday["amounts"]["USD"]["already_posted"] == "200.00"
    assert waits(tuesday) == [("9002", "conflict", "CHANGED_AFTER_POSTING")]
    assert len(bench.entries()) == 4
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize(
    "change",
    [
        {"invoice_amount": "110.00"},
        {"gl_account": "006200"},
        {"vendor_id": "V20031"},
        {"posting_date": "2026-05-04"},
        {"invoice_date": "2026-04-03"},
        {"due_date": "2026-05-09"},
    ],
    ids=str,
)
def test_hazard_04_a_posted_invoice_that_comes_back_changed_waits_for_a_person(bench, bring, change):
    bring("a.csv", *invoice_rows("9001"))
    before = entries_of(bench, "9001")
    back = bring("b.csv", *invoice_rows("9001", **change), *NEIGHBOUR)
    assert waits(back) == [("9001", "conflict", "CHANGED_AFTER_POSTING")]
    row = waiting(back, "9001")
    assert str(before[0]["Number"]) in row["detail"]
    assert next(iter(change.values())).removesuffix(".00") in row["detail"]
    assert "reverse-and-repost" in row["action"]
    assert "ignore" in row["action"]
    assert entries_of(bench, "9001") == before
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize(
    "change",
    [{"memo": "bricks"}, {"authorized_by": "someone@linden.example"}, {"invoice_status": "Paid Invoice"}],
    ids=str,
)
def test_hazard_05_a_change_of_memo_approver_or_status_is_recorded_and_posts_nothing(bench, bring, change):
    bring("a.csv", *invoice_rows("9001"))
    back = bring("b.csv", *invoice_rows("9001", **change), *NEIGHBOUR)
    assert counts(back) == {"posted": 1, "already_posted": 1}
    assert back["needs_a_person"] == []
    assert len(entries_of(bench, "9001")) == 1
    _, second = bench.ledger().invoices.history("9001")
    assert next(iter(change.values())) in str(second.content)
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize("posted_before", [True, False])
def test_hazard_05_a_status_word_in_no_list_is_never_assumed_to_mean_anything(bench, bring, posted_before):
    if posted_before:
        bring("a.csv", *invoice_rows("9001"))
    back = bring("b.csv", *invoice_rows("9001", invoice_status="Approved-ish"), *NEIGHBOUR)
    assert waits(back) == [("9001", "held", "UNKNOWN_STATUS")]
    assert "Approved-ish" in waiting(back, "9001")["detail"]
    assert "posting.postable_statuses" in waiting(back, "9001")["action"]
    assert len(entries_of(bench, "9001")) == posted_before
    assert neighbour_is_posted(bench)


def halves(id_, second="2"):
    """An invoice of 100.00 in two lines of 50.00."""
    (first,) = invoice_rows(id_, line_amount="50.00")
    return [first, {**first, "Line #": second}]


def test_hazard_06_a_line_that_stands_twice_holds_the_invoice_although_the_total_agrees(bench, bring):
    summary = bring("a.csv", *halves("9001", second="1"), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "REPEATED_LINE")]
    assert waiting(summary, "9001")["reasons"] == ["REPEATED_LINE"]
    assert "1" in waiting(summary, "9001")["detail"]
    assert entries_of(bench, "9001") == []
    assert neighbour_is_posted(bench)


def test_hazard_07_an_invoice_spread_over_two_files_waits_until_it_is_whole(bench, bring):
    first, second = halves("9001")
    summary = bring("a.csv", first, *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "TOTALS_DISAGREE")]
    detail = waiting(summary, "9001")["detail"]
    assert "100.00" in detail
    assert "50.00" in detail
    assert neighbour_is_posted(bench)
    assert waits(bring("b.csv", second)) == [("9001", "held", "TOTALS_DISAGREE")]
    whole = bring("c.csv", first, second)
    assert counts(whole) == {"posted": 1}
    assert whole["needs_a_person"] == []


def test_hazard_07_rows_of_one_invoice_need_not_be_neighbours(bench, bring):
    first, second = halves("9001")
    assert counts(bring("a.csv", first, *NEIGHBOUR, second)) == {"posted": 2}
    assert len(lines(entries_of(bench, "9001")[0])) == 3
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize("number", ["INV-0070", "inv 70", "Inv.70", "INV/70", "INV-7O", "inv-o70"])
@pytest.mark.parametrize("at_once", [True, False])
def test_hazard_08_the_same_number_written_otherwise_is_a_probable_duplicate(bench, bring, put, number, at_once):
    put("a.csv", *invoice_rows("9001", invoice_number="INV-70"))
    if not at_once:
        bench.cycle("before")
    summary = bring("b.csv", *invoice_rows("9002", invoice_number=number), *NEIGHBOUR)
    assert waits(summary) == [("9002", "conflict", "PROBABLE_DUPLICATE")]
    text = words(waiting(summary, "9002"))
    assert "9001" in text
    assert "post-anyway" in text
    assert entries_of(bench, "9002") == []
    assert neighbour_is_posted(bench)


def test_hazard_09_the_same_number_from_different_vendors_is_posted(bench, bring):
    summary = bring(
        "a.csv",
        *invoice_rows("9001", invoice_number="2026-1"),
        *invoice_rows("9002", invoice_number="2026-1", vendor_id="V20031"),
        *NEIGHBOUR,
    )
    assert counts(summary) == {"posted": 3}
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize("keyed", ["inv-0070", "INV-0070", "INV0070", "INV70", "inv70", "INV-70", "inv-70"])
def test_hazard_08_an_entry_keyed_by_hand_is_found_by_the_usual_spellings_of_its_number(bench, bring, keyed):
    keyed_in_sap(bench, reference=keyed)
    summary = bring("a.csv", *invoice_rows("9001", invoice_number="inv-0070"), *NEIGHBOUR)
    assert waits(summary) == [("9001", "conflict", "PROBABLE_DUPLICATE")]
    assert keyed in words(waiting(summary, "9001"))
    assert neighbour_is_posted(bench)


def test_hazard_08_an_entry_of_another_number_is_none(bench, bring):
    keyed_in_sap(bench, reference="INV-700")
    assert counts(bring("a.csv", *invoice_rows("9001", invoice_number="inv-0070"))) == {"posted": 1}


def keyed_in_sap(bench, *, reference, vendor="V20010"):
    """A bill of 100.00 that somebody entered in SAP by hand, for Fernhill or another supplier."""
    lines_ = [{"AccountCode": "001300", "Debit": 100}, {"ShortName": vendor, "Credit": 100}]
    body = {"ReferenceDate": "2026-04-30", "TaxDate": "2026-04-02", "Reference": reference, "Reference2": ""}
    with bench.store.transaction():
        body["JournalEntryLines"] = lines_
        journal_entries.post(bench.store, body, frozenset())


@pytest.fixture
def doubled(bench):
    """SAP has Fernhill Groundworks twice: V20010 and V20011 with one tax id, in two ways of writing it."""
    row = bench.store.get("BusinessPartners", "V20010")
    twin = {**row, "CardCode": "V20011", "CardName": "Fernhill Ltd", "FederalTaxID": "84 5550101"}
    with bench.store.transaction():
        bench.store.put("BusinessPartners", "V20011", twin)


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("number", ["N-9001", "9001/A"])
def test_hazard_10_the_same_bill_through_two_suppliers_of_one_firm_is_a_probable_duplicate(
    bench, bring, put, doubled, at_once, number
):
    put("a.csv", *invoice_rows("9001"))
    if not at_once:
        bench.cycle("before")
    summary = bring("b.csv", *invoice_rows("9002", vendor_id="V20011", invoice_number=number), *NEIGHBOUR)
    assert waits(summary) == [("9002", "conflict", "PROBABLE_DUPLICATE")]
    text = words(waiting(summary, "9002"))
    for word in ("V20010", "V20011", "2026-04-02", "100.00 USD", "9001", "post-anyway"):
        assert word in text
    assert "5550101" not in text
    assert entries_of(bench, "9002") == []
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize(
    "other",
    [
        {"vendor_id": "V20011", "invoice_amount": "100.01"},
        {"vendor_id": "V20011", "invoice_date": "2026-04-03"},
        {"vendor_id": "V20011", "currency": "EUR"},
        {"vendor_id": "V20011", "invoice_type": "Credit Memo", "invoice_amount": "-100.00"},
        {"vendor_id": "V20010"},
        {"vendor_id": "V20031"},
    ],
    ids=["amount", "date", "currency", "type", "same supplier", "other firm"],
)
def test_hazard_10_only_tax_id_amount_and_date_together_point_at_it(bench, bring, doubled, other):
    bring("a.csv", *invoice_rows("9001"))
    summary = bring("b.csv", *invoice_rows("9002", **other))
    assert (counts(summary), summary["needs_a_person"]) == ({"posted": 1}, [])


def test_hazard_10_a_bill_keyed_in_sap_under_the_other_supplier_is_found_by_its_number(bench, bring, doubled):
    keyed_in_sap(bench, vendor="V20011", reference="N9001")
    summary = bring("a.csv", *invoice_rows("9001"), *NEIGHBOUR)
    assert waits(summary) == [("9001", "conflict", "PROBABLE_DUPLICATE")]
    assert neighbour_is_posted(bench)


def test_hazard_10_a_person_may_say_that_it_is_another_bill(bench, bring, doubled):
    bring("a.csv", *invoice_rows("9001"), *invoice_rows("9002", vendor_id="V20011"))
    with bench.workplace() as workplace:
        release(workplace, ["9002"], "post-anyway", by="Ada", note="two sites, one rent")
    assert counts(bench.cycle("released")) == {"posted": 1}
    assert len(entries_of(bench, "9002")) == 1
