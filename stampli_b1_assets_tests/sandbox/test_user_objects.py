"""User tables and fields: how they are made, when they are seen, and how rows are refused."""

import pytest

INVALID = (400, "-5002")
EXISTS = (400, "-2035", "This entry already exists in the following tables (ODBC -2035)")
TABLE = {"TableName": "NOTES", "TableDescription": "Notes", "TableType": "bott_NoObject"}
FIELD = {"TableName": "OJDT", "Name": "Origin", "Type": "db_Alpha", "Size": 20, "Description": "Origin"}
SET = "U_STAMPLI_POSTED"


@pytest.fixture
def waits(simulator):
    """As SAP: what is new is seen after a restart of the Service Layer only."""
    simulator.company.needs_restart = True
    return simulator


# --- tables ---------------------------------------------------------------------------------------------------------


def test_a_table_is_kept_in_upper_case_and_has_an_entity_set(sap):
    answer = sap.post("UserTablesMD", {**TABLE, "TableName": "notes"})
    assert (answer.status_code, answer.json()["TableName"]) == (201, "NOTES")  # documented
    assert sap.post("U_NOTES", {"Code": "a", "Name": "a"}).status_code == 201
    assert sap.get("U_NOTES('a')").json()["Code"] == "a"


def test_a_new_table_is_invisible_until_a_restart(sap, waits, refused):
    assert sap.post("UserTablesMD", TABLE).status_code == 201
    assert refused(sap.get("U_NOTES"))[:2] == (400, "-1002")  # documented
    assert refused(sap.post("UserTablesMD", TABLE)) == EXISTS
    waits.company.restart()
    assert sap.get("U_NOTES").json()["value"] == []


@pytest.mark.parametrize(
    "changes",
    [{"TableName": "X" * 20}, {"TableName": ""}, {"TableName": None}, {"TableDescription": None}],
    ids=str,
)
def test_a_table_needs_a_name_of_nineteen_characters_at_most(sap, refused, changes):
    assert refused(sap.post("UserTablesMD", TABLE | changes))[:2] == INVALID  # documented


def test_tables_of_other_types_have_no_entity_set(sap, refused):
    sap.post("UserTablesMD", {**TABLE, "TableType": "bott_MasterData"})
    assert refused(sap.get("U_NOTES"))[:2] == (400, "-1002")  # inferred: they need a registered object


# --- rows -----------------------------------------------------------------------------------------------------------


def test_a_code_is_given_once(sap, refused):
    assert sap.post(SET, {"Code": "k1", "Name": "k1"}).status_code == 201
    assert refused(sap.post(SET, {"Code": "k1", "Name": "k1"})) == EXISTS  # seen by clients
    assert refused(sap.post(SET, {"Code": "k1", "Name": "another"})) == EXISTS  # documented: Code is the primary key
    assert sap.post(SET, {"Code": "K1", "Name": "K1"}).status_code == 201  # documented for HANA: case counts


@pytest.mark.parametrize(
    "row", [{"Code": "k1"}, {"Name": "k1"}, {"Code": "k1", "Name": ""}, {"Code": "k1", "Name": None}, {}], ids=str
)
def test_code_and_name_are_both_needed(sap, refused, row):
    assert refused(sap.post(SET, row))[:2] == INVALID  # documented: Name is not nullable


def test_codes_and_names_have_their_lengths(sap, refused):
    assert sap.post(SET, {"Code": "x" * 50, "Name": "x" * 100}).status_code == 201  # inferred
    assert refused(sap.post(SET, {"Code": "x" * 51, "Name": "x"}))[:2] == INVALID
    assert refused(sap.post(SET, {"Code": "x", "Name": "x" * 101}))[:2] == INVALID


@pytest.mark.parametrize(
    "row", [{"Code": 1, "Name": "k"}, {"Code": "k", "Name": True}, {"Code": ["k"], "Name": "k"}], ids=str
)
def test_codes_and_names_are_text(sap, refused, row):
    assert refused(sap.post(SET, row))[:2] == (400, "-1004")


