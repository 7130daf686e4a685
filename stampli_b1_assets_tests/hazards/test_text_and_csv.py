"""Hazards 37 to 47: encodings, quotes, headers, totals, and texts that SAP cannot hold as they are."""

import json
import logging
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from stampli_b1_assets.defs.home import open_instance
from stampli_b1_assets.pipeline.drifting import drifts
from stampli_b1_assets.pipeline.reading import read
from stampli_b1_assets_tests.fixtures.world import COLUMNS, World, csv_bytes, invoice_rows
from stampli_b1_assets_tests.hazards.story import NEIGHBOUR, counts, entries_of, neighbour_is_posted, waiting, waits
from stampli_b1_assets_tests.simulation.bench import Bench

Bring = Callable[..., dict[str, Any]]
Put = Callable[..., None]

_VENDORS = "Vendor ID,Vendor Name,Status,Tax ID,Last Modified\r\n"
_XML = """<?xml version="1.0" encoding="UTF-8"?>
<StampliExport invoiceCount="{count}" totalAmount="{total}">
  <Invoice id="9001" type="Invoice" status="Authorized for Payment">
    <Number>N-9001</Number><Vendor id="V20010">Fernhill Groundworks Ltd</Vendor>
    <InvoiceDate>2026-04-02</InvoiceDate><PostingDate>2026-04-30</PostingDate>
    <Currency>USD</Currency><Total>100.00</Total>
    <Lines><Line n="1"><GLAccount>001300</GLAccount><Amount>100.00</Amount></Line></Lines>
  </Invoice>
</StampliExport>
"""
_TOTALS = """
name: with_totals
extends: stampli_lines
forms:
  - kind: invoices
    comment: "#"
    blank_rows: skip
    recognise: {of: [Stampli Invoice ID, GL Account], at_least: 2}
    total_row: {column: Invoice Status, word: Grand Total, amount: Invoice Amount}
    columns:
      stampli_id: {name: Stampli Invoice ID, required: true}
      type: {name: Invoice Type, required: true}
      number: {name: Invoice Number, required: true}
      vendor_id: {name: Vendor ID, required: true}
      invoice_date: {name: Invoice Date, required: true}
      posting_date: Posting Date
      currency: {name: Currency, required: true}
      total: {name: Invoice Amount, required: true}
      status: {name: Invoice Status, required: true}
      line_number: {name: "Line #", required: true}
      gl_account: {name: GL Account, required: true}
      department: Department
      location: Location
      line_amount: {name: Line Amount, required: true}
"""


def refusal(bench: Bench, put: Put, content: bytes) -> tuple[str, str]:
    """Reason and words with which a file is refused; the file beside it is posted, and neither is posted twice."""
    put("refused.csv", content)
    put("neighbour.csv", *NEIGHBOUR)
    summary = bench.cycle("both")
    (refused,) = summary["files"]["refused"]
    assert refused["file"] == "refused.csv"
    assert summary["files"] | {"seen": 2, "taken": 1} == summary["files"]
    assert waits(summary) == [("refused.csv", "refused", refused["reason"])]
    assert counts(summary) == {"posted": 1}
    assert neighbour_is_posted(bench)
    assert len(bench.entries()) == 1
    assert bench.cycle("again")["files"]["refused"] == [refused]
    return refused["reason"], refused["detail"]


def test_hazard_37_bytes_that_are_not_as_declared_refuse_the_file(bench: Bench, put: Put) -> None:
    content = csv_bytes(*invoice_rows(memo="Müller"), *invoice_rows("9002")).replace("ü".encode(), b"\xfc")
    reason, words = refusal(bench, put, content)
    assert reason == "NOT_TEXT"
    assert f"byte {content.index(0xFC) + 1:,} cannot be read as utf-8" in words


