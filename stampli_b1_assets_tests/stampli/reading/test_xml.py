"""XML files: what is refused, what is the same, and where parsers of this world disagree."""

import pytest

INVOICE = """<Invoice id="1" type="Invoice" status="Paid Invoice"><Number>N</Number><Vendor id="V">Vendor</Vendor>
<InvoiceDate>2026-03-01</InvoiceDate><Currency>USD</Currency><Total>5.00</Total>
<Lines><Line n="1"><GLAccount>0100</GLAccount><Amount>5.00</Amount><Memo>memo</Memo></Line></Lines></Invoice>"""


def export(body: str = INVOICE, attributes: str = "") -> str:
    return f"<StampliExport {attributes}>\n{body}\n</StampliExport>"


def test_plain_export(exports):
    (invoice,) = exports.invoices(export())
    assert (invoice.number, invoice.vendor_id, invoice.vendor_name, str(invoice.total)) == ("N", "V", "Vendor", "5.00")
    assert (invoice.lines[0].gl_account, invoice.lines[0].row, invoice.faults) == ("0100", 4, ())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('<!DOCTYPE StampliExport [<!ENTITY a "1">]>' + export(), "document type"),
        ("<!DOCTYPE StampliExport>" + export(), "document type"),
        ('<!DOCTYPE StampliExport SYSTEM "http://localhost/x.dtd">' + export(), "document type"),
        ("<?xml-stylesheet href='a'?>" + export(), "processing instruction"),
        (export() + "<?end?>", "processing instruction"),
        (export(INVOICE.replace(">N<", "><?x?>N<")), "processing instruction"),
        (export(INVOICE.replace(">N<", ">&unknown;<")), "entity"),
        (export(INVOICE.replace(">5.00<", ">4<!-- x -->51.00<")), "a comment stands inside the value Invoice/Total"),
        (export(INVOICE.replace(">5.00<", "><!-- x --><")), "a comment"),
        (export(INVOICE.replace(">5.00<", ">5<b/>.00<")), "an element stands inside the value"),
        (export(INVOICE.replace(">5.00<", "><b>5.00</b><")), "an element"),
        (
            export(INVOICE.replace("<Currency>", "stray<Currency>")),
            "the text “stray” stands between the elements of Invoice",
        ),
        (export(INVOICE + "<Note>a<b>c</b></Note>"), "the text “a” stands between the elements of Note"),
    ],
)
def test_forbidden(exports, content, words):
    assert exports.refusal(content) == "FORBIDDEN_XML"
    assert words in exports.message


def test_comments_between_elements_are_harmless(exports):
    content = "<!-- a -->" + export(INVOICE.replace("<Currency>", "<!-- b --><Currency>")) + "<!-- c -->"
    assert exports.invoices(content) == exports.invoices(export())


@pytest.mark.parametrize(
    "content",
    [export()[:-5], export()[:200], export() + "<more/>", export("<a></b>"), export('<a x="1" x="2"/>'), "<", "<x:a/>"],
)
def test_broken(exports, content):
    assert exports.refusal(content) == "BROKEN_XML"


@pytest.mark.parametrize(
    "content",
    [
        '<?xml version="1.0" encoding="ISO-8859-1"?>' + export(),
        '<?xml version="1.0" encoding="no-such"?>' + export(),
        ('<?xml version="1.0" encoding="UTF-16"?>' + export()).encode("utf-16"),
        export(INVOICE.replace("Vendor<", "Café<")).encode("cp1252"),
        export(INVOICE.replace("memo", "a\0b")),
    ],
)
def test_other_encodings_are_not_text(exports, content):
    assert exports.refusal(content) == "NOT_TEXT"


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8", "utf8"])
def test_utf_8_with_and_without_byte_order_mark(exports, encoding):
    content = f'<?xml version="1.0" encoding="{encoding}"?>' + export()
    assert exports.invoices(content) == exports.invoices(b"\xef\xbb\xbf" + content.encode())


def test_depth(exports):
    def nested(levels: int) -> str:
        return export("<a>" * levels + "</a>" * levels)

    assert exports.read(nested(31)).rows.whole().height == 0
    assert exports.refusal(nested(32)) == "TOO_LARGE"
    assert exports.refusal(nested(100_000)) == "TOO_LARGE"


@pytest.mark.parametrize(
    "content",
    [
        export(INVOICE.replace("memo", "x" * 100_001)),
        export(INVOICE.replace('id="V"', f'id="{"x" * 100_001}"')),
        export("<a " + " ".join(f'b{n}="1"' for n in range(101)) + "/>"),
        export(f'<a b="{"x" * 3_000_000}"/>'),
        export(f"<!-- {'x' * 3_000_000} -->"),
    ],
    ids=["text", "attribute", "attributes", "long attribute", "long comment"],
)
def test_too_large(exports, content):
    assert exports.refusal(content) == "TOO_LARGE"


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ('invoiceCount="1" totalAmount="5.00"', None),
        ('invoiceCount="1" totalAmount="5"', None),
        ('invoiceCount="2"', "CONTROL_TOTAL"),
        ('totalAmount="5.01"', "CONTROL_TOTAL"),
        ('totalAmount="five"', "CONTROL_TOTAL"),
        ('invoiceCount=""', "CONTROL_TOTAL"),
    ],
)
def test_control_totals(exports, attributes, reason):
    if reason is None:
        assert exports.read(export(attributes=attributes)).warnings == ()
    else:
        assert exports.refusal(export(attributes=attributes)) == reason


