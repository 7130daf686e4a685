"""Hazards 32 to 36: codes that a spreadsheet has spoilt, numbers in another grammar, and the byte order mark."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

import stampli_b1_assets
from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.hazards.story import (
    NEIGHBOUR,
    counts,
    entries_of,
    lines,
    neighbour_is_posted,
    waiting,
    waits,
)

LAYOUTS = Path(stampli_b1_assets.__file__).parent / "stampli" / "layouts"


def own_layout(bench, configure, change):
    """The company's own layout: the usual one with its form of invoices changed."""
    layout = yaml.safe_load((LAYOUTS / "stampli_lines.yaml").read_text(encoding="utf-8"))
    layout["name"] = "own"
    change(next(form for form in layout["forms"] if form["kind"] == "invoices"))
    (bench.directory / "own.yaml").write_text(yaml.safe_dump(layout, sort_keys=False), encoding="utf-8")
    configure("stampli", layout="own.yaml")


def test_hazard_32_an_account_without_its_zeros_is_not_the_account_and_the_twin_is_named(bench, bring):
    summary = bring("a.csv", *invoice_rows("9001", gl_account="1300"), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "UNMAPPED_GL_ACCOUNT")]
    detail = waiting(summary, "9001")["detail"]
    assert "G/L account 1300 " in detail
    assert "SAP has 001300" in detail
    assert "leading zeros" in detail
    assert neighbour_is_posted(bench)


def test_hazard_32_a_twin_in_the_mapping_is_named_too(bench, bring):
    path = bench.directory / "mappings" / "gl_accounts.csv"
    path.write_text("stampli_gl_account,b1_account_code\n001005,001300\n", encoding="utf-8")
    mapped = invoice_rows("9002", gl_account="001005")
    summary = bring("a.csv", *invoice_rows("9001", gl_account="1005"), *mapped, *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "UNMAPPED_GL_ACCOUNT")]
    assert "gl_accounts.csv has 001005" in waiting(summary, "9001")["detail"]
    assert lines(entries_of(bench, "9002")[0])[0][0] == "001300"
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize("account", ["1300", "01300"])
def test_hazard_32_the_account_is_never_mended_in_silence(bench, bring, account):
    bring("a.csv", *invoice_rows("9001", gl_account=account), *NEIGHBOUR)
    assert entries_of(bench, "9001") == []
    assert neighbour_is_posted(bench)


SPOILT = [
    ("stampli_invoice_id", "1.18E+10", "Stampli Invoice ID"),
    ("invoice_number", "1.18E+10", "Invoice Number"),
    ("invoice_number", "4,5E+12", "Invoice Number"),
    ("invoice_number", "2E+11", "Invoice Number"),
    ("vendor_id", "1.2e+05", "Vendor ID"),
    ("gl_account", "1.3E+06", "GL Account"),
    ("invoice_amount", "1.23E+05", "Invoice Amount"),
    ("invoice_date", "46108", "Invoice Date"),
    ("due_date", "46138", "Due Date"),
    ("posting_date", "46142", "Posting Date"),
    ("gl_account", "#REF!", "GL Account"),
    ("invoice_number", "########", "Invoice Number"),
]


@pytest.mark.parametrize(("column", "value", "label"), SPOILT)
def test_hazard_33_what_a_spreadsheet_has_spoilt_is_refused_and_the_message_says_so(bench, bring, column, value, label):
    id_ = "a.csv#2" if column == "stampli_invoice_id" else "9001"
    changes = {column: value, "line_amount": "100.00"}
    summary = bring("a.csv", *invoice_rows("9001", **changes), *NEIGHBOUR)
    assert waits(summary) == [(id_, "held", "BAD_VALUE")]
    row = waiting(summary, id_)
    assert f'{label} "{value}"' in row["detail"]
    assert "spreadsheet" in row["detail"]
    assert "not as a spreadsheet saved it" in row["action"]
    assert len(bench.entries()) == 1
    assert neighbour_is_posted(bench)


