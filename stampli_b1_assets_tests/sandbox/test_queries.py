"""Query options: filters that SAP has and those that it has not, order, pages, counts, columns."""

import pytest

BAD_QUERY = (400, "201")


@pytest.fixture
def many(simulator):
    """45 suppliers more: three pages with those of the sample company."""
    for number in range(45):
        code = f"W{number:05}"
        row = {"CardCode": code, "CardName": f"Weaver {number}", "CardType": "cSupplier", "Frozen": "tNO"}
        simulator.store.put("BusinessPartners", code, row)
    return sorted(row["CardCode"] for row in simulator.store.all("BusinessPartners"))


def codes(answer, name="CardCode"):
    assert answer.status_code == 200, answer.text
    return [row[name] for row in answer.json()["value"]]


def next_link(answer):
    return answer.json().get("odata.nextLink") or answer.json().get("@odata.nextLink")


# --- filters --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CardCode eq 'V20010'", ["V20010"]),
        ("CardCode ne 'V20010' and startswith(CardCode,'V')", ["V20024", "V20031", "V20047"]),
        ("CardCode gt 'V20024' and CardCode le 'V20047'", ["V20031", "V20047"]),
        ("CardCode ge 'V20047'", ["V20047"]),
        ("CardCode lt 'D'", ["C10001"]),
        ("'V20047' le CardCode", ["V20047"]),
        ("not (CardType eq 'cSupplier')", ["C10001"]),
        ("CardCode eq 'V20010' or CardCode eq 'V20024' and CardName eq 'x'", ["V20010"]),
        ("(CardCode eq 'V20010' or CardCode eq 'V20024') and CardName eq 'x'", []),
        ("startswith(CardName,'Oka')", ["V20031"]),
        ("endswith(CardName,'LLP')", ["V20047"]),
        ("contains(CardName,'ISORY')", []),
        ("contains(CardName,'isory')", ["V20031"]),
        ("substringof('isory',CardName)", ["V20031"]),
        ("CardName eq 'Bäckerei Sonnenschein GmbH'", ["V20024"]),
        ("EmailAddress eq null", ["C10001"]),
        ("EmailAddress ne null and CardCode lt 'V20020'", ["V20010"]),
        ("CardType eq 'S' and Frozen eq 'Y'", ["V20047"]),
        ("Frozen eq 'tYES'", ["V20047"]),
    ],
)
def test_filters_that_sap_has(sap, text, expected):
    assert codes(sap.http.get(f"{sap.root}/BusinessPartners", params={"$filter": text})) == expected  # documented


@pytest.mark.parametrize(
    "text",
    [
        "CardCode in ('V20010','V20024')",
        "tolower(CardCode) eq 'v20010'",
        "length(CardCode) eq 6",
        "concat(CardCode,'') eq 'V20010'",
        "year(CreateDate) eq 2026",
        "indexof(CardName,'O') eq 0",
        "CreditLimit add 1 eq 2",
        "CreditLimit mul 2 gt 1",
        "Frozen eq true",
        "Frozen eq false",
        "BPAddresses/City eq 'Denver'",
        "BPAddresses/any(a: a/City eq 'Denver')",
        "BPAddresses eq 'Denver'",
        "CardCode == 'V20010'",
        "CardCode = 'V20010'",
        "CardCode EQ 'V20010'",
        "CardCode eq V20010",
        'CardCode eq "V20010"',
        "CardCode eq 'V20010' AND Frozen eq 'tNO'",
        "CardCode eq 'V20010",
        "CardCode eq",
        "CardCode",
        "(CardCode eq 'V20010'",
        "startswith(CardCode,'V') eq true",
        "startswith(CardCode)",
        "contains(Frozen,'t')",
        "'a' eq 'a'",
        "",
        "  ",
        "CardCode eq 'O'Neil'",
        "CardCode eq 5",
        "CreditLimit eq 'much'",
        "CreateDate eq 'yesterday'",
        "Frozen eq 'yes'",
        "Nothing eq 'x'",
        "cardcode eq 'V20010'",
        "U_Nothing eq 'x'",
    ],
)
def test_filters_that_sap_has_not_are_400(sap, refused, text):
    answer = sap.http.get(f"{sap.root}/BusinessPartners", params={"$filter": text})  # documented list; codes inferred
    assert refused(answer)[0] == 400
    assert refused(answer)[1] in ("201", "-1000", "-1004")


