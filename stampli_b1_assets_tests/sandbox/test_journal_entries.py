"""Journal entries: what SAP adds to them, what it refuses and why, what may change later, and cancelling."""

# Longer than 400 lines: one fact about SAP each, and the facts about one entity belong together.

import pytest

INVALID = (400, "-5002")
NOT_FOUND = (400, "-2028")
LOCKED = (400, "-4013", "Posting period locked; specify an alternative date")
OUT_OF_RANGE = "Date deviates from permissible range"
EXPENSE, TAX, VENDOR = 0, 1, 2


@pytest.fixture
def post(sap, entry):
    def posted(**changes):
        return sap.post("JournalEntries", entry(**changes))

    return posted


@pytest.fixture
def with_line(entry):
    """The bill with changes on one of its lines."""

    def made(place, **changes):
        lines = entry()["JournalEntryLines"]
        lines[place] = {name: value for name, value in (lines[place] | changes).items() if value is not None}
        return {"JournalEntryLines": lines}

    return made


def two(account, amount=10.0, **partner):
    """A balanced pair: one account, one supplier."""
    return [{"AccountCode": account, "Debit": amount}, {"ShortName": "V20010", "Credit": amount, **partner}]


# --- what comes back ------------------------------------------------------------------------------------------------


def test_both_numbers_come_back_with_the_place(post, sap):
    answer = post()
    assert answer.status_code == 201  # documented
    body = answer.json()
    assert answer.headers["location"].endswith(f"{sap.root}/JournalEntries({body['JdtNum']})")
    assert (body["OriginalJournal"], body["AutoVAT"], body["Series"]) == ("ttJournalEntry", "tNO", 15)
    assert [line["Line_ID"] for line in body["JournalEntryLines"]] == [0, 1, 2]
    second = post().json()
    assert (second["JdtNum"], second["Number"]) == (body["JdtNum"] + 1, body["Number"] + 1)


def test_nothing_comes_back_when_nothing_is_wanted(sap, entry):
    answer = sap.post("JournalEntries", entry(), Prefer="return-no-content")
    assert (answer.status_code, answer.content) == (204, b"")  # documented
    assert answer.headers["preference-applied"] == "return-no-content"
    assert "/JournalEntries(" in answer.headers["location"]


def test_a_partners_line_goes_to_the_control_account(post):
    vendor = post().json()["JournalEntryLines"][VENDOR]
    assert (vendor["AccountCode"], vendor["ShortName"]) == ("200000", "V20010")  # documented
    expense = post().json()["JournalEntryLines"][EXPENSE]
    assert (expense["AccountCode"], expense["ShortName"]) == ("006200", "006200")


def test_due_and_tax_date_are_the_posting_date_when_not_given(post):
    body = post(DueDate=None, TaxDate=None).json()
    assert body["DueDate"][:10] == body["TaxDate"][:10] == "2026-05-04"  # inferred
    assert body["JournalEntryLines"][EXPENSE]["DueDate"][:10] == "2026-05-04"


@pytest.mark.parametrize("day", ["2026-05-04", "20260504", "2026-05-04T00:00:00Z"])
def test_dates_are_read_in_three_spellings(post, day):
    assert post(ReferenceDate=day).json()["ReferenceDate"][:10] == "2026-05-04"


def test_what_is_read_only_is_left_out_in_silence(post):
    body = post(JdtNum=1, Number=1, OriginalJournal="ttReceipt").json()
    assert body["JdtNum"] >= 5001  # documented
    assert body["OriginalJournal"] == "ttJournalEntry"


# --- texts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "most"), [("Memo", 50), ("Reference", 100), ("Reference2", 100), ("Reference3", 100), ("U_StampliKey", 50)]
)
def test_texts_of_the_header_have_their_lengths(post, refused, name, most):
    assert post(**{name: "x" * most}).status_code == 201
    status, code, text = refused(post(**{name: "x" * (most + 1)}))  # documented lengths, code inferred
    assert (status, code) == INVALID
    assert f"[OJDT.{name}]" in text


@pytest.mark.parametrize(
    ("name", "most"), [("LineMemo", 50), ("Reference1", 100), ("Reference2", 100), ("AdditionalReference", 27)]
)
def test_texts_of_lines_have_their_lengths(post, with_line, refused, name, most):
    assert post(**with_line(EXPENSE, **{name: "x" * most})).status_code == 201
    assert refused(post(**with_line(EXPENSE, **{name: "x" * (most + 1)})))[:2] == INVALID


