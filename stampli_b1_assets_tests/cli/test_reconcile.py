"""`reconcile`: both sides compared per currency, and every difference by invoice; nothing is mended by it."""

from decimal import Decimal
from typing import Any

import pytest

from stampli_b1_assets.sandbox.service_layer import journal_entries
from stampli_b1_assets_tests.fixtures.world import World, invoice_rows

OTHER_ACCOUNT = {"AccountCode": "006120", "ShortName": "006120"}


@pytest.fixture
def posted(world: World, bring) -> World:
    """Two invoices and a credit memo of April in two currencies, one invoice of May, and one that waits."""
    bring(
        "a.csv",
        *invoice_rows("9001"),
        *invoice_rows("9002", currency="EUR", invoice_amount="50.00"),
        *invoice_rows("9003", invoice_type="Credit Memo", invoice_amount="-20.00"),
        *invoice_rows("9004", posting_date="2026-05-04", invoice_amount="7.00"),
        *invoice_rows("9005", gl_account="006215", invoice_amount="3.00"),
    )
    return world


def entry_of(world: World, id_: str) -> dict[str, Any]:
    """The entry of a Stampli id that SAP got first."""
    return next(entry for entry in world.entries() if entry["Reference2"] == id_)


def by_hand(world: World, id_: str, change) -> None:
    """Do to the entry of an invoice what somebody does who has the database."""
    entry = entry_of(world, id_)
    change(entry)
    with world.sandbox.store.transaction():
        world.sandbox.store.add_entry(entry)


def differences(command) -> list[tuple[str, str, str, str, str]]:
    ran = command("reconcile", "--json")
    assert ran.code == 1
    assert ran.json["is_equal"] is False
    names = ("stampli_id", "currency", "in_stampli", "in_sap", "detail")
    return [tuple(one[name] for name in names) for one in ran.json["differences"]]


class TestBothAgree:
    def test_per_currency_with_what_waits(self, posted, command):
        ran = command("reconcile", "--json")
        assert (ran.code, ran.err) == (0, "")
        assert ran.json == {
            "company": "linden",
            "month": "",
            "posted": 4,
            "is_equal": True,
            "totals": {
                "EUR": {"stampli": "50.00", "sap": "50.00", "difference": "0.00", "waiting": "0.00"},
                "USD": {"stampli": "87.00", "sap": "87.00", "difference": "0.00", "waiting": "3.00"},
            },
            "differences": [],
        }

    def test_people_read_a_table(self, posted, command):
        ran = command("reconcile")
        assert ran.code == 0
        assert "linden, Stampli = SAP, all time: 4 posted" in ran.out
        assert [line.split() for line in ran.out.splitlines() if line[:3] in ("EUR", "USD")] == [
            ["EUR", "50.00", "50.00", "0.00", "0.00"],
            ["USD", "87.00", "87.00", "0.00", "3.00"],
        ]
        assert ran.out.endswith("Both sides agree in every invoice.\n")

    def test_a_month_has_its_own_postings(self, posted, command):
        may = command("reconcile", "--month", "2026-05", "--json").json
        assert (may["month"], may["posted"]) == ("2026-05", 1)
        assert may["totals"] == {"USD": {"stampli": "7.00", "sap": "7.00", "difference": "0.00", "waiting": "0.00"}}
        april = command("reconcile", "--month", "2026-04", "--json").json
        assert (april["totals"]["USD"]["stampli"], april["totals"]["USD"]["waiting"]) == ("80.00", "3.00")
        december = command("reconcile", "--month", "2026-12", "--json")
        assert (december.code, december.json["totals"]) == (0, {})

    def test_the_proofs_of_provision_are_left_out(self, new_world, command):
        new_world(provisioned=False)
        assert command("provision").code == 0
        assert command("reconcile", "--json").json["is_equal"] is True

    def test_nothing_is_written(self, posted, command):
        before = posted.entries()
        command("reconcile")
        assert posted.entries() == before


