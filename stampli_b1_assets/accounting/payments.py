"""Payments: whether one can be posted, and its entry (vendor debit, clearing account credit)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from stampli_b1_assets.accounting import texts
from stampli_b1_assets.accounting.accounts import lacking_dimensions, settings_account
from stampli_b1_assets.accounting.compare import signed
from stampli_b1_assets.accounting.desk import Desk, Notes
from stampli_b1_assets.accounting.draft import Context
from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.accounting.journal import Amount, check_balance, local_decimals, sided
from stampli_b1_assets.accounting.periods import next_open, period_of
from stampli_b1_assets.accounting.rules.currency import no_rate, unknown_currency
from stampli_b1_assets.accounting.rules.dates import absurd, no_period, period_closed
from stampli_b1_assets.accounting.suppliers import Supplier, supplier_of
from stampli_b1_assets.domain.journal_entry import JournalEntry, PostedEntry
from stampli_b1_assets.domain.money import ZERO, significant_decimals
from stampli_b1_assets.domain.outcome import Hold, Reason, in_order
from stampli_b1_assets.domain.payment import Payment
from stampli_b1_assets.domain.reference_data import Account, Period

# Words of the public examples; money that is on its way is taken through the clearing account at once.
_POSTABLE = frozenset({"cleared", "intransit"})
_VOIDED = frozenset({"voided", "void"})
_FILL = "Fill it in Stampli and export the payment again."


@dataclass(frozen=True)
class PaymentAssessment:
    """`entry` only when ready, `holds` only when held."""

    outcome: Literal["ignored", "ready", "held"]
    holds: tuple[Hold, ...] = ()
    entry: JournalEntry | None = None
    trace: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Draft:
    """One payment and its context; what is looked up is looked up once."""

    payment: Payment
    context: Context

    @cached_property
    def faulty(self) -> frozenset[str]:
        return frozenset(fault.column for fault in self.payment.faults)

    @property
    def place(self) -> str:
        """File and first row, for the beginning of a message."""
        file, applications = self.payment.file_name, self.payment.applications
        return f"{file}, row {applications[0].row}: " if file and applications else ""

    @cached_property
    def applied(self) -> Decimal | None:
        """What the payment is applied to, less discounts; None when one of them cannot be read."""
        payment = self.payment
        if self.faulty & {"Applied Amount", "Discount"} or any(one.applied is None for one in payment.applications):
            return None
        discounts = sum((one.discount or ZERO for one in payment.applications), ZERO)
        return sum((one.applied or ZERO for one in payment.applications), ZERO) - discounts

    @property
    def amount(self) -> Decimal | None:
        """The payment's amount; where the file has none, what it is applied to."""
        if "Payment Amount" in self.faulty:
            return None
        return self.payment.amount if self.payment.amount is not None else self.applied

    @cached_property
    def period(self) -> Period | None:
        day = self.payment.payment_date
        return period_of(day, self.context.reference.periods) if day else None

    @cached_property
    def posting_date(self) -> date | None:
        """The payment date, moved out of a closed period when the policy says so. None: there is none."""
        day, period = self.payment.payment_date, self.period
        if day is None or period is None or period.status.is_open:
            return day if period is not None else None
        is_moved = self.context.settings.closed_period == "next_open"
        return next_open(day, self.context.reference.periods) if is_moved else None

    @cached_property
    def desk(self) -> Desk:
        return self.context.desk(self.posting_date or self.payment.payment_date, self.payment.currency)

    @cached_property
    def supplier(self) -> Supplier:
        return supplier_of(self.payment.vendor_id, "", self.desk)

    @cached_property
    def clearing(self) -> tuple[Account | None, Notes]:
        notes, code = Notes(), self.context.settings.payments.clearing_account or ""
        account = settings_account(code, self.desk, notes, key="posting.payments.clearing_account")
        if account is not None:
            notes.holds += lacking_dimensions(account, set(), has_project=False)
        return account, notes

    @property
    def rate(self) -> Decimal | None:
        if self.posting_date is None:
            return None
        return self.context.reference.rates.get((self.payment.currency, self.posting_date))

    @property
    def is_foreign(self) -> bool:
        return self.payment.currency != self.context.reference.local_currency


def is_voided(payment: Payment) -> bool:
    """Voided in Stampli."""
    return _plain(payment.status) in _VOIDED or payment.voided_date is not None


def assess_payment(payment: Payment, context: Context) -> PaymentAssessment:
    """Ignored when payments are not posted, or it was voided, or comes to nothing; else held with reasons, or ready.

    What a void means for a payment that was posted before is the pipeline's to say.
    """
    draft = _Draft(payment, context)
    if not context.settings.payments.post or is_voided(payment):
        return PaymentAssessment("ignored")
    holds = tuple(in_order([hold for rule in _RULES for hold in rule(draft)]))
    trace = tuple(dict.fromkeys([*draft.supplier.notes.trace, *draft.clearing[1].trace]))
    if holds:
        return PaymentAssessment("held", holds, trace=trace)
    if draft.amount == ZERO:
        return PaymentAssessment("ignored")
    return PaymentAssessment("ready", entry=_entry(draft), trace=trace)


def is_same_payment(payment: Payment, context: Context, posted: PostedEntry) -> bool:
    """Whether SAP's entry, read with its lines, is this payment's: its date, vendor and amount."""
    draft = _Draft(payment, context)
    partner = draft.supplier.partner
    lines = [line for line in posted.lines or () if line.card_code]
    is_vendor = partner is None or {line.card_code for line in lines} == {partner.card_code}
    return is_vendor and posted.tax_date == payment.payment_date and [signed(line) for line in lines] == [draft.amount]


