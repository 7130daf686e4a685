"""Hazards 48 to 55: accounts, dimensions and vendors that SAP does not have, will not post to, or owns itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from stampli_b1_assets.pipeline import checkpoints
from stampli_b1_assets.pipeline.checkpoints import Checkpoint
from stampli_b1_assets.pipeline.waiting import held_document
from stampli_b1_assets_tests.fixtures.world import invoice_rows
from stampli_b1_assets_tests.hazards.story import (
    NEIGHBOUR,
    counts,
    entries_of,
    lines,
    neighbour_is_posted,
    waiting,
    waits,
    words,
)
from stampli_b1_assets_tests.simulation.bench import Bench

Bring = Callable[..., dict[str, Any]]
Configure = Callable[..., None]

_LATER = "2026-05-03T09:00:00Z"
_FERNHILL = {
    "Vendor ID": "V20010",
    "Vendor Name": "Fernhill Groundworks Ltd",
    "Status": "Active",
    "Tax ID": "84-5550101",
    "Email": "accounts@fernhill.example",
    "Last Modified": _LATER,
}
_NEW = {
    "Vendor ID": "V30001",
    "Vendor Name": "Halvorsen Freight AS",
    "Status": "Active",
    "Tax ID": "NO918000222",
    "Email": "post@halvorsen.example",
    "Last Modified": _LATER,
}


def vendors(*rows: dict[str, str]) -> bytes:
    header = list(_FERNHILL)
    return "".join(",".join(row) + "\r\n" for row in [header, *(list(row.values()) for row in rows)]).encode()


def partner(bench: Bench, code: str) -> dict[str, Any]:
    row = bench.store.get("BusinessPartners", code)
    assert row is not None
    return row


def change(bench: Bench, entity_set: str, key: str, **values: Any) -> None:
    """As a person does in SAP's client."""
    bench.store.put(entity_set, key, {**(bench.store.get(entity_set, key) or {}), **values})


def add_mapping(bench: Bench, file: str, row: str) -> None:
    with (bench.directory / "mappings" / file).open("a", encoding="utf-8") as mapping:
        mapping.write(row + "\n")


@contextmanager
def between(checkpoint: Checkpoint, action: Callable[[], None]) -> Iterator[None]:
    """Something that happens at that moment of the next cycle."""

    def listen(passed: Checkpoint) -> None:
        if passed is checkpoint:
            action()

    checkpoints.listeners.append(listen)
    try:
        yield
    finally:
        checkpoints.listeners.remove(listen)


def test_hazard_48_what_waits_for_one_code_is_one_group_and_one_row_releases_it(bench: Bench, bring: Bring) -> None:
    waiting_ones = [invoice_rows(str(9000 + n), project="P-0999", gl_account="001300")[0] for n in range(7)]
    summary = bring("a.csv", *waiting_ones, *invoice_rows("9100", gl_account="4711"), *NEIGHBOUR)
    assert counts(summary) == {"posted": 1, "held": 8}
    assert waiting(summary, "9003")["reasons"] == ["UNMAPPED_DIMENSION"]
    assert "project,P-0999 to dimensions.csv" in waiting(summary, "9003")["action"]
    assert waiting(summary, "9100")["reasons"] == ["UNMAPPED_GL_ACCOUNT"]
    with bench.workplace() as workplace:
        first, second = held_document(workplace)["causes"]
    assert (first["code"], first["count"], first["amounts"]) == ("P-0999", 7, {"USD": "700.00"})
    assert (second["code"], second["count"]) == ("4711", 1)
    add_mapping(bench, "dimensions.csv", "project,P-0999,P-0110")
    assert counts(bench.cycle("mapped")) == {"posted": 7, "held": 1}
    assert {entries_of(bench, str(9000 + n))[0]["JournalEntryLines"][0]["ProjectCode"] for n in range(7)} == {"P-0110"}
    add_mapping(bench, "gl_accounts.csv", "4711,006120")
    assert counts(bench.cycle("mapped too")) == {"posted": 1}
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize(
    ("account", "says"),
    [("006999", "inactive"), ("600000", "title"), ("200000", "control account")],
)
def test_hazard_49_an_account_that_sap_will_not_post_to_is_named(
    bench: Bench, bring: Bring, account: str, says: str
) -> None:
    summary = bring("a.csv", *invoice_rows("9001", gl_account=account), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "INVALID_GL_ACCOUNT")]
    assert account in words(waiting(summary, "9001"))
    assert says in waiting(summary, "9001")["detail"]
    assert neighbour_is_posted(bench)


def test_hazard_49_an_account_that_needs_a_dimension_is_named(bench: Bench, bring: Bring) -> None:
    change(bench, "ChartOfAccounts", "006400", DistributionRule2Relevant="tYES", ProjectRelevant="tYES")
    bare = invoice_rows("9001", gl_account="006400")
    coded = invoice_rows("9002", gl_account="006400", **{"class": "A"}, project="P-0107")
    summary = bring("a.csv", *bare, *coded, *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "INVALID_GL_ACCOUNT")]
    assert "needs dimension 2 and a project" in waiting(summary, "9001")["detail"]
    assert len(entries_of(bench, "9002")) == 1
    assert neighbour_is_posted(bench)