def test_a_row_can_be_renamed_and_removed(sap, refused):
    sap.post(SET, {"Code": "k1", "Name": "k1"})
    assert sap("PATCH", f"{SET}('k1')", {"Name": "5001", "Code": "k2"}).status_code == 204
    assert sap.get(f"{SET}('k1')").json()["Name"] == "5001"
    assert refused(sap("PATCH", f"{SET}('k1')", {"Name": ""}))[:2] == INVALID
    assert sap("DELETE", f"{SET}('k1')").status_code == 204
    assert sap.get(f"{SET}('k1')").status_code == 404
    assert sap.post(SET, {"Code": "k1", "Name": "k1"}).status_code == 201


# --- tables that number their rows ----------------------------------------------------------------------------------


def test_a_table_may_number_its_rows_by_itself(sap, refused):
    sap.post("UserTablesMD", {**TABLE, "TableType": "bott_NoObjectAutoIncrement"})
    first = sap.post("U_NOTES", {})  # documented: Name may be empty, Code is an integer of SAP's own
    assert first.headers["location"].endswith(f"{sap.root}/U_NOTES(1)")
    assert sap.post("U_NOTES", {"Code": 77, "Name": "b"}).json()["Code"] == 2
    assert sap.get("U_NOTES(2)").json()["Name"] == "b"
    assert refused(sap.get("U_NOTES('2')"))[:2] == (400, "201")
    assert sap("PATCH", "U_NOTES(1)", {"Name": "a"}).status_code == 204
    assert sap("DELETE", "U_NOTES(2)").status_code == 204


def test_such_a_table_takes_no_key_of_ours(sap, refused):
    sap.post("UserTablesMD", {**TABLE, "TableType": "bott_NoObjectAutoIncrement"})
    assert refused(sap.post("U_NOTES", {"Code": "k1", "Name": "k1"}))[:2] == (400, "-1004")  # documented: Int32


# --- fields ---------------------------------------------------------------------------------------------------------


def test_a_field_becomes_a_property_with_a_prefix(sap, entry, simulator):
    answer = sap.post("UserFieldsMD", FIELD)
    assert answer.status_code == 201  # documented
    assert answer.headers["location"].endswith("/UserFieldsMD(TableName='OJDT',FieldID=1)")
    number = sap.post("JournalEntries", entry(U_Origin="SFTP")).json()["JdtNum"]
    assert sap.get(f"JournalEntries({number})?$select=U_Origin").json()["U_Origin"] == "SFTP"
    assert sap.get("JournalEntries?$filter=U_Origin eq 'SFTP'").json()["value"][0]["JdtNum"] == number


def test_a_new_field_is_invisible_until_a_restart(sap, waits, entry, refused):
    sap.post("UserFieldsMD", FIELD)
    status, _, text = refused(sap.post("JournalEntries", entry(U_Origin="SFTP")))
    assert (status, text) == (400, "Property 'U_Origin' of 'JournalEntry' is invalid")  # documented
    assert refused(sap.post("UserFieldsMD", FIELD)) == EXISTS
    waits.company.restart()
    assert sap.post("JournalEntries", entry(U_Origin="SFTP")).status_code == 201


def test_a_field_holds_as_much_as_it_was_made_for(sap, entry, refused):
    sap.post("UserFieldsMD", FIELD)
    assert sap.post("JournalEntries", entry(U_Origin="x" * 20)).status_code == 201
    assert refused(sap.post("JournalEntries", entry(U_Origin="x" * 21)))[:2] == INVALID  # inferred


def test_a_field_without_a_size_is_small(sap):
    row = sap.post("UserFieldsMD", {name: value for name, value in FIELD.items() if name != "Size"}).json()
    assert row["Size"] == 10  # inferred


@pytest.mark.parametrize(
    "changes",
    [{"Name": "X" * 19}, {"Name": ""}, {"TableName": None}, {"Description": None}, {"Size": 255}, {"Size": 0}],
    ids=str,
)
def test_a_field_needs_table_name_description_and_a_size_that_can_be(sap, refused, changes):
    assert refused(sap.post("UserFieldsMD", FIELD | changes))[:2] == INVALID  # documented


def test_a_field_of_another_table_is_no_property_of_journal_entries(sap, entry):
    sap.post("UserFieldsMD", {**FIELD, "TableName": "OCRD"})
    assert sap.post("JournalEntries", entry(U_Origin="x")).status_code == 400
