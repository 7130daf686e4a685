"""The entry of an invoice: sides, currencies, balance; examples worked out by hand, and any invoice at all."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stampli_b1_assets.accounting.assess import assess
from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.accounting.journal import check_balance
from stampli_b1_assets.domain.invoice import InvoiceType
from stampli_b1_assets.domain.money import ZERO
from stampli_b1_assets.domain.outcome import Reason

DAY = date(2026, 4, 15)
ROUNDING = {"rounding": {"account": "998000", "tolerance": "0.05"}}


def sides(entry):
    return [(one.account_code or one.card_code, str(one.debit or ""), str(one.credit or "")) for one in entry.lines]


def foreign_sides(entry):
    return [
        (one.account_code or one.card_code, str(one.fc_debit or ""), str(one.fc_credit or "")) for one in entry.lines
    ]


def test_header_and_lines(invoice, line, context):
    lines = [
        line("60.00", department="OPS", project="BR-01", class_="RED", location="OSL", memo="Two\r\nlines"),
        line("40.00", number="2", gl_account="000700", memo="x" * 60),
    ]
    entry = assess(invoice("110.00", "10.00", lines=[*lines[:1], lines[1]]), context()).entry
    assert entry is None  # tax without a code
    lines = [
        line("60.00", tax_code="GST10", department="OPS", project="BR-01", class_="RED", location="OSL", memo="a\nb")
    ]
    entry = assess(invoice("66.00", "6.00", lines=lines), context()).entry
    assert entry.key == posting_key("AUTUMN", "invoice", "4711")
    assert (entry.reference_date, entry.tax_date, entry.due_date) == (DAY, date(2026, 4, 10), date(2026, 5, 10))
    assert entry.memo == "Birch Supplies Ltd INV-77"
    assert (entry.reference, entry.reference2, entry.reference3) == ("INV-77", "4711", "april.csv")
    assert sides(entry) == [("510000", "60.00", ""), ("144000", "6.00", ""), ("S100", "", "66.00")]
    first, tax, vendor = entry.lines
    assert first.dimensions == {"CostingCode": "OPS", "CostingCode2": "RED", "CostingCode3": "OSL"}
    assert (first.project_code, first.line_memo) == ("BR-01", "a b")
    assert tax.dimensions == {}
    assert vendor.due_date == date(2026, 5, 10)
    assert first.due_date is None


def test_a_credit_memo_swaps_the_sides(invoice, line, context):
    lines = [line("-200.00", tax_code="GST10")]
    entry = assess(invoice("-220.00", "-20.00", type=InvoiceType.CREDIT_MEMO, lines=lines), context()).entry
    assert sides(entry) == [("510000", "", "200.00"), ("144000", "", "20.00"), ("S100", "220.00", "")]


def test_a_negative_line_stands_on_the_other_side_and_a_zero_line_is_left_out(invoice, line, context):
    lines = [
        line("120.00"),
        line("-20.00", number="2", gl_account="000700"),
        line("0.00", number="3", gl_account="404"),
    ]
    entry = assess(invoice("100.00", lines=lines), context()).entry
    assert sides(entry) == [("510000", "120.00", ""), ("000700", "", "20.00"), ("S100", "", "100.00")]


def test_one_tax_line_per_code(invoice, line, context):
    lines = [
        line("100.00", tax_code="GST10", tax_amount="10.00"),
        line("100.00", number="2", tax_code="GST5", tax_amount="5.00"),
        line("50.00", number="3", tax_code="GST10", tax_amount="5.00"),
        line("10.00", number="4", tax_code="ODD", tax_amount="0.00"),
        line("10.00", number="5"),
    ]
    entry = assess(invoice("290.00", "20.00", lines=lines), context()).entry
    assert sides(entry)[5:7] == [("144000", "15.00", ""), ("144500", "5.00", "")]


def test_the_one_code_among_lines_takes_the_whole_tax(invoice, line, context):
    lines = [line("100.00", tax_code="GST10"), line("50.00", number="2")]
    assert ("144000", "15.00", "") in sides(assess(invoice("165.00", "15.00", lines=lines), context()).entry)


def test_a_code_without_an_amount_makes_no_line(invoice, line, context):
    entry = assess(invoice("100.00", None, lines=[line("100.00", tax_code="NEW")]), context()).entry
    assert sides(entry) == [("510000", "100.00", ""), ("S100", "", "100.00")]


@pytest.mark.parametrize(("lines", "side"), [("99.97", ("998000", "0.03", "")), ("100.03", ("998000", "", "0.03"))])
def test_a_rounding_line_on_either_side(invoice, line, context, lines, side):
    assessment = assess(invoice("100.00", lines=[line(lines)]), context(settings=ROUNDING))
    assert side in sides(assessment.entry)
    assert "0.03 USD" in assessment.warnings[0]


def test_foreign_currency_line_by_line_with_the_odd_cent_on_the_largest(invoice, line, context):
    """At 1.0837: 0.50 → 0.54(185), twice; 33.34 → 36.13(0558); the vendor's 34.34 → 37.21(4258): no odd cent.

    10.01 → 10.85 and 20.02 → 21.70, together 32.55, but the vendor's 30.03 → 32.54: the larger one gives a cent.
    """
    lines = [line("0.50"), line("33.34", number="2", gl_account="000700"), line("0.50", number="3")]
    entry = assess(invoice("34.34", currency="EUR", lines=lines), context()).entry
    assert foreign_sides(entry) == [
        ("510000", "0.50", ""), ("000700", "33.34", ""), ("510000", "0.50", ""), ("S100", "", "34.34"),
    ]  # fmt: skip
    assert {one.fc_currency for one in entry.lines} == {"EUR"}
    assert sides(entry) == [
        ("510000", "0.54", ""), ("000700", "36.13", ""), ("510000", "0.54", ""), ("S100", "", "37.21"),
    ]  # fmt: skip
    lines = [line("10.01"), line("20.02", number="2", gl_account="000700")]
    entry = assess(invoice("30.03", currency="EUR", lines=lines), context()).entry
    assert sides(entry) == [("510000", "10.85", ""), ("000700", "21.69", ""), ("S100", "", "32.54")]


def test_half_a_cent_goes_up(invoice, context):
    rates = {("EUR", DAY): Decimal("1.005")}
    assert sides(assess(invoice("1.00", currency="EUR"), context(rates=rates)).entry)[0] == ("510000", "1.01", "")


def test_yen_have_no_decimals_and_dinar_three(invoice, context):
    entry = assess(invoice("54000.00", currency="JPY"), context()).entry
    assert foreign_sides(entry) == [("510000", "54000", ""), ("S100", "", "54000")]
    assert sides(entry)[0] == ("510000", "360.18", "")
    assert entry.fc_decimals == 0
    rates = {("KWD", DAY): Decimal("3.25")}
    entry = assess(invoice("12.345", currency="KWD"), context(rates=rates)).entry
    assert foreign_sides(entry)[1] == ("S100", "", "12.345")
    assert (entry.fc_decimals, entry.decimals) == (3, 2)


def test_a_rate_so_small_that_one_line_cannot_take_all_odd_cents(invoice, line, context):
    """A hundred lines of one yen, each 0.0051 dollars: rounded up to 1.00 in all, and the vendor's hundred are 0.51."""
    lines = [line("1", number=str(number)) for number in range(100)]
    entry = assess(invoice("100", currency="JPY", lines=lines), context(rates={("JPY", DAY): Decimal("0.0051")})).entry
    check_balance(entry)
    assert entry.lines[-1].credit == Decimal("0.51")