def test_hazard_49_a_project_out_of_date_and_a_rule_of_another_dimension_are_named(bench: Bench, bring: Bring) -> None:
    change(bench, "Projects", "P-0107", ValidTo="2026-03-31")
    change(bench, "DistributionRules", "IT", Active="tNO")
    cases = {
        "9001": {"project": "P-OLD"},
        "9002": {"project": "P-0107"},
        "9003": {"department": "IT"},
        "9004": {"department": "A"},
    }
    summary = bring("a.csv", *(invoice_rows(id_, **values)[0] for id_, values in cases.items()), *NEIGHBOUR)
    assert waits(summary) == [(id_, "held", "INVALID_DIMENSION") for id_ in cases]
    says = ["inactive", "not valid in SAP on 2026-04-30", "inactive", "dimension 2"]
    for id_, word in zip(cases, says, strict=True):
        assert word in waiting(summary, id_)["detail"]
    assert neighbour_is_posted(bench)


def test_hazard_49_what_sap_refuses_beyond_that_is_told_in_its_own_words(bench: Bench, bring: Bring) -> None:
    def freeze() -> None:
        change(bench, "ChartOfAccounts", "006400", BlockManualPosting="tYES")

    with between(Checkpoint.INTENTS_WRITTEN, freeze):
        summary = bring("a.csv", *invoice_rows("9001", gl_account="006400"), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "B1_REJECTED")]
    assert "Manual posting to account '006400' is blocked" in waiting(summary, "9001")["detail"]
    assert "-5002" in waiting(summary, "9001")["detail"]
    assert neighbour_is_posted(bench)


def test_hazard_50_one_posting_has_one_version_of_the_mappings_and_names_it(bench: Bench, bring: Bring) -> None:
    add_mapping(bench, "gl_accounts.csv", "SITE,006120")
    first = mappings_version(bench)

    def remap() -> None:
        path = bench.directory / "mappings" / "gl_accounts.csv"
        path.write_text("stampli_gl_account,b1_account_code\nSITE,006200\n", encoding="utf-8")

    with between(Checkpoint.FILE_READ, remap):
        bring("a.csv", *(invoice_rows(id_, gl_account="SITE")[0] for id_ in ("9001", "9002")), *NEIGHBOUR)
    second = mappings_version(bench)
    bring("b.csv", *invoice_rows("9003", gl_account="SITE"))
    accounts = {id_: lines(entries_of(bench, id_)[0])[0][0] for id_ in ("9001", "9002", "9003")}
    assert accounts == {"9001": "006120", "9002": "006120", "9003": "006200"}
    assert trace(bench, "9001")[-1] == f"mappings {first}"
    assert trace(bench, "9003")[-1] == f"mappings {second}"
    assert any("gl_accounts.csv, row 2" in step for step in trace(bench, "9003"))


def mappings_version(bench: Bench) -> str:
    with bench.workplace() as workplace:
        return workplace.mappings().fingerprint[:12]


def trace(bench: Bench, id_: str) -> list[str]:
    """What the audit trail says of how an invoice was posted."""
    evidence = bench.ledger().evidence_of(id_)
    (posted,) = [record for record in evidence["audit"] if record["event"] == "invoice.posted"]
    return list(posted["data"]["trace"])


def test_hazard_51_a_vendor_that_sap_lacks_or_froze_holds_its_invoices(bench: Bench, bring: Bring) -> None:
    frozen = invoice_rows("9001", vendor_id="V20047")
    unknown = invoice_rows("9002", vendor_id="V30001", vendor_name="Halvorsen Freight AS")
    summary = bring("a.csv", *frozen, *unknown, *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "INVALID_VENDOR"), ("9002", "held", "UNKNOWN_VENDOR")]
    assert "V20047 Pemberton Legal LLP is frozen" in waiting(summary, "9001")["detail"]
    assert "Release V20047 in SAP" in waiting(summary, "9001")["action"]
    assert "V30001 Halvorsen Freight AS" in waiting(summary, "9002")["detail"]
    assert "export V30001 in a vendor file" in waiting(summary, "9002")["action"]
    assert neighbour_is_posted(bench)
    created = bring("vendors.csv", vendors(_NEW))
    assert created["vendors"]["created"] == 1
    assert waits(created) == [("9001", "held", "INVALID_VENDOR")]
    assert len(entries_of(bench, "9002")) == 1
    change(bench, "BusinessPartners", "V20047", Frozen="tNO")
    assert counts(bench.cycle("released in SAP")) == {"posted": 1}


