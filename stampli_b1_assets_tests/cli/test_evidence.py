"""`evidence`: the whole story of one invoice, as text, as JSON, and as a page."""

import hashlib

import pytest

from stampli_b1_assets_tests.fixtures.payments import exported, payment
from stampli_b1_assets_tests.fixtures.world import World, csv_bytes, invoice_rows

ROWS = invoice_rows("9001", currency="EUR", memo="Skip <b>hire</b>")


@pytest.fixture
def posted(world: World, bring) -> World:
    bring("a.csv", *ROWS)
    return world


def test_the_document_names_file_content_mapping_request_and_entry(posted, command):
    found = command("evidence", "9001", "--json").json
    (entry,) = posted.entries()
    assert found["files"][0]["sha256"] == hashlib.sha256(csv_bytes(*ROWS)).hexdigest()
    assert found["invoice"]["jdt_num"] == entry["JdtNum"]
    assert found["invoice"]["key"] == entry["U_StampliKey"]
    assert found["versions"][0]["content"]["authorized_by"] == "m.reyes@linden.example"
    (intent,) = [one for one in found["intents"] if one["answer"]]
    assert (intent["answer"], intent["key"]) == ("committed", entry["U_StampliKey"])
    assert [line["account_code"] or line["card_code"] for line in intent["payload"]["lines"]] == ["001300", "V20010"]
    events = [record["event"] for record in found["audit"]]
    assert events == ["intent.written", "intent.committed", "invoice.posted"]


def test_people_read_it_in_order(posted, command):
    (entry,) = posted.entries()
    ran = command("evidence", "9001")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(
        "# Invoice N-9001 (Stampli id 9001) of linden\n\n## Where it stands\n- posted, 100.00 EUR\n"
    )
    headings = [line for line in ran.out.splitlines() if line.startswith("## ")]
    assert headings == [
        "## Where it stands",
        "## Files that brought it",
        "## What they brought",
        "## Mapping used",
        "## Entries",
        "## Requests to SAP and answers",
        "## Audit trail",
    ]
    assert f"- in SAP: journal entry {entry['Number']} (JdtNum {entry['JdtNum']})" in ran.out
    assert "- approved in Stampli by m.reyes@linden.example at 2026-04-29 16:00:00 UTC" in ran.out
    assert "- G/L account 001300: 001300 (in SAP, not mapped)" in ran.out
    local = f"{entry['JournalEntryLines'][0]['Debit']:,}"
    assert f"- 001300: debit 100.00 EUR = {local} in local currency (PM DEN)" in ran.out
    assert f"- V20010: credit 100.00 EUR = {local} in local currency" in ran.out


def test_a_held_invoice_tells_why_and_what_people_decided(world, bring, command):
    bring("a.csv", *invoice_rows("9002", gl_account="006215"))
    command("release", "9002", "--action", "retry", "--by", "Ada", "--note", "mended")
    out = command("evidence", "9002").out
    assert "- held, 100.00 USD\n- UNMAPPED_GL_ACCOUNT: G/L account 006215 is in no mapping" in out
    assert "## Decisions of people\n- 2" in out
    assert "Ada: retry. mended" in out
    assert "## Entries" not in out


def test_a_later_version_of_the_same_content_is_told_shortly(posted, bring, command):
    bring("b.csv", *invoice_rows("9001", currency="EUR", invoice_status="Paid Invoice"))
    out = command("evidence", "9001").out
    assert "b.csv row 2" in out
    assert "the same content again, status Paid Invoice" in out


def test_the_page_escapes_what_others_wrote(posted, command, tmp_path):
    page = tmp_path / "evidence.html"
    assert command("evidence", "9001", "--html", page).code == 0
    text = page.read_text(encoding="utf-8")
    assert "Skip &lt;b&gt;hire&lt;/b&gt;" in text
    assert "<b>hire" not in text
    assert "http" not in text.replace("https://stampli.example", "")
    assert "<script" not in text


def test_a_page_that_cannot_be_written_is_2(posted, command, tmp_path):
    ran = command("evidence", "9001", "--html", tmp_path / "nowhere" / "page.html")
    assert ran.code == 2
    assert "No such file or directory" in ran.err


def test_an_unknown_id_is_2(world, command):
    ran = command("evidence", "4711", "--json")
    assert ran.code == 2
    assert ran.err == "Nothing with the id 4711 was ever seen. Give the Stampli Invoice ID.\n"
    assert ran.json["error"] == "Nothing with the id 4711 was ever seen."


class TestPayments:
    COLUMNS = (
        "Payment ID,Payment Date,Status,Vendor ID,Currency,Payment Amount,Bank Account,Stampli Invoice ID,"
        "Applied Amount"
    )

    def test_a_payment_has_its_story_too(self, world, cycle, command):
        row = "P-1,2026-05-20,Cleared,V20010,USD,100.00,1010,9001,100.00"
        world.sandbox.put("payments.csv", f"{self.COLUMNS}\n{row}\n".encode())
        assert cycle()["payments"]["ignored"] == 1
        out = command("evidence", "P-1").out
        assert out.startswith("# Payment P-1 of linden\n\n## Where it stands\n- ignored, 100.00 USD\n")
        assert "- payments.csv, " in out

    def test_decisions_on_a_payment_are_told(self, world, cycle, command):
        settings = {"post": True, "clearing_account": "101900"}
        world.configure(lambda document: document["posting"].update(payments=settings))
        row = "P-1,2026-05-20,Cleared,V20010,USD,100.00,1010,9001,100.00"
        world.sandbox.put("payments.csv", f"{self.COLUMNS}\n{row}\n".encode())
        assert cycle()["payments"]["held"] == 1
        assert command("release", "P-1", "--action", "ignore", "--by", "Ada", "--note", "paid by hand").code == 0
        out = command("evidence", "P-1").out
        assert "## Decisions of people\n- 2" in out
        assert "Ada: ignore. paid by hand" in out
        assert "decision.ignore by Ada" in out
        assert "ignore, decided by Ada: takes effect in the next sync." in command("held").out


def test_a_voided_payment_tells_both_files_and_its_reversal(world: World, bring, command):
    world.configure(lambda one: one["posting"].update(payments={"post": True, "clearing_account": "101900"}))
    bring("a.csv", *invoice_rows("9001"))
    for number, status in enumerate(("Cleared", "Voided")):
        world.sandbox.put(
            f"payment {status}.csv", exported(payment("P-1", status=status)), mtime=1_778_000_000 + number
        )
        bring(f"{number}.csv", *invoice_rows(f"80{number}"))
    out = command("evidence", "P-1").out
    entry, reversal = (one for one in world.entries() if one["Reference2"] == "P-1")
    assert f"- in SAP: journal entry {entry['Number']} " in out
    assert f"- voided in Stampli, and reversed in SAP by the entry with JdtNum {reversal['JdtNum']}" in out
    assert [line[2:].split(",")[0] for line in out.splitlines() if ", SHA-256 " in line and " bytes" in line] == [
        "payment Cleared.csv",
        "payment Voided.csv",
    ]
    assert out.count("credit 100.00\n") == out.count("debit 100.00\n") == 2
