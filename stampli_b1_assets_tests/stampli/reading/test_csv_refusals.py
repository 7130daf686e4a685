"""CSV files that are refused as a whole, each with its reason; and what is near to it and sound."""

import pytest

HEADER_ONLY = (
    "Stampli Invoice ID,Invoice Type,Invoice Number,Vendor ID,Invoice Date,Currency,Invoice Amount,Invoice Status,"
    "Line #,GL Account,Line Amount"
)
ROW = "1,Invoice,N,V,2026-03-01,USD,1.00,Paid Invoice,1,100,1.00"


def test_no_bytes(exports):
    assert exports.refusal(b"") == "EMPTY_FILE"


@pytest.mark.parametrize("content", [HEADER_ONLY, HEADER_ONLY + "\n", HEADER_ONLY + "\r\n\r\n", "\ufeff" + HEADER_ONLY])
def test_header_alone_is_a_valid_empty_file(exports, content):
    parsed = exports.read(content)
    assert (parsed.kind, parsed.rows.whole().height) == ("invoices", 0)


def test_larger_than_allowed(exports):
    content = exports.csv({})
    assert exports.refusal(content, max_bytes=len(content) - 1) == "TOO_LARGE"
    assert exports.read(content, max_bytes=len(content)).rows.whole().height == 1


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER_ONLY}\r\n{ROW}\r\n".encode("utf-16"),
        f"{HEADER_ONLY}\r\n{ROW}\r\n".encode("utf-16-le"),
        f"{HEADER_ONLY}\r\n{ROW}é\r\n".encode("cp1252"),
        f"{HEADER_ONLY}\r\n{ROW}\0\r\n".encode(),
        f"{HEADER_ONLY}\r\n{ROW}".encode() + b"\xc3",
        HEADER_ONLY.encode() + b"\n" + ROW.encode() * 40_000 + b"\xff",
        b"\xed\xa0\x80" + HEADER_ONLY.encode(),
    ],
    ids=["utf-16", "utf-16-le", "cp1252", "nul", "cut in a character", "far down", "surrogate"],
)
def test_not_text(exports, content):
    assert exports.refusal(content) == "NOT_TEXT"


def test_declared_encodings_are_read(exports):
    layout = """
name: utf16
extends: stampli_lines
forms:
  - kind: invoices
    encoding: utf-16
    recognise: {of: Stampli Invoice ID}
    columns: {stampli_id: {name: Stampli Invoice ID, required: true}, memo: Memo}
"""
    parsed = exports.read("Stampli Invoice ID,Memo\r\n007,Größe\r\n".encode("utf-16"), layout)
    assert parsed.rows.whole().select("stampli_id", "memo").row(0) == ("007", "Größe")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (HEADER_ONLY.replace("Line #,", ""), "lacks the required column Line #"),
        (HEADER_ONLY.replace("Currency", "Curency"), "is it Curency?"),
        (HEADER_ONLY.replace("Invoice Amount", "Invoice\u00a0Amount"), "is there, with another kind of blank"),
        (HEADER_ONLY + ",Currency", "Currency more than once"),
        (HEADER_ONLY + ", CURRENCY ", "more than once"),
        (HEADER_ONLY + ",a\x1b[31m\u200b,a\x1b[31m\u200b", "more than once"),
        (HEADER_ONLY + ",Extra,extra", "more than once"),
        ("Payment ID,Status", "Payment Date"),
    ],
)
def test_bad_header(exports, header, words):
    assert exports.refusal(header + "\r\n") == "BAD_HEADER"
    assert words in exports.message


def test_labels_are_compared_without_case_and_outer_blanks_in_any_order(exports):
    labels, cells = HEADER_ONLY.split(","), ROW.split(",")
    content = ",".join(f" {label.upper()} " for label in reversed(labels)) + "\n" + ",".join(reversed(cells)) + "\n"
    (invoice,) = exports.invoices(content)
    assert (invoice.stampli_id, invoice.lines[0].gl_account, invoice.faults) == ("1", "100", ())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b,c\n1,2,3\n", "nearest is"),
        ("PO Number,Vendor ID,Vendor Name,Status\n", "has PO Number, which files of this kind do not have"),
        ("\n\n", "no header"),
        ("Stampli Invoice ID;Line #;GL Account;Line Amount\n", "columns that are separated by semicolons"),
        ("sep=,\nStampli Invoice ID,Line #\n", "begins with “sep=”, which is no header"),
        ("# exported today\nStampli Invoice ID,Line #\n", "`skip_rows` in a layout passes over such rows"),
        ("<html><body/></html>", "root element html"),
        ("Stampli Invoice ID,Vendor ID\n", "it lacks"),
    ],
)
def test_unknown_kind_names_the_nearest(exports, content, words):
    assert exports.refusal(content) == "UNKNOWN_KIND"
    assert words in exports.message