def test_hazard_37_another_encoding_counts_when_the_layout_declares_it(
    bench: Bench, bring: Bring, configure: Callable[..., None]
) -> None:
    (bench.directory / "latin.yaml").write_text(
        "name: latin\nextends: stampli_lines\ndefaults: {encoding: cp1252}\n" + _TOTALS.split("\n", 3)[3],
        encoding="utf-8",
    )
    configure("stampli", layout="latin.yaml")
    posted = bring("a.csv", csv_bytes(*invoice_rows(invoice_number="Nº 7")).replace("º".encode(), b"\xba"))
    assert counts(posted) == {"posted": 1}
    assert bench.entries()[0]["Reference"] == "Nº 7"


def test_hazard_38_a_name_decoded_wrongly_never_reaches_sap(bench: Bench, bring: Bring) -> None:
    vendors = _VENDORS + "V20024,BÃ¤ckerei Sonnenschein GmbH,Active,DE299000111,2026-05-03T09:00:00Z\r\n"
    summary = bring("vendors.csv", vendors.encode())
    assert summary["vendors"] == {"created": 0, "updated": 0, "unchanged": 1, "held": 0}
    partner = bench.store.get("BusinessPartners", "V20024")
    assert partner is not None
    assert partner["CardName"] == "Bäckerei Sonnenschein GmbH"
    assert "decoded wrongly" in bench.ledger().vendors.get_many(["V20024"])["V20024"].notes[0]
    bring("invoices.csv", *invoice_rows("9001", vendor_name="FernhÃ¼ll Groundworks"), *NEIGHBOUR)
    assert entries_of(bench, "9001")[0]["Memo"] == "V20010 N-9001"
    assert neighbour_is_posted(bench)


def test_hazard_38_a_new_vendor_of_such_a_name_waits(bench: Bench, bring: Bring) -> None:
    rows = ["V30001,MÃ¼ller GmbH,Active,,2026-05-03T09:00:00Z", "V30002,Roy Ltd,Active,,2026-05-03T09:00:00Z"]
    summary = bring("vendors.csv", (_VENDORS + "\r\n".join(rows) + "\r\n").encode())
    assert waits(summary) == [("V30001", "held", "BAD_VALUE")]
    assert "decoded wrongly" in waiting(summary, "V30001")["detail"]
    assert summary["vendors"] | {"created": 1, "held": 1} == summary["vendors"]
    assert bench.store.get("BusinessPartners", "V30001") is None


def test_hazard_38_the_log_of_the_run_tells_of_it_and_of_columns_that_nobody_knows(world: World) -> None:
    rows = "V20010,Fernhill Groundworks Ltd,Active,Day\r\nV20024,BÃ¤ckerei Sonnenschein GmbH,Active,Night\r\n"
    world.sandbox.put("vendors.csv", ("Vendor ID,Vendor Name,Status,Shift\r\n" + rows).encode())
    document = world.sync()
    assert document["vendors"] == {"created": 0, "updated": 0, "unchanged": 2, "held": 0}
    with open_instance() as instance:
        (run,) = document["runs"]
        told = [entry.user_message for entry in instance.all_logs(run) if entry.level == logging.WARNING]
    assert any('Row 3: Vendor Name "BÃ¤ckerei Sonnenschein GmbH" looks as if it was decoded' in one for one in told)
    assert any("Columns that the layout does not know were kept: Shift." in one for one in told)


def test_hazard_39_composed_and_decomposed_accents_are_one_text(bench: Bench, bring: Bring) -> None:
    composed, decomposed = (unicodedata.normalize(form, "Café-12 é") for form in ("NFC", "NFD"))
    bring("a.csv", *invoice_rows("9001", invoice_number=decomposed, vendor_name=decomposed))
    assert bench.entries()[0]["Reference"] == composed
    assert bench.entries()[0]["Memo"] == f"{composed} {composed}"
    again = bring("b.csv", *invoice_rows("9001", invoice_number=composed, vendor_name=composed), *NEIGHBOUR)
    assert counts(again) == {"posted": 1, "already_posted": 1}
    twin = bring("c.csv", *invoice_rows("9002", invoice_number=composed))
    assert waits(twin) == [("9002", "conflict", "PROBABLE_DUPLICATE")]