def test_lengths_are_counted_in_utf_16(post, refused):
    assert post(Memo="😀" * 25).status_code == 201  # inferred: nvarchar
    assert refused(post(Memo="😀" * 26))[:2] == INVALID
    assert post(Memo="ü" * 50).status_code == 201


# --- balance and amounts --------------------------------------------------------------------------------------------


def test_an_unbalanced_entry_is_refused(post, with_line, refused, simulator):
    for amount in (118.99, 119.01):
        status, code, text = refused(post(**with_line(VENDOR, Credit=amount)))
        assert (status, code) == INVALID  # the code is not known
        assert text.startswith("Unbalanced Transaction")  # documented
    assert simulator.store.entries() == []


def test_many_small_amounts_balance_to_the_cent(post):
    lines = [{"AccountCode": "006200", "Debit": 0.1} for _ in range(3)]
    assert post(JournalEntryLines=[*lines, {"ShortName": "V20010", "Credit": 0.3}]).status_code == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"Debit": -100.0},
        {"Debit": 0.0},
        {"Debit": None},
        {"Credit": 100.0},
        {"FCDebit": 5.0},
        {"Debit": 100.0, "Credit": 1.0},
    ],
    ids=str,
)
def test_a_line_has_one_positive_amount(post, with_line, refused, changes):
    assert refused(post(**with_line(EXPENSE, **changes)))[:2] == INVALID  # documented for signs; inferred


@pytest.mark.parametrize("lines", [[], None])
def test_an_entry_without_lines_is_refused(post, refused, lines):
    assert refused(post(JournalEntryLines=lines))[:2] == INVALID


# --- foreign currency -----------------------------------------------------------------------------------------------


def foreign(currency="EUR", fc=100.0, *, fc_credit=None, **local):
    """A pair in a foreign currency; without local amounts SAP takes its own rate."""
    debit = {"AccountCode": "006200", "FCCurrency": currency, "FCDebit": fc}
    credit = {"ShortName": "V20010", "FCCurrency": currency, "FCCredit": fc if fc_credit is None else fc_credit}
    if local:
        debit["Debit"], credit["Credit"] = local["debit"], local["credit"]
    return {"JournalEntryLines": [debit, credit]}


def test_local_amounts_are_converted_at_the_rate_of_the_posting_date(post):
    debit, credit = post(**foreign()).json()["JournalEntryLines"]
    assert (debit["Debit"], debit["FCDebit"], credit["Credit"]) == (108.25, 100.0, 108.25)  # inferred


def test_local_amounts_that_are_given_are_kept(post):
    debit, _ = post(**foreign(debit=110.0, credit=110.0)).json()["JournalEntryLines"]
    assert debit["Debit"] == 110.0


def test_each_currency_must_balance(post, refused):
    answer = post(**foreign(fc_credit=99.0, debit=108.25, credit=108.25))
    assert refused(answer)[2].startswith("Unbalanced Transaction")  # inferred


def test_converted_lines_may_miss_the_balance_by_a_cent(post, refused):
    thirds = [{"AccountCode": "006200", "FCCurrency": "EUR", "FCDebit": 33.31} for _ in range(3)]
    lines = [*thirds, {"ShortName": "V20010", "FCCurrency": "EUR", "FCCredit": 99.93}]
    assert refused(post(JournalEntryLines=lines))[:2] == INVALID  # inferred


@pytest.mark.parametrize("given", [{}, {"debit": 108.25, "credit": 108.25}])
def test_without_a_rate_nothing_is_posted(post, refused, given):
    answer = post(ReferenceDate="2026-04-04", **foreign(**given))  # the one day without rates
    assert refused(answer) == (400, "-4006", "Update the exchange rate")  # seen live


def test_an_unknown_currency_is_refused(post, refused):
    assert refused(post(**foreign("XXX")))[:2] == NOT_FOUND


def test_a_currency_needs_an_amount_in_it(post, with_line, refused):
    assert refused(post(**with_line(EXPENSE, FCCurrency="EUR")))[:2] == INVALID


