"""Whether an entry in SAP is the one that an invoice would make."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from stampli_b1_assets.accounting import texts
from stampli_b1_assets.accounting.dates import PostingDates
from stampli_b1_assets.accounting.draft import Context, Draft
from stampli_b1_assets.accounting.journal import Amount, amounts
from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.domain.journal_entry import JournalEntry, JournalLine, PostedEntry
from stampli_b1_assets.domain.money import fixed, iso_decimals, significant_decimals

_Line = tuple[str, Decimal, str, tuple[tuple[str, str], ...], str]
"""Account or CardCode, signed amount, foreign currency, dimensions, project."""


def same_entry(planned: JournalEntry, posted: PostedEntry) -> tuple[bool, tuple[str, ...]]:
    """Dates, number and lines in any order; memos do not matter. Also the differences, in words."""
    dates = PostingDates(planned.reference_date, planned.tax_date, planned.due_date)
    differences = [*_header(dates, planned.reference, posted), *_lines(map(_line, planned.lines), posted)]
    return not differences, tuple(differences)


def same_as_posted(invoice: Invoice, context: Context, posted: PostedEntry) -> tuple[bool, tuple[str, ...]]:
    """Whether SAP's entry has the invoice's content, whatever SAP would say to posting it today; and the differences.

    A period closed, a vendor frozen, or a rate changed since the posting changes no content. Where codes are not known
    any more, document number, dates and the vendor's amount decide.
    """
    draft = Draft(invoice, context)
    differences = _header(_dates_as_posted(draft, posted), texts.reference(invoice.number), posted)
    is_whole = draft.supplier.partner is not None and draft.taxes.is_whole and draft.difference is not None
    if is_whole and all(codes.is_whole for codes in draft.codes):
        currency = invoice.currency if draft.is_foreign else ""
        differences += _lines((_of_amount(line, currency) for line in amounts(draft) if line.signed), posted)
    elif not same_document(invoice, posted):
        differences.append(f"a total of {invoice.total} {invoice.currency}, which is not the one in SAP")
    return not differences, tuple(differences)


def recoded(before: Mapping[str, Any], now: Invoice) -> list[str]:
    """What differs from the content that was posted (as the ledger keeps it) though SAP's entry would not, in words."""
    differences = []
    if before["vendor_id"] != now.vendor_id:
        differences.append(f"vendor id {before['vendor_id']} was posted, {now.vendor_id} comes now")
    ours = Counter(map(_coded, map(vars, now.lines)))
    theirs = Counter(map(_coded, before["lines"]))
    differences += [f"posted with the line {line}" for line in (theirs - ours).elements()]
    return differences + [f"comes now with the line {line}" for line in (ours - theirs).elements()]


def _coded(line: Mapping[str, Any]) -> str:
    """`006120 100.00 (PM DEN, tax code VAT19)`."""
    amount = None if line["amount"] is None else Decimal(line["amount"])
    names = ("department", "project", "class_", "location")
    codes = [" ".join(line[name] for name in names if line[name])]
    codes += [f"tax code {line['tax_code']}"] if line["tax_code"] else []
    shown = "" if amount is None else f" {fixed(amount, max(2, significant_decimals(amount))):,f}"
    told = ", ".join(filter(None, codes))
    return f"{line['gl_account']}{shown}" + (f" ({told})" if told else "")


def _dates_as_posted(draft: Draft, posted: PostedEntry) -> PostingDates:
    """The invoice's dates; a posting date that was moved to a later period is taken as SAP has it."""
    dates, settings = draft.dates, draft.context.settings
    is_later = dates.posting is not None and posted.reference_date > dates.posting
    was_moved = settings.closed_period == "next_open" and is_later
    return PostingDates(posted.reference_date if was_moved else dates.posting, dates.tax, dates.due)


def same_document(invoice: Invoice, posted: PostedEntry) -> bool:
    """Number, document date and the vendor's amount: all that can be compared when no entry can be made now."""
    total = invoice.total
    if total is None or posted.reference != texts.reference(invoice.number) or posted.tax_date != invoice.invoice_date:
        return False
    amounts = [signed(line) for line in posted.lines or () if line.card_code]
    return amounts == [-total]


def signed(line: JournalLine) -> Decimal:
    """Debit positive, credit negative; in foreign currency where the line has one (rates may change)."""
    debit, credit = (line.fc_debit, line.fc_credit) if line.fc_currency else (line.debit, line.credit)
    return (debit or Decimal(0)) - (credit or Decimal(0))


def _header(dates: PostingDates, number: str, posted: PostedEntry) -> list[str]:
    pairs = (
        ("posting date", dates.posting, posted.reference_date),
        ("invoice date", dates.tax, posted.tax_date),
        ("due date", dates.due, posted.due_date),
        ("number", number, posted.reference),
    )
    return [f"{name} {theirs} in SAP, {ours} in Stampli" for name, ours, theirs in pairs if ours != theirs]


def _lines(planned: Iterable[_Line], posted: PostedEntry) -> list[str]:
    ours, theirs = Counter(planned), Counter(map(_line, posted.lines or ()))
    gone = [f"SAP alone has {_words(line)}" for line in (theirs - ours).elements()]
    return gone + [f"Stampli alone has {_words(line)}" for line in (ours - theirs).elements()]


def _line(line: JournalLine) -> _Line:
    code = line.card_code or line.account_code
    return _comparable(code, signed(line), line.fc_currency, line.dimensions, line.project_code)


def _of_amount(line: Amount, currency: str) -> _Line:
    return _comparable(line.card_code or line.account_code, line.signed, currency, line.dimensions, line.project_code)


def _comparable(code: str, signed: Decimal, currency: str, dimensions: Mapping[str, str], project: str) -> _Line:
    coded = tuple((name, value) for name, value in sorted(dimensions.items()) if value)
    return (code, signed, currency, coded, project)


def _words(line: _Line) -> str:
    """`001300 debit 1,250.00 EUR (PM DEN)`; a local amount has no currency, for its line names none."""
    code, signed, currency, dimensions, project = line
    side = "credit" if signed < 0 else "debit"
    amount = fixed(abs(signed), max(iso_decimals(currency), significant_decimals(signed)))
    codes = " ".join(filter(None, [*(value for _, value in dimensions), project]))
    return f"{code} {side} {amount:,f} {currency}".strip() + (f" ({codes})" if codes else "")
