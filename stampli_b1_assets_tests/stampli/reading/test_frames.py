"""From rows to invoices, vendors and payments: grouping, contradictions, companies."""

from decimal import Decimal

import polars as pl
import pytest

from stampli_b1_assets.stampli.frames import (
    INVOICE_SCHEMA,
    PAYMENT_SCHEMA,
    VENDOR_SCHEMA,
    invoices_from,
    payments_from,
    vendors_from,
)

FILE = {"file_name": "f.csv", "file_sha256": "ab"}


def test_rows_of_one_invoice_need_not_be_neighbours(exports):
    content = exports.csv({}, {"Stampli Invoice ID": "2"}, {"Line #": "2"})
    first, second = exports.invoices(content)
    assert [(line.number, line.row) for line in first.lines] == [("1", 2), ("2", 4)]
    assert (second.stampli_id, first.faults, second.faults) == ("2", (), ())
    assert (first.file_name, first.file_sha256) == ("export.dat", "00")


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("Invoice Amount", "11.00", "Invoice Amount is 10.00 in row 2 and 11.00 in row 3"),
        ("Vendor ID", "V2", 'Vendor ID is "V1" in row 2 and "V2" in row 3'),
        ("Due Date", "", "Due Date is 2026-03-31 in row 2 and empty in row 3"),
        ("Invoice Status", "Pending Approval", "Invoice Status is"),
        ("Authorized Date", "2026-03-02T10:00:01Z", "Authorized Date is"),
    ],
)
def test_header_values_that_disagree(exports, column, value, words):
    (invoice,) = exports.invoices(exports.csv({}, {"Line #": "2", column: value}))
    (fault,) = invoice.faults
    assert (fault.kind, fault.column, fault.row) == ("BAD_VALUE", column, 3)
    assert words in fault.detail


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Invoice Amount", "10.0000"),
        ("Invoice Status", "PAID invoice."),
        ("Vendor Name", "Vendor One "),
        ("Authorized Date", "2026-03-02T12:00:00+02:00"),
        ("Invoice Type", "invoice"),
        ("Memo", "other"),
    ],
)
def test_other_spellings_of_one_value_agree(exports, column, value):
    (invoice,) = exports.invoices(exports.csv({}, {"Line #": "2", column: value}))
    assert invoice.faults == ()


@pytest.mark.parametrize("number", ["1", "01", " 1 "])
def test_repeated_line(exports, number):
    (invoice,) = exports.invoices(exports.csv({}, {"Line #": number}))
    (fault,) = invoice.faults
    assert (fault.kind, fault.column, fault.row) == ("REPEATED_LINE", "Line #", 3)
    assert "stands in rows 2 and 3" in fault.detail


def test_the_same_line_number_in_two_invoices_is_no_fault(exports):
    assert [invoice.faults for invoice in exports.invoices(exports.csv({}, {"Stampli Invoice ID": "2"}))] == [(), ()]


def test_rows_without_an_id_are_held_by_document(exports):
    content = exports.csv(*[{"Stampli Invoice ID": "", "Invoice Number": number} for number in ("A", "A", "B")])
    first, second = exports.invoices(content)
    assert [(one.stampli_id, one.number, len(one.lines)) for one in (first, second)] == [("", "A", 2), ("", "B", 1)]
    assert second.faults[0].detail == "Row 4: Stampli Invoice ID is empty."


def test_ids_are_composed_and_trimmed(exports):
    (invoice,) = exports.invoices(
        exports.csv({"Stampli Invoice ID": "Cafe\u0301"}, {"Stampli Invoice ID": " Café", "Line #": "2"})
    )
    assert invoice.stampli_id == "Café"


def test_rows_of_another_company_are_left_out(exports):
    content = exports.csv(
        {}, {"Stampli Invoice ID": "2", "Company Code": "AR-2"}, {"Line #": "2", "Company Code": "ar-1"}
    )
    (invoice,) = exports.invoices(content, company_code="AR-1")
    assert (invoice.stampli_id, len(invoice.lines)) == ("1", 2)
    assert len(exports.invoices(content)) == 2


def test_a_row_without_company_is_held_where_companies_share_a_folder(exports):
    content = exports.csv({"Company Code": ""})
    (invoice,) = exports.invoices(content, company_code="AR-1")
    assert [fault.column for fault in invoice.faults] == ["Company Code"]
    assert exports.invoices(content)[0].faults == ()


@pytest.mark.parametrize(
    ("currency", "text", "shown"),
    [("JPY", "54000", "54000"), ("JPY", "12000.00", "12000"), ("KWD", "12.345", "12.345"), ("USD", "5", "5.00"),
     ("USD", "0.005", "0.005"), ("USD", "-0.00", "0.00"), ("???", "7", "7.00")],
)  # fmt: skip
def test_money_has_its_currencys_decimals_or_more(exports, currency, text, shown):
    (invoice,) = exports.invoices(exports.csv({"Currency": currency, "Invoice Amount": text, "Line Amount": text}))
    assert (str(invoice.total), str(invoice.lines[0].amount)) == (shown, shown)


@pytest.mark.parametrize(
    "text", ["9999999999999999999999.999999", "-0.000001", "1.0000000000000", "0000000000000000000000000000000001.5"]
)
def test_money_keeps_every_digit(exports, text):
    (invoice,) = exports.invoices(exports.csv({"Invoice Amount": text, "Line Amount": text}))
    assert (invoice.total, invoice.lines[0].amount, invoice.faults) == (Decimal(text), Decimal(text), ())


