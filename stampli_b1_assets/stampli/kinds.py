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
    """One field of a kind; its name is the key in `columns` of a layout and the column of the frame."""

    grammar: Grammar
    description: str
    level: Level = Level.HEADER


def _line(grammar: Grammar, description: str) -> Field:
    return Field(grammar, description, Level.LINE)


INVOICE_FIELDS = {
    "company_id": Field(Grammar.CODE, "Stampli's company id"),
    "company_code": Field(Grammar.CODE, "company code; compared with `company_code` of the settings"),
    "stampli_id": Field(Grammar.CODE, "Stampli's invoice id: the invoice's identity"),
    "type": Field(Grammar.TYPE, "Invoice or Credit Memo"),
    "number": Field(Grammar.CODE, "the vendor's invoice number"),
    "vendor_id": Field(Grammar.CODE, "Stampli's vendor id"),
    "vendor_name": Field(Grammar.NAME, "the vendor's name"),
    "invoice_date": Field(Grammar.DATE, "date of the invoice"),
    "due_date": Field(Grammar.DATE, "due date; empty means the invoice date"),
    "posting_date": Field(Grammar.DATE, "posting date as coded in Stampli"),
    "currency": Field(Grammar.CODE, "ISO code of the currency"),
    "total": Field(Grammar.MONEY, "invoice amount, tax included; negative for credit memos"),
    "tax": Field(Grammar.MONEY, "tax of the whole invoice"),
    "po_number": Field(Grammar.CODE, "purchase order"),
    "status": Field(Grammar.STATUS, "status word"),
    "authorized_by": Field(Grammar.CODE, "who authorised it"),
    "authorized_at": Field(Grammar.MOMENT, "when it was authorised"),
    "url": Field(Grammar.CODE, "link to the invoice in Stampli"),
    "line_number": _line(Grammar.CODE, "line number, unique within the invoice"),
    "gl_account": _line(Grammar.CODE, "G/L account"),
    "department": _line(Grammar.CODE, "department"),
    "project": _line(Grammar.CODE, "project"),
    "class": _line(Grammar.CODE, "class"),
    "location": _line(Grammar.CODE, "location"),
    "memo": _line(Grammar.TEXT, "description of the line"),
    "line_amount": _line(Grammar.MONEY, "amount of the line, net of tax"),
    "tax_code": _line(Grammar.CODE, "tax code"),
    "line_tax_amount": _line(Grammar.MONEY, "tax of this line"),
    "line_type": _line(Grammar.CODE, "tells tax lines from others, for `tax: own_line`"),
}

VENDOR_FIELDS = {
    "vendor_id": Field(Grammar.CODE, "Stampli's vendor id"),
    "name": Field(Grammar.NAME, "the vendor's name"),
    "status": Field(Grammar.STATUS, "Active, Inactive or another word"),
    "tax_id": Field(Grammar.CODE, "tax id"),
    "email": Field(Grammar.CODE, "e-mail address"),
    "phone": Field(Grammar.CODE, "telephone"),
    "street": Field(Grammar.NAME, "street and number"),
    "city": Field(Grammar.NAME, "city"),
    "state": Field(Grammar.CODE, "state"),
    "postal_code": Field(Grammar.CODE, "postal code"),
    "country": Field(Grammar.CODE, "country code"),
    "modified_at": Field(Grammar.MOMENT, "when Stampli changed it last"),
}

PAYMENT_FIELDS = {
    "payment_id": Field(Grammar.CODE, "Stampli's payment id"),
    "payment_date": Field(Grammar.DATE, "date of the payment"),
    "method": Field(Grammar.CODE, "ACH, Check or another word"),
    "status": Field(Grammar.STATUS, "Cleared, Voided, In transit or another word"),
    "vendor_id": Field(Grammar.CODE, "Stampli's vendor id"),
    "currency": Field(Grammar.CODE, "ISO code of the currency"),
    "amount": Field(Grammar.MONEY, "amount of the payment"),
    "bank_account": Field(Grammar.CODE, "bank account"),
    "trace": Field(Grammar.CODE, "check or trace number"),
    "voided_date": Field(Grammar.DATE, "when it was voided"),
    "company_code": Field(Grammar.CODE, "company code"),
    "stampli_invoice_id": _line(Grammar.CODE, "the invoice that this part settles"),
    "invoice_number": _line(Grammar.CODE, "its number"),
    "applied": _line(Grammar.MONEY, "the part that settles the invoice"),
    "discount": _line(Grammar.MONEY, "discount taken"),
}

FIELDS = {
    FileKind.INVOICES: INVOICE_FIELDS,
    FileKind.VENDORS: VENDOR_FIELDS,
    FileKind.PAYMENTS: PAYMENT_FIELDS,
}
