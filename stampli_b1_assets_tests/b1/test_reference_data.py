"""Master data from the live simulator, in both dialects, and from servers that know less."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import httpx
import pytest

from stampli_b1_assets.b1 import master_data
from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.b1.reference_data import read_rates, read_reference_data
from stampli_b1_assets.domain.reference_data import Address, DistributionRule, PeriodStatus
from stampli_b1_assets.errors import B1Unusable
from stampli_b1_assets.sandbox.running import Sandbox


def test_both_dialects_give_the_same(tmp_path, settings, naps):
    found = []
    for name in ("v1", "v2"):
        with (
            Sandbox(tmp_path / name, dialect=name, with_samples=False) as sandbox,
            B1(settings(sandbox.service_layer_url), sleep=naps) as b1,
        ):
            found.append(b1.reference_data())
    assert found[0] == found[1]
    assert len(found[0].fingerprint) == 64


def test_the_sample_company_is_read_whole(dialect):
    data = dialect.reference_data()
    assert (data.company_name, data.version, data.local_currency) == ("Linden Trading Inc", "1000280", "USD")
    assert data.currencies == {"EUR": 2, "JPY": 0, "KWD": 3, "USD": 2}
    assert data.supplier_series == 71
    assert data.accounts["600000"].is_title
    assert data.accounts["200000"].is_control
    assert data.accounts["006999"].is_frozen
    assert not data.accounts["001300"].is_frozen
    assert data.rules["IT"] == DistributionRule("IT", 1, effective_from=date(2020, 1, 1))
    assert not data.projects["P-OLD"].is_active
    assert dialect.logins == 1


def test_suppliers_come_with_addresses_and_others_with_their_code(dialect):
    partners = dialect.reference_data().partners
    assert partners["V20010"].tax_id == "84-5550101"
    assert partners["V20010"].addresses == (
        Address("Head office", "bo_BillTo", 0, "7 Quarry Lane", "Aurora", "CO", "80012", "US"),
    )
    assert partners["V20047"].is_frozen
    assert not partners["C10001"].is_supplier


def test_periods_have_three_windows_and_a_status(dialect):
    periods = dialect.reference_data().periods
    assert [period.code for period in periods] == [f"2026-{month:02}" for month in range(1, 13)]
    assert periods[0].status is PeriodStatus.LOCKED
    assert not periods[0].status.is_open
    assert periods[4].status.is_open
    assert (periods[4].posting_from, periods[4].posting_to) == (date(2026, 5, 1), date(2026, 5, 31))
    assert (periods[4].due_to, periods[4].tax_from) == (date(2027, 12, 31), date(2025, 1, 1))


def test_the_fingerprint_changes_with_what_is_read_and_only_then(b1, sandbox):
    first = b1.reference_data()
    assert b1.reference_data().fingerprint == first.fingerprint
    period = sandbox.store.get("_periods", "2026-05")
    sandbox.store.put("_periods", "2026-05", {**period, "PeriodStatus": "ltLocked"})
    second = b1.reference_data()
    assert second.fingerprint != first.fingerprint
    assert replace(second, periods=first.periods, fingerprint="") == replace(first, fingerprint="")


def test_rates_are_exact_and_absent_where_sap_has_none(dialect):
    wanted = [
        ("EUR", date(2026, 5, 4)),
        ("KWD", date(2026, 5, 4)),
        ("EUR", date(2026, 4, 4)),
        ("XXX", date(2026, 5, 4)),
    ]
    assert dialect.rates(wanted) == {
        ("EUR", date(2026, 5, 4)): Decimal("1.0825"),
        ("KWD", date(2026, 5, 4)): Decimal("3.2541"),
    }


def test_no_rates_wanted_asks_nothing(b1):
    assert b1.rates([]) == {}
    assert b1.logins == 0


@pytest.mark.parametrize(
    "answer",
    ["1.0825", '{"odata.metadata":"x","value":1.0825}', '{"SBOBobService_GetCurrencyRate":1.0825}'],
    ids=["bare", "value", "by name"],
)
def test_a_rate_is_understood_in_every_form(scripted, answer):
    session, _ = scripted(httpx.Response(200, json={"LocalCurrency": "USD"}), httpx.Response(200, text=answer))
    assert read_rates(session, [("EUR", date(2026, 5, 4))]) == {("EUR", date(2026, 5, 4)): Decimal("1.0825")}


def test_indirect_quotes_are_turned_round(scripted):
    admin = httpx.Response(200, json={"LocalCurrency": "USD", "DirectIndirectRate": "tNO"})
    session, _ = scripted(admin, httpx.Response(200, text="0.8"))
    assert read_rates(session, [("EUR", date(2026, 5, 4))]) == {("EUR", date(2026, 5, 4)): Decimal("1.25")}


def test_a_property_that_an_older_build_does_not_know_is_left_out(sandbox, b1, monkeypatch):
    served = sandbox.company._types

    def types(name):
        unknown = {"DistributionRule5Relevant", "BlockManualPosting"} if name == "ChartOfAccounts" else set()
        return {one: type_ for one, type_ in served(name).items() if one not in unknown}

    monkeypatch.setattr(sandbox.company, "_types", types)
    assert len(b1.reference_data().accounts) == 12
    asked = [line for line in sandbox.application.log if line.path.endswith("ChartOfAccounts")]
    assert [line.status for line in asked] == [400, 400, 200]


def refusing(entity_set, code, status=400):
    """A server that gives nothing but empty lists, and this set not at all."""
    body = {"error": {"code": code, "message": "Service Not Found"}}

    def answer(request):
        if request.url.path.endswith(entity_set):
            return httpx.Response(status, json=body)
        return httpx.Response(200, json={"LocalCurrency": "USD", "value": []})

    return answer


@pytest.mark.parametrize("entity_set", ["ChartOfAccounts", "BusinessPartners", "Currencies"])
def test_an_entity_set_that_sap_does_not_give_is_named(scripted, settings, entity_set):
    session, _ = scripted(refusing(entity_set, "-1002"))
    with pytest.raises(B1Unusable, match=f"SAP refused to give {entity_set}"):
        read_reference_data(session, settings())


@pytest.mark.parametrize("entity_set", ["ProfitCenters", "DistributionRules", "Projects"])
def test_dimensions_that_a_build_does_not_have_are_empty_but_forbidden_ones_are_said(scripted, settings, entity_set):
    session, _ = scripted(refusing(entity_set, "200"))
    assert read_reference_data(session, settings()).rules == {}
    session, _ = scripted(refusing(entity_set, "-6006", 403))
    with pytest.raises(B1Unusable, match="does not allow it"):
        read_reference_data(session, settings())


def test_name_and_version_are_not_worth_failing_for(scripted, settings):
    session, _ = scripted(refusing("CompanyService_GetCompanyInfo", "-1002"))
    assert read_reference_data(session, settings()).version == "1000280"  # as the login told it


def test_a_company_without_a_local_currency_is_asked_another_way(scripted, settings):
    def answer(request):
        if "GetLocalCurrency" in request.url.path:
            return httpx.Response(200, json="CHF")
        return httpx.Response(200, json={"value": []})

    session, _ = scripted(answer)
    assert read_reference_data(session, settings()).local_currency == "CHF"


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ({"Series": 71, "Name": "Suppliers"}, 71),
        ({"Series": 71, "Name": "Whatever", "IsManual": "tYES"}, None),
        ({"Series": 2, "Name": "Manual"}, None),
        ({"Series": 0}, None),
        (None, None),
    ],
)
def test_a_manual_series_numbers_nothing(scripted, settings, series, expected):
    def answer(request):
        if "GetDefaultSeries" in request.url.path:
            return (
                httpx.Response(400, json={"error": {"code": -10, "message": "?"}})
                if series is None
                else httpx.Response(200, json=series)
            )
        return httpx.Response(200, json={"LocalCurrency": "USD", "value": []})

    session, _ = scripted(answer)
    assert read_reference_data(session, settings()).supplier_series == expected


@pytest.mark.parametrize(
    ("currency", "decimals", "expected"),
    [
        ("USD", "cd2Digits", 2),
        ("USD", "cd4Digits", 4),
        ("JPY", "cdWithoutDecimals", 0),
        ("JPY", "cdDefault", 0),
        ("KWD", -1, 3),
        ("KWD", 3, 3),
        ("EUR", 0, 0),
        ("EUR", None, 2),
    ],
)
def test_decimals_come_from_sap_or_else_from_iso(currency, decimals, expected):
    assert master_data.decimals_of({"Code": currency, "Decimals": decimals}) == expected


@pytest.mark.parametrize(
    ("status", "is_open"),
    [("ltUnlocked", True), ("N", True), ("ltUnlockedExceptSales", True), ("C", False), ("Y", False), ("new", False)],
)
def test_a_status_that_is_not_known_is_not_open(status, is_open):
    assert master_data.period_of({"PeriodStatus": status}).status.is_open is is_open


def test_a_locked_column_is_not_believed():
    assert master_data.period_of({"PeriodStatus": "ltUnlocked", "Locked": "tYES"}).status.is_open


def test_a_rule_is_usable_as_long_as_one_of_its_lines_and_its_cost_centre_are():
    lines = [
        {"CenterCode": "A", "EffectiveFrom": "2020-01-01", "EffectiveTo": "2025-12-31"},
        {"CenterCode": "A", "EffectiveFrom": "2026-01-01T00:00:00Z", "EffectiveTo": None},
    ]
    rows = [{"FactorCode": "A", "InWhichDimension": 2, "Active": "tYES", "DistributionRuleLines": lines}]
    center = {"CenterCode": "A", "Active": "tYES", "EffectiveFrom": "2021-01-01", "EffectiveTo": "2026-06-30"}
    rule = DistributionRule("A", 2, effective_from=date(2020, 1, 1))
    assert master_data.rules_of(rows, []) == {"A": rule}
    narrowed = replace(rule, effective_from=date(2021, 1, 1), effective_to=date(2026, 6, 30))
    assert master_data.rules_of(rows, [center]) == {"A": narrowed}
    assert not master_data.rules_of(rows, [{**center, "Active": "tNO"}])["A"].is_active


def test_lists_of_services_are_found_under_any_name():
    assert master_data.rows_in([{"a": 1}]) == [{"a": 1}]
    assert master_data.rows_in({"odata.metadata": "x", "value": [1]}) == [1]
    assert master_data.rows_in(None) == []