def test_hazard_40_line_breaks_quotes_and_delimiters_stay_in_their_field(bench: Bench, bring: Bring) -> None:
    summary = bring("a.csv", *invoice_rows("9001", memo='Beam, 2" wide\r\nsecond delivery'), *NEIGHBOUR)
    assert counts(summary) == {"posted": 2}
    assert entries_of(bench, "9001")[0]["JournalEntryLines"][0]["LineMemo"] == 'Beam, 2" wide second delivery'
    assert neighbour_is_posted(bench)


def test_hazard_41_a_quote_that_never_closes_refuses_the_file(bench: Bench, put: Put) -> None:
    whole = csv_bytes(*invoice_rows("9001", memo="sand"), *invoice_rows("9002"), *invoice_rows("9003"))
    reason, words = refusal(bench, put, whole.replace(b",sand,", b',"sand,', 1))
    assert reason == "BROKEN_CSV"
    assert "row 2: a quote is opened and never closed" in words


@pytest.mark.parametrize("length", [100_001, 200_000])
def test_hazard_42_a_field_too_long_refuses_the_file_by_a_limit_of_our_own(bench: Bench, put: Put, length: int) -> None:
    reason, words = refusal(bench, put, csv_bytes(*invoice_rows("9001"), *invoice_rows("9002", memo="x" * length)))
    assert reason == "TOO_LARGE"
    assert "row 3: a field has more than 100,000 characters" in words


def test_hazard_42_a_field_of_just_the_limit_is_read(bench: Bench, bring: Bring) -> None:
    assert counts(bring("a.csv", *invoice_rows("9001", memo="x" * 100_000))) == {"posted": 1}


def test_hazard_43_nul_refuses_the_file(bench: Bench, put: Put) -> None:
    reason, words = refusal(bench, put, csv_bytes(*invoice_rows("9001", memo="a\0b"), *invoice_rows("9002")))
    assert reason == "NOT_TEXT"
    assert "NUL" in words


def renamed(old: str, new: str) -> bytes:
    return csv_bytes(*invoice_rows("9001")).replace(old.encode(), new.encode(), 1)


@pytest.mark.parametrize(
    ("content", "reason", "says"),
    [
        (renamed("Invoice Number", "Invoice No."), "BAD_HEADER", "lacks the required column Invoice Number (is it"),
        (renamed("Due Date", "Invoice Number"), "BAD_HEADER", "Invoice Number more than once"),
        (renamed("Due Date", " invoice number "), "BAD_HEADER", "more than once"),
        (b"Colour,Size\r\nred,7\r\n", "UNKNOWN_KIND", "Colour"),
    ],
)
def test_hazard_44_a_header_that_lacks_or_doubles_a_column_refuses_the_file(
    bench: Bench, put: Put, content: bytes, reason: str, says: str
) -> None:
    found, words = refusal(bench, put, content)
    assert found == reason
    assert says in words


def test_hazard_44_order_is_free_and_further_columns_are_kept_and_told(bench: Bench, bring: Bring) -> None:
    bring("a.csv", *NEIGHBOUR)
    header = [*reversed(COLUMNS), "Cost Object"]
    row = invoice_rows("9001")[0] | {"Cost Object": "K7"}
    text = "\r\n".join([",".join(header).upper(), ",".join(row[name] for name in header)]) + "\r\n"
    assert counts(bring("b.csv", text.encode())) == {"posted": 1}
    assert entries_of(bench, "9001")[0]["Memo"] == "Fernhill Groundworks Ltd N-9001"
    with bench.workplace() as workplace:
        (found,) = drifts(workplace)
        assert found.drift.sentence == "The export's columns changed: COST OBJECT is new."
        assert found.drift.moved
        (record,) = (one for one in workplace.ledger.files.all().values() if one.name == "b.csv")
        parsed = read(workplace, record)
    assert parsed is not None
    assert parsed.unknown_columns == ("COST OBJECT",)
    assert json.loads(parsed.rows.frame.collect()["extra"][0]) == {"COST OBJECT": "K7"}


