"""Memory holds a piece of a file, however large the file: of reading, and of making invoices from what was read."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.stampli.frames import INVOICE_IDENTITY, Invoices, invoices_from
from stampli_b1_assets.stampli.layout import load_layout
from stampli_b1_assets.stampli.reader import open_export, read_export, spool_export
from stampli_b1_assets.stampli.rows import Rows

LAYOUT = load_layout("stampli_lines", Path())
PIECE = 50
HEADER = (
    "Stampli Invoice ID,Invoice Type,Invoice Number,Vendor ID,Invoice Date,Currency,Invoice Amount,Invoice Status,"
    "Line #,GL Account,Line Amount,Memo\n"
)
ROW = "{0},Invoice,N-{0},V{0},2026-03-01,USD,10.00,Paid Invoice,{1},1300,5.00,memo of line {0}\n"


def csv_file(path: Path, invoices: int) -> Path:
    with path.open("w") as file:
        file.write(HEADER)
        file.writelines(ROW.format(number, line) for number in range(invoices) for line in (1, 2))
    return path


def xml_file(path: Path, invoices: int) -> Path:
    line = "<Line n='{1}'><GLAccount>1300</GLAccount><Amount>5.00</Amount><Memo>memo of line {0}</Memo></Line>"
    with path.open("w") as file:
        file.write("<StampliExport>\n")
        for number in range(invoices):
            file.write(
                f"<Invoice id='{number}' type='Invoice' status='Paid Invoice'><Number>N-{number}</Number>"
                f"<Vendor id='V{number}'>Vendor {number}</Vendor><InvoiceDate>2026-03-01</InvoiceDate>"
                f"<Currency>USD</Currency><Total>10.00</Total><Lines>{line.format(number, 1)}{line.format(number, 2)}"
                "</Lines></Invoice>\n"
            )
        file.write("</StampliExport>\n")
    return path


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("csv_reader", "xml_reader", "records_reader", "rows"):
        monkeypatch.setattr(f"stampli_b1_assets.stampli.{module}.CHUNK_ROWS", PIECE)
    for module in ("text", "xml_text"):
        monkeypatch.setattr(f"stampli_b1_assets.stampli.{module}._BLOCK", 4096)


def peak_of(action: Callable[[], Any]) -> int:
    """Most bytes that Python held at a time beyond what it held before."""
    gc.collect()
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def exhausted(pieces: Iterator[Any]) -> int:
    return sum(1 for _ in pieces)


@pytest.mark.parametrize("make", [csv_file, xml_file])
def test_reading_holds_a_piece_and_not_the_file(tmp_path, make):
    def read(path: Path) -> int:
        return exhausted(open_export(path, "f", LAYOUT, max_bytes=10**9).frames())

    small, large = make(tmp_path / "small", 100), make(tmp_path / "large", 1_000)
    assert read(small) == 4
    assert peak_of(lambda: read(large)) < 1.5 * peak_of(lambda: read(small))


@pytest.mark.parametrize("make", [csv_file, xml_file])
def test_spooling_and_making_invoices_hold_a_piece_and_not_the_file(tmp_path, make):
    def invoices(path: Path) -> int:
        rows = spool_export(path, "f", LAYOUT, max_bytes=10**9).rows
        return exhausted(iter(Invoices(rows, None, "f", "")))

    small, large = make(tmp_path / "small", 100), make(tmp_path / "large", 1_000)
    assert invoices(small) == 100
    assert peak_of(lambda: invoices(large)) < 1.5 * peak_of(lambda: invoices(small))


@pytest.mark.parametrize("order", ["neighbours", "scattered", "one document"])
def test_pieces_hold_whole_documents_in_the_order_of_their_first_rows(tmp_path, order):
    ids = {
        "neighbours": [number // 2 for number in range(400)],
        "scattered": [*range(200), *reversed(range(200))],
        "one document": [7] * 180,
    }[order]
    content = HEADER + "".join(ROW.format(id_, line) for line, id_ in enumerate(ids, start=1))
    path = tmp_path / "f.csv"
    path.write_text(content)
    frame = read_export(path, "f", LAYOUT, max_bytes=10**9).frame
    rows = spool_export(path, "f", LAYOUT, max_bytes=10**9).rows
    pieces = list(rows.documents(INVOICE_IDENTITY))
    assert sum(piece.height for piece in pieces) == len(ids)
    assert len(pieces) > 1 or order == "one document"
    seen = [set(piece["stampli_id"]) for piece in pieces]
    assert sum(map(len, seen)) == len(set().union(*seen))
    whole = invoices_from(frame, company_code=None, file_name="f", file_sha256="")
    assert list(Invoices(rows, None, "f", "")) == whole
    assert all(line.amount == Decimal("5.00") for invoice in whole for line in invoice.lines)


def test_what_was_spooled_goes_with_its_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "spool"))
    (tmp_path / "spool").mkdir()
    rows = spool_export(csv_file(tmp_path / "f.csv", 100), "f", LAYOUT, max_bytes=10**9).rows
    assert rows.height == rows.whole().height == 200
    assert len(list((tmp_path / "spool").iterdir())) == 1
    del rows
    gc.collect()
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_file_that_is_refused_further_down_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "spool"))
    (tmp_path / "spool").mkdir()
    path = csv_file(tmp_path / "f.csv", 200)
    with path.open("a") as file:
        file.write("1,2,3\n")
    with pytest.raises(FileRefused, match="has 3 fields"):
        spool_export(path, "f", LAYOUT, max_bytes=10**9)
    assert list((tmp_path / "spool").iterdir()) == []


def test_few_rows_stay_in_memory_and_no_rows_have_their_schema(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.mkdtemp", None)
    path = tmp_path / "f.csv"
    path.write_text(HEADER)
    assert spool_export(path, "f", LAYOUT, max_bytes=10**9).rows.whole().schema["total"] == pl.Decimal(28, 6)
    assert Rows.of(pl.DataFrame({"a": [1]})).height == 1


def test_more_kinds_of_values_than_any_export_has_are_too_large(exports):
    values = "".join(f"<Extra{number}>x</Extra{number}>" for number in range(1_001))
    assert exports.refusal(f"<StampliExport><Invoice>{values}</Invoice></StampliExport>") == "TOO_LARGE"
    assert "1,000 different elements" in exports.message