def test_hazard_33_the_day_that_a_number_stands_for_is_named_and_not_taken(bench, bring):
    summary = bring("a.csv", *invoice_rows("9001", invoice_date="46108"), *NEIGHBOUR)
    assert "2026-03-27" in waiting(summary, "9001")["detail"]
    assert neighbour_is_posted(bench)


def test_hazard_34_a_code_with_its_name_in_one_cell_is_not_split_by_guessing(bench, bring):
    summary = bring("a.csv", *invoice_rows("9001", gl_account="001300 Site work"), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "UNMAPPED_GL_ACCOUNT")]
    assert "001300 Site work" in waiting(summary, "9001")["detail"]
    assert neighbour_is_posted(bench)


def test_hazard_34_a_rule_of_the_layout_splits_it(bench, bring, configure):
    def change(form):
        form["columns"]["gl_account"]["extract"] = "([0-9]+) .*"

    own_layout(bench, configure, change)
    whole = invoice_rows("9001", gl_account="001300 Site work")
    bare = invoice_rows("9002", gl_account="001300")
    summary = bring("a.csv", *whole, *bare)
    assert waits(summary) == [("9002", "held", "BAD_VALUE")]
    assert lines(entries_of(bench, "9001")[0])[0][0] == "001300"


OTHER_GRAMMARS = [
    "100,00", "1.234,00", "1,234.00", "1 234.00", "1\u00a0234.00", "1\u202f234.00", "1'234.00", "100.00-", "(100.00)",
    "$100.00", "100.00 USD", "+100.00", " 100.00", "100.", ".50", "NaN", "Infinity", "-Infinity", "1_000", "1e2",
    "１００", "٣٠٠", "0x64", "−100.00",
]  # fmt: skip


@pytest.mark.parametrize("column", ["invoice_amount", "line_amount", "tax_amount"])
def test_hazard_35_a_number_in_another_grammar_is_no_number(bench, bring, column):
    by_id = {str(8000 + place): amount for place, amount in enumerate(OTHER_GRAMMARS)}
    rows = [row for id_, text in by_id.items() for row in invoice_rows(id_, **{"line_amount": "100.00", column: text})]
    summary = bring("a.csv", *rows, *NEIGHBOUR)
    assert waits(summary) == [(id_, "held", "BAD_VALUE") for id_ in by_id]
    assert all(
        amount.strip() in waiting(summary, id_)["detail"] for id_, amount in by_id.items() if amount.isprintable()
    )
    assert summary["amounts"]["USD"]["posted"] == "100.00"
    assert len(bench.entries()) == 1
    assert neighbour_is_posted(bench)


def test_hazard_35_the_layout_declares_the_one_grammar_of_its_files(bench, bring, configure):
    def change(form):
        form["numbers"] = {"decimal": ",", "thousands": ".", "minus": ["front", "behind"]}

    own_layout(bench, configure, change)
    here = invoice_rows("9001", invoice_amount="1.234,50", tax_amount="")
    memo = invoice_rows("9002", invoice_type="Credit Memo", invoice_amount="100,00-", tax_amount="")
    other = invoice_rows("9003", invoice_amount="1,234.50", tax_amount="")
    summary = bring("a.csv", *here, *memo, *other)
    assert waits(summary) == [("9003", "held", "BAD_VALUE")]
    posted = {one: lines(entries_of(bench, one)[0])[0] for one in ("9001", "9002")}
    assert posted == {
        "9001": ("001300", Decimal("1234.50"), Decimal(0)),
        "9002": ("001300", Decimal(0), Decimal(100)),
    }


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_hazard_36_a_byte_order_mark_is_no_part_of_the_first_label(bench, bring, mark):
    summary = bring("a.csv", mark + csv_bytes(*invoice_rows("9001"), *NEIGHBOUR))
    assert summary["files"]["refused"] == []
    assert counts(summary) == {"posted": 2}
    assert neighbour_is_posted(bench)