def test_amounts_of_trillions_are_exact(invoice, context):
    rates = {("JPY", DAY): Decimal("0.006671234567")}
    entry = assess(invoice("9999999999999999", currency="JPY"), context(rates=rates)).entry
    assert entry.lines[0].debit == Decimal("66712345669999.99")


def test_an_entry_that_does_not_balance_is_a_fault_of_ours(invoice, context):
    entry = assess(invoice(), context()).entry
    object.__setattr__(entry, "lines", entry.lines[:1])
    with pytest.raises(ValueError, match="does not balance"):
        check_balance(entry)


# --- any invoice -------------------------------------------------------------------------------------------------

CURRENCIES = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}


@st.composite
def documents(draw):
    """Currency, rate, signed line amounts with tax, and a rounding difference within the tolerance."""
    currency = draw(st.sampled_from(sorted(CURRENCIES)))
    unit = Decimal(1).scaleb(-CURRENCIES[currency])
    amounts = draw(st.lists(st.integers(-(10**7), 10**9), min_size=1, max_size=12))
    by_line = draw(st.booleans())
    taxes = draw(st.lists(st.integers(-(10**3), 10**6), min_size=len(amounts), max_size=len(amounts)))
    difference = draw(st.integers(-5, 5)) if CURRENCIES[currency] == 2 else 0
    rate = draw(st.decimals("0.000123", "950", places=6))
    return currency, rate, [one * unit for one in amounts], [one * unit for one in taxes], by_line, difference * unit


