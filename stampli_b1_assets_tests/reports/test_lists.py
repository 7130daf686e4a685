"""Steps, postings, layouts and sentences, as they stand on a terminal of 80 columns."""

from decimal import Decimal

import pytest

from stampli_b1_assets.reports import layouts, postings, steps, trail
from stampli_b1_assets.reports.words import amounts, counted, money, sums, visible, visible_document


class TestSteps:
    def document(self, *found):
        names = ("name", "is_ok", "detail", "action", "is_tried")
        return {"company": "linden", "steps": [dict(zip(names, one, strict=True)) for one in found]}

    def test_all_well(self, seen):
        text = seen(steps.render(self.document(("ledger", True, "12 records", "", True))))
        assert text == "linden\nok  ledger  12 records\nEverything works."

    def test_what_to_do_stands_below_what_was_found(self, seen):
        text = seen(
            steps.render(
                self.document(
                    ("login", False, "Refused. " * 8, "Ask your administrator. " * 4, True),
                    ("guard", False, "not tried", "", False),
                )
            )
        )
        lines = text.splitlines()
        assert lines[1].startswith("no  login  Refused.")
        assert any(line.startswith("           → Ask your administrator.") for line in lines)
        assert "–   guard  not tried" in lines
        assert lines[-1] == "1 step does not work yet: login."
        assert max(map(len, lines)) <= 80

    def test_long_names_leave_room(self, seen):
        name = "(a) a guard row and its entry are posted together"
        text = seen(steps.render(self.document((name, False, "SAP does not show both afterwards", "Ask.", True))))
        assert "SAP does not show both afterwards" in text
        assert text.endswith(f"1 step does not work yet: {name}.")


class TestPostings:
    def test_none(self, seen):
        assert seen(postings.render({"company": "linden", "posted": []})) == "linden: nothing is in SAP yet."

    def test_each_by_number(self, seen):
        one = {
            "number": "N-1",
            "type": "Invoice",
            "vendor_id": "V1",
            "currency": "USD",
            "amount": "1234.50",
            "posting_date": "2026-04-30",
            "doc_number": 707,
        }
        text = seen(
            postings.render({"company": "linden", "posted": [one, {**one, "amount": None, "posting_date": None}]})
        )
        assert text.splitlines()[2].split() == ["N-1", "Invoice", "V1", "1,234.50", "USD", "2026-04-30", "707"]
        assert text.splitlines()[3].split() == ["N-1", "Invoice", "V1", "707"]


class TestLayouts:
    def test_rows_with_faults_and_warnings(self, seen):
        document = {
            "form": "invoices (csv)",
            "kind": "invoices",
            "documents": 2,
            "amounts": {"USD": "120.00", "EUR": "10.00"},
            "statuses": {"Paid Invoice": 2},
            "read": 1,
            "faulty": 1,
            "warnings": ["two columns are named alike"],
            "unknown_columns": ["Colour", "Shape"],
            "rows": [{"row": 2, "values": {"stampli_id": "9001"}, "faults": ["No date."]}],
        }
        text = seen(layouts.tried(document), width=160)
        assert text.startswith(
            "invoices (csv): 1 row, 1 with faults; 2 invoices of 120.00 USD, 10.00 EUR; Paid Invoice (2); "
            "two columns are named alike; not used: Colour, Shape\n"
        )
        assert text.splitlines()[-1].split("  ")[-1] == "No date."

    def test_no_drift(self, seen):
        drifts = [{"kind": "invoices", "previous": "a.csv", "current": "b.csv", "sentence": ""}]
        assert seen(layouts.drift({"company": "linden", "drifts": drifts})) == (
            "invoices: a.csv → b.csv. The columns are the same."
        )


def test_one_record_is_singular(seen):
    assert seen(trail.verified({"company": "linden", "records": 1, "head": "1:ab"})) == (
        "linden: 1 record, all whole.\nHead 1:ab"
    )


class TestWords:
    @pytest.mark.parametrize(
        ("amount", "currency", "says"),
        [
            ("12400", "JPY", "12,400 JPY"),
            ("-120.00", "USD", "-120.00 USD"),
            ("0.001", "KWD", "0.001 KWD"),
            (Decimal("1E+3"), "", "1,000"),
        ],
    )
    def test_money(self, amount, currency, says):
        assert money(amount, currency) == says

    def test_sums_are_in_order_and_leave_nothing_out(self):
        assert sums({"USD": "2.00", "EUR": Decimal("1.00")}) == "1.00 EUR, 2.00 USD"
        assert amounts({"USD": {"held": "0.00"}, "EUR": {"held": "1.00"}}, "held") == "1.00 EUR"

    def test_counted(self):
        assert [counted(number, "file") for number in (0, 1, 1200)] == ["0 files", "1 file", "1,200 files"]

    def test_nothing_steers_a_terminal(self):
        assert visible("a\x1b[31mred\r\nb\u202egnp") == "a\\x1b[31mred  b\\u202egnp"
        assert visible("Bäckerei – 株式会社 🥐") == "Bäckerei – 株式会社 🥐"
        document = {"a": ["\x07", {"b": "\ud800"}], "n": 1}
        assert visible_document(document) == {"a": ["\\x07", {"b": "\\ud800"}], "n": 1}
