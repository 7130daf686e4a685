"""Whether an entry in SAP is the one that an invoice would make."""

from collections import Counter
from decimal import Decimal

from stampli_b1_assets.accounting import texts
from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.domain.journal_entry import JournalEntry, JournalLine, PostedEntry

_Line = tuple[str, str, str, str, str]


def same_entry(planned: JournalEntry, posted: PostedEntry) -> tuple[bool, tuple[str, ...]]:
    """Dates, number and lines in any order; memos do not matter. Also the differences, in words."""
    differences = [
        f"{name} {theirs} in SAP, {ours} now"
        for name, ours, theirs in (
            ("posting date", planned.reference_date, posted.reference_date),
            ("document date", planned.tax_date, posted.tax_date),
            ("due date", planned.due_date, posted.due_date),
            ("number", planned.reference, posted.reference),
        )
        if ours != theirs
    ]
    ours = Counter(map(_line, planned.lines))
    theirs = Counter(map(_line, posted.lines or ()))
    differences += [f"{_words(line)} in SAP, not now" for line in (theirs - ours).elements()]
    differences += [f"{_words(line)} now, not in SAP" for line in (ours - theirs).elements()]
    return not differences, tuple(differences)


def same_document(invoice: Invoice, posted: PostedEntry) -> bool:
    """Number, document date and the vendor's amount: all that can be compared when no entry can be made now."""
    total = invoice.total
    if total is None or posted.reference != texts.reference(invoice.number) or posted.tax_date != invoice.invoice_date:
        return False
    amounts = [_signed(line) for line in posted.lines or () if line.card_code]
    return amounts == [-total]


def _signed(line: JournalLine) -> Decimal:
    """Debit positive, credit negative; in foreign currency where the line has one (rates may change)."""
    debit, credit = (line.fc_debit, line.fc_credit) if line.fc_currency else (line.debit, line.credit)
    return (debit or Decimal(0)) - (credit or Decimal(0))


def _line(line: JournalLine) -> _Line:
    dimensions = ",".join(f"{name}={code}" for name, code in sorted(line.dimensions.items()) if code)
    amount = format(_signed(line).normalize() + 0, "f")
    return (line.card_code or line.account_code, amount, line.fc_currency, dimensions, line.project_code)


def _words(line: _Line) -> str:
    code, amount, currency, dimensions, project = line
    codes = " ".join(part for part in (dimensions, project) if part)
    return f"{code} {amount} {currency}".strip() + (f" ({codes})" if codes else "")