@settings(max_examples=300, deadline=None)
@given(document=documents())
def test_every_entry_balances_and_agrees_with_the_invoice(invoice, line, context, document):
    currency, rate, amounts, taxes, by_line, difference = document
    lines = [
        line(str(amount), number=str(place), tax_code=["GST10", "GST5"][place % 2] if by_line else "GST10",
             tax_amount=str(tax) if by_line else None)
        for place, (amount, tax) in enumerate(zip(amounts, taxes, strict=True))
    ]  # fmt: skip
    total = sum(amounts, ZERO) + sum(taxes, ZERO) + difference
    type_ = InvoiceType.INVOICE if total >= 0 else InvoiceType.CREDIT_MEMO
    one = invoice(str(total), str(sum(taxes, ZERO)), lines=lines, currency=currency, type=type_)
    assessment = assess(one, context(settings=ROUNDING, rates={(currency, DAY): rate}))
    if total == 0:
        assert assessment.outcome == "ignored"
        return
    entry = assessment.entry
    assert entry is not None, [hold.detail for hold in assessment.holds]
    check_balance(entry)
    _check_amounts(entry, total, sum(amounts, ZERO), currency)
    for each in entry.lines:
        assert (each.debit is None) != (each.credit is None)
        assert (each.fc_debit is None) == (each.debit is None) or currency == "USD"
    if currency != "USD":
        expected = (abs(total) * rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert (entry.lines[-1].credit or entry.lines[-1].debit or ZERO) == expected


def _check_amounts(entry, total, net, currency):
    def signed(one):
        pair = (one.debit, one.credit) if currency == "USD" else (one.fc_debit, one.fc_credit)
        return (pair[0] or ZERO) - (pair[1] or ZERO)

    assert signed(entry.lines[-1]) == -total
    expense = sum((signed(one) for one in entry.lines if one.account_code == "510000"), ZERO)
    assert expense == net


@given(
    st.decimals(min_value="-1000", max_value="1000", places=2),
    st.decimals(min_value="-1000", max_value="1000", places=2),
)
def test_no_entry_when_lines_and_total_disagree(invoice, line, context, total, lines):
    type_ = InvoiceType.INVOICE if total >= 0 else InvoiceType.CREDIT_MEMO
    assessment = assess(invoice(str(total), type=type_, lines=[line(str(lines))]), context())
    if total == 0:
        assert assessment.outcome == "ignored"
    elif total != lines:
        assert [hold.reason for hold in assessment.holds] == [Reason.TOTALS_DISAGREE]
    else:
        assert assessment.outcome == "ready"
