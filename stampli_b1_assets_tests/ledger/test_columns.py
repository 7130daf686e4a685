"""Values are stored exactly: property tests of the column types and of the canonical spelling."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy.dialects import sqlite

from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.ledger.canonical import canonical, moment_text, plain
from stampli_b1_assets.ledger.columns import AnyText, JsonText, Moment, Money, WholeNumber, storable, unescaped

DIALECT = sqlite.dialect()
any_text = st.text(alphabet=st.characters() | st.characters(categories=["Cs"]))
moments = st.datetimes(timezones=st.timezones() | st.just(UTC), allow_imaginary=False)


def through(type_, value):
    return type_.process_result_value(type_.process_bind_param(value, DIALECT), DIALECT)


@given(any_text)
def test_any_text_survives_and_can_be_stored(text):
    stored = storable(text)
    stored.encode()
    assert "\0" not in stored
    assert unescaped(stored) == through(AnyText(), text) == text


@given(any_text, any_text)
def test_different_texts_are_stored_differently(one, other):
    assert (storable(one) == storable(other)) == (one == other)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_amounts_keep_value_and_decimals(amount):
    found = through(Money(), amount)
    assert found == amount
    if amount.as_tuple().exponent <= 0:
        assert format(found, "f") == format(amount, "f")


@given(st.integers())
def test_whole_numbers_of_any_length(number):
    assert through(WholeNumber(), number) == number


@given(st.datetimes(timezones=st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(timezone)))
def test_moments_come_back_in_utc_to_the_microsecond(moment):
    try:
        expected = moment.astimezone(UTC)
    except OverflowError:
        return
    found = through(Moment(), moment)
    assert found == expected
    assert found.tzinfo is UTC or found.utcoffset() == timedelta(0)


@given(moments, moments)
def test_the_order_of_text_is_the_order_of_time(one, other):
    if min(one.year, other.year) > 1 and max(one.year, other.year) < 9999:
        assert (moment_text(one) < moment_text(other)) == (one.astimezone(UTC) < other.astimezone(UTC))


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        through(Moment(), datetime(2026, 4, 1, 8, 0))  # noqa: DTZ001


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from("abc"), json_values))
def test_json_comes_back_and_is_spelled_one_way(value):
    text = canonical(value)
    assert text.isascii()
    assert through(JsonText(), value) == json.loads(text) == value
    assert canonical(dict(reversed(value.items()))) == text


def test_values_of_the_domain_have_one_spelling():
    class Word(StrEnum):
        YES = "yes"

    value = {
        "amount": Decimal("1E+2"),
        "on": date(2026, 4, 1),
        "at": datetime(2026, 4, 1, 2, 30, tzinfo=UTC),
        "word": Word.YES,
        "hold": Hold(Reason.BAD_VALUE, "d", "a"),
        "pair": ("x", Decimal("1.10")),
        "set": {"b", "a"},
    }
    assert plain(value) == {
        "amount": "100",
        "on": "2026-04-01",
        "at": "2026-04-01T02:30:00.000000+00:00",
        "word": "yes",
        "hold": {"reason": "BAD_VALUE", "detail": "d", "action": "a", "code": ""},
        "pair": ["x", "1.10"],
        "set": ["a", "b"],
    }
    assert all(type(each) is str for each in (plain(Word.YES), plain(Reason.BAD_VALUE)))


@pytest.mark.parametrize("value", [1.5, float("nan"), b"x", SecretStr("hunter2"), object()])
def test_what_has_no_exact_spelling_is_refused(value):
    with pytest.raises(TypeError, match="no exact place"):
        canonical({"value": value})
