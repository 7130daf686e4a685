"""Hazards 1 to 10: files that come again, versions of an invoice, and bills that come twice."""

import pytest

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
