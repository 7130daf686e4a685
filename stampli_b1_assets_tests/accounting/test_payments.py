"""Payments: ignored unless they are to be posted; then the vendor in debit and the clearing account in credit."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.accounting.journal import check_balance
from stampli_b1_assets.accounting.payments import assess_payment, payment_rate_needed
from stampli_b1_assets.domain.invoice import Fault, FaultKind

POST = {"payments": {"post": True, "clearing_account": "199000"}}
DAY = date(2026, 4, 15)


def reasons(assessment):
    return [str(hold.reason) for hold in assessment.holds]


def sides(entry):
    return [(one.account_code or one.card_code, str(one.debit or ""), str(one.credit or "")) for one in entry.lines]


def test_ignored_unless_they_are_to_be_posted(payment, context):
    hopeless = payment(None, [], vendor_id="", currency="XXX")
    assert assess_payment(hopeless, context()).outcome == "ignored"


@pytest.mark.parametrize(
    "changes", [{"status": "Voided"}, {"status": "VOID"}, {"voided_date": date(2026, 4, 20)}], ids=str
)
def test_voided_before_it_was_posted_is_ignored(payment, context, changes):
    assert assess_payment(payment(**changes), context(settings=POST)).outcome == "ignored"


def test_netted_with_a_credit_memo(payment, context):
    entry = assess_payment(payment("1751.00", ["1951.00", "-200.00"]), context(settings=POST)).entry
    assert sides(entry) == [("S100", "1751.00", ""), ("199000", "", "1751.00")]
    assert entry.key == posting_key("AUTUMN", "payment", "P-9")
    assert (entry.reference, entry.reference2, entry.reference3) == ("000123", "P-9", "payments.csv")
    assert (entry.reference_date, entry.tax_date, entry.due_date) == (DAY, DAY, DAY)


def test_less_discount(payment, context):
    assert assess_payment(payment("98.00", ["100.00"], discount="2.00"), context(settings=POST)).outcome == "ready"
    assert reasons(assess_payment(payment("100.00", ["100.00"], discount="2.00"), context(settings=POST))) == [
        "TOTALS_DISAGREE"
    ]


def test_without_an_amount_what_it_is_applied_to_counts(payment, context):
    entry = assess_payment(payment(None, ["60.00", "40.00"], discount="1.00"), context(settings=POST)).entry
    assert sides(entry)[0] == ("S100", "99.00", "")


def test_money_that_came_back_swaps_the_sides(payment, context):
    entry = assess_payment(payment("-50.00", ["-50.00"]), context(settings=POST)).entry
    assert sides(entry) == [("S100", "", "50.00"), ("199000", "50.00", "")]


def test_nothing_to_post(payment, context):
    assert assess_payment(payment("0.00", ["100.00", "-100.00"]), context(settings=POST)).outcome == "ignored"


def test_foreign_currency(payment, context):
    entry = assess_payment(payment("595.00", vendor_id="S200", currency="EUR"), context(settings=POST)).entry
    assert sides(entry) == [("S200", "644.80", ""), ("199000", "", "644.80")]
    assert [(one.fc_debit, one.fc_credit) for one in entry.lines] == [
        (Decimal("595.00"), None),
        (None, Decimal("595.00")),
    ]


def test_in_transit_is_posted_too(payment, context):
    assert assess_payment(payment(status="In transit"), context(settings=POST)).outcome == "ready"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "Scheduled"}, "UNKNOWN_STATUS"),
        ({"status": ""}, "BAD_VALUE"),
        ({"payment_id": ""}, "BAD_VALUE"),
        ({"payment_date": None}, "BAD_VALUE"),
        ({"vendor_id": ""}, "BAD_VALUE"),
        ({"currency": ""}, "BAD_VALUE"),
        ({"amount": "100.005"}, "BAD_VALUE"),
        ({"faults": (Fault(FaultKind.BAD_VALUE, 2, "Payment Amount", "Odd.", "Mend."),)}, "BAD_VALUE"),
        ({"amount": "100.00", "applied": ["99.00"]}, "TOTALS_DISAGREE"),
        ({"vendor_id": "S999"}, "UNKNOWN_VENDOR"),
        ({"vendor_id": "S300"}, "INVALID_VENDOR"),
        ({"currency": "XAU"}, "UNKNOWN_CURRENCY"),
        ({"currency": "KWD"}, "NO_EXCHANGE_RATE"),
        ({"payment_date": date(2026, 1, 31)}, "PERIOD_CLOSED"),
        ({"payment_date": date(2025, 1, 31)}, "DATE_OUT_OF_RANGE"),
    ],
    ids=str,
)
def test_held(payment, context, changes, reason):
    assessment = assess_payment(payment(**changes), context(settings=POST))
    assert assessment.outcome == "held"
    assert reasons(assessment) == [reason]


def test_codes_count_on_the_day_of_the_payment(payment, context):
    june = payment(vendor_id="S310", payment_date=date(2026, 6, 15))
    assert reasons(assess_payment(june, context(settings=POST))) == ["INVALID_VENDOR"]
    assert assess_payment(payment(vendor_id="S310"), context(settings=POST)).outcome == "ready"


@pytest.mark.parametrize("field", ["stampli_invoice_id", "applied"])
def test_an_application_must_be_whole(payment, context, field):
    plain = payment(None, ["100.00"])
    broken = replace(plain.applications[0], **{field: "" if field == "stampli_invoice_id" else None})
    assert reasons(assess_payment(replace(plain, applications=(broken,)), context(settings=POST))) == ["BAD_VALUE"]


def test_a_clearing_account_that_sap_refuses(payment, context):
    settings = {"payments": {"post": True, "clearing_account": "211000"}}
    assert reasons(assess_payment(payment(), context(settings=settings))) == ["INVALID_GL_ACCOUNT"]


def test_a_closed_period_moves_when_the_policy_says_so(payment, context):
    moving = context(settings={**POST, "closed_period": "next_open"}, rates={("EUR", date(2026, 3, 1)): Decimal(1)})
    january = payment(payment_date=date(2026, 1, 31), currency="EUR")
    assert payment_rate_needed(january, moving) == ("EUR", date(2026, 3, 1))
    assert assess_payment(january, moving).entry.reference_date == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("changes", "settings"),
    [
        ({}, POST),
        ({"currency": "EUR"}, {}),
        ({"currency": "EUR", "status": "Voided"}, POST),
        ({"currency": "XAU"}, POST),
    ],
)
def test_no_rate_is_needed(payment, context, changes, settings):
    assert payment_rate_needed(payment(**changes), context(settings=settings)) is None


@given(st.lists(st.decimals("-5000", "5000", places=2), min_size=1, max_size=6), st.decimals("0.001", "900", places=4))
def test_every_payment_balances(payment, context, applied, rate):
    total = sum(applied, Decimal(0))
    one = payment(str(total), [str(part) for part in applied], currency="EUR", vendor_id="S200")
    assessment = assess_payment(one, context(settings=POST, rates={("EUR", DAY): rate}))
    if total == 0:
        assert assessment.outcome == "ignored"
    else:
        check_balance(assessment.entry)
        assert assessment.entry.lines[0].fc_debit in (total, None)