def test_an_account_or_partner_of_one_currency_takes_no_other(post, refused, simulator):
    simulator.change("ChartOfAccounts", "006400", AcctCurrency="EUR")
    assert refused(post(JournalEntryLines=two("006400")))[:2] == INVALID  # documented
    simulator.change("BusinessPartners", "V20010", Currency="EUR")
    assert refused(post())[:2] == INVALID
    lines = foreign()["JournalEntryLines"]
    lines[0]["AccountCode"] = "006400"
    assert post(JournalEntryLines=lines).status_code == 201


def test_amounts_are_kept_with_their_currencys_decimals(post):
    debit, _ = post(**foreign("JPY", 1000.4)).json()["JournalEntryLines"]
    assert debit["FCDebit"] == 1000.0  # inferred


# --- periods --------------------------------------------------------------------------------------------------------


def test_a_locked_period_is_refused(post, refused):
    day = {"ReferenceDate": "2026-02-28", "TaxDate": "2026-02-28", "DueDate": "2026-02-28"}
    assert refused(post(**day)) == LOCKED  # seen live


@pytest.mark.parametrize(
    ("status", "is_open"),
    [("ltUnlocked", True), ("ltUnlockedExceptSales", True), ("ltPeriodClosing", False), ("ltLocked", False)],
)
def test_only_open_periods_take_entries(post, simulator, status, is_open):
    simulator.change("_periods", "2026-05", PeriodStatus=status, Locked="tNO")
    assert (post().status_code == 201) == is_open  # documented; a closing period needs an authorisation


@pytest.mark.parametrize("day", ["2025-12-31", "2027-01-01", "1999-01-01"])
def test_a_date_in_no_period_is_refused(post, refused, day):
    status, _, text = refused(post(ReferenceDate=day, TaxDate="2026-05-01", DueDate="2026-06-03"))
    assert (status, text.split("  ")[0]) == (400, OUT_OF_RANGE)  # seen live; the code is not known


@pytest.mark.parametrize(
    ("changes", "column"), [({"DueDate": "2028-01-01"}, "DueDate"), ({"TaxDate": "2024-12-31"}, "TaxDate")]
)
def test_due_and_tax_date_have_windows_of_their_own(post, refused, changes, column):
    _, _, text = refused(post(**changes))  # documented; seen live
    assert text == f"{OUT_OF_RANGE}  [OJDT.{column}]"


def test_windows_can_be_narrowed_by_hand(post, simulator):
    assert post(TaxDate="2025-06-01").status_code == 201
    simulator.change("_periods", "2026-05", TaxDateFrom="2026-01-01")
    assert post(TaxDate="2025-06-01").status_code == 400  # seen live


@pytest.mark.parametrize("changes", [{"DueDate": "2028-01-01"}, {"TaxDate": "2024-12-31"}])
def test_dates_of_lines_must_be_in_the_windows_too(post, with_line, refused, changes):
    assert refused(post(**with_line(VENDOR, **changes)))[2].startswith(OUT_OF_RANGE)  # inferred


def test_a_posting_date_is_needed(post, refused):
    assert refused(post(ReferenceDate=None))[:2] == INVALID  # inferred


# --- accounts and partners ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "code"),
    [
        pytest.param("NOSUCH", NOT_FOUND, id="unknown"),
        pytest.param("600000", INVALID, id="title"),
        pytest.param("006999", INVALID, id="frozen"),
        pytest.param("200000", INVALID, id="control account without a partner"),
        pytest.param("6200", NOT_FOUND, id="leading zeros count"),
    ],
)
def test_accounts_that_take_no_posting_are_refused(post, refused, account, code):
    assert refused(post(JournalEntryLines=two(account)))[:2] == code


@pytest.mark.parametrize(
    ("changes", "is_taken"),
    [
        ({"ValidFor": "tYES", "ValidTo": "2026-05-03"}, False),
        ({"ValidFor": "tYES", "ValidFrom": "2026-05-05"}, False),
        ({"ValidFor": "tYES", "ValidFrom": "2026-05-04", "ValidTo": "2026-05-04"}, True),
        ({"FrozenFor": "tYES", "FrozenFrom": "2026-05-05"}, True),
        ({"FrozenFor": "tYES", "FrozenTo": "2026-05-04"}, False),
        ({"BlockManualPosting": "tYES"}, False),
        ({"ProjectRelevant": "tYES"}, False),
        ({"DistributionRuleRelevant": "tYES"}, False),
        ({"DistributionRule3Relevant": "tYES"}, False),
    ],
    ids=str,
)
def test_accounts_are_looked_at_on_the_posting_date(post, simulator, changes, is_taken):
    simulator.change("ChartOfAccounts", "006400", **changes)
    assert (post(JournalEntryLines=two("006400")).status_code == 201) == is_taken  # documented fields