@pytest.mark.parametrize("day", ["'2026-05-04'", "'20260504'", "'2026-05-04T13:14:45Z'"])
def test_dates_are_quoted_and_their_time_is_ignored(sap, entry, day):
    sap.post("JournalEntries", entry())
    sap.post("JournalEntries", entry(ReferenceDate="2026-05-05"))
    found = codes(sap.get(f"JournalEntries?$filter=ReferenceDate eq {day}&$select=JdtNum"), "JdtNum")
    assert len(found) == 1  # documented


def test_only_v1_has_date_literals(v1, v2, entry, refused):
    v1.post("JournalEntries", entry())
    query = "JournalEntries?$filter=ReferenceDate eq datetime'2026-05-04'&$select=JdtNum"
    assert len(codes(v1.get(query), "JdtNum")) == 1  # documented for OData v3
    assert refused(v2.get(query))[:2] == BAD_QUERY  # inferred


def test_a_quote_in_a_literal_is_doubled(sap):
    sap.post("BusinessPartners", {"CardCode": "X", "CardName": "O'Neil", "CardType": "cSupplier"})
    assert codes(sap.get("BusinessPartners?$filter=CardName eq 'O''Neil'")) == ["X"]  # documented


def test_lines_cannot_be_filtered_by(sap, refused):
    for text in ("JournalEntryLines/AccountCode eq '006200'", "JournalEntryLines eq null"):
        assert refused(sap.get(f"JournalEntries?$filter={text}"))[:2] == BAD_QUERY  # documented


def test_case_counts_unless_a_header_says_otherwise(sap):
    query = "BusinessPartners?$filter=contains(CardName,'ADVISORY') or CardCode eq 'v20010'"
    assert codes(sap.get(query)) == []  # documented for HANA
    assert codes(sap.get(query, B1S_CaseInsensitive="true")) == ["V20010", "V20031"]  # documented


def test_a_user_field_can_be_filtered_by(sap, entry):
    first = sap.post("JournalEntries", entry(U_StampliKey="k1")).json()["JdtNum"]
    sap.post("JournalEntries", entry())
    for text in ("U_StampliKey eq 'k1'", "U_StampliKey ne null", "U_StampliKey eq 'k0' or U_StampliKey eq 'k1'"):
        assert codes(sap.get(f"JournalEntries?$filter={text}"), "JdtNum") == [first]


# --- order ----------------------------------------------------------------------------------------------------------


def test_rows_are_ordered_as_asked(sap):
    assert codes(sap.get("BusinessPartners?$orderby=CardCode desc"))[:2] == ["V20047", "V20031"]
    ordered = codes(sap.get("BusinessPartners?$orderby=Frozen desc,CardName asc"))
    assert ordered == ["V20047", "V20024", "V20010", "V20031", "C10001"]


def test_numbers_and_nothing_can_be_ordered_by(sap, simulator):
    for code, limit in (("V20010", 0), ("V20024", 5), ("V20031", None)):
        simulator.change("BusinessPartners", code, CreditLimit=limit)
    query = "BusinessPartners?$orderby=CreditLimit desc&$filter=startswith(CardCode,'V200')&$top=2"
    assert codes(sap.get(query)) == ["V20024", "V20010"]


@pytest.mark.parametrize("value", ["Nothing", "cardcode", "CardCode down", "BPAddresses", "CardCode,", ""])
def test_orders_that_cannot_be_are_400(sap, refused, value):
    assert refused(sap.get(f"BusinessPartners?$orderby={value}"))[0] == 400


