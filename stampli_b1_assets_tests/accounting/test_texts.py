"""Cutting as SAP counts: UTF-16 units, whole graphemes, the number kept whole."""

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from stampli_b1_assets.accounting import texts

FAMILY = "👨‍👩‍👧‍👦"  # one sign, 11 UTF-16 units
FLAG = "🇳🇴"  # 4 units
E_ACUTE_TWICE = "e\u0323\u0302"  # letter with two marks; NFC leaves 1 letter

any_text = st.text(st.characters(codec="utf-8"), max_size=80)


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("two\r\nlines", "two lines"),
        ("two\nlines", "two lines"),
        ("tab\there", "tab here"),
        ("bell\x07\x00end", "bell end"),
        ("para\u2029graph", "para graph"),
        ("  around ", "around"),
        ("two  blanks stay", "two  blanks stay"),
        ("half \ud83d sign", "half   sign"),
        (unicodedata.normalize("NFD", "Møller Café"), "Møller Café"),
        (FAMILY, FAMILY),
    ],
)
def test_clean(raw, cleaned):
    assert texts.clean(raw) == cleaned


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("abcdef", 3, "abc"),
        ("abc", 3, "abc"),
        ("ab cdef", 3, "ab"),
        ("a😀b", 3, "a😀"),
        ("a😀b", 2, "a"),
        (f"a{FAMILY}b", 12, f"a{FAMILY}"),
        (f"a{FAMILY}b", 11, "a"),
        (f"{FLAG}{FLAG}", 7, FLAG),
        ("noe\u0301l", 3, "no"),
        ("", 5, ""),
    ],
    ids=[
        "letters",
        "fits",
        "no blank at the end",
        "surrogates fit",
        "no half surrogates",
        "family fits",
        "no half family",
        "no half flag",
        "letter with its accent",
        "empty",
    ],
)
def test_cut(text, most, expected):
    assert texts.cut(text, most) == expected


@given(any_text, st.integers(0, 60))
def test_a_cut_text_is_a_beginning_of_whole_graphemes(text, most):
    result = texts.cut(text, most)
    assert texts.units(result) <= most or result == text == ""
    signs, beginning = regex.findall(r"\X", text), ""
    beginnings = {"", *(beginning := beginning + sign for sign in signs)}
    assert result in {one.rstrip() for one in beginnings} | {text}


def test_memo_keeps_the_number_whole():
    memo = texts.memo("A very long name of a vendor that nobody can remember", "INV-2026-000123")
    assert memo == "A very long name of a vendor that INV-2026-000123"
    assert texts.units(memo) <= 50


@pytest.mark.parametrize(
    ("vendor", "number", "expected"),
    [
        ("Birch", "7", "Birch 7"),
        ("Birch", "9" * 48, "B " + "9" * 48),
        ("Birch", "9" * 49, "9" * 49),
        ("Birch", "9" * 50, "9" * 50),
        ("Birch", "9" * 60, "9" * 50),
        (f"Birch {FAMILY}", "9" * 40, "Birch " + "9" * 40),
        ("", "7", "7"),
        ("Bir\nch", "7\r\n8", "Bir ch 7 8"),
    ],
)
def test_memo(vendor, number, expected):
    assert texts.memo(vendor, number) == expected


@given(any_text, any_text)
def test_memo_is_never_too_long_and_ends_with_the_number(vendor, number):
    memo = texts.memo(vendor, number)
    assert texts.units(memo) <= 50
    assert memo.endswith(texts.cut(texts.clean(number), 50))


def test_line_memo_and_reference_have_saps_lengths():
    assert texts.line_memo("x" * 51) == "x" * 50
    assert texts.reference("x" * 101) == "x" * 100