def payment_rate_needed(payment: Payment, context: Context) -> tuple[str, date] | None:
    """(currency, day) of the exchange rate that posting this payment takes; None when it takes none."""
    draft = _Draft(payment, context)
    if not context.settings.payments.post or is_voided(payment) or not draft.is_foreign:
        return None
    is_known = payment.currency in context.reference.currencies
    return (payment.currency, draft.posting_date) if is_known and draft.posting_date is not None else None


def _status_is_known(draft: _Draft) -> Iterator[Hold]:
    status = draft.payment.status
    if status and _plain(status) not in _POSTABLE and "Status" not in draft.faulty:
        detail = f"The status “{status}” of payment {draft.payment.payment_id} is not one that is known."
        action = "Wait until Stampli says Cleared, In transit or Voided, or have the layout translate the word."
        yield Hold(Reason.UNKNOWN_STATUS, detail, action, status)


def _values(draft: _Draft) -> Iterator[Hold]:
    payment = draft.payment
    for fault in payment.faults:
        yield Hold(Reason.BAD_VALUE, fault.told_of(payment.file_name), fault.action, fault.column)
    required: list[tuple[str, object]] = [
        ("Payment ID", payment.payment_id),
        ("Payment Date", payment.payment_date),
        ("Status", payment.status),
        ("Vendor ID", payment.vendor_id),
        ("Currency", payment.currency),
    ]
    for one in payment.applications:
        required += [("Stampli Invoice ID", one.stampli_invoice_id), ("Applied Amount", one.applied)]
    for column, value in dict.fromkeys(required):
        if value in (None, "") and column not in draft.faulty:
            detail = f"{draft.place}{column} of payment {payment.payment_id or 'without id'} is empty."
            yield Hold(Reason.BAD_VALUE, detail, _FILL, column)


def _sums_agree(draft: _Draft) -> Iterator[Hold]:
    payment, applied = draft.payment, draft.applied
    if payment.amount is not None and draft.amount is not None and applied is not None and applied != payment.amount:
        detail = (
            f"Payment {payment.payment_id} is {payment.amount} {payment.currency}, but what it is applied to, less "
            f"discounts, comes to {applied}."
        )
        yield Hold(Reason.TOTALS_DISAGREE, detail, "Correct the payment in Stampli and export it again.")


def _supplier_can_be_posted_to(draft: _Draft) -> Iterator[Hold]:
    if draft.payment.vendor_id:
        yield from draft.supplier.notes.holds


def _clearing_can_be_posted_to(draft: _Draft) -> Iterator[Hold]:
    yield from draft.clearing[1].holds


def _currency_and_rate(draft: _Draft) -> Iterator[Hold]:
    payment = draft.payment
    decimals = draft.context.reference.currencies.get(payment.currency)
    if decimals is None:
        if payment.currency:
            yield unknown_currency(f"Payment {payment.payment_id}", payment.currency)
        return
    if draft.amount is not None and significant_decimals(draft.amount) > decimals:
        detail = (
            f"Payment {payment.payment_id} is {draft.amount}, and {payment.currency} has {decimals or 'no'} decimals."
        )
        yield Hold(Reason.BAD_VALUE, detail, "Correct the amount in Stampli.", "Payment Amount")
    if draft.is_foreign and draft.posting_date is not None and draft.rate is None:
        yield no_rate(payment.currency, str(draft.posting_date))


def _date_can_be_posted_on(draft: _Draft) -> Iterator[Hold]:
    day = draft.payment.payment_date
    if day is None:
        return
    what = f"payment date {day} of payment {draft.payment.payment_id}"
    yield from absurd(what[0].upper() + what[1:], day, draft.context)
    if draft.period is None:
        yield no_period(f"the {what}", day)
    elif draft.posting_date is None:
        yield period_closed("Payment date", day, draft.period, draft.context)


_RULES: tuple[Callable[[_Draft], Iterator[Hold]], ...] = (
    _status_is_known,
    _values,
    _sums_agree,
    _supplier_can_be_posted_to,
    _clearing_can_be_posted_to,
    _currency_and_rate,
    _date_can_be_posted_on,
)


def _entry(draft: _Draft) -> JournalEntry:
    """Vendor debit, clearing credit; the other way round for a payment that is negative in sum."""
    payment, context, amount = draft.payment, draft.context, draft.amount
    partner, (clearing, _) = draft.supplier.partner, draft.clearing
    assert amount is not None
    assert payment.payment_date is not None
    assert draft.posting_date is not None
    assert partner is not None
    assert clearing is not None
    memo = texts.line_memo(f"{payment.method} {payment.trace}".strip() or payment.payment_id)
    lines = (
        Amount(amount, card_code=partner.card_code, line_memo=memo, due_date=payment.payment_date),
        Amount(-amount, account_code=clearing.code, line_memo=memo),
    )
    entry = JournalEntry(
        key=posting_key(context.company_db, "payment", payment.payment_id, context.revision),
        reference_date=draft.posting_date,
        tax_date=payment.payment_date,
        due_date=payment.payment_date,
        memo=texts.memo(f"Payment {partner.name}", payment.payment_id),
        reference=texts.reference(payment.trace or payment.payment_id),
        reference2=texts.reference(payment.payment_id),
        reference3=texts.reference(payment.file_name),
        lines=sided(lines, payment.currency, context.reference, draft.rate),
        decimals=local_decimals(context.reference),
        fc_decimals=context.reference.currencies[payment.currency],
    )
    check_balance(entry)
    return entry


def _plain(word: str) -> str:
    return re.sub(r"[\W_]+", "", word).casefold()
