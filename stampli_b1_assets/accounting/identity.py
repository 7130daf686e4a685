"""Who a document is: the key under which it is posted at most once, its content, and what would be its duplicate."""

import hashlib
import json
import re
import unicodedata
from dataclasses import fields
from decimal import Decimal
from typing import Literal

from stampli_b1_assets.accounting.dates import PostingDates
from stampli_b1_assets.accounting.taxes import tax_by_code, tax_total
from stampli_b1_assets.domain.invoice import Invoice, InvoiceLine, InvoiceType
from stampli_b1_assets.domain.money import ZERO
from stampli_b1_assets.domain.payment import Payment
from stampli_b1_assets.domain.vendor import Vendor

PostingKind = Literal["invoice", "payment", "reversal"]

_KEY_CHARACTERS = 40
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")


def posting_key(company_db: str, kind: PostingKind, stampli_id: str, revision: int = 0) -> str:
    """The first 40 hex digits of SHA-256 over `stampli-b1/1|COMPANY_DB|kind|id|revision` (UTF-8)."""
    id_ = unicodedata.normalize("NFC", stampli_id.strip())
    text = f"stampli-b1/1|{company_db.upper()}|{kind}|{id_}|{revision}"
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY_CHARACTERS]


def duplicate_key(vendor_id: str, type_: InvoiceType, number: str) -> str:
    """Vendor, type and number compared without case, blanks, punctuation and leading zeros; the letter O is a zero.

    Zeros lead wherever digits begin: INV-007, Inv 7 and inv.0007 are one number.
    """
    return f"{vendor_id.strip()}|{type_}|{plain_number(number)}"


def plain_number(number: str) -> str:
    """A vendor's number as it is compared: what its spellings have in common."""
    folded = unicodedata.normalize("NFKC", number).casefold()
    text = _NOT_ALPHANUMERIC.sub("", _LEADING_ZEROS.sub("", folded.replace("o", "0")))
    return text or folded.strip()


def spellings(number: str) -> tuple[str, ...]:
    """The number as it stands, and ways in which a person may have keyed it: SAP compares sign for sign."""
    compact = "".join(_NOT_ALPHANUMERIC.split(number))
    bare = [_LEADING_ZEROS.sub("", one) for one in (number, compact)]
    found = [number, compact, *bare, plain_number(number)]
    return tuple(dict.fromkeys(text for one in found for text in (one, one.upper()) if text))


def content_hash(invoice: Invoice, dates: PostingDates) -> str:
    """Hash of what makes content: type, number, vendor, the three dates, currency, total, tax, and the lines'
    accounts, dimensions, tax codes and amounts in any order. Memo, status, approver and the like are left out.

    Tax counts by code, so that tax by line and the same tax for the whole invoice are one content.
    """
    return _hash(
        {
            "type": str(invoice.type or ""),
            "number": invoice.number,
            "vendor": invoice.vendor_id,
            "dates": [str(dates.posting or ""), str(dates.tax or ""), str(dates.due or "")],
            "currency": invoice.currency,
            "total": _amount(invoice.total),
            "tax": _amount(tax_total(invoice)),
            "taxes": sorted([code, _amount(amount)] for code, amount in tax_by_code(invoice).items()),
            "lines": sorted(_line(line) for line in invoice.lines),
        }
    )


def payment_hash(payment: Payment) -> str:
    """Hash of a payment's content: date, vendor, currency, amount, and what it is applied to, in any order."""
    return _hash(
        {
            "vendor": payment.vendor_id,
            "date": str(payment.payment_date or ""),
            "currency": payment.currency,
            "amount": _amount(payment.amount),
            "applications": sorted(
                [one.stampli_invoice_id, _amount(one.applied), _amount(one.discount or ZERO)]
                for one in payment.applications
            ),
        }
    )


def vendor_hash(vendor: Vendor) -> str:
    """Hash of what a row says of a vendor, wherever it stands and whenever it was changed."""
    told = {field.name: getattr(vendor, field.name) for field in fields(vendor)}
    for name in ("row", "faults", "file_name", "file_sha256", "modified_at"):
        del told[name]
    return _hash({**told, "faults": [fault.column for fault in vendor.faults]})


def _hash(content: dict[str, object]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _line(line: InvoiceLine) -> list[str]:
    codes = [line.gl_account, line.department, line.project, line.class_, line.location, line.tax_code]
    return [*codes, _amount(line.amount)]


def _amount(amount: Decimal | None) -> str:
    """One text per value: `12.50` and `12.5` are the same money."""
    return "" if amount is None else format(amount.normalize() + 0, "f")
