"""Whether SAP's entry is the invoice's; and the entry that undoes one."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from stampli_b1_assets.accounting.assess import assess
from stampli_b1_assets.accounting.compare import same_as_posted, same_document, same_entry
from stampli_b1_assets.accounting.journal import check_balance
from stampli_b1_assets.accounting.reversal import reversal_of
from stampli_b1_assets.domain.invoice import InvoiceType
from stampli_b1_assets.domain.journal_entry import PostedEntry
from stampli_b1_assets.domain.reference_data import PeriodStatus


@pytest.fixture
def original(invoice, line):
    lines = [
        line("60.00", tax_code="GST10", department="OPS", project="BR-01"),
        line("40.00", number="2", gl_account="000700", tax_code="GST10"),
    ]
    return invoice("110.00", "10.00", lines=lines, currency="EUR")


@pytest.fixture
def posted(original, context):
    """As SAP shows it: the partner's line with its control account, amounts without decimals, another order."""
    entry = assess(original, context()).entry
    lines = [
        replace(
            one,
            account_code=one.account_code or "211000",
            fc_debit=one.fc_debit and one.fc_debit.normalize(),
            dimensions={"CostingCode": "", "CostingCode2": "", **one.dimensions},
        )
        for one in reversed(entry.lines)
    ]
    return PostedEntry(
        entry.key, 5001, 701, entry.reference_date, entry.tax_date, entry.due_date, "another memo", entry.reference,
        entry.reference2, tuple(lines),
    )  # fmt: skip


def test_the_same_entry_in_any_order(original, posted, context):
    assert same_entry(assess(original, context()).entry, posted) == (True, ())
    assert same_as_posted(original, context(), posted) == (True, ())


def test_differences_in_words(original, posted, context, line):
    changed = replace(original, lines=(original.lines[0], replace(original.lines[1], amount=Decimal("41.00"))))
    changed = replace(changed, total=Decimal("111.00"), due_date=date(2026, 6, 1))
    expected = {
        "due date 2026-05-10 in SAP, 2026-06-01 in Stampli",
        "SAP alone has S100 credit 110.00 EUR",
        "Stampli alone has S100 credit 111.00 EUR",
        "SAP alone has 000700 debit 40.00 EUR",
        "Stampli alone has 000700 debit 41.00 EUR",
    }
    assert set(same_entry(assess(changed, context()).entry, posted)[1]) == expected
    assert set(same_as_posted(changed, context(), posted)[1]) == expected


def test_what_sap_would_say_today_changes_no_content(original, posted, context, reference):
    """The period closed, the vendor frozen, the account shut, the rate gone: it is still what was posted."""
    since = context(
        periods=tuple(replace(period, status=PeriodStatus.LOCKED) for period in reference.periods),
        partners={"S100": replace(reference.partners["S100"], is_frozen=True)},
        accounts={**reference.accounts, "000700": replace(reference.accounts["000700"], is_blocked=True)},
        rates={},
    )
    assert assess(original, since).outcome == "held"
    assert same_as_posted(original, since, posted) == (True, ())


def test_a_posting_date_that_was_moved_is_no_difference(original, posted, context):
    january = replace(original, posting_date=date(2026, 1, 31))
    assert not same_as_posted(january, context(), posted)[0]
    moving = context(settings={"closed_period": "next_open"})
    assert same_as_posted(january, moving, posted)[0]
    assert not same_as_posted(replace(original, posting_date=date(2026, 5, 1)), moving, posted)[0]


def test_without_the_codes_number_date_and_amount_decide(original, posted, context):
    bare = context(accounts={}, rules={}, projects={})
    assert same_as_posted(original, bare, posted) == (True, ())
    is_same, words = same_as_posted(replace(original, total=Decimal("111.00")), bare, posted)
    assert not is_same
    assert "111.00 EUR" in words[0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"total": Decimal(110)}, True),
        ({"total": Decimal("-110.00")}, False),
        ({"total": None}, False),
        ({"number": "INV-78"}, False),
        ({"invoice_date": date(2026, 4, 11)}, False),
    ],
    ids=str,
)
def test_same_document(original, posted, changes, expected):
    assert same_document(replace(original, **changes), posted) is expected


def test_a_credit_memo_compares_with_its_sign(invoice, context):
    memo = invoice("-100.00", type=InvoiceType.CREDIT_MEMO)
    entry = assess(memo, context()).entry
    posted = PostedEntry(
        entry.key, 1, 1, entry.reference_date, entry.tax_date, entry.due_date, "", entry.reference, "", entry.lines
    )
    assert same_document(memo, posted)
    assert not same_document(invoice("100.00"), posted)


def test_a_reversal_undoes_every_line(posted, reference):
    reversal = reversal_of(posted, key="k", date=date(2026, 11, 1), decimals=2, currencies=reference.currencies)
    check_balance(reversal)
    assert reversal.reference_date == date(2026, 11, 1)
    assert reversal.memo.startswith("Reversal of 701: ")
    for before, after in zip(posted.lines, reversal.lines, strict=True):
        assert (after.debit, after.credit) == (before.credit, before.debit)
        assert (after.fc_debit, after.fc_credit) == (before.fc_credit, before.fc_debit)
        assert (after.dimensions, after.project_code) == (before.dimensions, before.project_code)
        assert bool(after.card_code) != bool(after.account_code)


def test_a_reversal_needs_the_lines(posted, reference):
    with pytest.raises(ValueError, match="without its lines"):
        reversal_of(
            replace(posted, lines=None), key="k", date=date(2026, 11, 1), decimals=2, currencies=reference.currencies
        )
