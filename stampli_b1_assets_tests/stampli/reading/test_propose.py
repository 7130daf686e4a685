"""A proposed layout reads the file that it was made from; and drift and explanations are in plain words."""

from pathlib import Path

import pytest

from stampli_b1_assets.errors import LayoutError
from stampli_b1_assets.stampli.drift import drift
from stampli_b1_assets.stampli.explain import explain, show
from stampli_b1_assets.stampli.layout import load_layout, parse_layout
from stampli_b1_assets.stampli.propose import propose_layout

SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize(
    ("sample", "form", "rows", "faulty"),
    [
        ("lines.csv", "invoices (csv)", 5, 0),
        ("lines.xml", "invoices (xml)", 5, 0),
        ("flat.xml", "invoices (xml)", 2, 0),
        ("european.csv", "invoices (csv)", 4, 1),
        ("screen.csv", "invoices (csv)", 3, 0),
        ("vendors.csv", "vendors (csv)", 3, 2),
        ("payments.csv", "payments (csv)", 5, 2),
    ],
)
def test_proposed_layout_reads_its_file(sample, form, rows, faulty):
    text = propose_layout(SAMPLES / sample)
    explanation = explain(SAMPLES / sample, parse_layout(text, "proposed.yaml"), zone="America/New_York")
    assert (explanation.form, len(explanation.rows), explanation.faulty) == (form, rows, faulty)
    assert explanation.unknown_columns == ()


@pytest.mark.parametrize("sample", ["lines.csv", "lines.xml", "flat.xml", "vendors.csv", "payments.csv"])
def test_proposed_layout_reads_what_the_built_in_one_reads(sample):
    built_in = load_layout("stampli_flat_xml" if sample == "flat.xml" else "stampli_lines", SAMPLES)
    proposed = parse_layout(propose_layout(SAMPLES / sample), "proposed.yaml")
    values = [row.values for row in explain(SAMPLES / sample, proposed).rows]
    expected = [row.values for row in explain(SAMPLES / sample, built_in).rows]
    inherited = {"department", "project", "location"} if sample == "lines.xml" else set()
    for one, other in zip(values, expected, strict=True):
        assert {**one, **{key: other[key] for key in inherited & set(other)}} == other


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "unknown.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_doubts_are_told(tmp_path):
    path = write(
        tmp_path,
        "Invoice Id\tDoc Type\tDate\tAmount\tApproved At\tState\tMood\n"
        "1\tBill\t01/02/2026\t$1,000.50\t2026-01-02 10:00\tOK\tgood\n2\tCredit\t03/04/2026\t5.00\t\tOK\tbad\n",
        "utf-16",
    )
    text = propose_layout(path)
    for words in (
        "MM/DD/YYYY and DD/MM/YYYY alike",
        "moments have no zone",
        "Bill taken for Invoice, Credit taken for Credit Memo",
        "status words that occur: OK",
        "not used: Mood",
        "missing, without which nothing is posted: number, vendor_id",
        "credit_memos: positive",
        "encoding: utf-16",
    ):
        assert words in text, words
    assert parse_layout(text, "x").forms[0].delimiter == "\t"


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", '"never closed\n', "<a><b></a>", "<!DOCTYPE a><a/>", "\0"])
def test_what_cannot_be_proposed(tmp_path, content):
    with pytest.raises(LayoutError) as caught:
        propose_layout(write(tmp_path, content))
    assert caught.value.remedy


def test_drift_names_what_changed():
    change = drift(["A", "Invoice Amount", "Gone", "B"], ["b ", "a", "Invoice Amt", "Brand new"])
    assert change.renamed == (("Invoice Amount", "Invoice Amt"),)
    assert (change.added, change.removed, change.moved) == (("Brand new",), ("Gone",), True)
    assert change.sentence == (
        "The export's columns changed: Invoice Amount seems to be called Invoice Amt now; "
        "Brand new is new; Gone is gone."
    )


def test_no_drift():
    assert drift(["A", "B"], [" a", "B"]).sentence == ""
    assert not drift(["A", "B"], ["A", "B"]).moved


@pytest.mark.parametrize(("sample", "first"), [("lines.csv", "Stampli Company ID"), ("lines.xml", "@companyId")])
def test_parsed_files_know_their_columns(exports, sample, first):
    parsed = exports.read((SAMPLES / sample).read_bytes())
    assert parsed.columns[0] == first
    assert drift(parsed.columns, [*parsed.columns, "More"]).added == ("More",)


def test_explanation_shows_values_faults_and_what_is_not_used(exports, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(exports.csv({"Line Amount": "ten", "Shade": "blue"}))
    (row,) = explain(path, load_layout("stampli_lines", tmp_path)).rows
    assert (row.row, row.values["total"], row.values["invoice_date"]) == (2, "10", "2026-03-01")
    assert row.faults[0].startswith('Row 2: Line Amount "ten" is no number')
    assert row.unused == '{"Shade": "blue"}'
    assert "line_amount" not in row.values


def test_layout_in_words():
    text = show(load_layout("stampli_european", SAMPLES))
    assert text.startswith("stampli_european: ")
    assert "invoices (csv), utf-8, dates DD.MM.YYYY, numbers such as 1951,00" in text
    assert "stampli_id Beleg-ID (required): Stampli's invoice id" in " ".join(text.split())
    assert "always ''" in show(load_layout("stampli_screen", SAMPLES))
