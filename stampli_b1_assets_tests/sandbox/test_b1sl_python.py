"""An independent client, b1sl-python, works with the simulator: what it knows of SAP was learnt on real servers.

On v2 it does everything here. On v1 it logs in, pages, filters, reads, writes and calls services as well; what it
cannot do there is a batch (its request lines always name `/b1s/v2`) and an inline count (it asks with v2's `$count`).
"""

import pytest
from b1sl.b1sl import B1Client, B1Config
from b1sl.b1sl.exceptions.exceptions import B1AuthError, B1Exception, B1NotFoundError, SAPConcurrencyError
from b1sl.b1sl.models._generated.complex_types import BPAddress, JournalEntryLine
from b1sl.b1sl.models._generated.entities import BusinessPartner, ChartOfAccount
from b1sl.b1sl.models._generated.entities.finance import JournalEntry
from b1sl.b1sl.models.base import B1Model
from b1sl.b1sl.resources.base import ODataQuery

from stampli_b1_assets.sandbox.sample_company import COMPANY_DB


class UserRow(B1Model):
    """A row of a user table."""

    Code: str | None = None
    Name: str | None = None


class Client(B1Client):
    """A batch records only what the client has as an attribute, and these two it does not bring."""

    @property
    def journal_entries(self):
        return self.get_resource(JournalEntry, "JournalEntries")

    @property
    def guard_rows(self):
        return self.get_resource(UserRow, "U_STAMPLI_POSTED")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")  # the client heeds the environment's proxies


@pytest.fixture
def new_client(simulator):
    opened = []

    def make(version="v2", password="secret"):
        url = simulator.server.url.replace("v2", version)
        opened.append(Client(B1Config(url, "bot", password, COMPANY_DB), version=version))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


@pytest.fixture(params=["v1", "v2"])
def b1(request, new_client):
    return new_client(request.param)


@pytest.fixture
def b1_v2(new_client):
    return new_client("v2")


def bill(reference2, *, debit=119.0, credit=119.0):
    """One expense line, one supplier line."""
    return JournalEntry(
        reference_date="2026-05-04",
        tax_date="2026-05-01",
        due_date="2026-06-03",
        memo="Fernhill 4711",
        reference2=reference2,
        journal_entry_lines=[
            JournalEntryLine(account_code="006200", debit=debit, costing_code="PM"),
            JournalEntryLine(short_name="V20010", credit=credit),
        ],
    )


# --- sessions -------------------------------------------------------------------------------------------------------


def test_it_logs_in_once_uses_the_session_and_logs_out(b1, simulator):
    assert b1.business_partners.get("V20010").card_name == "Fernhill Groundworks Ltd"
    assert b1.business_partners.get("V20031").card_name == "Okafor Advisory"
    assert simulator.sessions.logins == 1
    assert len(b1.session_id) == 36
    b1.close()
    assert [line.path for line in simulator.application.log][-1].endswith("/Logout")


def test_it_sees_a_wrong_password(new_client):
    with pytest.raises(B1AuthError, match="-304"):
        new_client(password="guess").business_partners.get("V20010")


def test_it_logs_in_again_when_the_session_has_ended(b1, simulator):
    b1.business_partners.get("V20010")
    simulator.clock.now += 30 * 60 + 1
    assert b1.business_partners.get("V20024").card_code == "V20024"
    assert simulator.sessions.logins == 2


# --- reading --------------------------------------------------------------------------------------------------------


@pytest.fixture
def many(simulator):
    """45 more accounts, so that there are three pages."""
    template = simulator.store.get("ChartOfAccounts", "006200")
    for number in range(45):
        code = f"7{number:05}"
        simulator.store.put("ChartOfAccounts", code, {**template, "Code": code, "Name": f"Account {number}"})
    return sorted(row["Code"] for row in simulator.store.all("ChartOfAccounts"))


