"""Paths, keys and verbs: what is found, what is refused, and with which code."""

import pytest

SERVICE_NOT_FOUND = (400, "-1002")
NOT_SUPPORTED = (400, "-5006")
BAD_KEY = (400, "201")


@pytest.mark.parametrize(
    "path",
    [
        "businesspartners",
        "BUSINESSPARTNERS",
        "BusinessPartner",
        "login",
        "Nothing",
        "STAMPLI_POSTED",
        "U_stampli_posted",
        "U_NOTHING",
        "",
        "$metadata",
        "BusinessPartners('V20010')/BPAddresses",
        "JournalEntries/5001",
    ],
)
def test_unknown_sets_are_refused_and_case_counts(sap, refused, path):
    answer = sap.get(path)  # seen live: -1002, also for a user table without U_
    assert refused(answer)[:2] in (SERVICE_NOT_FOUND, NOT_SUPPORTED)


def test_both_versions_know_the_same_names(v1, v2):
    for path in ("BusinessPartners('V20010')", "ChartOfAccounts('006200')", "Projects('P-0107')"):  # documented
        one, other = v1.get(path).json(), v2.get(path).json()
        assert {name for name in one if "odata" not in name} == {name for name in other if "odata" not in name}


@pytest.mark.parametrize("path", ["/", "/b1s", "/b1s/", "/b1s/v3/Currencies", "/B1S/v2/Currencies", "/index.html"])
def test_outside_the_service_the_balancer_answers_html(v2, path):
    answer = v2.http.get(path)  # inferred: Apache's own page
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


# --- keys -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "BusinessPartners('V20010')",
        "BusinessPartners(CardCode='V20010')",
        "BusinessPartners(%27V20010%27)",
        "Dimensions(1)",
        "Dimensions(DimensionCode=1)",
        "UserFieldsMD(TableName='OJDT',FieldID=0)",
        "UserFieldsMD(FieldID=0,TableName='OJDT')",
    ],
)
def test_keys_are_quoted_text_or_bare_integers(sap, path):
    assert sap.get(path).status_code == 200  # documented


@pytest.mark.parametrize(
    "path",
    [
        "BusinessPartners(V20010)",
        "BusinessPartners(20010)",
        "BusinessPartners()",
        "BusinessPartners('V20010'",
        'BusinessPartners("V20010")',
        "BusinessPartners(Code='V20010')",
        "BusinessPartners('V20010','V20024')",
        "BusinessPartners('O'NEIL')",
        "JournalEntries('5001')",
        "JournalEntries(5001.0)",
        "JournalEntries(99999999999999999999)",
        "UserFieldsMD('OJDT')",
        "UserFieldsMD('OJDT',0)",
        "UserFieldsMD(TableName='OJDT',FieldID='0')",
    ],
)
def test_other_spellings_of_keys_are_refused(sap, refused, path):
    status, code, _ = refused(sap.get(path))
    assert (status, code) in (BAD_KEY, SERVICE_NOT_FOUND)


def test_a_quote_in_a_key_is_doubled(sap):
    body = {"CardCode": "O'N", "CardName": "O'Neil", "CardType": "cSupplier"}
    answer = sap.post("BusinessPartners", body)
    assert answer.headers["location"].endswith("/BusinessPartners('O''N')")
    assert sap.get("BusinessPartners('O''N')").json()["CardName"] == "O'Neil"  # documented


def test_blanks_and_letters_of_any_language_may_stand_in_a_key(sap, simulator):
    simulator.change("Projects", "Größe 1/A", Code="Größe 1/A", Name="x")
    assert sap.get("Projects('Gr%C3%B6%C3%9Fe%201%2FA')").json()["Name"] == "x"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("BusinessPartners('V00000')", ("GET", "PATCH", "PUT", "DELETE")),
        ("U_STAMPLI_POSTED('k')", ("GET", "PATCH", "DELETE")),
        ("JournalEntries(1)", ("GET", "PATCH")),
        ("Projects('X')", ("GET",)),
    ],
)
def test_a_key_that_is_not_there_is_404(sap, refused, path, methods):
    for method in methods:
        answer = sap(method, path, None if method in ("GET", "DELETE") else {})  # seen by a client
        assert refused(answer) == (404, "-2028", "No matching records found (ODBC -2028)")


# --- verbs ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def posted(v2, entry):
    return v2.post("JournalEntries", entry()).json()["JdtNum"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "JournalEntries({n})"),
        ("PUT", "JournalEntries({n})"),
        ("GET", "JournalEntries({n})/Cancel"),
        ("POST", "JournalEntries({n})/Close"),
        ("POST", "JournalEntries({n})"),
        ("POST", "BusinessPartners('V20010')/Cancel"),
        ("PATCH", "BusinessPartners"),
        ("DELETE", "BusinessPartners"),
        ("DELETE", "ChartOfAccounts('006200')"),
        ("PATCH", "ChartOfAccounts('006200')"),
        ("POST", "ChartOfAccounts"),
        ("POST", "JournalEntries/$count"),
        ("PUT", "U_STAMPLI_POSTED('k')"),
        ("PATCH", "CompanyService_GetAdminInfo"),
    ],
)
def test_verbs_that_an_object_does_not_have_are_refused(sap, refused, simulator, posted, method, path):
    simulator.store.put("U_STAMPLI_POSTED", "k", {"Code": "k", "Name": "k"})
    answer = sap(method, path.format(n=posted), {} if method in ("PATCH", "PUT", "POST") else None)
    assert refused(answer) == (*NOT_SUPPORTED, "The requested action is not supported for this object.")  # documented
    assert simulator.store.entry(posted) is not None


def test_a_verb_may_be_told_in_a_header_of_a_post(sap):
    headers = {"X_HTTP_Method_Override": "PATCH"}
    assert sap.post("BusinessPartners('V20010')", {"Phone1": "1"}, **headers).status_code == 204  # documented
    assert sap.get("BusinessPartners('V20010')").json()["Phone1"] == "1"


def test_a_read_cannot_be_turned_into_a_write(sap):
    answer = sap.get("BusinessPartners('V20010')", X_HTTP_Method_Override="DELETE")
    assert answer.json()["CardCode"] == "V20010"  # inferred
    assert sap.get("BusinessPartners('V20010')").status_code == 200
