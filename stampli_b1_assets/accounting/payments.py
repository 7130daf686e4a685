"""Payments: whether one can be posted, and its entry (vendor debit, clearing account credit)."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from stampli_b1_assets.accounting import texts
from stampli_b1_assets.accounting.codes import Desk, LineCodes, account_by_code
from stampli_b1_assets.accounting.draft import Context
from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.accounting.journal import check_balance
from stampli_b1_assets.accounting.periods import open_date, period_of
from stampli_b1_assets.accounting.suppliers import supplier_of
from stampli_b1_assets.domain.journal_entry import JournalEntry, JournalLine
from stampli_b1_assets.domain.money import ZERO, fixed, significant_decimals
from stampli_b1_assets.domain.outcome import Hold, Reason, in_order
from stampli_b1_assets.domain.payment import Payment


@dataclass(frozen=True)
class PaymentAssessment:
    """`entry` only when ready."""

    outcome: Literal["ignored", "ready", "held"]
    holds: tuple[Hold, ...] = ()
    entry: JournalEntry | None = None


def is_voided(payment: Payment) -> bool:
    """Voided in Stampli."""
    return payment.status.strip().casefold() in {"voided", "void"} or payment.voided_date is not None


def assess_payment(payment: Payment, context: Context) -> PaymentAssessment:
    """Ignored when payments are not posted or it was voided before; else held with reasons, or ready."""
    if not context.settings.payments.post or is_voided(payment):
        return PaymentAssessment("ignored")
    desk = Desk(context.mappings, context.reference, context.settings, payment.payment_date, payment.currency)
    supplier = supplier_of(payment.vendor_id, "", desk)
    codes = LineCodes()
    clearing = account_by_code(context.settings.payments.clearing_account or "", desk, codes, what="clearing account")
    holds = [*_values(payment), *_sum(payment), *supplier.holds, *codes.holds, *_money(payment, context)]
    holds += _period(payment, context)
    if holds or clearing is None or supplier.partner is None:
        return PaymentAssessment("held", tuple(in_order(holds)))
    return PaymentAssessment("ready", entry=_entry(payment, context, supplier.partner.card_code, clearing.code))


def _values(payment: Payment) -> list[Hold]:
    holds = [Hold(Reason.BAD_VALUE, fault.detail, fault.action, fault.column) for fault in payment.faults]
    if payment.payment_date is None and not holds:
        detail = f"Payment {payment.payment_id} has no Payment Date."
        holds.append(Hold(Reason.BAD_VALUE, detail, "Fill it in Stampli and export again.", "Payment Date"))
    return holds


def _sum(payment: Payment) -> list[Hold]:
    applied = [one.applied for one in payment.applications]
    if payment.amount is None or any(one is None for one in applied):
        return []
    total = sum((one or ZERO for one in applied), ZERO)
    total -= sum((one.discount or ZERO for one in payment.applications), ZERO)
    if total == payment.amount:
        return []
    detail = f"Payment {payment.payment_id} is {payment.amount}, but what it is applied to comes to {total}."
    return [Hold(Reason.TOTALS_DISAGREE, detail, "Correct the payment in Stampli.")]


def _money(payment: Payment, context: Context) -> list[Hold]:
    reference, currency = context.reference, payment.currency
    decimals = reference.currencies.get(currency)
    if decimals is None:
        detail = f"Payment {payment.payment_id} is in {currency}, a currency that SAP does not have."
        return [Hold(Reason.UNKNOWN_CURRENCY, detail, f"Create {currency} in SAP.", currency)]
    if payment.amount is not None and significant_decimals(payment.amount) > decimals:
        detail = f"Payment {payment.payment_id} is {payment.amount}, and {currency} has {decimals} decimals."
        return [Hold(Reason.BAD_VALUE, detail, "Correct the amount in Stampli.", "Payment Amount")]
    day = payment.payment_date
    if currency != reference.local_currency and day and (currency, day) not in reference.rates:
        detail = f"SAP has no exchange rate for {currency} on {day}."
        return [Hold(Reason.NO_EXCHANGE_RATE, detail, f"Enter the rate of {currency} in SAP.", f"{currency} {day}")]
    return []


def _period(payment: Payment, context: Context) -> list[Hold]:
    day, periods = payment.payment_date, context.reference.periods
    if day is None:
        return []
    period = period_of(day, periods)
    if period is None:
        detail = f"SAP has no posting period for {day}."
        return [Hold(Reason.DATE_OUT_OF_RANGE, detail, "Create the period in SAP.", str(day))]
    if period.status.is_open or (context.settings.closed_period == "next_open" and open_date(day, periods)):
        return []
    detail = f"Payment date {day} lies in period {period.code}, which is closed in SAP."
    return [Hold(Reason.PERIOD_CLOSED, detail, f"Reopen period {period.code}.", period.code)]


def _entry(payment: Payment, context: Context, card_code: str, clearing: str) -> JournalEntry:
    """Vendor debit, clearing credit; the other way round for a payment that is negative in sum."""
    assert payment.amount is not None
    assert payment.payment_date is not None
    day = open_date(payment.payment_date, context.reference.periods) or payment.payment_date
    reference = context.reference
    local_decimals = reference.currencies.get(reference.local_currency, 2)
    decimals = reference.currencies[payment.currency]
    lines = (
        _line(payment, context, payment.amount, card_code=card_code),
        _line(payment, context, -payment.amount, account_code=clearing),
    )
    entry = JournalEntry(
        key=posting_key(context.company_db, "payment", payment.payment_id, context.revision),
        reference_date=day,
        tax_date=payment.payment_date,
        due_date=payment.payment_date,
        memo=texts.memo(f"Payment {payment.method}".strip(), payment.payment_id),
        reference=texts.reference(payment.trace or payment.payment_id),
        reference2=texts.reference(payment.payment_id),
        reference3=texts.reference(payment.file_name),
        lines=lines,
        decimals=local_decimals,
        fc_decimals=decimals,
    )
    check_balance(entry)
    return entry


def _line(
    payment: Payment, context: Context, signed: Decimal, *, card_code: str = "", account_code: str = ""
) -> JournalLine:
    reference = context.reference
    local_decimals = reference.currencies.get(reference.local_currency, 2)
    is_debit = signed > 0
    amount, foreign, currency = abs(signed), None, ""
    if payment.currency != reference.local_currency and payment.payment_date is not None:
        currency, foreign = payment.currency, fixed(amount, reference.currencies[payment.currency])
        rate = reference.rates[(currency, payment.payment_date)]
        amount = (amount * rate).quantize(Decimal(1).scaleb(-local_decimals), ROUND_HALF_UP)
    local = fixed(amount, local_decimals)
    return JournalLine(
        account_code=account_code,
        card_code=card_code,
        debit=local if is_debit else None,
        credit=None if is_debit else local,
        fc_currency=currency,
        fc_debit=foreign if is_debit else None,
        fc_credit=None if is_debit else foreign,
        line_memo=texts.line_memo(f"{payment.method} {payment.trace}"),
    )