def test_an_unreadable_total_leaves_the_sum_unproved_and_holds_its_invoice_only(exports):
    body = INVOICE + INVOICE.replace('id="1"', 'id="2"').replace("<Total>5.00", "<Total>5,00")
    parsed = exports.read(export(body, 'invoiceCount="2" totalAmount="10.00"'))
    assert "not proved" in parsed.warnings[0]
    first, second = exports.invoices(export(body))
    assert first.faults == ()
    assert second.faults[0].detail.startswith('Line 6: Invoice/Total "5,00" is no number')


def test_element_left_out_is_an_empty_column(exports):
    (invoice,) = exports.invoices(export(INVOICE.replace("<Currency>USD</Currency>", "")))
    assert invoice.currency == ""
    assert [fault.column for fault in invoice.faults] == ["Currency"]


def test_value_that_stands_twice_holds_its_invoice(exports):
    (invoice,) = exports.invoices(export(INVOICE.replace("<Currency>", "<Total>6.00</Total><Currency>")))
    assert "Invoice/Total stands there more than once" in invoice.faults[0].detail


def test_dimension_of_the_whole_invoice_counts_for_lines_without_their_own(exports):
    lines = """<Dim name="Project">P1</Dim><Lines>
<Line n="1"><GLAccount>1</GLAccount><Amount>2.00</Amount></Line>
<Line n="2"><GLAccount>1</GLAccount><Amount>3.00</Amount><Dim name="Project">P2</Dim></Line></Lines>"""
    (invoice,) = exports.invoices(export(INVOICE.partition("<Lines>")[0] + lines + "</Invoice>"))
    assert [line.project for line in invoice.lines] == ["P1", "P2"]


def test_invoice_without_lines_is_seen(exports):
    (invoice,) = exports.invoices(export(INVOICE.partition("<Lines>")[0] + "<Lines/></Invoice>"))
    assert (invoice.stampli_id, invoice.lines, invoice.faults) == ("1", (), ())


def test_unknown_elements_are_kept_and_reported(exports):
    body = INVOICE.replace("<Currency>", "<Mood>good</Mood><Currency>").replace(
        "<Memo>", '<Dim name="Region">N</Dim><Memo>'
    )
    parsed = exports.read(export(body, 'batchId="7" stage="2"'))
    assert parsed.unknown_columns == ("@stage", "Invoice/Mood", "Invoice/Lines/Line/Dim[@name=Region]")
    assert '"Invoice/Mood": "good"' in parsed.rows.whole()["extra"][0]


def test_cdata_and_character_references_are_ordinary_text(exports):
    body = INVOICE.replace(">memo<", "><![CDATA[a & <b>]]> &#x263A;<").replace(">N<", ">&#78;<")
    (invoice,) = exports.invoices(export(body))
    assert (invoice.lines[0].memo, invoice.number) == ("a & <b> ☺", "N")


def test_two_namespaces_for_one_attribute(exports):
    body = INVOICE.replace('id="1"', 'id="1" x:id="2" xmlns:x="urn:x"')
    assert exports.refusal(export(body)) == "FORBIDDEN_XML"


def test_schema_hints_are_no_columns(exports):
    attributes = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:a b.xsd"'
    assert exports.read(export(attributes=attributes)).unknown_columns == ()


def test_other_root_is_an_unknown_kind(exports):
    assert exports.refusal("<Orders/>") == "UNKNOWN_KIND"
    assert "StampliExport" in exports.message


@pytest.mark.parametrize(
    ("strangers", "told"),
    [
        (
            "<CreditMemo id='7'><Number>9</Number><Total>5.00</Total></CreditMemo>",
            "1 of the element CreditMemo beside 1 of Invoice",
        ),
        ("<Memo><Who>x</Who></Memo><Memo><Who>y</Who></Memo>", "2 of the element Memo beside 1 of Invoice"),
        (f"<Batch>{INVOICE}{INVOICE}</Batch>", "2 of the element Batch/Invoice beside 1 of Invoice"),
        (
            "<Credits><Memo id='7'><Number>9</Number><Total>5.00</Total></Memo></Credits>",
            "1 of the element Credits/Memo beside 1 of Invoice",
        ),
    ],
)
def test_documents_under_another_name_are_not_lost_in_silence(exports, strangers, told):
    assert exports.refusal(export(INVOICE + strangers)) == "UNKNOWN_KIND"
    assert told in exports.message


def test_a_summary_that_names_documents_is_none(exports):
    summary = "<Head><Sender><Name>Linden</Name></Sender></Head><Summary><Invoice count='1'/></Summary>"
    parsed = exports.read(export(INVOICE + summary))
    assert parsed.rows.height == 1
    assert parsed.unknown_columns == ("Head/Sender/Name", "Summary/Invoice/@count")


def test_more_kinds_of_elements_beside_documents_than_any_export_has_are_too_large(exports):
    assert exports.refusal(export(INVOICE + "".join(f"<E{n}/>" for n in range(1_001)))) == "TOO_LARGE"


def test_a_file_of_nothing_but_unknown_elements_is_not_taken_for_an_empty_one(exports):
    assert exports.refusal("<StampliExport><Inv><No>1</No></Inv></StampliExport>") == "UNKNOWN_KIND"
    assert exports.read("<StampliExport></StampliExport>").rows.whole().is_empty()


def test_a_head_of_the_file_that_the_layout_does_not_know_is_told_of(exports):
    head = "<Batch id='B-1' status='sent'><Created>2026-04-01</Created></Batch>"
    parsed = exports.read(export(head + INVOICE))
    assert parsed.rows.whole().height == 1
    assert parsed.unknown_columns == ("Batch/@id", "Batch/@status", "Batch/Created")