@pytest.mark.parametrize(
    ("changes", "is_taken"),
    [
        ({"Frozen": "tYES"}, False),
        ({"Frozen": "tYES", "FrozenFrom": "2026-05-05"}, True),
        ({"Frozen": "tYES", "FrozenFrom": "2026-05-04", "FrozenTo": "2026-05-04"}, False),
        ({"Valid": "tYES", "ValidTo": "2026-05-03"}, False),
        ({"Valid": "tYES"}, True),
        ({"Valid": "tNO", "Frozen": "tNO"}, True),
    ],
    ids=str,
)
def test_partners_are_looked_at_on_the_posting_date(post, simulator, changes, is_taken):
    simulator.change("BusinessPartners", "V20010", **changes)
    assert (post().status_code == 201) == is_taken  # inferred


def test_a_partner_that_is_not_there_is_refused(post, with_line, refused):
    assert refused(post(**with_line(VENDOR, ShortName="V99999")))[:2] == NOT_FOUND


def test_a_partners_line_takes_control_accounts_only(post, with_line, refused):
    assert post(**with_line(VENDOR, ControlAccount="200000")).status_code == 201  # documented
    for name in ("AccountCode", "ControlAccount"):
        assert refused(post(**with_line(VENDOR, **{name: "006200"})))[:2] == INVALID


# --- dimensions, projects, other codes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"CostingCode": "NOSUCH"}, NOT_FOUND),
        ({"CostingCode": "A"}, INVALID),
        ({"CostingCode2": "PM"}, INVALID),
        ({"CostingCode5": "PM"}, INVALID),
        ({"ProjectCode": "NOSUCH"}, NOT_FOUND),
        ({"ProjectCode": "P-OLD"}, INVALID),
        ({"TaxCode": "CO"}, INVALID),
        ({"TaxGroup": "NOSUCH"}, NOT_FOUND),
        ({"BPLID": 1}, NOT_FOUND),
    ],
    ids=str,
)
def test_codes_of_a_line_must_be_there_and_fit(post, with_line, refused, changes, code):
    assert refused(post(**with_line(EXPENSE, **changes)))[:2] == code


def test_codes_that_fit_are_kept(post, with_line):
    codes = {"CostingCode": "IT", "CostingCode2": "B", "CostingCode3": "BER", "ProjectCode": "P-0110"}
    line = post(**with_line(EXPENSE, **codes)).json()["JournalEntryLines"][EXPENSE]
    assert codes.items() <= line.items()


def test_a_rule_is_refused_when_it_its_center_or_its_dimension_is_not_active(post, with_line, simulator):
    changes = with_line(EXPENSE, CostingCode="IT")
    assert post(**changes).status_code == 201
    for entity_set, key, change in (
        ("DistributionRules", "IT", {"Active": "tNO"}),
        ("ProfitCenters", "IT", {"EffectiveTo": "2026-05-03"}),
        ("Dimensions", "1", {"IsActive": "tNO"}),
    ):
        before = simulator.store.get(entity_set, key)
        simulator.change(entity_set, key, **change)
        assert post(**changes).status_code == 400, entity_set
        simulator.store.put(entity_set, key, before)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Series": 99}, "-4002"),
        ({"TransactionCode": "X"}, "-2028"),
        ({"Indicator": "01"}, "-2028"),
        ({"ProjectCode": "NOSUCH"}, "-2028"),
        ({"ProjectCode": "P-OLD"}, "-5002"),
        ({"AutoVAT": "tYES"}, "-5006"),
        ({"AutomaticWT": "tYES"}, "-5006"),
        ({"UseAutoStorno": "tYES", "StornoDate": "2026-06-01"}, "-5006"),
    ],
    ids=str,
)
def test_codes_of_the_header_must_be_there_and_what_is_not_simulated_is_refused(post, refused, changes, code):
    assert refused(post(**changes))[:2] == (400, code)


def test_the_headers_project_does_not_reach_the_lines(post):
    lines = post(ProjectCode="P-0107").json()["JournalEntryLines"]
    assert {line["ProjectCode"] for line in lines} == {None}  # documented