class TestDifferences:
    def test_an_amount_edited_in_sap(self, posted, command):
        def edit(entry):
            for line in entry["JournalEntryLines"]:
                line.update({side: Decimal("90.00") for side in ("Debit", "Credit") if line.get(side)})

        by_hand(posted, "9001", edit)
        number = entry_of(posted, "9001")["Number"]
        ((id_, currency, ours, theirs, detail),) = differences(command)
        assert (id_, currency, ours, theirs) == ("9001", "USD", "100.00", "90.00")
        assert detail.startswith(f"Journal entry {number} was edited in SAP: ")
        assert "100.00" in detail
        assert command("reconcile", "--json").json["totals"]["USD"]["difference"] == "10.00"

    def test_an_account_edited_in_sap_that_leaves_the_sums_alone(self, posted, command):
        by_hand(posted, "9002", lambda entry: entry["JournalEntryLines"][0].update(OTHER_ACCOUNT))
        ((id_, _, ours, theirs, detail),) = differences(command)
        assert (id_, ours, theirs) == ("9002", "50.00", "50.00")
        assert detail.endswith(
            "was edited in SAP: SAP has 006120 debit 50.00 EUR (PM DEN); posted was 001300 debit 50.00 EUR (PM DEN)."
        )

    def test_a_date_edited_in_sap(self, posted, command):
        by_hand(posted, "9001", lambda entry: entry.update(DueDate="2026-06-30"))
        ((_, _, ours, theirs, detail),) = differences(command)
        assert ours == theirs
        assert detail.endswith("was edited in SAP: due date 2026-06-30 in SAP, 2026-05-02 as posted.")

    @pytest.mark.parametrize("keeps", [False, True])
    def test_an_entry_cancelled_in_sap_whether_or_not_the_reversal_keeps_the_key(self, posted, command, keeps):
        entry = entry_of(posted, "9001")
        with posted.sandbox.store.transaction():
            journal_entries.cancel(posted.sandbox.store, entry["JdtNum"], keeps_user_fields=keeps)
        assert posted.entries()[-1].get("U_StampliKey") == (entry["U_StampliKey"] if keeps else None)
        undoing = posted.entries()[-1]["JdtNum"]
        detail = f"Journal entry {entry['Number']} was cancelled in SAP, by the entry with JdtNum {undoing}."
        assert differences(command) == [("9001", "USD", "100.00", "0.00", detail)]

    def test_an_entry_that_is_gone(self, posted, command):
        entry = entry_of(posted, "9001")
        with posted.sandbox.store.transaction():
            posted.sandbox.store._run("DELETE FROM entries WHERE jdt_num = ?", (entry["JdtNum"],))
        detail = f"Journal entry {entry['Number']} of invoice N-9001 is not in SAP."
        assert differences(command) == [("9001", "USD", "100.00", "0.00", detail)]

    def test_a_copy_made_in_sap_keeps_the_key_and_is_told(self, posted, command):
        entry = entry_of(posted, "9001")
        with posted.sandbox.store.transaction():
            posted.sandbox.store.add_entry({**entry, "JdtNum": 6001, "Number": 801})
        detail = f"Journal entry 801 is a copy: it carries the key of the entry with JdtNum {entry['JdtNum']}."
        assert differences(command) == [("9001", "USD", "0.00", "100.00", detail)]
        assert command("reconcile", "--json").json["totals"]["USD"]["difference"] == "-100.00"

    def test_a_copy_that_was_cancelled_again_is_no_difference(self, posted, command):
        store = posted.sandbox.store
        with store.transaction():
            store.add_entry({**entry_of(posted, "9001"), "JdtNum": 5100, "Number": 801})
            store.put("_counters", "JdtNum", {"value": 5100})
            journal_entries.cancel(store, 5100)
        assert command("reconcile", "--json").json["is_equal"] is True

    def test_an_entry_made_by_hand_with_a_key_that_nobody_knows(self, posted, command):
        lines = [{"AccountCode": "001300", "Debit": 55}, {"ShortName": "V20010", "Credit": 55}]
        body = {
            "ReferenceDate": "2026-04-30",
            "Reference": "HAND-1",
            "U_StampliKey": "f" * 40,
            "JournalEntryLines": lines,
        }
        with posted.sandbox.store.transaction():
            entry = journal_entries.post(posted.sandbox.store, body, {"U_StampliKey": "String"})
        detail = f"Journal entry {entry['Number']} carries a key of Stampli that this ledger does not know."
        assert differences(command) == [("", "USD", "0.00", "55.00", detail)]
        assert f"  HAND-1: {detail}" in command("reconcile").out
        assert command("reconcile", "--month", "2026-05").code == 0

    def test_an_invoice_that_changed_in_stampli(self, posted, bring, command):
        bring("b.csv", *invoice_rows("9001", invoice_amount="110.00"))
        ((id_, _, ours, theirs, detail),) = differences(command)
        assert (id_, ours, theirs) == ("9001", "110.00", "100.00")
        assert "Invoice N-9001 changed in Stampli after journal entry" in detail

    def test_an_invoice_that_was_cancelled_in_stampli(self, posted, bring, command):
        bring("b.csv", *invoice_rows("9001", invoice_status="Canceled Invoice"))
        ((id_, _, ours, theirs, detail),) = differences(command)
        assert (id_, ours, theirs) == ("9001", "0.00", "100.00")
        assert "is cancelled in Stampli" in detail

    def test_a_reversal_decided_by_people_is_none(self, posted, bring, cycle, command):
        bring("b.csv", *invoice_rows("9001", invoice_amount="110.00"))
        for person in ("Ada", "Grace"):
            command("release", "9001", "--action", "reverse-and-repost", "--by", person, "--note", "agreed")
        assert cycle()["invoices"]["posted"] == 1
        document = command("reconcile", "--json").json
        assert document["is_equal"] is True
        assert document["totals"]["USD"]["sap"] == "97.00"

    def test_people_read_each_by_invoice(self, posted, command):
        by_hand(posted, "9001", lambda entry: entry["JournalEntryLines"][0].update(OTHER_ACCOUNT))
        ran = command("reconcile")
        assert ran.code == 1
        assert "1 difference:\n  N-9001 (9001): Journal entry" in ran.out


