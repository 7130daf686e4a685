"""What only layouts can say: total rows, record types, signs, tax, split cells, other grammars."""

import pytest

from stampli_b1_assets.errors import LayoutError
from stampli_b1_assets.stampli.layout import parse_layout

SIMPLE = """
name: simple
forms:
  - kind: invoices
    recognise: {{of: Id}}
    columns:
      stampli_id: {{name: Id, required: true}}
      total: Total
      line_number: Line
      line_amount: Amount
      {column}
    {form}
"""


def simple(form: str = "", column: str = "type: Type") -> str:
    return SIMPLE.format(form=form, column=column)


TOTAL_ROW = simple("total_row: {column: Id, word: Grand Total, amount: Total}")


@pytest.mark.parametrize("word", ["Grand Total", "GRAND TOTAL:"])
def test_total_row_is_no_document(exports, word):
    content = f"Id,Total,Line,Amount\n1,30.00,1,10.00\n1,30.00,2,20.00\n2,-5.00,1,-5.00\n{word},25.00,,\n"
    assert [invoice.stampli_id for invoice in exports.invoices(content, TOTAL_ROW)] == ["1", "2"]


@pytest.mark.parametrize("total", ["26.00", "55.00", "twenty-five", ""])
def test_total_row_that_disagrees(exports, total):
    content = f"Id,Total,Line,Amount\n1,30.00,1,10.00\n1,30.00,2,20.00\n2,-5.00,1,-5.00\nGrand Total,{total},,\n"
    assert exports.refusal(content, TOTAL_ROW) == "CONTROL_TOTAL"


def test_total_row_of_lines(exports):
    layout = simple("total_row: {column: Id, word: Sum, amount: Amount, sums: line_amount}")
    content = "Id,Total,Line,Amount\n1,30.00,1,10.00\n1,30.00,2,20.00\nSum,,,{}\n"
    assert len(exports.invoices(content.format("30.00"), layout)) == 1
    assert exports.refusal(content.format("60.00"), layout) == "CONTROL_TOTAL"


def test_total_row_of_an_undeclared_column(exports):
    layout = simple("total_row: {column: Sort, word: Sum}")
    assert exports.refusal("Id,Total,Line,Amount\n1,2,3,4\n", layout) == "BAD_HEADER"


@pytest.mark.parametrize(
    ("rule", "type_", "total", "expected"),
    [
        ("positive", "Credit Memo", "5.00", ("Credit Memo", "-5.00", "-5.00")),
        ("positive", "Credit Memo", "-5.00", ("Credit Memo", "5.00", "5.00")),
        ("positive", "Invoice", "5.00", ("Invoice", "5.00", "5.00")),
        ("negative", "Credit Memo", "-5.00", ("Credit Memo", "-5.00", "-5.00")),
        ("by_sign", "", "-5.00", ("Credit Memo", "-5.00", "-5.00")),
        ("by_sign", "", "0.00", ("Invoice", "0.00", "0.00")),
    ],
)
def test_signs_of_credit_memos(exports, rule, type_, total, expected):
    content = f"Id,Type,Total,Line,Amount\n1,{type_},{total},1,{total}\n"
    (invoice,) = exports.invoices(content, simple(f"credit_memos: {rule}"))
    assert (invoice.type, str(invoice.total), str(invoice.lines[0].amount)) == expected


def test_type_by_sign_of_an_unreadable_total_is_unknown(exports):
    (invoice,) = exports.invoices("Id,Total,Line,Amount\n1,x,1,1.00\n", simple("credit_memos: by_sign"))
    assert (invoice.type, invoice.total, len(invoice.faults)) == (None, None, 1)


SPLIT = simple(column='gl_account: {name: Account, extract: "([0-9]+) .*", empty_words: [Not Assigned]}')


@pytest.mark.parametrize(
    ("cell", "account", "faults"), [("1300 Site work", "1300", 0), ("not assigned", "", 0), ("1300", "", 1)]
)
def test_number_and_name_in_one_cell(exports, cell, account, faults):
    (invoice,) = exports.invoices(f"Id,Total,Line,Amount,Account\n1,1.00,1,1.00,{cell}\n", SPLIT)
    assert (invoice.lines[0].gl_account, len(invoice.faults)) == (account, faults)