# --- pages ----------------------------------------------------------------------------------------------------------


def test_a_page_has_twenty_rows_and_a_link_to_the_next(v1, v2, many):
    one, other = v1.get("BusinessPartners"), v2.get("BusinessPartners")
    assert len(codes(one)) == len(codes(other)) == 20  # documented
    assert one.json()["odata.nextLink"] == "/b1s/v1/BusinessPartners?$skip=20"  # documented
    assert other.json()["@odata.nextLink"] == "BusinessPartners?$skip=20"  # documented


def test_links_lead_to_the_end(sap, many):
    found, query = [], "BusinessPartners?$orderby=CardCode&$select=CardCode"
    while query:
        answer = sap.get(query)
        found += codes(answer)
        query = (next_link(answer) or "").removeprefix("/b1s/v1/")
    assert found == many


def test_pages_shift_when_a_row_goes_meanwhile(sap, many):
    first = codes(sap.get("BusinessPartners?$orderby=CardCode"))
    sap("DELETE", "BusinessPartners('C10001')")
    second = codes(sap.get("BusinessPartners?$orderby=CardCode&$skip=20"))
    assert many[20] not in first + second  # documented: a plain offset, no snapshot


def test_pages_repeat_a_row_when_one_comes_meanwhile(sap, many):
    first = codes(sap.get("BusinessPartners?$orderby=CardCode"))
    sap.post("BusinessPartners", {"CardCode": "A1", "CardName": "A", "CardType": "cSupplier"})
    assert codes(sap.get("BusinessPartners?$orderby=CardCode&$skip=20"))[0] == first[-1]


def test_a_page_size_may_be_preferred_and_is_confirmed(sap, many):
    answer = sap.get("BusinessPartners", Prefer="odata.maxpagesize=7")
    assert len(codes(answer)) == 7  # documented
    assert answer.headers["preference-applied"] == "odata.maxpagesize=7"


def test_zero_is_all_rows_at_once(sap, many):
    answer = sap.get("BusinessPartners", Prefer="odata.maxpagesize=0")
    assert codes(answer) == many  # documented
    assert next_link(answer) is None


def test_the_page_size_may_be_a_header_of_its_own(sap, many):
    assert len(codes(sap.get("BusinessPartners", B1S_PageSize="7"))) == 7  # documented
    assert len(codes(sap.get("BusinessPartners", B1_PageSize="7"))) == 20  # seen live: ignored


def test_with_top_within_a_page_there_is_no_link(sap, many):
    for top in (1, 5, 20):
        answer = sap.get(f"BusinessPartners?$top={top}")
        assert len(codes(answer)) == top
        assert next_link(answer) is None  # seen live: though more rows match


def test_top_beyond_a_page_is_cut_at_the_page(sap, many):
    answer = sap.get("BusinessPartners?$top=30")
    assert len(codes(answer)) == 20
    assert "$skip=20" in next_link(answer)


@pytest.mark.parametrize("query", ["$top=-1", "$top=x", "$skip=-1", "$skip=1.5", "$top=", "$skip=%D9%A1"])
def test_top_and_skip_are_whole_numbers(sap, refused, query):
    assert refused(sap.get(f"BusinessPartners?{query}"))[:2] == BAD_QUERY


# --- counts ---------------------------------------------------------------------------------------------------------


def test_a_count_is_plain_text(sap, many):
    answer = sap.get("BusinessPartners/$count?$filter=startswith(CardCode,'W')")
    assert answer.text == "45"  # documented
    assert answer.headers["content-type"].startswith("text/plain")