def test_without_the_user_field_entries_are_found_by_the_stampli_id(new_world, command):
    world = new_world(provisioned=False)
    world.put("a.csv", *invoice_rows("9001"))
    assert world.sync()["invoices"]["posted"] == 1
    assert command("reconcile", "--json").json["is_equal"] is True
    by_hand(world, "9001", lambda entry: entry["JournalEntryLines"][0].update(OTHER_ACCOUNT))
    assert command("reconcile").code == 1


class TestPage:
    def test_it_says_the_same_and_loads_nothing(self, posted, command, tmp_path):
        by_hand(posted, "9001", lambda entry: entry["JournalEntryLines"][0].update(OTHER_ACCOUNT))
        page = tmp_path / "month.html"
        ran = command("reconcile", "--html", page)
        assert ran.code == 1
        text = page.read_text(encoding="utf-8")
        assert "4 invoices posted." in text
        assert "1 difference." in text
        assert 'aria-label="USD: Stampli 87.00, SAP 87.00"' in text
        assert '<td class="money wait">3.00 USD</td>' in text
        assert "was edited in SAP" in text
        assert "http" not in text
        assert "<script" not in text

    def test_when_both_agree(self, posted, command, tmp_path):
        page = tmp_path / "month.html"
        assert command("reconcile", "--month", "2026-05", "--html", page, "--json").code == 0
        text = page.read_text(encoding="utf-8")
        assert "<h2>linden, 2026-05</h2>" in text
        assert "Both sides agree in every invoice." in text

    def test_a_place_that_cannot_be_written_is_2(self, posted, command, tmp_path):
        ran = command("reconcile", "--html", tmp_path / "nowhere" / "page.html", "--json")
        assert ran.code == 2
        assert "No such file or directory" in ran.err
