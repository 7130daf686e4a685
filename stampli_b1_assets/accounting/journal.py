"""From an invoice that passed every rule to its balanced journal entry."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from stampli_b1_assets.accounting import texts
from stampli_b1_assets.accounting.draft import Draft
from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.domain.journal_entry import JournalEntry, JournalLine
from stampli_b1_assets.domain.money import ZERO, fixed


@dataclass(frozen=True)
class _Amount:
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
    invoice, reference = draft.invoice, draft.context.reference
    assert draft.posting_date is not None
    assert draft.dates.tax is not None
    assert draft.dates.due is not None
    amounts = [*_lines(draft), *_tax_lines(draft), *_rounding_line(draft), _vendor_line(draft)]
    local_decimals = reference.currencies.get(reference.local_currency, 2)
    lines = _foreign(amounts, draft, local_decimals) if draft.is_foreign else _local(amounts, local_decimals)
    entry = JournalEntry(
        key=posting_key(draft.context.company_db, "invoice", invoice.stampli_id, draft.context.revision),
        reference_date=draft.posting_date,
        tax_date=draft.dates.tax,
        due_date=draft.dates.due,
        memo=texts.memo(invoice.vendor_name or invoice.vendor_id, invoice.number),
        reference=texts.reference(invoice.number),
        reference2=texts.reference(invoice.stampli_id),
        reference3=texts.reference(invoice.file_name),
        lines=lines,
        decimals=local_decimals,
        fc_decimals=draft.decimals if draft.decimals is not None else 2,
    )
    check_balance(entry)
    return entry


def check_balance(entry: JournalEntry) -> None:
    """Debits equal credits, in local and in foreign currency; raises `ValueError`."""
    local = sum(((line.debit or ZERO) - (line.credit or ZERO) for line in entry.lines), ZERO)
    foreign = sum(((line.fc_debit or ZERO) - (line.fc_credit or ZERO) for line in entry.lines), ZERO)
    if local or foreign or not entry.lines:
        raise ValueError(f"The entry {entry.key} does not balance: {local} local, {foreign} foreign")


def _lines(draft: Draft) -> list[_Amount]:
    result = []
    for line, codes in zip(draft.lines, draft.codes, strict=True):
        assert line.amount is not None
        assert codes.account is not None
        result.append(
            _Amount(
                signed=line.amount,
                account_code=codes.account.code,
                dimensions=codes.dimensions,
                project_code=codes.project,
                line_memo=texts.line_memo(line.memo),
            )
        )
    return result


def _tax_lines(draft: Draft) -> list[_Amount]:
    return [_Amount(tax.amount, account_code=tax.account.code, line_memo=tax.code) for tax in draft.taxes.lines]


def _rounding_line(draft: Draft) -> list[_Amount]:
    account = draft.rounding_account
    if not draft.rounding or account is None:
        return []
    return [_Amount(draft.rounding, account_code=account.code, line_memo="Rounding")]


def _vendor_line(draft: Draft) -> _Amount:
    partner, total = draft.supplier.partner, draft.invoice.total
    assert partner is not None
    assert total is not None
    memo = texts.memo(draft.invoice.vendor_name or draft.invoice.vendor_id, draft.invoice.number)
    return _Amount(-total, card_code=partner.card_code, line_memo=memo, due_date=draft.dates.due)


def _local(amounts: list[_Amount], decimals: int) -> tuple[JournalLine, ...]:
    return tuple(_sided(amount, fixed(abs(amount.signed), decimals)) for amount in amounts)


def _foreign(amounts: list[_Amount], draft: Draft, local_decimals: int) -> tuple[JournalLine, ...]:
    """Each line converted by itself at SAP's rate; the odd cent goes to the largest G/L line, so that both balance."""
    rate, decimals = draft.rate, draft.decimals
    assert rate is not None
    assert decimals is not None
    cent = Decimal(1).scaleb(-local_decimals)
    converted = [(amount.signed * rate).quantize(cent, ROUND_HALF_UP) for amount in amounts]
    ledger_lines = [place for place, amount in enumerate(amounts) if amount.account_code]
    largest = max(ledger_lines, key=lambda place: abs(amounts[place].signed))
    converted[largest] -= sum(converted, ZERO)
    lines = []
    for amount, local in zip(amounts, converted, strict=True):
        line = _sided(replace(amount), fixed(abs(local), local_decimals))
        foreign = fixed(abs(amount.signed), decimals)
        is_debit = amount.signed > 0
        lines.append(
            replace(
                line,
                fc_currency=draft.invoice.currency,
                fc_debit=foreign if is_debit else None,
                fc_credit=None if is_debit else foreign,
            )
        )
    return tuple(lines)


def _sided(amount: _Amount, unsigned: Decimal) -> JournalLine:
    is_debit = amount.signed > 0
    return JournalLine(
        account_code=amount.account_code,
        card_code=amount.card_code,
        debit=unsigned if is_debit else None,
        credit=None if is_debit else unsigned,
        dimensions=amount.dimensions,
        project_code=amount.project_code,
        line_memo=amount.line_memo,
        due_date=amount.due_date,
    )
