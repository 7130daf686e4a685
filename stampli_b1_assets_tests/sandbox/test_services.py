"""Services beside the entity sets: the company, its periods, exchange rates, numbering series."""

import pytest

COMPANY, PERIODS = "CompanyService_GetAdminInfo", "CompanyService_GetFinancePeriods"
RATE, SET_RATE = "SBOBobService_GetCurrencyRate", "SBOBobService_SetCurrencyRate"


def value_of(caller, answer):
    """v1 wraps a bare value, v2 does not."""
    assert answer.status_code == 200, answer.text
    return answer.json()["value"] if caller.version == "v1" else answer.json()


# --- company --------------------------------------------------------------------------------------------------------


def test_the_company_says_its_currency_and_decimals(sap):
    info = sap.post(COMPANY).json()  # documented
    assert (info["LocalCurrency"], info["TotalsAccuracy"], info["CompanyName"]) == ("USD", 2, "Linden Trading Inc")
    assert sap.post("CompanyService_GetCompanyInfo").json()["Version"] == "1000280"


def test_the_local_currency_is_a_bare_value(sap):
    assert value_of(sap, sap.post("SBOBobService_GetLocalCurrency")) == "USD"


@pytest.mark.parametrize("path", [COMPANY, "CompanyService_GetCompanyInfo", SET_RATE])
def test_actions_are_posts(sap, refused, path):
    assert refused(sap.get(path))[:2] == (400, "-5006")  # documented as POST


@pytest.mark.parametrize("path", ["CompanyService_Nothing", "companyservice_GetAdminInfo", "SeriesService_AddSeries"])
def test_unknown_services_are_refused(sap, refused, path):
    assert refused(sap.post(path, {}))[:2] == (400, "-1002")


@pytest.mark.parametrize("body", [[], "x", 5])
def test_a_body_that_is_no_object_is_refused(sap, refused, body):
    assert refused(sap.post(PERIODS, body))[0] == 400


# --- periods --------------------------------------------------------------------------------------------------------


def test_categories_of_periods_can_be_got_or_posted(sap):
    for answer in (sap.get("CompanyService_GetPeriods"), sap.post("CompanyService_GetPeriods")):  # documented
        assert [one["AbsoluteEntry"] for one in answer.json()["value"]] == [1]


def test_periods_have_three_windows_and_a_status(sap):
    rows = sap.post(PERIODS, {"PeriodCategoryParams": {"AbsoluteEntry": 1}}).json()["value"]  # documented
    january, *_, december = rows
    assert len(rows) == 12
    assert (january["PeriodStatus"], december["PeriodStatus"]) == ("ltLocked", "ltUnlocked")
    windows = [f"{name}{end}" for name in ("PostingDate", "ValueDate", "TaxDate") for end in ("From", "To")]
    midnight = "T00:00:00Z" if sap.version == "v2" else ""
    assert [december[name] for name in windows] == [
        f"{day}{midnight}"
        for day in ("2026-12-01", "2026-12-31", "2026-01-01", "2027-12-31", "2025-01-01", "2026-12-31")
    ]


def test_the_field_locked_says_nothing(sap):
    rows = sap.post(PERIODS, {"PeriodCategoryParams": {"AbsoluteEntry": 1}}).json()["value"]
    assert {row["Locked"] for row in rows} == {"tNO"}  # seen live: tNO on locked periods too


@pytest.mark.parametrize(
    "body", [{}, {"PeriodCategoryParams": {"AbsoluteEntry": 2}}, {"PeriodCategoryParams": 1}], ids=str
)
def test_an_unknown_category_is_not_found(sap, refused, body):
    assert refused(sap.post(PERIODS, body))[1] == "-2028"


# --- rates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["20260504", "2026-05-04"])
def test_a_rate_is_a_bare_number_of_six_decimals(sap, day):
    answer = sap.post(RATE, {"Currency": "EUR", "Date": day})
    assert value_of(sap, answer) == 1.0825
    assert "1.082500" in answer.text  # seen live


def test_a_rate_can_be_got_on_v2_only(v1, v2, refused):
    query = f"{RATE}(Currency='EUR',Date='20260504')"
    assert v2.get(query).text == "1.082500"  # seen live
    assert refused(v1.get(query))[0] == 400


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"Currency": "EUR", "Date": "20260404"}, "-4006"),
        ({"Currency": "USD", "Date": "20260504"}, "-5002"),
        ({"Currency": "XXX", "Date": "20260504"}, "-2028"),
        ({"Currency": "EUR", "Date": "04.05.2026"}, "-5002"),
        ({"Currency": "EUR"}, "-5002"),
        ({}, "-2028"),
    ],
    ids=str,
)
def test_rates_that_are_not_there_are_refused(sap, refused, body, code):
    assert refused(sap.post(RATE, body))[:2] == (400, code)  # seen live for -4006


def test_a_rate_that_is_missing_is_said_in_saps_words(sap, refused):
    assert (
        refused(sap.post(RATE, {"Currency": "EUR", "Date": "20260404"}))[2] == "Update the exchange rate"
    )  # seen live


@pytest.mark.parametrize("rate", ["1.5", 1.5, 2])
def test_a_rate_can_be_set(sap, rate):
    body = {"Currency": "EUR", "RateDate": "20260404", "Rate": rate}
    assert sap.post(SET_RATE, body).status_code == 204  # documented
    assert value_of(sap, sap.post(RATE, {"Currency": "EUR", "Date": "20260404"})) == float(rate)


@pytest.mark.parametrize("rate", ["", "-1", 0, "x", None, True, "1.2.3", "."], ids=str)
def test_a_rate_is_a_positive_number(sap, refused, rate):
    body = {"Currency": "EUR", "RateDate": "20260404", "Rate": rate}
    assert refused(sap.post(SET_RATE, body))[:2] == (400, "-5002")


# --- series ---------------------------------------------------------------------------------------------------------


def supplier_series(**more):
    return {"DocumentTypeParams": {"Document": "2", "DocumentSubType": "S", **more}}


def test_the_default_series_of_suppliers_is_told(sap):
    assert sap.post("SeriesService_GetDefaultSeries", supplier_series()).json()["Series"] == 71


def test_series_of_a_document_are_a_list(sap):
    rows = sap.post("SeriesService_GetDocumentSeries", {"DocumentTypeParams": {"Document": "30"}}).json()["value"]
    assert [row["Series"] for row in rows] == [15]  # documented
    rows = sap.post("SeriesService_GetDocumentSeries", supplier_series()).json()["value"]
    assert [row["Series"] for row in rows] == [71]


def test_without_a_series_suppliers_have_none(sap, refused, simulator):
    simulator.store.delete("_series", "supplier")
    assert refused(sap.post("SeriesService_GetDefaultSeries", supplier_series()))[:2] == (400, "-10")
    assert sap.post("SeriesService_GetDocumentSeries", supplier_series()).json()["value"] == []
