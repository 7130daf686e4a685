"""The entry that undoes a posted one: the same lines with the sides swapped, under its own key."""

from collections.abc import Mapping
from datetime import date

from stampli_b1_assets.accounting import texts
from stampli_b1_assets.domain.journal_entry import JournalEntry, JournalLine, PostedEntry


def reversal_of(
    posted: PostedEntry, *, key: str, date: date, decimals: int, currencies: Mapping[str, int]
) -> JournalEntry:
    """The reversal of an entry that was read with its lines, posted on `date`.

    `decimals` are those of the local currency, `currencies` gives those of all. Raises `ValueError` without lines.
    """
    if not posted.lines:
        raise ValueError(f"Journal entry {posted.number} was read without its lines")
    foreign = next((line.fc_currency for line in posted.lines if line.fc_currency), "")
    return JournalEntry(
        key=key,
        reference_date=date,
        tax_date=posted.tax_date or date,
        due_date=posted.due_date or date,
        memo=texts.cut(f"Reversal of {posted.number}: {posted.memo}", texts.MEMO_UNITS),
        reference=posted.reference,
        reference2=posted.reference2,
        reference3=texts.reference(f"Reversal of {posted.number}"),
        lines=tuple(_swapped(line) for line in posted.lines),
        decimals=decimals,
        fc_decimals=currencies.get(foreign, 2),
    )


def _swapped(line: JournalLine) -> JournalLine:
    return JournalLine(
        account_code="" if line.card_code else line.account_code,
        card_code=line.card_code,
        debit=line.credit,
        credit=line.debit,
        fc_currency=line.fc_currency,
        fc_debit=line.fc_credit,
        fc_credit=line.fc_debit,
        dimensions=line.dimensions,
        project_code=line.project_code,
        line_memo=line.line_memo,
        due_date=line.due_date,
    )
