"""Keys are for all time: their values are fixed here, computed by hand with sha256sum."""

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from stampli_b1_assets.accounting.dates import PostingDates
from stampli_b1_assets.accounting.identity import content_hash, duplicate_key, payment_hash, posting_key
from stampli_b1_assets.domain.invoice import InvoiceType

DATES = PostingDates(date(2026, 4, 15), date(2026, 4, 10), date(2026, 5, 10))


@pytest.mark.parametrize(
    ("company", "kind", "stampli_id", "revision", "key"),
    [
        ("AUTUMN", "invoice", "4711", 0, "8b8eb6b0631cf8f5e256d6dd00ced6835060665c"),
        ("autumn", "invoice", " 4711 ", 0, "8b8eb6b0631cf8f5e256d6dd00ced6835060665c"),
        ("AUTUMN", "reversal", "4711", 2, "e0982d652eaa7c40be5342264b5202d57e0a5d49"),
        ("AUTUMN", "payment", "Zahlung-Ü1", 0, "2717e671e6aa2d6e459f0d8c6ec08720ba4a03ba"),
        (
            "AUTUMN",
            "payment",
            unicodedata.normalize("NFD", "Zahlung-Ü1"),
            0,
            "2717e671e6aa2d6e459f0d8c6ec08720ba4a03ba",
        ),
    ],
    ids=["plain", "trimmed and upper case", "reversal", "umlaut", "decomposed umlaut"],
)
def test_a_key_never_changes(company, kind, stampli_id, revision, key):
    assert posting_key(company, kind, stampli_id, revision) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("INV-20871", "inv 20871"),
        ("000457", "457"),
        ("2026/04-7", "2026.04.7"),
        ("A.O1", "a-01"),
        ("Ä-1", unicodedata.normalize("NFD", "ä1")),
        ("０７", "7"),
    ],
    ids=["case and blanks", "leading zeros", "punctuation", "O and 0", "accents", "full-width digits"],
)
def test_numbers_that_may_be_the_same_bill(one, other):
    assert duplicate_key("V", InvoiceType.INVOICE, one) == duplicate_key("V", InvoiceType.INVOICE, other)


def test_numbers_that_are_not_the_same_bill():
    key = duplicate_key("V", InvoiceType.INVOICE, "77")
    others = [
        duplicate_key("W", InvoiceType.INVOICE, "77"),
        duplicate_key("V", InvoiceType.CREDIT_MEMO, "77"),
        duplicate_key("V", InvoiceType.INVOICE, "770"),
        duplicate_key("V", InvoiceType.INVOICE, "---"),
        duplicate_key("V", InvoiceType.INVOICE, "***"),
    ]
    assert len({key, *others}) == 6


def test_same_content_whatever_the_order_of_lines_and_the_words_around(invoice, line):
    lines = [line("60.00"), line("40", number="2", department="OPS", memo="before")]
    one = invoice("100.00", lines=lines)
    other = replace(
        invoice("100", lines=[replace(lines[1], memo="after", number="7"), lines[0]]),
        status="Paid Invoice",
        vendor_name="Another spelling",
        authorized_by="b@birch.example",
        authorized_at=datetime(2026, 4, 11, tzinfo=UTC),
        po_number="88",
        url="https://birch.example",
        file_name="may.csv",
    )
    assert content_hash(one, DATES) == content_hash(other, DATES)


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "INV-78"},
        {"vendor_id": "S200"},
        {"currency": "EUR"},
        {"type": InvoiceType.CREDIT_MEMO},
        {"total": Decimal("100.01")},
        {"tax": Decimal("0.01")},
    ],
    ids=str,
)
def test_other_content(invoice, changes):
    assert content_hash(replace(invoice(), **changes), DATES) != content_hash(invoice(), DATES)


@pytest.mark.parametrize("which", ["posting", "tax", "due"])
def test_another_date_is_other_content(invoice, which):
    moved = replace(DATES, **{which: date(2026, 6, 1)})
    assert content_hash(invoice(), moved) != content_hash(invoice(), DATES)


@pytest.mark.parametrize(
    "changes",
    [
        {"gl_account": "520000"},
        {"department": "OPS"},
        {"project": "BR-01"},
        {"class_": "RED"},
        {"location": "OSL"},
        {"tax_code": "GST10"},
        {"amount": Decimal("99.99")},
    ],
    ids=str,
)
def test_another_line_is_other_content(invoice, line, changes):
    changed = invoice("100.00", lines=[replace(line("100.00"), **changes)])
    assert content_hash(changed, DATES) != content_hash(invoice(), DATES)


def test_tax_by_line_is_the_same_content_as_the_same_tax_for_the_whole(invoice, line):
    whole = invoice("110.00", "10.00", lines=[line("100.00", tax_code="GST10")])
    by_line = invoice("110.00", "10.00", lines=[line("100.00", tax_code="GST10", tax_amount="10.00")])
    silent = invoice("110.00", None, lines=[line("100.00", tax_code="GST10", tax_amount="10.00")])
    assert len({content_hash(one, DATES) for one in (whole, by_line, silent)}) == 1


def test_tax_split_otherwise_is_other_content(invoice, line):
    def split(one: str, other: str):
        lines = [
            line("100.00", tax_code="GST10", tax_amount=one),
            line("100.00", number="2", tax_code="GST5", tax_amount=other),
        ]
        return content_hash(invoice("215.00", "15.00", lines=lines), DATES)

    assert split("10.00", "5.00") != split("5.00", "10.00")


def test_a_payments_content(payment):
    plain = payment("90.00", ["100.00", "-10.00"])
    shuffled = replace(plain, applications=plain.applications[::-1], status="In transit", trace="9", file_name="x.csv")
    assert payment_hash(plain) == payment_hash(shuffled)
    others = [payment("90.00", ["90.00"]), replace(plain, vendor_id="S200"), replace(plain, currency="EUR")]
    assert payment_hash(plain) not in {payment_hash(other) for other in others}
