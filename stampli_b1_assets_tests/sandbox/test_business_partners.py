"""Business partners: creating, changing with SAP's habits about sub-collections, replacing, removing, ETags."""

import pytest

INVALID = (400, "-5002")
NOT_FOUND = (400, "-2028")
EXISTS = (400, "-2035", "This entry already exists in the following tables (ODBC -2035)")
SUPPLIER = {"CardCode": "V30001", "CardName": "Elm Works", "CardType": "cSupplier"}
PATH = "BusinessPartners('V30001')"


@pytest.fixture
def create(sap):
    def made(**changes):
        return sap.post("BusinessPartners", {**SUPPLIER, **changes})

    return made


@pytest.fixture
def patch(sap, create):
    """Changes a supplier that has an address and returns the answer."""
    create(BPAddresses=[{"AddressName": "Office", "AddressType": "bo_BillTo", "City": "Denver", "Country": "US"}])

    def changed(body, **headers):
        return sap("PATCH", PATH, body, **headers)

    return changed


@pytest.fixture
def read(sap):
    return lambda: sap.get(PATH).json()


# --- creating -------------------------------------------------------------------------------------------------------


def test_code_name_and_type_are_enough(create, sap):
    answer = create()
    assert answer.status_code == 201  # documented
    assert answer.headers["location"].endswith(f"{sap.root}/{PATH}")
    body = answer.json()
    assert (body["CardType"], body["Currency"], body["Valid"], body["Frozen"]) == ("cSupplier", "##", "tNO", "tNO")


def test_the_default_type_is_customer(sap):
    assert (
        sap.post("BusinessPartners", {"CardCode": "X", "CardName": "X"}).json()["CardType"] == "cCustomer"
    )  # documented


def test_a_code_is_given_once(create, refused):
    create()
    text = "1320000140 - Business partner code 'V30001' already assigned to a business partner"
    assert refused(create(CardName="Another")) == (400, "-10", text)  # documented


def test_a_name_is_needed(create, refused):
    assert refused(create(CardName=None))[:2] == refused(create(CardName=""))[:2] == INVALID  # inferred


