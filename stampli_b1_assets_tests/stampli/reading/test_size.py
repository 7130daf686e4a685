"""Memory holds a piece of a file, however large the file: of reading, and of making invoices from what was read."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from stampli_b1_assets.config.models import PostingSettings
from stampli_b1_assets.domain.vendor import Vendor
from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.pipeline.trying import try_layout
from stampli_b1_assets.stampli.frames import (
    INVOICE_IDENTITY,
    HeadersWithLines,
    Invoices,
    Vendors,
    invoices_from,
    vendors_together,
)
from stampli_b1_assets.stampli.layout import load_layout, parse_layout
from stampli_b1_assets.stampli.reader import open_export, read_export
from stampli_b1_assets.stampli.rows import Rows
from stampli_b1_assets_tests.stampli.reading.test_forms import INCLUDED, OWN_LINE

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
    monkeypatch.setattr("stampli_b1_assets.stampli.rows._KEYS", 2 * PIECE)
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
        rows = read_export(path, "f", LAYOUT, max_bytes=10**9).rows
        return exhausted(iter(Invoices(rows, None, "f", "")))

    small, large = make(tmp_path / "small", 100), make(tmp_path / "large", 1_000)
    assert invoices(small) == 100
    assert peak_of(lambda: invoices(large)) < 1.5 * peak_of(lambda: invoices(small))


def vendors_file(path: Path, vendors: int) -> Path:
    with path.open("w") as file:
        file.write("Vendor ID,Vendor Name,Status,Last Modified\n")
        for time in ("09", "10"):
            file.writelines(f"V{number},Vendor {number},Active,2026-05-01T{time}:00:00Z\n" for number in range(vendors))
    return path


def test_vendors_of_two_files_whose_rows_lie_apart_come_together_with_a_piece_in_memory(tmp_path):
    other = read_export(vendors_file(tmp_path / "other", 50), "other", LAYOUT, max_bytes=10**9).rows

    def vendors(path: Path) -> Iterator[list[Vendor]]:
        rows = read_export(path, "f", LAYOUT, max_bytes=10**9).rows
        return vendors_together([Vendors(rows, None, "f", "1"), Vendors(other, None, "other", "2")])

    small, large = vendors_file(tmp_path / "small", 100), vendors_file(tmp_path / "large", 1_000)
    pieces = list(vendors(small))
    assert len(pieces) > 2
    assert list(dict.fromkeys(one.key for piece in pieces for one in piece)) == [f"V{number}" for number in range(100)]
    for id_, places in [("V7", 4), ("V70", 2)]:
        (rows,) = [found for piece in pieces if (found := [one for one in piece if one.vendor_id == id_])]
        assert [one.file_name for one in rows] == ["f", "f", "other", "other"][:places]
    assert peak_of(lambda: exhausted(vendors(large))) < 1.5 * peak_of(lambda: exhausted(vendors(small)))


RECORDS = "H,{0},Invoice,N-{0},V1,2026-03-01,,,USD,10.00,,Paid Invoice\n"
LINE = "L,{0},{1},1300,,,,,5.00,\n"


def records_file(path: Path, invoices: int) -> Path:
    """Every other invoice has no lines; the lines of the others come far behind their headers."""
    with path.open("w") as file:
        file.writelines(RECORDS.format(number) for number in range(invoices))
        file.writelines(LINE.format(number, line) for number in range(0, invoices, 2) for line in (1, 2))
        file.write(f"T,{invoices},{invoices},{10 * invoices}.00\n")
    return path


def test_records_whose_lines_come_late_are_joined_with_a_piece_in_memory(tmp_path):
    layout = load_layout("stampli_records", Path())

    def invoices(path: Path) -> list[tuple[str, int]]:
        rows = read_export(path, "f", layout, max_bytes=10**9).rows
        return [(one.stampli_id, len(one.lines)) for one in Invoices(rows, None, "f", "")]

    small, large = records_file(tmp_path / "small", 100), records_file(tmp_path / "large", 1_000)
    expected = [(str(number), 0 if number % 2 else 2) for number in range(100)]
    assert sorted(invoices(small)) == sorted(expected)
    assert peak_of(lambda: exhausted(open_export(large, "f", layout, max_bytes=10**9).frames())) < 1.5 * peak_of(
        lambda: exhausted(open_export(small, "f", layout, max_bytes=10**9).frames())
    )


@pytest.mark.parametrize(
    ("form", "columns", "lines", "amounts"),
    [
        (INCLUDED, "Tax,Line Tax", ("1,59.50,19.00,9.50", "2,59.50,19.00,9.50"), ["50.00", "50.00"]),
        (OWN_LINE, "Sort,Code", ("1,100.00,Item,", "2,19.00,TAX,V19"), ["100.00"]),
    ],
)
def test_tax_is_taken_out_of_lines_that_lie_apart_with_a_piece_in_memory(tmp_path, form, columns, lines, amounts):
    layout = parse_layout(form, "taxed.yaml")

    def file_of(name: str, invoices: int) -> Path:
        path = tmp_path / name
        rows = [f"{number},119.00,{cells}\n" for cells in lines for number in range(invoices)]
        path.write_text(f"Id,Total,Line,Amount,{columns}\n{''.join(rows)}")
        return path

    def read(path: Path) -> list[tuple[str, str, list[str]]]:
        rows = read_export(path, "f", layout, max_bytes=10**9).rows
        made = Invoices(rows, None, "f", "")
        return [(one.stampli_id, str(one.tax), [str(line.amount) for line in one.lines]) for one in made]

    small, large = file_of("small", 100), file_of("large", 1_000)
    assert read(small) == [(str(number), "19.00", amounts) for number in range(100)]
    assert len(read(large)) == 1_000
    assert peak_of(lambda: exhausted(open_export(large, "f", layout, max_bytes=10**9).frames())) < 1.5 * peak_of(
        lambda: exhausted(open_export(small, "f", layout, max_bytes=10**9).frames())
    )


def test_lines_of_another_file_are_joined_piece_by_piece():
    names = ("stampli_id", "part", "line_number")
    schema = pl.Schema({name: pl.String() for name in names})
    headers = pl.DataFrame([(str(id_), "header", "") for id_ in range(180)], schema, orient="row")
    before = pl.DataFrame([(str(id_), "line", "1") for id_ in range(180)], schema, orient="row")
    again = pl.DataFrame([(str(id_), "line", "2") for id_ in range(0, 400, 2)], schema, orient="row")
    rows = [Rows.spooled(iter([frame[:100], frame[100:]]), schema) for frame in (headers, before, again)]
    pieces = list(HeadersWithLines(rows[0], rows[1:]).documents(pl.col("stampli_id")))
    assert len(pieces) > 2
    joined = pl.concat(pieces)
    assert joined.filter(pl.col("part") == "header")["stampli_id"].to_list() == headers["stampli_id"].to_list()
    lines = dict(joined.filter(pl.col("part") == "line").select("stampli_id", "line_number").iter_rows())
    assert joined.height == 2 * headers.height
    assert lines == {str(id_): "1" if id_ % 2 else "2" for id_ in range(180)}


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
    frame = read_export(path, "f", LAYOUT, max_bytes=10**9).rows.whole()
    rows = read_export(path, "f", LAYOUT, max_bytes=10**9).rows
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
    rows = read_export(csv_file(tmp_path / "f.csv", 100), "f", LAYOUT, max_bytes=10**9).rows
    assert rows.height == rows.whole().height == 200
    assert len(list((tmp_path / "spool").iterdir())) == 1
    del rows
    gc.collect()
    assert list((tmp_path / "spool").iterdir()) == []


def test_what_was_spooled_stays_while_some_of_its_rows_are_in_use(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "spool"))
    (tmp_path / "spool").mkdir()
    path = vendors_file(tmp_path / "v.csv", 100)
    some = Vendors(read_export(path, "f", LAYOUT, max_bytes=10**9).rows, None, "f", "1").only(["V7"])
    gc.collect()
    assert [[one.vendor_id for one in piece] for piece in vendors_together([some])] == [["V7", "V7"]]
    del some
    gc.collect()
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_file_that_is_refused_further_down_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "spool"))
    (tmp_path / "spool").mkdir()
    path = csv_file(tmp_path / "f.csv", 200)
    with path.open("a") as file:
        file.write("1,2,3\n")
    with pytest.raises(FileRefused, match="has 3 fields"):
        read_export(path, "f", LAYOUT, max_bytes=10**9)
    assert list((tmp_path / "spool").iterdir()) == []


def test_few_rows_stay_in_memory_and_no_rows_have_their_schema(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.mkdtemp", None)
    path = tmp_path / "f.csv"
    path.write_text(HEADER)
    assert read_export(path, "f", LAYOUT, max_bytes=10**9).rows.whole().schema["total"] == pl.Decimal(28, 6)
    assert Rows.of(pl.DataFrame({"a": [1]})).height == 1


def test_more_kinds_of_values_than_any_export_has_are_too_large(exports):
    values = "".join(f"<Extra{number}>x</Extra{number}>" for number in range(1_001))
    assert exports.refusal(f"<StampliExport><Invoice>{values}</Invoice></StampliExport>") == "TOO_LARGE"
    assert "1,000 different elements" in exports.message


@pytest.mark.parametrize("make", [csv_file, vendors_file])
def test_trying_a_layout_holds_a_piece_and_not_the_file(tmp_path, make, monkeypatch):
    monkeypatch.setattr("stampli_b1_assets.pipeline.trying._MOST_ROWS", PIECE)

    def rows(path: Path) -> int:
        with try_layout(path, LAYOUT, PostingSettings(), zone=ZoneInfo("UTC"), max_bytes=10**9) as trial:
            return exhausted(trial.rows())

    small, large = make(tmp_path / "small", 100), make(tmp_path / "large", 1_000)
    assert rows(small) == 200
    assert peak_of(lambda: rows(large)) < 1.5 * peak_of(lambda: rows(small))
