"""Stampli's invoice as read from a file: nothing mapped, nothing assumed."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

_BEGINS_WITH_ROW = re.compile(r"(Row|Line) [0-9]+[:,]")


class InvoiceType(StrEnum):
    """Document types of Stampli; the sign of a credit memo's amounts is negative here, whatever the file's layout."""

    INVOICE = "Invoice"
    CREDIT_MEMO = "Credit Memo"


class FaultKind(StrEnum):
    """What a reader may find wrong with one value or row, without refusing the file."""

    BAD_VALUE = "BAD_VALUE"
    REPEATED_LINE = "REPEATED_LINE"


@dataclass(frozen=True)
class Fault:
    """A value that could not be read. `row` counts from 1, header included, as a spreadsheet shows it
    (XML: the source line). `detail` is a whole sentence naming row, column and value; `action` the remedy.
    """

    kind: FaultKind
    row: int
    column: str
    detail: str
    action: str

    def told_of(self, file_name: str) -> str:
        """The sentence with its file in front: `a.csv, row 2: …`."""
        if not file_name:
            return self.detail
        if _BEGINS_WITH_ROW.match(self.detail):
            return f"{file_name}, {self.detail[0].lower()}{self.detail[1:]}"
        return f"{file_name}: {self.detail}"


@dataclass(frozen=True)
class InvoiceLine:
    """One coding line. Codes are text, empty = none. Money in the invoice's currency, signed; None = unreadable."""

    number: str
    gl_account: str
    amount: Decimal | None
    department: str = ""
    project: str = ""
    class_: str = ""
    location: str = ""
    memo: str = ""
    tax_code: str = ""
    tax_amount: Decimal | None = None
    """`Line Tax Amount`; None = the column is absent or empty."""
    row: int = 0


@dataclass(frozen=True)
class Invoice:
    """One Stampli invoice as one file brings it.

    Money is signed (credit memos negative), net lines: total = sum of lines + tax. Dates are plain dates;
    `authorized_at` is a UTC moment. `None` = empty, or unreadable when `faults` says so. Texts are NFC and trimmed.
    """

    stampli_id: str
    type: InvoiceType | None
    number: str
    vendor_id: str
    vendor_name: str
    invoice_date: date | None
    due_date: date | None
    posting_date: date | None
    currency: str
    total: Decimal | None
    tax: Decimal | None
    """Header `Tax Amount`; None = empty or no such column, which means no tax by header."""
    status: str
    authorized_by: str = ""
    authorized_at: datetime | None = None
    po_number: str = ""
    exchange_rate: str = ""
    """As it stands in the file; SAP's rate is the one that counts."""
    company_code: str = ""
    company_id: str = ""
    url: str = ""
    lines: tuple[InvoiceLine, ...] = ()
    faults: tuple[Fault, ...] = ()
    file_name: str = ""
    file_sha256: str = ""
