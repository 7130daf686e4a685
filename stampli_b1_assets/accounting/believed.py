"""What of an invoice can be believed: a value that the reader found fault with is no value.

Rules then need not know about faults: an amount, date or code in doubt is as good as missing to them, and what is
wrong with it was said once, by the reader.
"""

from dataclasses import replace
from typing import Any

from stampli_b1_assets.domain.invoice import Invoice

AMOUNT_COLUMNS = frozenset({"Invoice Amount", "Tax Amount", "Line Amount", "Line Tax Amount"})

_HEADER: dict[str, dict[str, Any]] = {
    "Stampli Invoice ID": {"stampli_id": ""},
    "Invoice Type": {"type": None},
    "Invoice Number": {"number": ""},
    "Vendor ID": {"vendor_id": ""},
    "Invoice Date": {"invoice_date": None},
    "Due Date": {"due_date": None},
    "Posting Date": {"posting_date": None},
    "Authorized Date": {"authorized_at": None},
    "Currency": {"currency": ""},
    "Invoice Amount": {"total": None},
    "Tax Amount": {"tax": None},
    "Invoice Status": {"status": ""},
}


def faulty_columns(invoice: Invoice) -> frozenset[str]:
    """The columns that the reader found fault with, by their names in the layout `stampli_lines`."""
    return frozenset(fault.column for fault in invoice.faults)


def believed(invoice: Invoice) -> Invoice:
    """The invoice without the header values that are in doubt; the reader has emptied those of lines already."""
    doubtful = {name: value for column in faulty_columns(invoice) for name, value in _HEADER.get(column, {}).items()}
    return replace(invoice, **doubtful) if doubtful else invoice