def test_a_rule_of_recognition_that_is_not_met_is_told(exports):
    layout = """
name: mine
forms:
  - kind: vendors
    recognise: {of: [Id, Title, State], at_least: 2}
    columns: {vendor_id: Id, name: Label}
"""
    assert exports.refusal("Id,Label,Mood\n1,a,b\n", layout) == "UNKNOWN_KIND"
    assert "of `recognise` it lacks Title, State; 2 must be there" in exports.message


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (ROW + ",more\n", "Row 2 has 12 fields, the header has 11"),
        (ROW.rpartition(",")[0] + "\n", "Row 2 has 10 fields"),
        (ROW.rpartition(",")[0], "cut off"),
        (f"{ROW}\n\n{ROW}\n", "Row 3 is blank"),
        (f'{ROW}\n"' + ROW + "\n", "row 3: a quote is opened and never closed"),
        (ROW.replace("N,", '"N"x,') + "\n", "row 2: text follows a closing quote"),
        (ROW.replace("N,", '"N\n\n"x,') + "\n", "text follows a closing quote"),
        (ROW.replace("N,", '"N' + "\n" * 120_000), "never closed"),
        (ROW.replace("N,", '"N' + "\n" * 140_000), "never closed"),
        (ROW.replace("N,", '"N""' + "\n" * 140_000 + '"x,'), "never closed"),
        ('"unfinished', "never closed"),
        (ROW.replace(",N,", ',"two\nlines",') + "\n1,2\n", "Row 3 (line 4 of the file)"),
    ],
)
def test_broken_csv(exports, rows, words):
    assert exports.refusal(f"{HEADER_ONLY}\n{rows}") == "BROKEN_CSV"
    assert words in exports.message


@pytest.mark.parametrize("length", [100_001, 131_073, 200_000, 4_500_000])
def test_field_of_too_many_characters(exports, length):
    long = exports.csv({"Memo": "x" * length})
    assert exports.refusal(long) == "TOO_LARGE"
    assert exports.refusal(exports.csv({"Memo": "x,\n" * (length // 3 + 1)})) == "TOO_LARGE"


def test_field_of_just_as_many_characters_as_allowed(exports):
    (invoice,) = exports.invoices(exports.csv({"Memo": "x" * 100_000}))
    assert len(invoice.lines[0].memo) == 100_000


@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"])
def test_line_ends(exports, ends):
    content = exports.csv({"Memo": "one"}, {"Line #": "2", "Memo": "two"}, ends=ends)
    (invoice,) = exports.invoices(content)
    assert [line.memo for line in invoice.lines] == ["one", "two"]
    assert exports.invoices(content.rstrip("\r\n"))[0].lines == invoice.lines
    assert exports.invoices(content + ends * 3)[0].lines == invoice.lines


def test_rows_of_delimiters_only_are_left_out_and_told(exports):
    content = exports.csv({})
    width = content.split("\r\n")[0].count(",")
    parsed = exports.read(content + "," * width + "\r\n" + " " + "," * width + "\r\n")
    assert parsed.rows.whole().height == 1
    assert "2 rows of export.dat hold nothing but delimiters" in parsed.warnings[0]


def test_unknown_columns_are_kept_and_reported(exports):
    parsed = exports.read(exports.csv({"Shade": "blue", "Size": ""}, {"Line #": "2", "Size": "4", "Shade": ""}))
    assert parsed.unknown_columns == ("Shade", "Size")
    assert parsed.rows.whole()["extra"].to_list() == ['{"Shade": "blue"}', '{"Size": "4"}']


def test_kinds_are_told_by_content(exports):
    assert exports.read("Vendor ID,Vendor Name,Status\n").kind == "vendors"
    payments = "Payment ID,Payment Date,Status,Vendor ID,Currency,Stampli Invoice ID,Applied Amount,Line #,GL Account\n"
    assert exports.read(payments).kind == "payments"
    assert exports.read(exports.csv({})).kind == "invoices"