def test_with_branches_every_line_needs_one_and_the_same(post, entry, refused, simulator):
    simulator.change("_company", "company", EnableBranches="tYES")
    for number in (1, 2):
        simulator.store.put("BusinessPlaces", str(number), {"BPLID": number, "BPLName": f"Branch {number}"})
    status, code, text = refused(post())
    assert (status, code) == INVALID
    assert text == "Specify an active branch  [JDT1.BPLId]"  # seen live for documents
    lines = [{**line, "BPLID": 1} for line in entry()["JournalEntryLines"]]
    assert post(JournalEntryLines=lines).status_code == 201
    lines[0]["BPLID"] = 2
    assert refused(post(JournalEntryLines=lines))[:2] == INVALID  # inferred


# --- changing -------------------------------------------------------------------------------------------------------


@pytest.fixture
def posted(post):
    return post(U_StampliKey="k1").json()["JdtNum"]


def test_memo_references_dates_and_user_fields_may_change(sap, posted):
    changes = {"Memo": "new", "Reference": "n", "Reference3": "f", "DueDate": "2026-07-01", "U_StampliKey": "k2"}
    answer = sap("PATCH", f"JournalEntries({posted})", changes)
    assert (answer.status_code, answer.content) == (204, b"")  # documented
    row = sap.get(f"JournalEntries({posted})").json()
    assert (row["Memo"], row["DueDate"][:10], row["U_StampliKey"]) == ("new", "2026-07-01", "k2")
    assert (row["Reference2"], len(row["JournalEntryLines"])) == ("9001", 3)


@pytest.mark.parametrize(
    "changes", [{"ReferenceDate": "2026-05-05"}, {"JournalEntryLines": []}, {"Series": 15}], ids=str
)
def test_posting_date_lines_and_series_cannot_change(sap, posted, refused, changes):
    assert refused(sap("PATCH", f"JournalEntries({posted})", changes))[:2] == (400, "-1029")  # documented


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"Memo": "x" * 51}, "-5002"), ({"DueDate": "2028-01-01"}, "-5002"), ({"Nothing": 1}, "-1000"), ([], "-1000")],
    ids=str,
)
def test_changes_are_checked_like_new_entries(sap, posted, refused, changes, code):
    assert refused(sap("PATCH", f"JournalEntries({posted})", changes))[:2] == (400, code)
    assert sap.get(f"JournalEntries({posted})").json()["Memo"] is None


def test_in_a_locked_period_nothing_can_change(sap, posted, refused, simulator):
    simulator.change("_periods", "2026-05", PeriodStatus="ltLocked")
    assert refused(sap("PATCH", f"JournalEntries({posted})", {"Memo": "new"})) == LOCKED  # seen live: a setting


# --- cancelling -----------------------------------------------------------------------------------------------------


def test_cancelling_posts_the_reverse_entry(sap, posted, simulator):
    answer = sap.post(f"JournalEntries({posted})/Cancel")
    assert (answer.status_code, answer.content) == (204, b"")  # documented
    original, reverse = simulator.store.entries()
    assert reverse["JdtNum"] == posted + 1
    assert [(line["Debit"], line["Credit"]) for line in reverse["JournalEntryLines"]] == [
        (line["Credit"], line["Debit"]) for line in original["JournalEntryLines"]
    ]


def test_who_reversed_what_is_not_shown(sap, posted):
    sap.post(f"JournalEntries({posted})/Cancel")
    for number in (posted, posted + 1):
        assert not {"StornoToTr", "_cancelled_by"} & set(sap.get(f"JournalEntries({number})").json())  # documented


def test_cancelling_twice_is_refused(sap, posted, refused, simulator):
    sap.post(f"JournalEntries({posted})/Cancel")
    assert refused(sap.post(f"JournalEntries({posted})/Cancel"))[:2] == INVALID  # inferred
    assert len(simulator.store.entries()) == 2


def test_cancelling_in_a_locked_period_is_refused(sap, posted, refused, simulator):
    simulator.change("_periods", "2026-05", PeriodStatus="ltLocked")
    assert refused(sap.post(f"JournalEntries({posted})/Cancel")) == LOCKED


def test_cancelling_what_is_not_there_is_404(sap, refused):
    assert refused(sap.post("JournalEntries(1)/Cancel"))[:2] == (404, "-2028")
