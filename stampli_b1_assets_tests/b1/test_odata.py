"""Keys, queries, filters and values."""

from datetime import date
from decimal import Decimal
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stampli_b1_assets.b1 import odata
from stampli_b1_assets.b1.wire import canonical, dumps, loads


def test_quotes_in_a_value_are_doubled():
    assert odata.text("O'Neill") == "'O''Neill'"


def test_a_key_is_quoted_and_encoded():
    assert odata.keyed("BusinessPartners", "A/B c'd") == "BusinessPartners('A%2FB%20c''d')"
    assert odata.keyed("JournalEntries", 5123) == "JournalEntries(5123)"


def test_a_blank_in_a_filter_is_never_a_plus():
    url = odata.with_query("JournalEntries", {"$filter": "Reference eq 'a+b & c'", "$select": "JdtNum,Number"})
    assert "+" not in url
    assert "$select=JdtNum,Number" in url
    assert parse_qs(urlsplit(url).query)["$filter"] == ["Reference eq 'a+b & c'"]


@given(st.lists(st.text(min_size=1, max_size=100), max_size=200))
def test_every_value_is_in_one_chunk_and_every_chunk_fits_a_url(values):
    chunks = list(odata.chunks_for_url("Reference2", values))
    assert [value for chunk in chunks for value in chunk] == values
    for chunk in chunks:
        url = odata.with_query("JournalEntries", {"$filter": odata.equals_any("Reference2", chunk)})
        assert len(url) < 7_000
        assert unquote(url).count(" eq ") >= len(chunk)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"@odata.nextLink": "Orders?$skip=20"}, {"$skip": "20"}),
        ({"odata.nextLink": "/b1s/v1/Orders?$skip=20"}, {"$skip": "20"}),
        ({"@odata.nextLink": "Orders?$skiptoken=ab%20c"}, {"$skiptoken": "ab c"}),
        ({"value": []}, None),
    ],
)
def test_next_links_of_both_dialects_are_understood(answer, expected):
    assert odata.next_options(answer) == expected


@pytest.mark.parametrize("value", ["2026-03-31", "2026-03-31T00:00:00Z", "20260331"])
def test_a_date_is_its_first_ten_characters(value):
    assert odata.day(value) == date(2026, 3, 31)


@pytest.mark.parametrize("value", [None, ""])
def test_no_date_is_none(value):
    assert odata.day(value) is None


def test_money_is_read_and_written_exactly():
    text = b'{"Debit":0.1,"Credit":12150.000000,"Big":1234567890123456.78}'
    assert loads(text)["Big"] == Decimal("1234567890123456.78")
    assert dumps({"Debit": Decimal("1951.00"), "Memo": "Bäcker"}) == '{"Debit":1951.00,"Memo":"Bäcker"}'.encode()


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**15), max_value=10**15))
def test_every_amount_survives_the_wire(amount):
    back = odata.amount(loads(dumps({"Debit": amount}))["Debit"])
    assert back == amount


def test_one_value_has_one_canonical_spelling():
    assert canonical({"b": 1, "a": date(2026, 1, 2)}, str) == canonical({"a": date(2026, 1, 2), "b": 1}, str)