def test_each_dialect_counts_inline_in_its_own_way(v1, v2, many, refused):
    filter_ = "$filter=startswith(CardCode,'W')&$top=1"
    assert v2.get(f"BusinessPartners?$count=true&{filter_}").json()["@odata.count"] == 45  # documented
    assert v1.get(f"BusinessPartners?$inlinecount=allpages&{filter_}").json()["odata.count"] == "45"  # documented
    assert "@odata.count" not in v2.get(f"BusinessPartners?$count=false&{filter_}").json()
    assert refused(v2.get("BusinessPartners?$inlinecount=allpages"))[:2] == BAD_QUERY  # inferred
    assert refused(v1.get("BusinessPartners?$count=true"))[:2] == BAD_QUERY  # inferred


def test_a_count_takes_a_filter_only(sap, refused):
    assert refused(sap.get("BusinessPartners/$count?$top=1"))[:2] == BAD_QUERY  # inferred
    assert refused(sap.get("BusinessPartners/$count?$filter=Frozen eq true"))[0] == 400


# --- columns --------------------------------------------------------------------------------------------------------


def test_selected_columns_and_no_others_come_back(sap):
    for path in (
        "BusinessPartners?$top=1&$select=CardName, CardCode",
        "BusinessPartners('C10001')?$select=CardName,CardCode",
    ):
        document = sap.get(path).json()
        row = document["value"][0] if "value" in document else document
        assert {name for name in row if "odata" not in name} == {"CardName", "CardCode"}


@pytest.mark.parametrize("columns", ["Nothing", "cardcode", "CardCode,", "BPAddresses/City", "*", ""])
def test_columns_that_are_not_there_are_refused(sap, refused, columns):
    for path in ("BusinessPartners", "BusinessPartners('V20010')"):
        assert refused(sap.get(f"{path}?$select={columns}"))[0] == 400


def test_without_a_selection_whole_rows_come_back_lines_and_all(sap, entry):
    sap.post("JournalEntries", entry())
    (row,) = sap.get("JournalEntries").json()["value"]
    assert len(row["JournalEntryLines"]) == 3  # seen live


@pytest.mark.parametrize("path", ["JournalEntries", "JournalEntries({n})", "JournalEntries/$count"])
def test_lines_cannot_be_expanded(sap, entry, refused, path):
    number = sap.post("JournalEntries", entry()).json()["JdtNum"]
    answer = sap.get(f"{path.format(n=number)}?$expand=JournalEntryLines")  # seen live
    assert refused(answer)[0] == 400


@pytest.mark.parametrize("option", ["$search=x", "$format=json", "$apply=aggregate(x)", "$Filter=x", "$skiptoken=20"])
def test_other_options_are_refused(sap, refused, option):
    assert refused(sap.get(f"BusinessPartners?{option}"))[:2] == BAD_QUERY  # inferred


@pytest.mark.parametrize("option", ["$filter=CardCode eq 'x'", "$top=1", "$orderby=CardCode", "$count=true"])
def test_a_single_row_takes_columns_only(sap, refused, option):
    assert refused(sap.get(f"BusinessPartners('V20010')?{option}"))[:2] == BAD_QUERY  # inferred


# --- values ---------------------------------------------------------------------------------------------------------


def test_values_have_the_dialects_shape(v1, v2, entry):
    number = v1.post("JournalEntries", entry()).json()["JdtNum"]
    one, other = v1.get(f"JournalEntries({number})").json(), v2.get(f"JournalEntries({number})").json()
    assert (one["ReferenceDate"], other["ReferenceDate"]) == ("2026-05-04", "2026-05-04T00:00:00Z")  # seen live
    assert one["AutoVAT"] == other["AutoVAT"] == "tNO"  # seen live: enumerations by name
    assert one["JournalEntryLines"][0]["Debit"] == 100.0
    assert one["odata.metadata"].endswith("/b1s/v1/$metadata#JournalEntries/$entity")
    assert other["@odata.context"].endswith("/b1s/v2/$metadata#JournalEntries/$entity")


def test_amounts_are_doubles_without_trailing_zeros(sap, entry):
    number = sap.post("JournalEntries", entry()).json()["JdtNum"]
    assert '"Debit": 100.0,' in sap.get(f"JournalEntries({number})").text