def total_rows(total: str) -> bytes:
    last = dict.fromkeys(COLUMNS, "") | {"Invoice Status": "Grand Total", "Invoice Amount": total}
    rows = csv_bytes(*invoice_rows("9001"), *invoice_rows("9002", invoice_amount="250.50"), last)
    header, first, *others = rows.split(b"\r\n")
    return b"\r\n".join([header, b"# drawn on Monday" + b"," * (len(COLUMNS) - 1), first, b"", *others])


def test_hazard_45_total_blank_and_comment_rows_are_never_posted(
    bench: Bench, bring: Bring, configure: Callable[..., None]
) -> None:
    (bench.directory / "totals.yaml").write_text(_TOTALS, encoding="utf-8")
    configure("stampli", layout="totals.yaml")
    summary = bring("a.csv", total_rows("350.50"))
    assert summary["invoices"] | {"seen": 2, "posted": 2} == summary["invoices"]
    assert summary["amounts"]["USD"]["posted"] == "350.50"


def test_hazard_45_a_total_that_disagrees_refuses_the_file(
    bench: Bench, put: Put, configure: Callable[..., None]
) -> None:
    (bench.directory / "totals.yaml").write_text(_TOTALS, encoding="utf-8")
    configure("stampli", layout="totals.yaml")
    reason, words = refusal_by_total(bench, put)
    assert reason == "CONTROL_TOTAL"
    assert "351.50" in words
    assert "350.50" in words


def refusal_by_total(bench: Bench, put: Put) -> tuple[str, str]:
    put("refused.csv", total_rows("351.50"))
    put("neighbour.csv", *NEIGHBOUR)
    summary = bench.cycle("both")
    (refused,) = summary["files"]["refused"]
    assert neighbour_is_posted(bench)
    assert len(bench.entries()) == 1
    return refused["reason"], refused["detail"]


@pytest.mark.parametrize(("count", "total", "says"), [("1", "100.00", ""), ("2", "100.00", "2"), ("1", "90", "90")])
def test_hazard_45_the_root_of_an_xml_file_must_agree_with_it(
    bench: Bench, put: Put, count: str, total: str, says: str
) -> None:
    put("a.xml", _XML.format(count=count, total=total).encode())
    put("b.csv", *NEIGHBOUR)
    summary = bench.cycle("both")
    assert counts(summary) == {"posted": 1 if says else 2}
    assert neighbour_is_posted(bench)
    refused = [(one["reason"], says in one["detail"]) for one in summary["files"]["refused"]]
    assert refused == ([("CONTROL_TOTAL", True)] if says else [])


def test_hazard_46_a_long_memo_is_cut_on_a_grapheme_and_keeps_the_number(bench: Bench, bring: Bring) -> None:
    name, number = "🧑‍🌾" * 20, "INV-2026-000123"
    summary = bring("a.csv", *invoice_rows("9001", vendor_name=name, invoice_number=number, memo="a" + "🧑‍🌾" * 40))
    assert counts(summary) == {"posted": 1}
    (entry,) = bench.entries()
    line = entry["JournalEntryLines"][0]["LineMemo"]
    assert entry["Memo"] == f"{'🧑‍🌾' * 6} {number}"
    assert line == "a" + "🧑‍🌾" * 9
    assert max(len(text.encode("utf-16-le")) // 2 for text in (entry["Memo"], line)) <= 50
    (version,) = bench.ledger().invoices.history("9001")
    assert version.content["lines"][0]["memo"] == "a" + "🧑‍🌾" * 40


def test_hazard_47_control_characters_and_line_breaks_become_a_blank_and_emoji_stay(bench: Bench, bring: Bring) -> None:
    summary = bring("a.csv", *invoice_rows("9001", memo="one\r\ntwo\x07three\u2028🚚 four\t"), *NEIGHBOUR)
    assert counts(summary) == {"posted": 2}
    (entry,) = entries_of(bench, "9001")
    assert entry["JournalEntryLines"][0]["LineMemo"] == "one two three 🚚 four"
    assert Decimal(str(entry["JournalEntryLines"][0]["Debit"])) == 100
