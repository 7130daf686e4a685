"""From an invoice that passed every rule to its balanced journal entry."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal

from stampli_b1_assets.accounting import texts
from stampli_b1_assets.accounting.draft import Draft
from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.domain.journal_entry import JournalEntry, JournalLine
from stampli_b1_assets.domain.money import ZERO, fixed, iso_decimals
from stampli_b1_assets.domain.reference_data import ReferenceData

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Amount:
    """One line before its sides: a signed amount in the document's currency, debit when positive."""

    signed: Decimal
    account_code: str = ""
    card_code: str = ""
    dimensions: dict[str, str] = field(default_factory=dict)
    project_code: str = ""
    line_memo: str = ""
    due_date: date | None = None


def journal_entry(draft: Draft) -> JournalEntry:
    """The entry of an invoice without holds. Expense, tax and rounding on one side, the vendor on the other.

    Raises `ValueError` when it does not balance: a fault of ours that must never reach SAP.
    """
    invoice, reference, dates = draft.invoice, draft.context.reference, draft.dates
    assert draft.posting_date is not None
    assert dates.tax is not None
    assert dates.due is not None
    entry = JournalEntry(
        key=posting_key(draft.context.company_db, "invoice", invoice.stampli_id, draft.context.revision),
        reference_date=draft.posting_date,
        tax_date=dates.tax,
        due_date=dates.due,
        memo=texts.memo(invoice.vendor_name or invoice.vendor_id, invoice.number),
        reference=texts.reference(invoice.number),
        reference2=texts.reference(invoice.stampli_id),
        reference3=texts.reference(invoice.file_name),
        lines=sided(amounts(draft), invoice.currency, reference, draft.rate),
        decimals=local_decimals(reference),
        fc_decimals=reference.currencies[invoice.currency],
    )
    check_balance(entry)
    return entry


def check_balance(entry: JournalEntry) -> None:
    """Debits equal credits, in local and in foreign currency, and none is negative; raises `ValueError`."""
    sides = [side for line in entry.lines for side in (line.debit, line.credit, line.fc_debit, line.fc_credit)]
    local = sum(((line.debit or ZERO) - (line.credit or ZERO) for line in entry.lines), ZERO)
    foreign = sum(((line.fc_debit or ZERO) - (line.fc_credit or ZERO) for line in entry.lines), ZERO)
    if local or foreign or not entry.lines or any(side is not None and side < 0 for side in sides):
        raise ValueError(f"The entry {entry.key} does not balance: {local} local, {foreign} foreign")


def amounts(draft: Draft) -> list[Amount]:
    """All lines of the entry, vendor last: their codes and signed amounts. Their sum is zero."""
    return [*_lines(draft), *_tax_lines(draft), *_rounding_line(draft), _vendor_line(draft)]


def local_decimals(reference: ReferenceData) -> int:
    """Decimals of the company's own currency."""
    return reference.currencies.get(reference.local_currency, iso_decimals(reference.local_currency))


def sided(
    lines: Sequence[Amount], currency: str, reference: ReferenceData, rate: Decimal | None
) -> tuple[JournalLine, ...]:
    """Signed amounts on their sides, in local currency, and in foreign currency too when the document has one."""
    decimals = local_decimals(reference)
    if currency == reference.local_currency:
        return tuple(_on_its_side(line, fixed(abs(line.signed), decimals)) for line in lines)
    assert rate is not None
    local = converted(lines, rate, decimals)
    foreign = [fixed(abs(line.signed), reference.currencies[currency]) for line in lines]
    return tuple(_on_its_side(*each, currency) for each in zip(lines, local, foreign, strict=True))


def converted(lines: Sequence[Amount], rate: Decimal, decimals: int) -> list[Decimal]:
    """Unsigned local amounts: each line by itself, rounded half up; the odd cent on the largest line.

    The vendor's line is left as SAP itself would convert it, so the largest of the others takes the odd cent.
    Where the rate is so small that this line cannot take all of it and keep its side, the next largest goes on.
    """
    cent = Decimal(1).scaleb(-decimals)
    local = [_EXACT.quantize(_EXACT.multiply(line.signed, rate), cent) for line in lines]
    odd = sum(local, ZERO)
    for place in _largest_first(lines):
        before = local[place]
        after = before - odd
        local[place] = after if after == 0 or (after > 0) == (lines[place].signed > 0) else ZERO
        odd -= before - local[place]
    return [abs(amount) for amount in local]


def _largest_first(lines: Sequence[Amount]) -> Iterator[int]:
    ledger = [place for place, line in enumerate(lines) if line.account_code]
    yield from sorted(ledger, key=lambda place: abs(lines[place].signed), reverse=True)


def _lines(draft: Draft) -> Iterator[Amount]:
    for line, codes in zip(draft.lines, draft.codes, strict=True):
        assert line.amount is not None
        assert codes.account is not None
        yield Amount(
            signed=line.amount,
            account_code=codes.account.code,
            dimensions=codes.dimensions,
            project_code=codes.project,
            line_memo=texts.line_memo(line.memo),
        )


def _tax_lines(draft: Draft) -> Iterator[Amount]:
    for tax in draft.taxes.lines:
        yield Amount(tax.amount, account_code=tax.account.code, line_memo=texts.line_memo(f"Tax {tax.code}"))


def _rounding_line(draft: Draft) -> Iterator[Amount]:
    account, _ = draft.rounding_account
    if account is not None and draft.difference:
        yield Amount(draft.difference, account_code=account.code, line_memo="Rounding")


def _vendor_line(draft: Draft) -> Amount:
    partner, invoice = draft.supplier.partner, draft.invoice
    assert partner is not None
    assert invoice.total is not None
    memo = texts.memo(invoice.vendor_name or invoice.vendor_id, invoice.number)
    return Amount(-invoice.total, card_code=partner.card_code, line_memo=memo, due_date=draft.dates.due)


def _on_its_side(line: Amount, local: Decimal, foreign: Decimal | None = None, currency: str = "") -> JournalLine:
    is_debit = line.signed > 0
    return JournalLine(
        account_code=line.account_code,
        card_code=line.card_code,
        debit=local if is_debit else None,
        credit=None if is_debit else local,
        fc_currency=currency,
        fc_debit=foreign if is_debit else None,
        fc_credit=None if is_debit else foreign,
        dimensions=line.dimensions,
        project_code=line.project_code,
        line_memo=line.line_memo,
        due_date=line.due_date,
    )
