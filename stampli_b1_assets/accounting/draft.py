"""An invoice on its way to an entry: everything that the rules look up, gathered once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from stampli_b1_assets.accounting.accounts import lacking_dimensions, settings_account
from stampli_b1_assets.accounting.believed import AMOUNT_COLUMNS, believed, faulty_columns
from stampli_b1_assets.accounting.codes import LineCodes, line_codes
from stampli_b1_assets.accounting.dates import PostingDates, posting_dates
from stampli_b1_assets.accounting.desk import Desk, Notes
from stampli_b1_assets.accounting.mappings import Mappings
from stampli_b1_assets.accounting.periods import next_open, period_of
from stampli_b1_assets.accounting.suppliers import Supplier, supplier_of
from stampli_b1_assets.accounting.taxes import Taxes, tax_total, taxes
from stampli_b1_assets.config.models import PostingSettings
from stampli_b1_assets.domain.invoice import Invoice, InvoiceLine
from stampli_b1_assets.domain.money import ZERO
from stampli_b1_assets.domain.outcome import Hold
from stampli_b1_assets.domain.reference_data import Account, Period, ReferenceData

MOST_DAYS_AHEAD = 366


@dataclass(frozen=True)
class Context:
    """What assessing needs besides the invoice. `today` in the company's time zone; `revision` of the posting.

    `card_codes`: vendor id → CardCode, for vendors that were created with a number of SAP's own series.
    `held_vendors`: vendor id → the first reason why it is held itself.
    """

    company_db: str
    settings: PostingSettings
    mappings: Mappings
    reference: ReferenceData
    today: date
    revision: int = 0
    card_codes: Mapping[str, str] = field(default_factory=dict)
    held_vendors: Mapping[str, Hold] = field(default_factory=dict)

    @property
    def latest_date(self) -> date:
        """The last day that a document's date may be."""
        return self.today + timedelta(days=MOST_DAYS_AHEAD)

    def desk(self, on: date | None, currency: str) -> Desk:
        """For looking up codes on a day, for a document in that currency.

        A day that nobody can mean (1900, 2206) is no day: the rules on dates say so, and no code is out of date by it.
        """
        is_meant = on is not None and self.settings.earliest_date <= on <= self.latest_date
        day = on if is_meant else None
        return Desk(self.mappings, self.reference, self.settings, day, currency, self.card_codes, self.held_vendors)


@dataclass(frozen=True)
class Draft:
    """One invoice and its context; what is looked up is looked up once.

    `source` is the invoice as it was read; `invoice` is what of it can be believed.
    """

    source: Invoice
    context: Context

    @cached_property
    def invoice(self) -> Invoice:
        """The invoice without header values that the reader found fault with."""
        return believed(self.source)

    @cached_property
    def faulty(self) -> frozenset[str]:
        """Columns that the reader found fault with."""
        return faulty_columns(self.source)

    @property
    def name(self) -> str:
        """The invoice in messages: its number, else its Stampli id."""
        return self.source.number or self.source.stampli_id or "without number"

    def place(self, row: int = 0) -> str:
        """For the beginning of a message: `a.csv, row 2: `, of a row or of the invoice's first one."""
        row = row or (self.source.lines[0].row if self.source.lines else 0)
        where = [self.source.file_name, f"row {row}" if row else ""]
        return f"{', '.join(filter(None, where))}: " if self.source.file_name else ""

    @cached_property
    def dates(self) -> PostingDates:
        """By policy, before any move out of a closed period."""
        return posting_dates(self.invoice, self.context.settings)

    @cached_property
    def period(self) -> Period | None:
        """The period of the posting date, before any move."""
        posting = self.dates.posting
        return period_of(posting, self.context.reference.periods) if posting else None

    @cached_property
    def posting_date(self) -> date | None:
        """The date to post on: moved to the next open period when the policy says so. None: there is none."""
        posting, period = self.dates.posting, self.period
        if posting is None or period is None or period.status.is_open:
            return posting if period is not None else None
        is_moved = self.context.settings.closed_period == "next_open"
        return next_open(posting, self.context.reference.periods) if is_moved else None

    @cached_property
    def desk(self) -> Desk:
        """For looking up codes, on the posting date."""
        return self.context.desk(self.posting_date or self.dates.posting, self.invoice.currency)

    @cached_property
    def lines(self) -> tuple[InvoiceLine, ...]:
        """The lines that are posted: those of zero are left out."""
        return tuple(line for line in self.invoice.lines if line.amount != ZERO)

    @cached_property
    def codes(self) -> tuple[LineCodes, ...]:
        """The codes of each posted line."""
        return tuple(line_codes(line, self.desk) for line in self.lines)

    @cached_property
    def supplier(self) -> Supplier:
        """The supplier, or why there is none."""
        return supplier_of(self.invoice.vendor_id, self.invoice.vendor_name, self.desk)

    @cached_property
    def taxes(self) -> Taxes:
        """The tax lines, or why there are none."""
        return taxes(self.invoice, self.desk)

    @cached_property
    def difference(self) -> Decimal | None:
        """Total less lines and tax; None when an amount is missing or in doubt."""
        amounts = [self.invoice.total, *(line.amount for line in self.invoice.lines)]
        if self.faulty & AMOUNT_COLUMNS or any(amount is None for amount in amounts):
            return None
        total, *lines = (amount or ZERO for amount in amounts)
        return total - sum(lines, ZERO) - tax_total(self.invoice)

    @cached_property
    def rounding_account(self) -> tuple[Account | None, Notes]:
        """The account of the rounding line, when one is wanted and needed; and why it cannot be posted to."""
        notes, rounding = Notes(), self.context.settings.rounding
        if rounding is None or not self.difference or abs(self.difference) > rounding.tolerance:
            return None, notes
        account = settings_account(rounding.account, self.desk, notes, key="posting.rounding.account")
        if account is not None:
            notes.holds += lacking_dimensions(account, set(), has_project=False)
        return account, notes

    @cached_property
    def decimals(self) -> int | None:
        """Decimals of the invoice's currency in SAP; None when SAP does not know it."""
        return self.context.reference.currencies.get(self.invoice.currency)

    @property
    def is_foreign(self) -> bool:
        """Whether the invoice is not in local currency."""
        return self.invoice.currency != self.context.reference.local_currency

    @property
    def rate(self) -> Decimal | None:
        """SAP's rate for the day to post on: local = foreign × rate."""
        if self.posting_date is None:
            return None
        return self.context.reference.rates.get((self.invoice.currency, self.posting_date))