@pytest.mark.parametrize(
    ("name", "most"),
    [("CardCode", 15), ("CardName", 100), ("FederalTaxID", 32), ("EmailAddress", 100), ("Phone1", 20), ("Notes", 100)],
)
def test_texts_have_their_lengths(create, refused, name, most):
    assert create(**{name: "x" * most}).status_code == 201  # documented
    assert refused(create(**{"CardCode": "OTHER", name: "x" * (most + 1)}))[:2] == INVALID


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"DebitorAccount": "006200"}, "-5002", 'Define account in "Liabilities" drawer  [OCRD.DebPayAcct]'),
        ({"DebitorAccount": "NOSUCH"}, "-5002", 'Define account in "Liabilities" drawer  [OCRD.DebPayAcct]'),
        ({"DefaultBankCode": "X"}, "-2028", "No matching records found (ODSC)"),
        ({"BPBankAccounts": [{"BankCode": "X"}]}, "-2028", "No matching records found (ODSC)"),
        ({"Currency": "XXX"}, "-2028", "[OCRD.Currency]"),
        ({"GroupCode": 7}, "-2028", "[OCRD.GroupCode]"),
        ({"GroupCode": 100}, "-5002", "[OCRD.GroupCode]"),
        ({"PayTermsGrpCode": 30}, "-2028", "[OCRD.PayTermsGrpCode]"),
        ({"VatGroup": "I1"}, "-2028", "[OCRD.VatGroup]"),
        ({"ProjectCode": "NOSUCH"}, "-2028", "[OCRD.ProjectCode]"),
        ({"BPAddresses": [{"AddressName": "A", "Country": "USA"}]}, "-2028", "[CRD1.Country]"),
        ({"BPAddresses": [{"Street": "1 Main St"}]}, "-5002", "[CRD1.Address]"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_codes_must_be_there_and_fit(create, refused, changes, code, text):
    status, found, said = refused(create(**changes))  # seen live for accounts and banks; inferred
    assert (status, found) == (400, code)
    assert said.endswith(text)


def test_a_group_that_fits_is_kept(create):
    assert create(GroupCode=101).json()["GroupCode"] == 101


def test_a_numbering_series_gives_the_code(sap, refused):
    without = {"CardName": "Elm Works", "CardType": "cSupplier"}
    assert refused(sap.post("BusinessPartners", without))[:2] == (400, "-10")  # seen live: no series, no default
    assert refused(sap.post("BusinessPartners", {**without, "Series": 15}))[:2] == (400, "-4002")  # seen live
    codes = [sap.post("BusinessPartners", {**without, "Series": 71}).json()["CardCode"] for _ in range(2)]
    assert codes == ["S00001", "S00002"]  # documented: the code is left out, the series given


def test_with_branches_one_must_be_assigned(create, refused, simulator):
    simulator.change("_company", "company", EnableBranches="tYES")
    assert refused(create()) == (400, "-5002", "Specify an active branch  [OCRD.BPLId]")  # seen live
    assert create(BPBranchAssignment=[{"BPLID": 1}]).status_code == 201


# --- changing -------------------------------------------------------------------------------------------------------


def test_only_what_is_given_changes(patch, read):
    answer = patch({"EmailAddress": "pay@elm.example", "UpdateDate": "2020-01-01", "CardCode": "OTHER"})
    assert (answer.status_code, answer.content) == (204, b"")  # documented
    row = read()
    assert (row["EmailAddress"], row["CardName"], row["CardCode"]) == ("pay@elm.example", "Elm Works", "V30001")
    assert row["UpdateDate"] is None  # documented: read-only in silence
    assert [one["City"] for one in row["BPAddresses"]] == ["Denver"]


def test_null_empties_a_value(patch, read):
    patch({"EmailAddress": "pay@elm.example"})
    patch({"EmailAddress": None})
    assert read()["EmailAddress"] is None


IDENTITY = {"BPCode": "V30001", "AddressName": "Office", "AddressType": "bo_BillTo", "RowNum": 0}


def test_an_address_with_its_whole_identity_is_updated(patch, read):
    patch({"BPAddresses": [{**IDENTITY, "City": "Aurora"}]})
    (address,) = read()["BPAddresses"]
    assert (address["City"], address["Country"]) == ("Aurora", "US")  # seen live


@pytest.mark.parametrize("missing", ["BPCode", "RowNum"])
def test_an_address_without_all_of_it_exists_already(patch, read, refused, missing):
    address = {name: value for name, value in IDENTITY.items() if name != missing}
    assert refused(patch({"BPAddresses": [{**address, "City": "Aurora"}]})) == EXISTS  # seen live
    assert [one["City"] for one in read()["BPAddresses"]] == ["Denver"]


@pytest.mark.parametrize("change", [{"AddressType": "bo_ShipTo"}, {"AddressName": "Yard"}], ids=str)
def test_an_address_of_another_name_or_type_is_added(patch, read, change):
    patch({"BPAddresses": [{**IDENTITY, **change, "City": "Aurora"}]})
    assert [(one["City"], one["RowNum"]) for one in read()["BPAddresses"]] == [
        ("Denver", 0),
        ("Aurora", 1),
    ]  # seen live


def test_the_default_type_of_an_address_is_ship_to(patch, read):
    patch({"BPAddresses": [{"AddressName": "Office", "City": "Aurora"}]})
    assert [one["AddressType"] for one in read()["BPAddresses"]] == ["bo_BillTo", "bo_ShipTo"]  # documented


def test_a_header_replaces_collections(patch, read):
    body = {"BPAddresses": [{"AddressName": "Yard", "City": "Aurora"}]}
    patch(body, B1S_ReplaceCollectionsOnPatch="true")
    assert [one["AddressName"] for one in read()["BPAddresses"]] == ["Yard"]  # documented


def test_contacts_with_a_key_are_updated_and_others_added(patch, read, refused):
    patch({"ContactEmployees": [{"Name": "Ann"}, {"Name": "Bo"}]})
    patch({"ContactEmployees": [{"InternalCode": 2, "Phone1": "1"}, {"Name": "Cy"}]})
    contacts = [(one["InternalCode"], one["Name"], one.get("Phone1")) for one in read()["ContactEmployees"]]
    assert contacts == [(1, "Ann", None), (2, "Bo", "1"), (3, "Cy", None)]  # documented
    assert refused(patch({"ContactEmployees": [{"Name": "Ann"}]})) == EXISTS  # documented: contacts are unique


@pytest.mark.parametrize(
    "body", [None, [], "x", {"BPAddresses": {}}, {"ContactEmployees": [1]}, {"Frozen": True}], ids=str
)
def test_changes_that_cannot_be_read_are_refused(patch, refused, body):
    assert refused(patch(body))[0] == 400


def test_a_change_to_what_does_not_fit_changes_nothing(patch, read, refused):
    before = read()
    assert refused(patch({"EmailAddress": "x", "DebitorAccount": "006200"}))[:2] == INVALID
    assert read() == before


def test_a_replacement_resets_what_is_not_given(patch, sap, read):
    patch({"EmailAddress": "pay@elm.example"})
    answer = sap("PUT", PATH, {"CardName": "Elm", "CardType": "cSupplier"})
    assert answer.status_code == 204  # documented
    row = read()
    assert (row["CardName"], row["EmailAddress"], row["BPAddresses"]) == ("Elm", None, [])


# --- removing -------------------------------------------------------------------------------------------------------


def test_a_partner_without_transactions_can_be_removed(create, sap):
    create()
    assert sap("DELETE", PATH).status_code == 204  # documented
    assert sap.get(PATH).status_code == 404


def test_a_partner_with_transactions_stays(sap, entry, refused):
    sap.post("JournalEntries", entry())
    assert refused(sap("DELETE", "BusinessPartners('V20010')"))[:2] == INVALID  # inferred
    assert sap.get("BusinessPartners('V20010')").status_code == 200


# --- versions -------------------------------------------------------------------------------------------------------


def test_a_stale_version_is_refused(sap, refused):
    path = "BusinessPartners('V20010')"
    version = sap.get(path).headers["etag"]
    assert sap("PATCH", path, {"Phone1": "1"}, If_Match=version).status_code == 204
    status, code, _ = refused(sap("PATCH", path, {"Phone1": "2"}, If_Match=version))
    assert (status, code) == (412, "-2039")  # documented, seen live
    assert refused(sap("DELETE", path, None, If_Match=version))[0] == 412
    assert sap("PATCH", path, {"Phone1": "3"}, If_Match="*").status_code == 204
    assert sap("PATCH", path, {"Phone1": "4"}).status_code == 204


def test_the_version_of_a_selection_is_useless(sap, refused):
    versions = {
        sap.get(f"BusinessPartners('{code}')?$select=CardName").headers["etag"] for code in ("V20010", "V20024")
    }
    assert len(versions) == 1  # seen live: a constant
    answer = sap("PATCH", "BusinessPartners('V20010')", {"Phone1": "1"}, If_Match=versions.pop())
    assert refused(answer)[0] == 412


def test_journal_entries_have_no_version(sap, entry):
    answer = sap.post("JournalEntries", entry())
    assert "etag" not in answer.headers  # documented
