"""The kinds of files that Stampli sends, and the fields that each may bring."""

from dataclasses import dataclass
from enum import StrEnum


class FileKind(StrEnum):
    """What a file is about; told by its content, never by its name."""

    INVOICES = "invoices"
    VENDORS = "vendors"
    PAYMENTS = "payments"


class Grammar(StrEnum):
    """How a field's text is read."""

    CODE = "code"
    """Text of one line: trimmed, NFC; invisible characters and a spreadsheet's damage are faults."""
    TEXT = "text"
    """Text for people: trimmed, NFC; line breaks become LF, other control characters a space."""
    NAME = "name"
    """As TEXT, but left empty where it was decoded wrongly before it reached us: SAP must not get it."""
    MONEY = "money"
    DATE = "date"
    MOMENT = "moment"
    TYPE = "type"
    """A word for Invoice or Credit Memo."""
    STATUS = "status"


class Level(StrEnum):
    """Whether a field belongs to the whole document or to one of its lines."""

    HEADER = "header"
    LINE = "line"


@dataclass(frozen=True)
class Field:
    """One field of a kind; its name is the key in `columns` of a layout and the column of the frame.

    `label` is the column's name in the layout `stampli_lines`, and the column that faults name.
    """

    label: str
    grammar: Grammar
    description: str
    level: Level = Level.HEADER
    decides: bool = True
    """Whether an entry depends on it, so that rows of one document must agree."""


def _line(label: str, grammar: Grammar, description: str) -> Field:
    return Field(label, grammar, description, Level.LINE)


INVOICE_FIELDS = {
    "company_id": Field("Stampli Company ID", Grammar.CODE, "Stampli's company id"),
    "company_code": Field("Company Code", Grammar.CODE, "company code; compared with `company_code` of the settings"),
    "stampli_id": Field("Stampli Invoice ID", Grammar.CODE, "Stampli's invoice id: the invoice's identity"),
    "type": Field("Invoice Type", Grammar.TYPE, "Invoice or Credit Memo"),
    "number": Field("Invoice Number", Grammar.CODE, "the vendor's invoice number"),
    "vendor_id": Field("Vendor ID", Grammar.CODE, "Stampli's vendor id"),
    "vendor_name": Field("Vendor Name", Grammar.NAME, "the vendor's name"),
    "invoice_date": Field("Invoice Date", Grammar.DATE, "date of the invoice"),
    "due_date": Field("Due Date", Grammar.DATE, "due date; empty means the invoice date"),
    "posting_date": Field("Posting Date", Grammar.DATE, "posting date as coded in Stampli"),
    "currency": Field("Currency", Grammar.CODE, "ISO code of the currency"),
    "exchange_rate": Field(
        "Exchange Rate",
        Grammar.CODE,
        "the currency's rate as Stampli has it: compared with SAP's, never used",
        decides=False,
    ),
    "total": Field("Invoice Amount", Grammar.MONEY, "invoice amount, tax included; negative for credit memos"),
    "tax": Field("Tax Amount", Grammar.MONEY, "tax of the whole invoice"),
    "po_number": Field("PO Number", Grammar.CODE, "purchase order"),
    "status": Field("Invoice Status", Grammar.STATUS, "status word"),
    "authorized_by": Field("Authorized By", Grammar.CODE, "who authorised it"),
    "authorized_at": Field("Authorized Date", Grammar.MOMENT, "when it was authorised"),
    "url": Field("Invoice URL", Grammar.CODE, "link to the invoice in Stampli"),
    "line_number": _line("Line #", Grammar.CODE, "line number, unique within the invoice"),
    "gl_account": _line("GL Account", Grammar.CODE, "G/L account"),
    "department": _line("Department", Grammar.CODE, "department"),
    "project": _line("Project", Grammar.CODE, "project"),
    "class": _line("Class", Grammar.CODE, "class"),
    "location": _line("Location", Grammar.CODE, "location"),
    "memo": _line("Memo", Grammar.TEXT, "description of the line"),
    "line_amount": _line("Line Amount", Grammar.MONEY, "amount of the line, net of tax"),
    "tax_code": _line("Tax Code", Grammar.CODE, "tax code"),
    "line_tax_amount": _line("Line Tax Amount", Grammar.MONEY, "tax of this line"),
    "line_type": _line("Line Type", Grammar.CODE, "tells tax lines from others, for `tax: own_line`"),
}

VENDOR_FIELDS = {
    "vendor_id": Field("Vendor ID", Grammar.CODE, "Stampli's vendor id"),
    "name": Field("Vendor Name", Grammar.NAME, "the vendor's name"),
    "status": Field("Status", Grammar.STATUS, "Active, Inactive or another word"),
    "tax_id": Field("Tax ID", Grammar.CODE, "tax id"),
    "email": Field("Email", Grammar.CODE, "e-mail address"),
    "phone": Field("Phone", Grammar.CODE, "telephone"),
    "street": Field("Address 1", Grammar.NAME, "street and number"),
    "city": Field("City", Grammar.NAME, "city"),
    "state": Field("State", Grammar.CODE, "state"),
    "postal_code": Field("Postal Code", Grammar.CODE, "postal code"),
    "country": Field("Country", Grammar.CODE, "country code"),
    "modified_at": Field("Last Modified", Grammar.MOMENT, "when Stampli changed it last"),
    "company_code": Field("Company Code", Grammar.CODE, "company code"),
}

PAYMENT_FIELDS = {
    "payment_id": Field("Payment ID", Grammar.CODE, "Stampli's payment id"),
    "payment_date": Field("Payment Date", Grammar.DATE, "date of the payment"),
    "method": Field("Method", Grammar.CODE, "ACH, Check or another word"),
    "status": Field("Status", Grammar.STATUS, "Cleared, Voided, In transit or another word"),
    "vendor_id": Field("Vendor ID", Grammar.CODE, "Stampli's vendor id"),
    "currency": Field("Currency", Grammar.CODE, "ISO code of the currency"),
    "amount": Field("Payment Amount", Grammar.MONEY, "amount of the payment"),
    "bank_account": Field("Bank Account", Grammar.CODE, "bank account"),
    "trace": Field("Check/Trace #", Grammar.CODE, "check or trace number"),
    "voided_date": Field("Voided Date", Grammar.DATE, "when it was voided"),
    "company_code": Field("Company Code", Grammar.CODE, "company code"),
    "stampli_invoice_id": _line("Stampli Invoice ID", Grammar.CODE, "the invoice that this part settles"),
    "invoice_number": _line("Invoice Number", Grammar.CODE, "its number"),
    "applied": _line("Applied Amount", Grammar.MONEY, "the part that settles the invoice"),
    "discount": _line("Discount", Grammar.MONEY, "discount taken"),
}

FIELDS = {
    FileKind.INVOICES: INVOICE_FIELDS,
    FileKind.VENDORS: VENDOR_FIELDS,
    FileKind.PAYMENTS: PAYMENT_FIELDS,
}
