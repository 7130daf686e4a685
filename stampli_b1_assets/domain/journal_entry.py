"""SAP's journal entry as we send it and as we read it back."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class JournalLine:
    """One line: exactly one of `debit`, `credit` is not None, and never negative; local currency.

    A G/L line has `account_code`, a partner line `card_code` (sent as `ShortName`). `fc_debit`/`fc_credit`
    go with `fc_currency` when the entry is not in local currency. `dimensions` maps SAP's property name
    (`CostingCode` … `CostingCode5`) to a distribution rule code.
    """

    account_code: str = ""
    card_code: str = ""
    debit: Decimal | None = None
    credit: Decimal | None = None
    fc_currency: str = ""
    fc_debit: Decimal | None = None
    fc_credit: Decimal | None = None
    dimensions: dict[str, str] = field(default_factory=dict)
    project_code: str = ""
    line_memo: str = ""
    due_date: date | None = None


@dataclass(frozen=True)
class JournalEntry:
    """One balanced entry with its identity. Texts are cut to SAP's lengths already."""

    key: str
    reference_date: date
    tax_date: date
    due_date: date
    memo: str
    reference: str
    reference2: str
    reference3: str
    lines: tuple[JournalLine, ...]
    decimals: int
    """Decimals of the local currency, for the wire."""
    fc_decimals: int = 2
    """Decimals of the lines' `fc_currency`, for the wire."""


@dataclass(frozen=True)
class PostedEntry:
    """A journal entry found in SAP by its key. `lines` is None when the read did not ask for them.

    `card_code` of a read line is its ShortName when that differs from AccountCode.
    """

    key: str
    jdt_num: int
    number: int
    reference_date: date
    tax_date: date | None = None
    due_date: date | None = None
    memo: str = ""
    reference: str = ""
    reference2: str = ""
    lines: tuple[JournalLine, ...] | None = None