def test_header_value_counts_for_lines_without_their_own(exports):
    layout = simple(column="department: {name: Department, inherit: Header Department}")
    content = "Id,Total,Line,Amount,Header Department,Department\n1,2.00,1,1.00,X,\n1,2.00,2,1.00,X,Y\n"
    (invoice,) = exports.invoices(content, layout)
    assert [line.department for line in invoice.lines] == ["X", "Y"]
    (invoice,) = exports.invoices("Id,Total,Line,Amount,Header Department\n1,1,1,1,X\n", layout)
    assert invoice.lines[0].department == "X"


def test_constants_and_alternative_labels(exports):
    layout = simple(column="currency: {constant: EUR}\n      vendor_name: [Vendor, Supplier]")
    (invoice,) = exports.invoices("Id,Total,Line,Amount,Supplier\n1,1,1,1,S\n", layout)
    assert (invoice.currency, invoice.vendor_name) == ("EUR", "S")
    assert exports.refusal("Id,Total,Line,Amount,Supplier,Vendor\n1,1,1,1,S,S\n", layout) == "BAD_HEADER"


def test_comments_titles_and_blank_rows(exports):
    layout = simple("{skip_rows: 2, comment: '#', blank_rows: skip}".strip("{}").replace(", ", "\n    "))
    content = "Title\nof two rows\n# made today\nId,Total,Line,Amount\n\n1,1.00,1,1.00\n#2,2,2,2\n\n3,1.00,1,1.00\n"
    invoices = exports.invoices(content, layout)
    assert [(invoice.stampli_id, invoice.lines[0].row) for invoice in invoices] == [("1", 6), ("3", 9)]


def test_no_quoting(exports):
    layout = simple("quote: null\n    delimiter: '|'", column="memo: Memo")
    (invoice,) = exports.invoices('Id|Total|Line|Amount|Memo\n1|1|1|1|5" pipe, "red\n', layout)
    assert invoice.lines[0].memo == '5" pipe, "red'


RECORDS = "H,1,Invoice,N,V,2026-03-01,,2026-03-02,USD,{},0.00,Paid Invoice\nL,1,1,100,,,,,3.00,\nL,1,2,100,,,,,4.00,\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (RECORDS.format("7.00"), "BROKEN_CSV"),
        (RECORDS.format("7.00") + "T,1,2,8.00\n", "CONTROL_TOTAL"),
        (RECORDS.format("7.00") + "T,2,2,7.00\n", "CONTROL_TOTAL"),
        (RECORDS.format("7.00") + "T,1,1,7.00\n", "CONTROL_TOTAL"),
        (RECORDS.format("7.00") + "T,1,2,7.00\nL,1,3,100,,,,,1.00,\n", "BROKEN_CSV"),
        (RECORDS.format("7.00") + "X,1\nT,1,2,7.00\n", "BROKEN_CSV"),
        (RECORDS.format("7.00") + "L,1,3\nT,1,3,7.00\n", "BROKEN_CSV"),
        ("T,1\n", "BROKEN_CSV"),
    ],
)
def test_records_that_are_refused(exports, content, reason):
    assert exports.refusal(content, "stampli_records") == reason


def test_records(exports):
    (invoice,) = exports.invoices(RECORDS.format("7.00") + "T,1,2,7.00\n\n", "stampli_records")
    assert [str(line.amount) for line in invoice.lines] == ["3.00", "4.00"]
    assert exports.read("T,0,0,0\n", "stampli_records").rows.whole().height == 0


def test_headers_that_come_twice_are_compared(exports):
    content = RECORDS.format("7.00") + RECORDS.format("8.00").split("\n")[0] + "\nT,2,2,15.00\n"
    (invoice,) = exports.invoices(content, "stampli_records")
    assert "Invoice Amount is 7.00" in invoice.faults[0].detail


