"""Hazards 16 to 23: sums, rounding, decimals, tax, signs, and what a journal entry cannot carry."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

import stampli_b1_assets
from stampli_b1_assets_tests.fixtures.world import invoice_rows
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

PACKAGE = Path(stampli_b1_assets.__file__).parent
ROUNDING = {"account": "999900", "tolerance": "0.05"}


def several(id_, *amounts, **header):
    """An invoice with a line for each amount."""
    (row,) = invoice_rows(id_, **header)
    return [{**row, "Line #": str(number), "Line Amount": amount} for number, amount in enumerate(amounts, 1)]


def amounts(entry, account):
    """Debit less credit of the account's lines."""
    return [debit - credit for code, debit, credit in lines(entry) if code == account]


@pytest.mark.parametrize("rounding", [None, ROUNDING])
@pytest.mark.parametrize("sign", ["", "-"])
def test_hazard_16_sums_that_disagree_hold_the_invoice_and_are_both_named(bench, bring, configure, rounding, sign):
    configure("posting", rounding=rounding)
    memo = {"invoice_type": "Credit Memo"} if sign else {}
    rows = several("9001", f"{sign}90.00", f"{sign}9.94", invoice_amount=f"{sign}100.00", **memo)
    summary = bring("a.csv", *rows, *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "TOTALS_DISAGREE")]
    detail = waiting(summary, "9001")["detail"]
    assert f"{sign}100.00" in detail
    assert f"{sign}99.94" in detail
    assert "0.06" in detail
    assert entries_of(bench, "9001") == []
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize(("line", "difference"), [("99.95", "0.05"), ("100.05", "-0.05"), ("99.99", "0.01")])
def test_hazard_17_a_small_difference_becomes_a_rounding_line(bench, bring, configure, line, difference):
    configure("posting", rounding=ROUNDING)
    assert counts(bring("a.csv", *invoice_rows("9001", line_amount=line), *NEIGHBOUR)) == {"posted": 2}
    (entry,) = entries_of(bench, "9001")
    assert amounts(entry, "999900") == [Decimal(difference)]
    (rounding,) = [one for one in entry["JournalEntryLines"] if one["AccountCode"] == "999900"]
    assert rounding["LineMemo"] == "Rounding"
    assert amounts(entry, "V20010") == [Decimal(-100)]
    assert neighbour_is_posted(bench)


def test_hazard_17_without_a_rounding_account_a_cent_holds_the_invoice(bench, bring):
    summary = bring("a.csv", *invoice_rows("9001", line_amount="99.99"), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "TOTALS_DISAGREE")]
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize(
    ("currency", "amount", "decimals"),
    [("USD", "100.001", "2"), ("JPY", "12000.5", "no"), ("KWD", "10.0005", "3")],
)
def test_hazard_18_more_decimals_than_the_currency_has_are_no_amount(bench, bring, currency, amount, decimals):
    summary = bring("a.csv", *invoice_rows("9001", currency=currency, invoice_amount=amount), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "BAD_VALUE")]
    detail = waiting(summary, "9001")["detail"]
    assert f"{amount}, and {currency} has {decimals} decimals" in detail
    assert summary["amounts"]["USD"]["seen"] == "100.00"
    assert neighbour_is_posted(bench)


def test_hazard_18_money_is_exact_from_file_to_sap(bench, bring):
    parts = ("0.10", "0.20", "90071992547409.93")
    rows = several("9001", *parts, invoice_amount="90071992547410.23")
    yen = invoice_rows("9002", currency="JPY", invoice_amount="12000.00")
    dinar = invoice_rows("9003", currency="KWD", invoice_amount="10.125")
    assert counts(bring("a.csv", *rows, *yen, *dinar, *NEIGHBOUR)) == {"posted": 4}
    (entry,) = entries_of(bench, "9001")
    assert amounts(entry, "001300") == [Decimal(part) for part in parts]
    assert amounts(entry, "V20010") == [-sum(map(Decimal, parts))]
    foreign = {one: entries_of(bench, one)[0]["JournalEntryLines"][-1]["FCCredit"] for one in ("9002", "9003")}
    assert foreign == {"9002": Decimal(12000), "9003": Decimal("10.125")}
    assert neighbour_is_posted(bench)


def test_hazard_19_tax_stands_on_the_account_of_its_code_and_sap_computes_none(bench, bring):
    taxed = invoice_rows("9001", invoice_amount="119.00", line_amount="100.00", tax_amount="19.00", tax_code="VAT19")
    assert counts(bring("a.csv", *taxed, *NEIGHBOUR)) == {"posted": 2}
    (entry,) = entries_of(bench, "9001")
    assert amounts(entry, "157600") == [Decimal(19)]
    properties = {name for line in entry["JournalEntryLines"] for name in line} | set(entry)
    assert {name for name in properties if "Tax" in name or "Vat" in name or "WT" in name} == {"TaxDate"}
    assert neighbour_is_posted(bench)


