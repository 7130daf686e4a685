"""A proposed layout reads the file that it was made from; and drift and explanations are in plain words."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stampli_b1_assets.errors import LayoutError
from stampli_b1_assets.stampli.drift import drift
from stampli_b1_assets.stampli.explain import RowReport, explained, show
from stampli_b1_assets.stampli.layout import Layout, load_layout, parse_layout
from stampli_b1_assets.stampli.propose import propose_layout
from stampli_b1_assets.stampli.reader import ParsedFile, read_export
from stampli_b1_assets_tests.stampli.reading import golden

SAMPLES = Path(__file__).parent / "samples"


def read(path: Path, layout: Layout, zone: str = "UTC") -> ParsedFile:
    return read_export(path, path.name, layout, max_bytes=10**6, zone=ZoneInfo(zone))


def rows_of(path: Path, layout: Layout) -> list[RowReport]:
    return list(explained(read(path, layout).rows))


@pytest.mark.parametrize(
    ("sample", "form", "rows", "faulty"),
    [
        ("lines.csv", "invoices (csv)", 5, 0),
        ("lines.xml", "invoices (xml)", 5, 0),
        ("flat.xml", "invoices (xml)", 2, 0),
        ("european.csv", "invoices (csv)", 4, 1),
        ("screen.csv", "invoices (csv)", 3, 3),
        ("records.txt", "invoices (records)", 4, 1),
        ("two_headers.csv", "invoices (csv, headers)", 2, 0),
        ("two_lines.csv", "invoices (csv, lines)", 3, 0),
        ("vendors.csv", "vendors (csv)", 3, 2),
        ("payments.csv", "payments (csv)", 5, 2),
    ],
)
def test_proposed_layout_reads_its_file(sample, form, rows, faulty):
    text = propose_layout(SAMPLES / sample)
    parsed = read(SAMPLES / sample, parse_layout(text, "proposed.yaml"), zone="America/New_York")
    found = list(explained(parsed.rows))
    assert (parsed.form.title, len(found), sum(bool(row.faults) for row in found)) == (form, rows, faulty)
    assert parsed.unknown_columns == ()


@pytest.mark.parametrize("sample", golden.sample_names())
def test_proposed_layout_reads_what_the_built_in_one_reads(sample):
    built_in = golden.LAYOUTS.get(sample, "stampli_lines")
    text = propose_layout(SAMPLES / sample)
    assert f"the built-in layout {built_in} reads this file" in text
    proposed = rows_of(SAMPLES / sample, parse_layout(text, "proposed.yaml"))
    assert proposed == rows_of(SAMPLES / sample, load_layout(built_in, SAMPLES))


@pytest.mark.parametrize(
    "sample", ["lines.csv", "lines.xml", "flat.xml", "vendors.csv", "payments.csv", "european.csv"]
)
def test_what_no_built_in_layout_knows_is_guessed_from_labels_and_values(sample, monkeypatch):
    monkeypatch.setattr("stampli_b1_assets.stampli.propose.built_in_names", list)
    built_in = load_layout(golden.LAYOUTS.get(sample, "stampli_lines"), SAMPLES)
    text = propose_layout(SAMPLES / sample).replace("extends: stampli_lines\n", "")
    values = [row.values for row in rows_of(SAMPLES / sample, parse_layout(text, "proposed.yaml"))]
    expected = [row.values for row in rows_of(SAMPLES / sample, built_in)]
    not_guessed = {"status"} if sample == "european.csv" else set()
    inherited = {"department", "project", "location"} if sample == "lines.xml" else set()
    for one, other in zip(values, expected, strict=True):
        borrowed = {key: other[key] for key in (inherited | not_guessed) & set(other)}
        assert {**one, **borrowed} == other


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


POSITION = "<Position><No>{}</No><Account>6200</Account><NetAmount>{}</NetAmount><Text>Paper</Text></Position>"
CODING = "<CodingLine><LineNo>{}</LineNo><GL>1300 Site work</GL><Amount>{}</Amount></CodingLine>"
STRANGERS = {
    "french": (
        (
            "Société;N° interne;Type de pièce;N° facture;Code fournisseur;Date facture;Devise;Montant TTC;Montant TVA;"
            "Statut;Ligne;Compte général;Montant HT;Code TVA\n"
            "AR;44;Facture;F-1;F42;03/04/2026;EUR;1 234,56;205,76;Bon à payer;1;606100;1 028,80;TVA20\n"
            "AR;45;Avoir;A-9;F42;04/04/2026;EUR;-12 000,00;0,00;Payée;1;606100;-12 000,00;\n"
        ),
        [("44", "Invoice", "2026-04-03", "1234.56", "1028.8"), ("45", "Credit Memo", "2026-04-04", "-12000", "-12000")],
    ),
    "title and currency signs": (
        (
            "Bills of Maple Ridge\n"
            "Doc ID\tDoc Type\tBill No\tSupplier Code\tDoc Date\tCcy\tGross\tState\tPos\tAccount\tNet\n"
            "A-1\tBill\tB/7\tS01\t4/3/2026\tPLN\tzł 1'230.00\tReleased\t10\t4010 Print\tzł 1'230.00\n"
            "A-2\tCredit Note\tB/8\tS01\t4/13/2026\tPLN\t(zł 123.00)\tReleased\t10\t4010 Print\t(zł 123.00)\n"
        ),
        [("A-1", "Invoice", "2026-04-03", "1230", "1230"), ("A-2", "Credit Memo", "2026-04-13", "-123", "-123")],
    ),
    "records between pipes": (
        (
            "H|7001|I|INV-9|V20|20260401|USD|150.00|APPR|x1\nL|7001|1|001300|100.00|first\nL|7001|2|006120|50.00|second\n"
            "H|7002|C|CM-2|V20|20260402|USD|25.00|APPR|x2\nL|7002|1|001300|25.00|back\nT|2|3|175.00\n"
        ),
        [
            ("7001", "Invoice", "2026-04-01", "150", "100"),
            ("7001", "Invoice", "2026-04-01", "150", "50"),
            ("7002", "Credit Memo", "2026-04-02", "-25", "-25"),
        ],
    ),
    "tax included, credit memos positive": (
        (
            "Bill ID,Bill Type,Bill Ref,Vendor Code,Bill Date,Currency,Total incl. VAT,Approval,Line No,Account,"
            "Amount incl. VAT,VAT in Line,VAT Code\n"
            "51,Invoice,R-1,V20,21-04-2026,EUR,119.00,ready,1,001300,119.00,19.00,V19\n"
            "52,Refund,R-2,V20,22-04-2026,EUR,11.90,ready,1,001300,11.90,1.90,V19\nTotal,,,,,,130.90,,,,,,\n"
        ),
        [("51", "Invoice", "2026-04-21", "119", "100"), ("52", "Credit Memo", "2026-04-22", "-11.9", "-10")],
    ),
    "nested elements": (
        '<a:Batch xmlns:a="urn:a"><a:Head><a:Who>x</a:Who></a:Head><a:Bills>'
        + "".join(
            f'<a:Bill BillId="{n}"><a:Kind>bill</a:Kind><a:BillNo>N{n}</a:BillNo><a:Party code="V{n}"/>'
            f"<a:Issued>2026-04-0{n}</a:Issued><a:Currency>USD</a:Currency><a:Gross>{n}.50</a:Gross><a:State>ok</a:State>"
            f'<a:Posts><a:Post no="1"><a:Account>13</a:Account><a:Net>{n}.50</a:Net></a:Post></a:Posts></a:Bill>'
            for n in (1, 2)
        )
        + "</a:Bills></a:Batch>",
        [("1", "Invoice", "2026-04-01", "1.5", "1.5"), ("2", "Invoice", "2026-04-02", "2.5", "2.5")],
    ),
    "a header of elements in elements, and positions": (
        "<ApInvoices><Batch><Created>2026-04-01</Created></Batch>"
        + "".join(
            f"<ApInvoice><Header><DocumentId>{n}</DocumentId><DocumentType>{type_}</DocumentType><InvoiceNumber>R{n}"
            f"</InvoiceNumber><Supplier><Id>V{n}</Id><Name>Holm</Name></Supplier><DocumentDate>2026-03-3{n}"
            f"</DocumentDate><CurrencyCode>USD</CurrencyCode><GrossAmount>{gross}</GrossAmount><State>Approved</State>"
            f"</Header><Positions>{lines}</Positions></ApInvoice>"
            for n, type_, gross, lines in (
                (0, "Invoice", "3.00", POSITION.format(1, "1.00") + POSITION.format(2, "2.00")),
                (1, "Credit Memo", "-5.00", POSITION.format(1, "-5.00")),
            )
        )
        + "</ApInvoices>",
        [
            ("0", "Invoice", "2026-03-30", "3", "1"),
            ("0", "Invoice", "2026-03-30", "3", "2"),
            ("1", "Credit Memo", "2026-03-31", "-5", "-5"),
        ],
    ),
    "short German attributes, umlauts spelled out": (
        "<Rechnungen>"
        + "".join(
            f'<Rechnung nr="R-{n}" datum="0{n}.03.2026" faellig="30.04.2026" lieferant="V{n}" lieferantName="Kuhn" '
            f'waehrung="EUR" brutto="1.{n}90,00" steuer="190,00" status="frei" art="{type_}" id="77{n}"><Zeilen>'
            f'<Zeile pos="1" konto="4711" betrag="1.{n - 1}00,00" kostenstelle="100"/></Zeilen></Rechnung>'
            for n, type_ in ((1, "Rechnung"), (2, "Gutschrift"))
        )
        + "</Rechnungen>",
        [("771", "Invoice", "2026-03-01", "1190", "1000"), ("772", "Credit Memo", "2026-03-02", "-1290", "-1100")],
    ),
    "words that say little, and lines without an element around them": (
        "<Export>"
        + "".join(
            f"<Document><StampliInvoiceId>{n}</StampliInvoiceId><Kind>Bill</Kind><Reference>A-{n}</Reference>"
            f'<Vendor code="V1">Acme</Vendor><Dates><Issued>03/3{n}/2026</Issued></Dates><Amounts currency="USD">'
            f"<Total>1,951.00</Total></Amounts><Approval><Status>Paid Invoice</Status><By>Kim</By></Approval>{lines}"
            "</Document>"
            for n, lines in ((0, CODING.format(1, "1,951.00")), (1, CODING.format(1, "1,950.00") + CODING.format(2, 1)))
        )
        + "</Export>",
        [
            ("0", "Invoice", "2026-03-30", "1951", "1951"),
            ("1", "Invoice", "2026-03-31", "1951", "1950"),
            ("1", "Invoice", "2026-03-31", "1951", "1"),
        ],
    ),
    "the root of a built-in layout, and other documents": (
        '<Invoices count="2">'
        + "".join(
            f'<Inv InternalId="900{n}" InvNo="X-{n}" Type="Invoice" Status="ok" Ccy="USD"><Vendor No="V9">Zed</Vendor>'
            f"<Date>2026-03-0{n}</Date><Total>1{n}.00</Total><Distribution><No>1</No><Account>6200</Account><Amount>1{n}.00"
            "</Amount></Distribution></Inv>"
            for n in (1, 2)
        )
        + "</Invoices>",
        [("9001", "Invoice", "2026-03-01", "11", "11"), ("9002", "Invoice", "2026-03-02", "12", "12")],
    ),
}


@pytest.mark.parametrize("case", STRANGERS)
def test_unfamiliar_exports_are_proposed_so_that_they_read(tmp_path, case):
    content, expected = STRANGERS[case]
    path = write(tmp_path, content)
    layout = parse_layout(propose_layout(path), "proposed.yaml")
    rows = rows_of(path, layout)
    names = ("stampli_id", "type", "invoice_date", "total", "line_amount")
    assert [tuple(row.values[name] for name in names) for row in rows] == expected
    assert [row.values["gl_account"].split()[0].isdigit() for row in rows] == [True] * len(expected)
    assert not any(row.faults for row in rows)
    assert "missing" not in propose_layout(path)


def test_vendors_have_no_lines_whatever_they_hold_twice(tmp_path):
    bank = "<Bank><Account>{}</Account></Bank>"
    vendors = "".join(
        f"<Vendor><Id>V{n}</Id><Name>Acme</Name><Status>Active</Status>{bank.format(1)}{bank.format(2)}</Vendor>"
        for n in (1, 2)
    )
    path = write(tmp_path, f"<Vendors>{vendors}</Vendors>")
    rows = rows_of(path, parse_layout(propose_layout(path), "proposed.yaml"))
    assert [row.values["vendor_id"] for row in rows] == ["V1", "V2"]


def test_halves_in_files_of_their_own_are_told(tmp_path):
    headers = propose_layout(write(tmp_path, "doc_key,doc_class,supplier_ref,supplier,gross\nK1,INV,5,V20,1.00\n"))
    assert "only headers are here" in headers
    assert "vendor_id:\n      name: supplier\n" in headers
    lines = propose_layout(write(tmp_path, "doc_key,post_no,ledger_code,net\nK1,1,001300 Site work,1.00\n"))
    assert "part: line" in lines
    assert "extract:" in lines


def test_records_with_more_lines_than_headers_are_proposed(tmp_path):
    line = "L,1,1,001300,{}.00,3.00\n"
    text = "H,1,Invoice,N,V,2026-04-01,USD,9.00,0.00,Paid Invoice\n" + "".join(map(line.format, (4, 5)))
    assert "header_word: H" in propose_layout(write(tmp_path, text))


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
    (row,) = rows_of(path, load_layout("stampli_lines", tmp_path))
    assert (row.row, row.values["total"], row.values["invoice_date"]) == (2, "10", "2026-03-01")
    assert row.faults[0].startswith('Row 2: Line Amount "ten" is no number')
    assert row.unused == '{"Shade": "blue"}'
    assert "line_amount" not in row.values


def test_layout_in_words():
    text = show(load_layout("stampli_european", SAMPLES))
    assert text.startswith("stampli_european: ")
    assert "invoices (csv), utf-8, dates DD.MM.YYYY, numbers such as -1.951,00" in text
    assert "stampli_id Beleg-ID (required): Stampli's invoice id" in " ".join(text.split())
    assert "always ''" in show(load_layout("stampli_screen", SAMPLES))


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (["05/01/2026", "04/02/2026"], "dates fit MM/DD/YYYY and DD/MM/YYYY alike"),
        (
            ["05/01/2026", "04/02/2026", "06/03/2026", "05/13/2026"],
            "dates: 1 of 4 values are MM/DD/YYYY only, the others fit DD/MM/YYYY too: check it",
        ),
        (["05/21/2026", "04/22/2026", "06/03/2026", "05/13/2026"], ""),
    ],
)
def test_one_odd_date_among_many_decides_nothing(tmp_path, days, told):
    rows = "".join(f"{number},V1,Vendor,N-{number},{day},10.00,1300\n" for number, day in enumerate(days))
    text = propose_layout(write(tmp_path, f"Id,Vendor,Name,Number,Invoice Date,Amount,Account\n{rows}"))
    assert "dates: MM/DD/YYYY" in text
    doubts = " ".join(line.lstrip("# ") for line in text.splitlines() if line.lstrip().startswith("#"))
    assert (told in doubts) if told else ("alike" not in doubts and "only, the others" not in doubts)