def test_it_follows_the_next_links_page_by_page(b1, many, simulator):
    accounts = b1.get_resource(ChartOfAccount, "ChartOfAccounts")
    found = [one.code for one in accounts.stream(ODataQuery(select=["Code"], orderby="Code"))]
    assert found == many
    reads = [line for line in simulator.application.log if line.path.endswith("/ChartOfAccounts")]
    assert len(reads) == -(-len(many) // 20)


def test_a_page_has_twenty_rows_and_says_where_the_next_begins(b1, many):
    page = b1.get_resource(ChartOfAccount, "ChartOfAccounts").list(ODataQuery(orderby="Code"))
    assert [one.code for one in page] == many[:20]
    assert page.next_params["$skip"] == "20"


def test_its_own_page_size_is_heeded(b1, many, simulator):
    accounts = b1.get_resource(ChartOfAccount, "ChartOfAccounts")
    assert len(list(accounts.stream(ODataQuery(orderby="Code"), page_size=50))) == len(many)
    reads = [line for line in simulator.application.log if line.path.endswith("/ChartOfAccounts")]
    assert len(reads) == -(-len(many) // 50)


def test_with_top_there_is_no_next_link_so_it_asks_for_one_row_more(b1, many):
    page = b1.get_resource(ChartOfAccount, "ChartOfAccounts").list(ODataQuery(orderby="Code", top=5))
    assert [one.code for one in page] == many[:5]
    assert page.next_params["$skip"] == "5"


def test_it_filters(b1):
    suppliers = b1.business_partners.filter("CardType eq 'cSupplier' and startswith(CardName,'B')").execute()
    assert [one.card_code for one in suppliers] == ["V20024"]
    frozen = b1.business_partners.filter("Frozen eq 'tYES'").select("CardCode").execute()
    assert [one.card_code for one in frozen] == ["V20047"]


def test_the_operator_in_that_it_offers_is_refused_as_in_sap(b1):
    with pytest.raises(B1Exception, match="201"):
        b1.business_partners.filter("CardCode in ('V20010','V20024')").execute()


def test_it_reads_one_row_by_a_key_with_a_quote(b1):
    b1.business_partners.create(BusinessPartner(card_code="O'NEIL", card_name="O'Neil", card_type="cSupplier"))
    assert b1.business_partners.get("O'NEIL").card_name == "O'Neil"


def test_an_absent_key_is_its_not_found(b1):
    with pytest.raises(B1NotFoundError, match="-2028"):
        b1.business_partners.get("V00000")
    assert not b1.business_partners.exists("V00000")


def test_it_counts(b1, many):
    assert b1.get_resource(ChartOfAccount, "ChartOfAccounts").count() == len(many)


def test_it_counts_beside_the_rows_on_v2(b1_v2, many):
    page = b1_v2.get_resource(ChartOfAccount, "ChartOfAccounts").list(ODataQuery(count=True))
    assert page.total_count == len(many)


def test_it_cannot_count_beside_the_rows_on_v1(new_client):
    accounts = new_client("v1").get_resource(ChartOfAccount, "ChartOfAccounts")
    with pytest.raises(B1Exception, match="count"):
        accounts.list(ODataQuery(count=True))


def test_it_calls_services(b1):
    rate = b1.call_service_method("SBOBobService_GetCurrencyRate", {"Currency": "EUR", "Date": "20260504"})
    assert (rate["value"] if b1.version == "v1" else rate) == 1.0825
    periods = b1.call_service_method("CompanyService_GetFinancePeriods", {"PeriodCategoryParams": {"AbsoluteEntry": 1}})
    assert len(periods["value"]) == 12


# --- writing --------------------------------------------------------------------------------------------------------


def test_it_posts_a_journal_entry_and_reads_it_back(b1):
    posted = b1.journal_entries.create(bill("9001"))
    read = b1.journal_entries.get(posted.jdt_num)
    assert (read.memo, read.reference2, read.reference_date[:10]) == ("Fernhill 4711", "9001", "2026-05-04")
    assert [(line.account_code, line.debit, line.credit) for line in read.journal_entry_lines] == [
        ("006200", 119.0, 0.0),
        ("200000", 0.0, 119.0),
    ]
    assert read.journal_entry_lines[1].short_name == "V20010"


def test_an_unbalanced_entry_is_refused_and_nothing_is_posted(b1, simulator):
    with pytest.raises(B1Exception, match="Unbalanced"):
        b1.journal_entries.create(bill("9001", credit=118.99))
    assert simulator.store.entries() == []


def test_it_patches_and_cancels_an_entry(b1):
    posted = b1.journal_entries.create(bill("9001"))
    b1.journal_entries.update(posted.jdt_num, {"Memo": "Corrected"})
    assert b1.journal_entries.get(posted.jdt_num).memo == "Corrected"
    b1.journal_entries.action(posted.jdt_num, "Cancel")
    reverse = b1.journal_entries.get(posted.jdt_num + 1)
    assert reverse.journal_entry_lines[0].credit == 119.0


def test_it_posts_and_patches_a_business_partner(b1):
    partners = b1.business_partners
    address = BPAddress(address_name="Office", address_type="bo_BillTo", street="1 Main St", country="US")
    partners.create(BusinessPartner(card_code="V30001", card_name="Elm", card_type="cSupplier", bp_addresses=[address]))
    partners.update("V30001", {"EmailAddress": "pay@elm.example"})
    read = partners.get_raw("V30001")
    assert (read["CardType"], read["EmailAddress"]) == ("cSupplier", "pay@elm.example")
    assert [one["Street"] for one in read["BPAddresses"]] == ["1 Main St"]


def test_a_partner_without_a_type_becomes_a_customer(b1):
    b1.business_partners.create(BusinessPartner(card_code="X1", card_name="Elm"))
    assert b1.business_partners.get("X1").card_type == "cCustomer"


def test_a_second_partner_of_the_same_code_is_refused(b1):
    with pytest.raises(B1Exception, match="1320000140"):
        b1.business_partners.create(BusinessPartner(card_code="V20010", card_name="Again", card_type="cSupplier"))


def test_a_change_in_between_is_its_concurrency_error(new_client):
    one, other = new_client(), new_client()
    one.business_partners.get("V20010")
    other.business_partners.update("V20010", {"Phone1": "303 555 0101"})
    with pytest.raises(SAPConcurrencyError):
        one.business_partners.update("V20010", {"Phone1": "303 555 0102"})


def test_it_writes_rows_of_a_user_table(b1):
    b1.guard_rows.create(UserRow(Code="k1", Name="k1"))
    assert b1.guard_rows.get("k1").Name == "k1"
    with pytest.raises(B1Exception, match="-2035"):
        b1.guard_rows.create(UserRow(Code="k1", Name="k1"))


# --- batches --------------------------------------------------------------------------------------------------------


def pair(batch, key, *, credit=119.0):
    """A guard row and its entry, in one change set."""
    row, entry = UserRow(Code=key, Name=key), bill(key, credit=credit)
    with batch.changeset() as change_set:
        change_set.guard_rows.create(row)
        change_set.journal_entries.create(entry)


def test_change_sets_are_applied_whole(b1_v2, simulator):
    with b1_v2.batch() as batch:
        pair(batch, "k1")
        pair(batch, "k2")
        results = batch.execute()
    assert results.all_ok
    assert [result.status for result in results] == [201] * 4
    assert [entry["Reference2"] for entry in simulator.store.entries()] == ["k1", "k2"]
    assert results[1].entity.jdt_num == simulator.store.entries()[0]["JdtNum"]


def test_reads_stand_beside_change_sets(b1_v2):
    with b1_v2.batch() as batch:
        batch.business_partners.filter("CardName eq 'Okafor Advisory'").select("CardCode").execute()
        pair(batch, "k1")
        batch.business_partners.get("V20010")
        results = batch.execute()
    assert [result.outcome for result in results] == ["applied"] * 4
    assert [one.card_code for one in results[0].entity] == ["V20031"]
    assert results[3].entity.card_code == "V20010"


def test_a_failed_change_set_is_rolled_back_and_nothing_after_it_is_run(b1_v2, simulator):
    with b1_v2.batch() as batch:
        pair(batch, "k1")
        pair(batch, "k2", credit=118.0)
        pair(batch, "k3")
        results = batch.execute()
    outcomes = [str(result.outcome.value) for result in results]
    assert outcomes == ["applied"] * 2 + ["rolled_back"] * 2 + ["not_executed"] * 2
    assert results[2].status == 400
    assert "Unbalanced" in results[2].error
    assert [entry["Reference2"] for entry in simulator.store.entries()] == ["k1"]
    assert [row["Code"] for row in simulator.store.all("U_STAMPLI_POSTED")] == ["k1"]


def test_a_known_guard_row_takes_its_entry_with_it(b1_v2, simulator):
    for _ in range(2):
        with b1_v2.batch() as batch:
            pair(batch, "k1")
            results = batch.execute()
    assert len(results.rolled_back) == 2
    assert "-2035" in results[0].error
    assert len(simulator.store.entries()) == 1


def test_its_batches_name_v2_whatever_it_speaks_so_v1_finds_nothing(new_client, simulator):
    with new_client("v1").batch() as batch:
        pair(batch, "k1")
        results = batch.execute()
    assert len(results.rolled_back) == 2
    assert "-1002" in str(results[0].data)
    assert simulator.store.entries() == []
