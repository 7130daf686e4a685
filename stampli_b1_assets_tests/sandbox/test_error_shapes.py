"""How both dialects say no: outside a batch, in a part of one, and by the balancer's own pages."""

import pytest

BODY = {"Code": "k1", "Name": "k1"}


def test_v1_has_a_number_and_an_object(v1):
    error = v1.get("BusinessPartners('V00000')").json()["error"]  # documented
    text = "No matching records found (ODBC -2028)"
    assert error == {"code": -2028, "message": {"lang": "en-us", "value": text}}


def test_v2_has_two_strings(v2):
    error = v2.get("BusinessPartners('V00000')").json()["error"]  # seen live
    assert error == {"code": "-2028", "message": "No matching records found (ODBC -2028)"}


def test_a_refusal_is_json_of_its_dialect(v1, v2):
    assert v1.get("Nothing").headers["content-type"] == "application/json;odata=minimalmetadata;charset=utf-8"
    assert v2.get("Nothing").headers["content-type"] == "application/json;odata.metadata=minimal;charset=utf-8"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "-1000"),
        (b"[]", "-1000"),
        (b'"text"', "-1000"),
        (b"\xff\xfe", "-1000"),
        (b"", "-1000"),
        (b"[" * 100_000, "-1000"),
        (b'{"Memo": NaN}', "-1000"),
        (b'{"Memo": 5}', "-1004"),
        (b'{"Memo": true}', "-1004"),
        (b'{"JournalEntryLines": {}}', "-1004"),
        (b'{"JournalEntryLines": [1]}', "-1000"),
        (b'{"ReferenceDate": "04.05.2026"}', "-1004"),
        (b'{"ReferenceDate": "2026-02-30"}', "-1004"),
        (b'{"AutoVAT": "yes"}', "-1004"),
        (b'{"AutoVAT": true}', "-1004"),
        (b'{"Series": "15"}', "-1004"),
        (b'{"Series": 99999999999}', "-1004"),
        (b'{"JournalEntryLines": [{"Debit": "100.00"}]}', "-1004"),
    ],
    ids=lambda value: value[:40].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_bodies_that_cannot_be_read_are_400(sap, refused, body, code):
    content_type = {"Content-Type": "application/json"}
    answer = sap.http.post(f"{sap.root}/JournalEntries", content=body, headers=content_type)
    assert refused(answer)[:2] == (400, code)  # inferred; seen live is -1004 for enumerations


def test_an_enumeration_names_what_it_takes(sap, refused):
    _, _, text = refused(sap.post("BusinessPartners", {"CardCode": "X", "CardType": "supplier"}))
    assert text.startswith("'supplier' is not a valid value for property 'CardType'. The valid values are: ")
    assert "'S' - 'cSupplier'" in text  # seen live


def test_an_enumeration_is_taken_by_its_stored_value_too(sap):
    answer = sap.post("BusinessPartners", {"CardCode": "X", "CardName": "X", "CardType": "S"})  # documented
    assert answer.json()["CardType"] == "cSupplier"


@pytest.mark.parametrize(
    ("path", "body", "type_"),
    [
        ("JournalEntries", {"Refrence": "x"}, "JournalEntry"),
        ("JournalEntries", {"reference": "x"}, "JournalEntry"),
        ("JournalEntries", {"U_Nothing": "x"}, "JournalEntry"),
        ("JournalEntries", {"JournalEntryLines": [{"LineId": 1}]}, "JournalEntryLine"),
        ("JournalEntries", {"JournalEntryLines": [{"U_StampliKey": "x"}]}, "JournalEntryLine"),
        ("BusinessPartners", {"CardCod": "x"}, "BusinessPartner"),
        ("BusinessPartners", {"BPAddresses": [{"Streett": "x"}]}, "BPAddress"),
        ("U_STAMPLI_POSTED", {"Code": "k", "Name": "k", "U_JdtNum": 1}, "U_STAMPLI_POSTED"),
    ],
)
def test_unknown_properties_are_refused_by_name(sap, refused, path, body, type_):
    (name, inner) = next(iter(body.items()))
    unknown = next(iter(inner[0])) if isinstance(inner, list) else name if path != "U_STAMPLI_POSTED" else "U_JdtNum"
    status, _, text = refused(sap.post(path, body))  # seen live; the code is not known
    assert (status, text) == (400, f"Property '{unknown}' of '{type_}' is invalid")