def test_hazard_19_tax_that_is_neither_added_nor_in_the_lines_disagrees(bench, bring):
    gross = invoice_rows("9001", invoice_amount="119.00", line_amount="119.00", tax_amount="19.00", tax_code="VAT19")
    summary = bring("a.csv", *gross, *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "TOTALS_DISAGREE")]
    assert "138.00" in waiting(summary, "9001")["detail"]
    assert neighbour_is_posted(bench)


def test_hazard_19_the_layout_says_that_lines_include_their_tax(bench, bring, configure):
    layout = yaml.safe_load((PACKAGE / "stampli" / "layouts" / "stampli_lines.yaml").read_text(encoding="utf-8"))
    layout["name"] = "tax_included"
    for form in layout["forms"]:
        if form["kind"] == "invoices":
            form["tax"] = "included"
    (bench.directory / "own.yaml").write_text(yaml.safe_dump(layout, sort_keys=False), encoding="utf-8")
    configure("stampli", layout="own.yaml")
    gross = invoice_rows("9001", invoice_amount="119.00", line_amount="119.00", tax_amount="19.00", tax_code="VAT19")
    assert counts(bring("a.csv", *gross, *NEIGHBOUR)) == {"posted": 2}
    (entry,) = entries_of(bench, "9001")
    assert amounts(entry, "001300") == [Decimal(100)]
    assert amounts(entry, "157600") == [Decimal(19)]
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize("code", ["", "VAT7"])
def test_hazard_19_tax_without_a_known_code_waits(bench, bring, code):
    taxed = invoice_rows("9001", invoice_amount="119.00", line_amount="100.00", tax_amount="19.00", tax_code=code)
    summary = bring("a.csv", *taxed, *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "UNMAPPED_TAX_CODE")]
    text = words(waiting(summary, "9001"))
    assert ("VAT7" in text and "tax_codes.csv" in text) if code else ("no tax code" in text and "19.00" in text)
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize("page", ["installation.md", "operations.md"])
def test_hazard_20_the_pages_say_what_a_journal_entry_cannot_carry(page):
    text = (PACKAGE.parent / "docs" / page).read_text(encoding="utf-8")
    assert "1099" in text
    assert "withholding tax" in text.casefold()


@pytest.mark.parametrize(
    ("type_", "amount", "sign"), [("Invoice", "-100.00", "negative"), ("Credit Memo", "100.00", "positive")]
)
def test_hazard_21_type_and_sign_that_contradict_each_other_hold_the_document(bench, bring, type_, amount, sign):
    summary = bring("a.csv", *invoice_rows("9001", invoice_type=type_, invoice_amount=amount), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "BAD_VALUE")]
    detail = waiting(summary, "9001")["detail"]
    assert type_ in detail
    assert sign in detail
    assert neighbour_is_posted(bench)


def test_hazard_21_a_credit_memo_swaps_the_sides_and_has_no_negative_amount(bench, bring):
    memo = invoice_rows("9001", invoice_type="Credit Memo", invoice_amount="-100.00")
    summary = bring("a.csv", *memo, *NEIGHBOUR)
    assert counts(summary) == {"posted": 2}
    assert summary["amounts"]["USD"]["posted"] == "0.00"
    (entry,) = entries_of(bench, "9001")
    hundred, nothing = Decimal(100), Decimal(0)
    assert sorted(lines(entry)) == [("001300", nothing, hundred), ("V20010", hundred, nothing)]
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize("type_", ["Invoice", "Credit Memo"])
@pytest.mark.parametrize("total", ["0.00", "0", "-0.00"])
def test_hazard_22_a_total_of_zero_is_recorded_and_makes_no_entry(bench, bring, type_, total):
    offset = several("9001", "50.00", "-50.00", invoice_amount=total, invoice_type=type_)
    summary = bring("a.csv", *offset, *NEIGHBOUR)
    assert counts(summary) == {"posted": 1, "ignored": 1}
    assert summary["needs_a_person"] == []
    assert entries_of(bench, "9001") == []
    assert [one.outcome for one in bench.ledger().invoices.all() if one.stampli_id == "9001"] == ["ignored"]
    assert neighbour_is_posted(bench)


def test_hazard_23_lines_on_both_sides_keep_their_side_and_are_not_netted(bench, bring):
    rows = several("9001", "150.00", "-50.00", "0.00", invoice_amount="100.00")
    assert counts(bring("a.csv", *rows, *NEIGHBOUR)) == {"posted": 2}
    (entry,) = entries_of(bench, "9001")
    nothing = Decimal(0)
    assert sorted(lines(entry)) == [
        ("001300", nothing, Decimal(50)),
        ("001300", Decimal(150), nothing),
        ("V20010", nothing, Decimal(100)),
    ]
    assert neighbour_is_posted(bench)
