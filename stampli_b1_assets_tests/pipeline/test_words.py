"""What a person reads names the file, the row and what differs; and nothing that is not so."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.simulation.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def bring(bench: Bench, name: str, *rows: dict[str, str]) -> dict[str, Any]:
    """One more export, and a cycle."""
    bench.folder.files[name] = (csv_bytes(*rows), 1_777_000_000 + 60 * len(bench.folder.files))
    return bench.cycle(f"cycle of {name}")


def details(summary: dict[str, Any]) -> list[str]:
    return [row["detail"] for row in summary["needs_a_person"]]


def map_vendor(bench: Bench, stampli_id: str, card_code: str) -> None:
    path = bench.directory / "mappings" / "vendors.csv"
    path.write_text(path.read_text(encoding="utf-8") + f"{stampli_id},{card_code}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        ({"invoice_date": "2.4.2026"}, 'june.csv, row 3: Invoice Date "2.4.2026" is no date'),
        ({"vendor_id": ""}, "june.csv, row 3: Vendor ID is empty"),
        ({"posting_date": ""}, "june.csv, row 3: Posting Date of invoice N-9002 is empty"),
        ({"invoice_amount": "-5.00"}, "june.csv, row 3: N-9002 is of type Invoice, and its total of -5.00 USD is"),
        ({"invoice_amount": "5.001"}, "june.csv, row 3: Invoice Amount of invoice N-9002 is 5.001, and USD has 2"),
        ({"line_amount": "1.00"}, "june.csv, row 3: Invoice N-9002 totals 100.00 USD, but its lines and tax come to"),
    ],
)
def test_what_is_wrong_with_the_input_names_file_and_row(bench: Bench, changes: dict[str, str], begins: str) -> None:
    summary = bring(bench, "june.csv", *invoice_rows("9001"), *invoice_rows("9002", **changes))
    assert summary["invoices"]["posted"] == 1
    assert details(summary)[0].startswith(begins)


def test_rows_that_disagree_name_their_file(bench: Bench) -> None:
    rows = [*invoice_rows("9001"), *invoice_rows("9001", line_no="2", due_date="2026-06-02")]
    told = details(bring(bench, "june.csv", *rows))
    assert told == ["june.csv: Due Date is 2026-05-02 in row 2 and 2026-06-02 in row 3 of the same document."]


def test_a_tax_code_that_changed_is_named(bench: Bench) -> None:
    taxed = {"invoice_amount": "119.00", "line_amount": "100.00", "tax_amount": "19.00", "tax_code": "VAT19"}
    (bench.directory / "mappings" / "tax_codes.csv").write_text(
        "stampli_tax_code,b1_account_code\nVAT19,157600\nVAT16,157600\n", encoding="utf-8"
    )
    bring(bench, "a.csv", *invoice_rows("9001", **taxed))
    (told,) = details(bring(bench, "b.csv", *invoice_rows("9001", **{**taxed, "tax_code": "VAT16"})))
    assert "posted with the line 001300 100.00 (PM DEN, tax code VAT19)" in told
    assert "comes now with the line 001300 100.00 (PM DEN, tax code VAT16)" in told


def test_another_vendor_id_of_the_same_supplier_is_named(bench: Bench) -> None:
    map_vendor(bench, "OLD-7", "V20010")
    bring(bench, "a.csv", *invoice_rows("9001"))
    (told,) = details(bring(bench, "b.csv", *invoice_rows("9001", vendor_id="OLD-7")))
    assert told.endswith("comes back changed: vendor id V20010 was posted, OLD-7 comes now.")


def test_a_total_that_became_zero_brings_no_line_of_nothing(bench: Bench) -> None:
    bring(bench, "a.csv", *invoice_rows("9001"))
    (told,) = details(bring(bench, "b.csv", *invoice_rows("9001", invoice_amount="0.00")))
    assert "SAP alone has V20010 credit 100.00" in told
    assert "Stampli alone" not in told


class TestTwoStampliIdsOfOneSupplier:
    """Mapped to one CardCode they are one vendor, whose bill is posted once."""

    def test_in_one_file(self, bench: Bench) -> None:
        map_vendor(bench, "OLD-7", "V20010")
        twin = invoice_rows("9002", vendor_id="OLD-7", invoice_number="n 9001")
        summary = bring(bench, "a.csv", *invoice_rows("9001"), *twin)
        assert [row["reason"] for row in summary["needs_a_person"]] == ["PROBABLE_DUPLICATE"]
        assert len(bench.entries()) == 1

    def test_in_a_later_file_the_earlier_bill_is_named(self, bench: Bench) -> None:
        map_vendor(bench, "OLD-7", "V20010")
        bring(bench, "a.csv", *invoice_rows("9001", vendor_id="OLD-7"))
        (told,) = details(bring(bench, "b.csv", *invoice_rows("9002", invoice_number="N/9001")))
        assert "Stampli invoice 9001 (number N-9001, entry 701)" in told


def test_a_row_of_a_mapping_for_other_days_is_named(bench: Bench) -> None:
    header = "stampli_gl_account,b1_account_code,valid_from,valid_to\n"
    (bench.directory / "mappings" / "gl_accounts.csv").write_text(
        f"{header}4711,006200,2026-05-01,\n", encoding="utf-8"
    )
    (told,) = details(bring(bench, "a.csv", *invoice_rows("9001", gl_account="4711")))
    assert told.endswith("gl_accounts.csv, row 2 names it, but not for 2026-04-30.")
