"""Who a document is: the key under which it is posted at most once, its content, and what would be its duplicate."""

import hashlib
import json
import re
import unicodedata
from decimal import Decimal
from typing import Literal

from stampli_b1_assets.accounting.dates import PostingDates
from stampli_b1_assets.domain.invoice import Invoice, InvoiceLine, InvoiceType

PostingKind = Literal["invoice", "payment", "reversal"]

_KEY_CHARACTERS = 40
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


def posting_key(company_db: str, kind: PostingKind, stampli_id: str, revision: int = 0) -> str:
    """The first 40 hex digits of SHA-256 over `stampli-b1/1|COMPANY_DB|kind|id|revision` (UTF-8)."""
    id_ = unicodedata.normalize("NFC", stampli_id.strip())
    text = f"stampli-b1/1|{company_db.upper()}|{kind}|{id_}|{revision}"
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY_CHARACTERS]


def duplicate_key(vendor_id: str, type_: InvoiceType, number: str) -> str:
    """Vendor, type and number compared without case, blanks, punctuation and leading zeros; the letter O is a zero."""
    text = _NOT_ALPHANUMERIC.sub("", unicodedata.normalize("NFKC", number)).casefold().replace("o", "0")
    return f"{vendor_id.strip()}|{type_}|{text.lstrip('0')}"


def content_hash(invoice: Invoice, dates: PostingDates) -> str:
    """Hash of what makes content: type, number, vendor, the three dates, currency, total, tax, and the lines'
    accounts, dimensions, tax codes and amounts in any order. Memo, status, approver and the like are left out.
    """
    content = {
        "type": str(invoice.type or ""),
        "number": invoice.number,
        "vendor": invoice.vendor_id,
        "dates": [str(dates.posting or ""), str(dates.tax or ""), str(dates.due or "")],
        "currency": invoice.currency,
        "total": _amount(invoice.total),
        "tax": _amount(invoice.tax or Decimal(0)),
        "lines": sorted(_line(line) for line in invoice.lines),
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _line(line: InvoiceLine) -> list[str]:
    codes = [line.gl_account, line.department, line.project, line.class_, line.location, line.tax_code]
    tax = "" if line.tax_amount is None else _amount(line.tax_amount)
    return [*codes, _amount(line.amount), tax]


def _amount(amount: Decimal | None) -> str:
    """One text per value: `12.50` and `12.5` are the same money."""
    return "" if amount is None else format(amount.normalize() + 0, "f")