@pytest.mark.parametrize("text", ["10000000000000000000000", "0.0000001", "9999999999999999999999.9999991", "9" * 60])
def test_money_beyond_measure_is_no_money(fault_of, text):
    assert fault_of(Invoice_Amount=text).startswith("BAD_VALUE Invoice Amount: Row 2")


def test_line_tax_amount(exports):
    (invoice,) = exports.invoices(exports.csv({"Line Tax Amount": "1.90"}, {"Line #": "2", "Line Tax Amount": ""}))
    assert [str(line.tax_amount) for line in invoice.lines] == ["1.90", "None"]


@pytest.mark.parametrize(
    "column",
    ["Stampli Invoice ID", "Invoice Type", "Invoice Number", "Vendor ID", "Invoice Date", "Currency", "Invoice Amount",
     "Invoice Status", "Line #", "GL Account", "Line Amount"],
)  # fmt: skip
@pytest.mark.parametrize("empty", ["", "  ", "\u00a0"])
def test_required_values_that_are_empty(fault_of, column, empty):
    assert fault_of(**{column: empty}) == f"BAD_VALUE {column}: Row 2: {column} is empty."


def test_faults_name_row_column_value_and_remedy(fault_of):
    assert fault_of(Line_Amount="1.951,00") == (
        'BAD_VALUE Line Amount: Row 2: Line Amount "1.951,00" is no number in the form of this file\'s layout, '
        "such as 1951.00."
    )
    assert "spreadsheets count days" in fault_of(Due_Date="46108")
    assert "none of Invoice, Credit Memo" in fault_of(Invoice_Type="Bill")
    assert fault_of(Memo="ok", GL_Account="x" * 200 + "\u200b").endswith('…" holds the invisible character U+200B.')


def test_one_bad_invoice_leaves_its_neighbours_alone(exports):
    content = exports.csv({}, {"Stampli Invoice ID": "2", "Invoice Amount": "ten"}, {"Stampli Invoice ID": "3"})
    assert [len(invoice.faults) for invoice in exports.invoices(content)] == [0, 1, 0]


def test_vendor_names_of_the_wrong_decoding_stay_away_from_sap(exports):
    content = exports.csv({"Vendor Name": "MÃ¼ller"})
    (invoice,) = exports.invoices(content)
    assert (invoice.vendor_name, invoice.faults) == ("", ())
    assert "MÃ¼ller" in exports.read(content).warnings[0]


def test_empty_frames_bring_nothing():
    assert invoices_from(pl.DataFrame(schema=INVOICE_SCHEMA), company_code=None, **FILE) == []
    assert vendors_from(pl.DataFrame(schema=VENDOR_SCHEMA), file_name="f.csv") == []
    assert payments_from(pl.DataFrame(schema=PAYMENT_SCHEMA), **FILE) == []


def test_frames_survive_parquet(exports, tmp_path):
    frame = exports.read(exports.csv({}, {"Line Amount": "x"})).rows.whole()
    frame.write_parquet(tmp_path / "frame.parquet")
    again = pl.read_parquet(tmp_path / "frame.parquet")
    assert again.schema == pl.Schema(INVOICE_SCHEMA)
    assert invoices_from(again, company_code=None, **FILE) == invoices_from(frame, company_code=None, **FILE)


def test_vendors_and_payments_of_another_company_are_left_out(exports):
    vendors = exports.read(
        "Vendor ID,Vendor Name,Status,Company Code\nA,A,Active,AR-1\nB,B,Active,AR-2\nC,C,Active,\n"
    ).rows.whole()
    ours = vendors_from(vendors, file_name="f", company_code="ar-1")
    assert [one.vendor_id for one in ours] == ["A", "C"]
    assert len(vendors_from(vendors, file_name="f")) == 3
    payments = exports.read(
        "Payment ID,Payment Date,Status,Vendor ID,Currency,Stampli Invoice ID,Applied Amount,Company Code\n"
        "P,2026-03-01,Cleared,V,USD,1,5.00,AR-2\nQ,2026-03-01,Cleared,V,USD,1,5.00,AR-1\n"
    ).rows.whole()
    assert [one.payment_id for one in payments_from(payments, **FILE, company_code="AR-1")] == ["Q"]


def test_documents_come_in_the_order_of_their_first_rows(exports):
    ids = ["9", "1", "", "5", "1", "9", ""]
    rows = [{"Stampli Invoice ID": id_, "Line #": str(n)} for n, id_ in enumerate(ids)]
    invoices = exports.invoices(exports.csv(*rows))
    assert [(one.stampli_id, [line.number for line in one.lines]) for one in invoices] == [
        ("9", ["0", "5"]), ("1", ["1", "4"]), ("", ["2", "6"]), ("5", ["3"])
    ]  # fmt: skip


def test_payments_without_an_id_are_one_each(exports):
    content = (
        "Payment ID,Payment Date,Status,Vendor ID,Currency,Stampli Invoice ID,Applied Amount\n"
        ",2026-03-01,Cleared,V,USD,1,5.00\n,2026-03-01,Cleared,V,USD,1,5.00\n"
    )
    payments = payments_from(exports.read(content).rows.whole(), **FILE)
    assert [(one.payment_id, len(one.applications), len(one.faults)) for one in payments] == [("", 1, 1), ("", 1, 1)]


def test_rates_that_differ_between_rows_are_no_fault_since_no_entry_depends_on_them(exports):
    rows = [{"Exchange Rate": rate, "Line #": line} for rate, line in (("1.1", "1"), ("1.10", "2"))]
    (invoice,) = exports.invoices(exports.csv(*rows))
    assert (invoice.exchange_rate, invoice.faults) == ("1.1", ())
