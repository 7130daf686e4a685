"""The summary of a cycle, and a plan: the numbers add up for the eye, words are singular and plural."""

import pytest

from stampli_b1_assets.reports.summary import cycle, plan

OUTCOMES = ("posted", "already_posted", "held", "conflict", "ignored")


def counts(**numbers):
    found = dict.fromkeys(OUTCOMES, 0) | numbers
    return {"seen": sum(found.values())} | found


@pytest.fixture
def document():
    """A cycle in which nothing happened."""
    return {
        "company": "linden",
        "files": {"seen": 0, "taken": 0, "known": 0, "unsettled": 0, "refused": []},
        "invoices": counts(),
        "amounts": {},
        "vendors": {"created": 0, "updated": 0, "unchanged": 0, "held": 0},
        "payments": counts(),
        "needs_a_person": [],
    }


def rows(text):
    """The table of outcomes: words → (number, money)."""
    found = {}
    for line in text.splitlines():
        for words in ("seen", "posted", "would be posted", "already posted", "held", "in conflict", "ignored"):
            if line.startswith(f"{words} "):
                number, _, money = line[len(words) :].strip().partition(" ")
                found[words] = (number, money.strip())
    return found


class TestCycle:
    def test_nothing_happened(self, document, seen):
        text = seen(cycle(document))
        assert text.startswith("linden\n0 files seen.\n")
        assert rows(text) == dict.fromkeys(
            ("seen", "posted", "already posted", "held", "in conflict", "ignored"), ("0", "–")
        )
        assert text.endswith("Nothing needs a person.")
        assert "Vendors" not in text
        assert "Payments" not in text

    def test_the_equation_is_seen(self, document, seen):
        document["invoices"] = counts(posted=1200, held=1)
        document["amounts"] = {
            "USD": dict.fromkeys(OUTCOMES, "0.00") | {"seen": "12300.00", "posted": "12400.00", "held": "-100.00"},
            "JPY": dict.fromkeys(OUTCOMES, "0") | {"seen": "88000", "posted": "88000"},
        }
        assert rows(seen(cycle(document))) == {
            "seen": ("1,201", "88,000 JPY, 12,300.00 USD"),
            "posted": ("1,200", "88,000 JPY, 12,400.00 USD"),
            "already posted": ("0", "–"),
            "held": ("1", "-100.00 USD"),
            "in conflict": ("0", "–"),
            "ignored": ("0", "–"),
        }

    def test_files_vendors_payments_and_the_audit_head(self, document, seen):
        document["files"] = {"seen": 4, "taken": 1, "known": 1, "unsettled": 1, "refused": [{"file": "x.csv"}]}
        document["vendors"] |= {"created": 1, "unchanged": 2}
        document["payments"] = counts(posted=1, already_posted=2, conflict=1)
        document["audit"] = {"sequence": 7, "head": "ab" * 32}
        text = seen(cycle(document), width=120)
        assert "4 files seen: 1 taken, 1 known, 1 unsettled, 1 refused." in text
        assert "Vendors: 1 created, 2 unchanged." in text
        assert "Payments: 1 posted, 2 already posted, 1 in conflict." in text
        assert text.endswith(f"Audit trail: 7:{'ab' * 32}")

    def test_one_needs_and_two_need_a_person(self, document, seen):
        row = {
            "kind": "invoice",
            "id": "9001",
            "number": "N-1",
            "outcome": "held",
            "reason": "PERIOD_CLOSED",
            "reasons": ["PERIOD_CLOSED"],
            "detail": "Closed.",
            "action": "Reopen it.",
        }
        document["needs_a_person"] = [row]
        assert "1 document needs a person:\n1 invoice waits (PERIOD_CLOSED)\n  → Reopen it.\n" in seen(cycle(document))
        document["needs_a_person"] = [{**row, "id": str(number)} for number in range(9)]
        text = seen(cycle(document))
        assert "9 documents need a person:" in text
        assert text.count("Closed.") == 5
        assert text.endswith("… and 4 more, which --json lists.")


class TestPlan:
    @pytest.fixture
    def planned(self, document):
        """One foreign entry, one vendor, one refused file."""
        debit = {"AccountCode": "001300", "Debit": "110.00", "FCDebit": "100.00", "FCCurrency": "EUR"}
        credit = {"ShortName": "V20010", "Credit": "110.00", "FCCredit": "100.00", "FCCurrency": "EUR"}
        entry = {
            "Memo": "Fernhill N-1",
            "ReferenceDate": "2026-04-30",
            "TaxDate": "2026-04-02",
            "DueDate": "2026-05-02",
            "JournalEntryLines": [debit | {"CostingCode": "PM", "ProjectCode": "P-1"}, credit],
        }
        return document | {
            "entries": [{"id": "9001", "number": "N-1", "entry": entry}],
            "vendors": [
                {"id": "V1", "name": "One", "outcome": "created", "changes": []},
                {"id": "V2", "name": "Two", "outcome": "updated", "changes": ["e-mail", "address"]},
            ],
            "needs_a_person": [
                {
                    "kind": "file",
                    "id": "x.csv",
                    "number": "",
                    "outcome": "refused",
                    "reason": "EMPTY_FILE",
                    "reasons": ["EMPTY_FILE"],
                    "detail": "It has no bytes.",
                    "action": "Upload it again.",
                }
            ],
        }

    def test_entries_line_by_line(self, planned, seen):
        text = seen(plan(planned), width=100)
        assert text.startswith("Plan for linden: nothing was written to SAP.\n")
        assert "Fernhill N-1 (9001): posted on 2026-04-30, document 2026-04-02, due 2026-05-02" in text
        assert "001300             100.00          EUR       PM P-1" in text
        assert "V20010                     100.00  EUR" in text

    def test_a_local_entry_names_no_currency(self, planned, seen):
        for line in planned["entries"][0]["entry"]["JournalEntryLines"]:
            line.pop("FCCurrency")
        text = seen(plan(planned), width=100)
        assert "110.00" in text
        assert "EUR" not in text

    def test_vendors_files_and_the_outcomes(self, planned, seen):
        text = seen(plan(planned), width=100)
        assert "Vendor V1 One: would be created." in text
        assert "Vendor V2 Two: would be updated (e-mail, address)." in text
        assert "1 file is refused (EMPTY_FILE)" in text
        assert "x.csv: It has no bytes." in text
        assert rows(text)["would be posted"] == ("0", "–")
