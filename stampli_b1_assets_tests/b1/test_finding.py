"""Entries found by key, Stampli id, vendor's number, number, and what undid them."""

from dataclasses import replace

import pytest

from stampli_b1_assets.b1.poster import PostingMode
from stampli_b1_assets.errors import B1Unusable

FALLBACK = PostingMode.FALLBACK


def test_many_keys_are_found_in_requests_that_fit_a_url(b1, sandbox, entry):
    entries = [entry(number) for number in range(1, 31)]
    b1.post(entries, FALLBACK)
    sandbox.application.log.clear()
    found = b1.posted_by_key([entry(number).key for number in range(1, 400)])
    assert sorted(found) == [one.key for one in entries]
    assert found[entries[4].key].reference == "N-5"
    assert 4 <= len(sandbox.application.log) <= 8


def test_no_keys_ask_nothing(b1):
    assert b1.posted_by_key([]) == {}
    assert b1.logins == 0


def test_of_two_under_one_key_the_older_counts(b1, entry):
    b1.post([entry(1)], FALLBACK)
    b1.post([entry(1)], FALLBACK)
    assert b1.posted_by_key([entry(1).key])[entry(1).key].jdt_num == 5001


def test_entries_are_found_by_stampli_id_oldest_first(b1, entry):
    b1.post([entry(1), entry(2), replace(entry(1), key="a" * 40)], FALLBACK)
    found = b1.posted_by_reference(["9001", "9002", "9003"])
    assert {id_: [one.jdt_num for one in entries] for id_, entries in found.items()} == {
        "9001": [5001, 5003],
        "9002": [5002],
    }


@pytest.mark.parametrize("number", ["N'1", "50% + 1 & more", "Ä/1#2?"])
def test_any_number_of_a_vendor_is_found_with_lines(b1, entry, number):
    b1.post([entry(1, reference=number)], FALLBACK)
    (found,) = b1.entries_by_reference_number([number, "", "other"])
    assert found.reference == number
    assert {line.card_code for line in found.lines} == {"", "V20010"}


def test_many_entries_are_read_at_once(b1, sandbox, entry):
    b1.post([entry(number) for number in range(1, 61)], FALLBACK)
    sandbox.application.log.clear()
    found = b1.read_entries([*range(5001, 5061), 9999])
    assert sorted(found) == list(range(5001, 5061))
    assert all(len(one.lines) == 3 for one in found.values())
    assert len(sandbox.application.log) <= 5


def test_entries_with_a_key_are_listed_by_month(b1, entry):
    b1.post([entry(1)], FALLBACK)
    b1.post([replace(entry(2), key="")], PostingMode.UNMARKED)
    assert [one.reference for one in b1.entries_with_a_key()] == ["N-1"]
    assert [one.reference for one in b1.entries_with_a_key("2026-05")] == ["N-1"]
    assert b1.entries_with_a_key("2026-04") == []
    assert b1.entries_with_a_key("2026-12") == []


def test_an_entry_that_was_cancelled_in_sap_is_noticed(b1, entry):
    b1.post([entry(1), entry(2)], FALLBACK)
    posted = b1.posted_by_key([entry(1).key, entry(2).key])
    b1.cancel(posted[entry(1).key].jdt_num)
    assert b1.reversals(posted.values()) == {5001: 5003}


def test_an_entry_with_the_same_id_is_no_reversal_by_itself(b1, entry):
    b1.post([entry(1), replace(entry(1), key="b" * 40)], FALLBACK)
    assert b1.reversals(b1.posted_by_key([entry(1).key]).values()) == {}


def test_an_entry_that_is_not_there_is_said(b1):
    with pytest.raises(B1Unusable, match="SAP refused to give journal entry 4711"):
        b1.read_entry(4711)


def test_without_the_user_field_a_look_up_says_what_is_missing(b1, sandbox, entry):
    sandbox.company._visible_fields = set()
    with pytest.raises(B1Unusable, match="U_StampliKey"):
        b1.posted_by_key([entry(1).key])
