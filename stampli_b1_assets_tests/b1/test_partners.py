"""Suppliers: created once, changed in place, and looked up before anything is repeated."""

import pytest

from stampli_b1_assets.b1.partners import ENTITY_SET
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused

BODY = {"CardCode": "V30001", "CardName": "Ødegaard & Søn's A/S", "CardType": "cSupplier", "FederalTaxID": "NO 999"}
NUMBERED = {"CardName": "Marlowe Print", "CardType": "cSupplier", "FederalTaxID": "77-1", "Series": 71}
IN_DOUBT = ["gateway_502_after", "cut_after", "truncated_json", "empty_500_after"]


def creations(sandbox):
    return [line for line in sandbox.application.log if line.method == "POST" and line.path.endswith(ENTITY_SET)]


@pytest.mark.parametrize(("body", "code"), [(BODY, "V30001"), (NUMBERED, "S00001")], ids=["code", "series"])
def test_a_supplier_is_created(b1, sandbox, body, code):
    assert b1.create_vendor(body) == code
    assert sandbox.store.get(ENTITY_SET, code)["CardName"] == body["CardName"]


@pytest.mark.parametrize("fault", IN_DOUBT)
@pytest.mark.parametrize(("body", "code"), [(BODY, "V30001"), (NUMBERED, "S00001")], ids=["code", "series"])
def test_one_in_doubt_is_found_and_not_created_twice(b1, sandbox, fault, body, code):
    sandbox.switch_on(fault, method="POST", path=ENTITY_SET)
    assert b1.create_vendor(body) == code
    assert len(creations(sandbox)) == 1


def test_one_that_does_not_show_up_stays_in_doubt(b1, sandbox, naps):
    sandbox.switch_on("gateway_502_before", method="POST", path=ENTITY_SET)
    with pytest.raises(B1OutcomeUnknown):
        b1.create_vendor(BODY)
    assert len(creations(sandbox)) == 1
    assert sum(naps.seconds) > 5


@pytest.mark.parametrize("body", [BODY, NUMBERED], ids=["code", "series"])
def test_a_lost_session_is_looked_up_and_sent_again(b1, sandbox, body):
    sandbox.switch_on("session_expiry", method="POST", path=ENTITY_SET)
    assert b1.create_vendor(body)
    assert len(sandbox.store.all(ENTITY_SET)) == 6


def test_one_that_another_process_created_meanwhile_is_taken(b1, sandbox):
    b1.create_vendor(BODY)
    assert b1.create_vendor(BODY) == "V30001"


def test_a_refusal_is_told_in_saps_words(b1):
    with pytest.raises(B1Refused, match="too long"):
        b1.create_vendor({**BODY, "CardName": "x" * 101})


def test_only_what_is_given_is_changed(b1, sandbox):
    before = sandbox.store.get(ENTITY_SET, "V20010")
    b1.patch_vendor("V20010", {"EmailAddress": "new@fernhill.example"})
    assert sandbox.store.get(ENTITY_SET, "V20010") == {**before, "EmailAddress": "new@fernhill.example"}


def test_an_address_is_changed_in_place(b1, sandbox):
    address = {"BPCode": "V20010", "AddressName": "Head office", "AddressType": "bo_BillTo", "RowNum": 0}
    b1.patch_vendor("V20010", {"BPAddresses": [{**address, "Street": "9 Quarry Lane"}]})
    (only,) = sandbox.store.get(ENTITY_SET, "V20010")["BPAddresses"]
    assert (only["Street"], only["City"]) == ("9 Quarry Lane", "Aurora")


def test_a_change_survives_a_lost_session(b1, sandbox):
    sandbox.switch_on("session_expiry", method="PATCH")
    b1.patch_vendor("V20010", {"Phone1": "1"})
    assert sandbox.store.get(ENTITY_SET, "V20010")["Phone1"] == "1"


@pytest.mark.parametrize("code", ["O'Brien", "Ä 1&2", "50%+"])
def test_any_code_survives_the_address_line(b1, sandbox, code):
    b1.create_vendor({**BODY, "CardCode": code})
    b1.patch_vendor(code, {"Phone1": "2"})
    assert sandbox.store.get(ENTITY_SET, code)["Phone1"] == "2"