@pytest.mark.parametrize(("setting", "posted"), [("from_invoice", 1), ("hold", 0)])
def test_hazard_51_whether_vendors_are_created_is_a_setting(
    bench: Bench, bring: Bring, configure: Configure, setting: str, posted: int
) -> None:
    configure("posting", new_vendors=setting)
    rows = invoice_rows("9001", vendor_id="V30001", vendor_name="Halvorsen Freight AS")
    summary = bring("a.csv", *rows, *NEIGHBOUR)
    assert len(entries_of(bench, "9001")) == summary["vendors"]["created"] == posted
    assert waits(summary) == [("9001", "held", "UNKNOWN_VENDOR")] * (1 - posted)
    assert neighbour_is_posted(bench)
    if posted:
        assert partner(bench, "V30001")["CardType"] == "cSupplier"
        assert partner(bench, "V30001")["CardName"] == "Halvorsen Freight AS"
    else:
        told = bring("vendors.csv", vendors(_NEW))
        assert waiting(told, "V30001")["reason"] == "UNKNOWN_VENDOR"


def test_hazard_52_two_files_create_a_vendor_once(bench: Bench, put: Callable[..., None], bring: Bring) -> None:
    put("a.csv", vendors(_NEW))
    put("b.csv", vendors(_NEW, _FERNHILL))
    summary = bench.cycle("both")
    assert summary["vendors"] == {"created": 1, "updated": 0, "unchanged": 1, "held": 0}
    twin = _NEW | {"Vendor ID": "V30002", "Vendor Name": "HALVORSEN FREIGHT AS", "Tax ID": "no 918 000 222"}
    again = bring("c.csv", vendors(_NEW, twin, _FERNHILL))
    assert again["vendors"] == {"created": 0, "updated": 0, "unchanged": 3, "held": 0}
    assert bench.store.get("BusinessPartners", "V30002") is None
    other = _NEW | {"Vendor ID": "V30003", "Vendor Name": "Nordlys AS"}
    third = bring("d.csv", vendors(other, _FERNHILL))
    assert waits(third) == [("V30003", "held", "INVALID_VENDOR")]
    assert "tax id of V30001 Halvorsen Freight AS" in waiting(third, "V30003")["detail"]
    assert bench.store.get("BusinessPartners", "V30003") is None


def test_hazard_53_what_sap_owns_is_never_touched(bench: Bench, bring: Bring) -> None:
    owned = {
        "BPBankAccounts": [{"BankCode": "10020030", "AccountNo": "77"}],
        "PayTermsGrpCode": 4,
        "PaymentBlock": "tYES",
        "BankCode": "10020030",
        "Valid": "tYES",
        "Phone1": "+1 303 555",
    }
    change(bench, "BusinessPartners", "V20010", **owned)
    before = partner(bench, "V20010")
    empty_tax_id = _FERNHILL | {"Email": "new@fernhill.example", "Tax ID": ""}
    summary = bring("vendors.csv", vendors(empty_tax_id))
    assert summary["vendors"] == {"created": 0, "updated": 1, "unchanged": 0, "held": 0}
    assert partner(bench, "V20010") == before | {"EmailAddress": "new@fernhill.example"}


def test_hazard_54_an_id_given_to_another_company_is_held_and_not_overwritten(bench: Bench, bring: Bring) -> None:
    before = partner(bench, "V20010")
    other = _FERNHILL | {"Vendor Name": "Nordlys AS", "Tax ID": "NO918000333"}
    summary = bring("vendors.csv", vendors(other, _NEW))
    assert waits(summary) == [("V20010", "held", "INVALID_VENDOR")]
    detail = waiting(summary, "V20010")["detail"]
    assert "Nordlys AS" in detail
    assert "Fernhill Groundworks Ltd" in detail
    assert "the same id, another vendor" in detail
    assert summary["vendors"] == {"created": 1, "updated": 0, "unchanged": 0, "held": 1}
    assert partner(bench, "V20010") == before
    assert counts(bring("invoices.csv", *NEIGHBOUR)) == {"posted": 1}
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize("column", ["Vendor Name", "Tax ID"])
def test_hazard_54_a_new_name_or_a_new_tax_id_alone_is_the_same_vendor(bench: Bench, bring: Bring, column: str) -> None:
    summary = bring("vendors.csv", vendors(_FERNHILL | {column: "Fernhill and Sons"}))
    assert summary["vendors"]["updated"] == 1
    assert "Fernhill and Sons" in partner(bench, "V20010").values()


def test_hazard_55_a_vendor_deactivated_in_stampli_is_not_frozen_in_sap(bench: Bench, bring: Bring) -> None:
    before = partner(bench, "V20010")
    summary = bring("vendors.csv", vendors(_FERNHILL | {"Status": "Inactive"}, _NEW | {"Status": "Inactive"}))
    assert summary["vendors"] == {"created": 0, "updated": 0, "unchanged": 2, "held": 0}
    assert partner(bench, "V20010") == before
    assert bench.store.get("BusinessPartners", "V30001") is None
    posted = bring("invoices.csv", *invoice_rows("9001"))
    assert posted["amounts"]["USD"]["posted"] == "100.00"
    assert lines(entries_of(bench, "9001")[0])[1] == ("V20010", Decimal(0), Decimal(100))