INCLUDED = simple("tax: included", column="tax: Tax\n      line_tax_amount: Line Tax")
OWN_LINE = simple("tax: own_line", column="line_type: Sort\n      tax_code: Code\n      tax: Tax")


def lines_of(invoice) -> list[tuple[str, ...]]:
    return [(str(line.amount), line.tax_code, str(line.tax_amount)) for line in invoice.lines]


def test_tax_inside_of_lines(exports):
    content = "Id,Total,Line,Amount,Tax,Line Tax\n1,119.00,1,59.50,19.00,9.50\n1,119.00,2,59.50,19.00,9.50\n"
    (invoice,) = exports.invoices(content, INCLUDED)
    assert lines_of(invoice) == [("50.00", "", "9.50")] * 2
    (invoice,) = exports.invoices("Id,Total,Line,Amount,Tax\n1,119.00,1,119.00,19.00\n", INCLUDED)
    assert lines_of(invoice) == [("100.00", "", "None")]


def test_tax_inside_of_several_lines_but_given_once_is_not_split(exports):
    content = "Id,Total,Line,Amount,Tax\n1,119.00,1,59.50,19.00\n1,119.00,2,59.50,19.00\n"
    (invoice,) = exports.invoices(content, INCLUDED)
    assert [fault.column for fault in invoice.faults] == ["Line Tax Amount"] * 2
    (invoice,) = exports.invoices(content.replace("19.00", "0.00"), INCLUDED)
    assert (invoice.faults, str(invoice.lines[0].amount)) == ((), "59.50")


def test_tax_on_a_line_of_its_own(exports):
    content = "Id,Total,Line,Amount,Sort,Code\n1,119.00,1,100.00,Item,\n1,119.00,2,19.00,TAX,V19\n2,5.00,1,5.00,Item,\n"
    first, second = exports.invoices(content, OWN_LINE)
    assert (str(first.tax), lines_of(first)) == ("19.00", [("100.00", "V19", "None")])
    assert (second.tax, lines_of(second)) == (None, [("5.00", "", "None")])


def test_several_taxes_on_lines_of_their_own(exports):
    content = (
        "Id,Total,Line,Amount,Sort,Code\n1,236.00,1,100.00,Item,V19\n1,236.00,2,50.00,Item,V7\n1,236.00,3,50.00,Item,V7\n"
        "1,236.00,4,19.00,Tax,V19\n1,236.00,5,7.00,Tax,V7\n"
    )
    (invoice,) = exports.invoices(content, OWN_LINE)
    assert (str(invoice.tax), invoice.faults) == ("26.00", ())
    assert lines_of(invoice) == [("100.00", "V19", "19.00"), ("50.00", "V7", "7.00"), ("50.00", "V7", "0.00")]
    (invoice,) = exports.invoices(content.replace("Item,V7", "Item,V19"), OWN_LINE)
    assert "a tax line has the code V7, and no line carries it" in invoice.faults[0].detail


def test_faults_of_tax_lines_belong_to_their_invoice(exports):
    content = "Id,Total,Line,Amount,Sort,Code\n1,119.00,1,100.00,Item,\n1,119.00,2,x,Tax,V19\n2,9.00,1,9.00,Tax,V19\n"
    first, second = exports.invoices(content, OWN_LINE)
    assert [fault.column for fault in first.faults] == ["Line Amount"]
    assert (str(second.tax), second.lines) == ("9.00", ())


def test_tax_on_lines_of_its_own_needs_words_that_mark_them():
    with pytest.raises(LayoutError, match="needs `tax_line_words`"):
        parse_layout(OWN_LINE.replace("tax: own_line", "tax: own_line\n    tax_line_words: []"), "own.yaml")


def test_a_word_that_means_empty_is_named_where_a_value_must_be(exports):
    column = "gl_account: {name: Account, required: true, empty_words: [Not Assigned]}"
    content = "Id,Total,Line,Amount,Account\n1,5.00,1,5.00,Not Assigned\n"
    (invoice,) = exports.invoices(content, simple(column=column))
    assert invoice.faults[0].detail == 'Row 2: Account "Not Assigned" means empty, and must be filled.'
