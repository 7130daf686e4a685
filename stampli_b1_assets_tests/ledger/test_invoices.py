"""Where invoices stand, and every content that was brought."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from stampli_b1_assets.domain.invoice import Invoice, InvoiceLine, InvoiceType
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.ledger.ledger import Ledger


def test_what_was_saved_comes_back_as_it_was(ledger, invoice):
    hold = Hold(Reason.BAD_VALUE, 'row 3 says "12\u00a0%"', "Mend it.", "0042")
    record = invoice(
        "9183345",
        outcome="held",
        holds=(hold,),
        amount=Decimal("-1951.10"),
        jdt_num=2**40,
        doc_number=7,
        posting_date=date(2026, 3, 31),
        revision=2,
        row=12,
        decision="ignore",
        file_sha256="ab",
    )
    ledger.invoices.save([record], cycle="c1")
    found = ledger.invoices.get("9183345")
    assert found == replace(record, attempts=1, first_seen_at=found.first_seen_at, updated_at=found.updated_at)
    assert str(found.amount) == "-1951.10"
    assert found.holds == (hold,)


def test_an_amount_keeps_its_decimals_and_may_be_unreadable(ledger, invoice):
    amounts = ["0", "12000", "0.000001", "99999999999999999999.999999", "-0.10"]
    records = [invoice(str(n), amount=Decimal(text)) for n, text in enumerate(amounts)]
    ledger.invoices.save([*records, invoice("none", amount=None)], cycle="c1")
    found = ledger.invoices.get_many([str(n) for n in range(5)])
    assert [str(found[str(n)].amount) for n in range(5)] == amounts
    assert ledger.invoices.get("none").amount is None


def test_ids_and_texts_of_any_kind_survive(ledger, invoice):
    ids = [
        "007",
        "7",
        "a\\b",
        "a\\u0000b",
        "naïve – ×",
        "o'; DROP TABLE invoices; --",
        "100%",
        "file\udc80.csv#3",
        "\0",
    ]
    given = {"content_hash": "c", "posted_hash": "c", "key": "k"}
    ledger.invoices.save([invoice(id_, number=id_, **given) for id_ in ids], cycle="c1")
    assert {id_: record.number for id_, record in ledger.invoices.get_many(ids).items()} == {id_: id_ for id_ in ids}


def test_only_held_and_conflicting_ones_are_open(ledger, invoice):
    outcomes = ["posted", "already_posted", "held", "conflict", "ignored"]
    records = [invoice(str(n), outcome=outcome, partition=f"p{n}") for n, outcome in enumerate(outcomes)]
    ledger.invoices.save(records, cycle="c1")
    assert [record.stampli_id for record in ledger.invoices.open()] == ["2", "3"]
    assert [record.stampli_id for record in ledger.invoices.open_in("p3")] == ["3"]
    assert ledger.invoices.open_in("p0") == []
    assert ledger.invoices.open_partitions() == ["p2", "p3"]


def test_attempts_are_counted_and_the_first_coming_is_kept(ledger, invoice, clock):
    ledger.invoices.save([invoice(outcome="held")], cycle="c1")
    first = ledger.invoices.get("1").first_seen_at
    clock.advance(days=1)
    ledger.invoices.save([invoice(outcome="held")], cycle="c2")
    ledger.invoices.save([invoice(outcome="posted")], cycle="c3")
    found = ledger.invoices.get("1")
    assert (found.attempts, found.first_seen_at) == (3, first)
    assert found.updated_at > first


def test_an_entry_found_in_sap_is_recorded_without_any_history(ledger, invoice):
    """A ledger that was lost is filled again with what SAP has."""
    ledger.invoices.save([invoice(outcome="already_posted", jdt_num=77)], cycle="c1")
    ledger.intents.resolve("key-1", "committed", jdt_num=77, stampli_id="1")
    assert ledger.invoices.get("1").jdt_num == 77
    assert ledger.intents.get("key-1").mode == "found"


class TestDuplicates:
    def test_only_what_is_in_sap_is_found(self, ledger, invoice):
        records = [
            invoice("posted", duplicate_key="A"),
            invoice("held", duplicate_key="A", outcome="held"),
            invoice("ignored", duplicate_key="B", outcome="ignored"),
            invoice("changed", duplicate_key="C", outcome="conflict", jdt_num=9, posted_hash="older"),
        ]
        ledger.invoices.save(records, cycle="c1")
        found = ledger.invoices.posted_by_duplicate_key(["A", "B", "C", "D", ""])
        assert {key: [one.stampli_id for one in ones] for key, ones in found.items()} == {
            "A": ["posted"],
            "C": ["changed"],
        }

    def test_a_posted_number_stays_known_when_a_later_version_has_another(self, ledger, invoice):
        ledger.invoices.save([invoice(duplicate_key="A", content_hash="v1", posted_hash="v1")], cycle="c1")
        later = invoice(
            duplicate_key="B", content_hash="v2", posted_hash="v1", jdt_num=500, outcome="conflict", number="other"
        )
        ledger.invoices.save([later], cycle="c2")
        assert list(ledger.invoices.posted_by_duplicate_key(["A", "B"])) == ["A"]
        reposted = replace(later, posted_hash="v2", outcome="posted", revision=1)
        ledger.invoices.save([reposted], cycle="c3")
        assert list(ledger.invoices.posted_by_duplicate_key(["A", "B"])) == ["B"]


class TestVersions:
    def content(self, **given) -> Invoice:
        values = {
            "stampli_id": "1",
            "type": InvoiceType.INVOICE,
            "number": "INV-1",
            "vendor_id": "V1",
            "vendor_name": "Müller",
            "invoice_date": date(2026, 3, 30),
            "due_date": None,
            "posting_date": None,
            "currency": "USD",
            "total": Decimal("100.00"),
            "tax": None,
            "status": "Paid Invoice",
            "lines": (InvoiceLine("1", "600000", Decimal("100.00"), memo="paper", row=2),),
            "file_name": "a.csv",
        }
        return Invoice(**values | given)

    def test_a_content_is_kept_once_with_the_file_that_brought_it_first(self, ledger, invoice):
        ledger.invoices.save([invoice(content=self.content(), file_name="a.csv", row=2)], cycle="c1")
        moved = self.content(
            file_name="b.csv", lines=(InvoiceLine("1", "600000", Decimal("100.00"), memo="paper", row=9),)
        )
        ledger.invoices.save([invoice(content=moved, file_name="b.csv", row=9)], cycle="c2")
        (version,) = ledger.invoices.history("1")
        assert (version.file_name, version.row, version.content_hash) == ("a.csv", 2, "content-1")
        assert version.content["lines"][0]["amount"] == "100.00"
        assert version.content["vendor_name"] == "Müller"

    def test_a_change_that_posts_nothing_is_recorded_too(self, ledger, invoice):
        ledger.invoices.save([invoice(content=self.content())], cycle="c1")
        ledger.invoices.save([invoice(content=self.content(status="Authorized for Payment"))], cycle="c2")
        assert [one.content["status"] for one in ledger.invoices.history("1")] == [
            "Paid Invoice",
            "Authorized for Payment",
        ]

    def test_other_content_is_another_version(self, ledger, invoice):
        ledger.invoices.save([invoice(content=self.content())], cycle="c1")
        changed = invoice(content=self.content(total=Decimal("120.00")), content_hash="v2", outcome="conflict")
        ledger.invoices.save([changed], cycle="c2")
        assert [one.content_hash for one in ledger.invoices.history("1")] == ["content-1", "v2"]

    def test_two_versions_in_one_save_are_both_kept_and_the_last_one_stands(self, ledger, invoice):
        first, second = invoice(content_hash="v1"), invoice(content_hash="v2", outcome="conflict")
        ledger.invoices.save([first, invoice("2"), second], cycle="c1")
        assert [one.content_hash for one in ledger.invoices.history("1")] == ["v1", "v2"]
        assert ledger.invoices.get("1").outcome == "conflict"
        assert ledger.cycles.summary("c1").invoices["seen"] == 2


class TestAuditRecords:
    def events(self, ledger: Ledger) -> list[tuple[str, str]]:
        return [(one.event, one.subject) for one in ledger.audit.export() if one.event.startswith("invoice")]

    def test_news_is_on_record_by_invoice_and_the_rest_in_one_line(self, ledger, invoice):
        records = [invoice("1", outcome="held", trace=("gl_accounts.csv row 4",)), invoice("2")]
        ledger.invoices.save(records, cycle="c1", who="ann")
        ledger.invoices.save(
            [invoice("1", outcome="held"), invoice("2", outcome="already_posted", jdt_num=501)], cycle="c2"
        )
        assert self.events(ledger) == [
            ("invoice.held", "1"),
            ("invoice.posted", "2"),
            ("invoice.already_posted", "2"),
            ("invoice.seen_again", "c2"),
        ]
        first = next(one for one in ledger.audit.export(subject="1"))
        assert first.who == "ann"
        assert "gl_accounts.csv row 4" in first.data

    def test_a_save_that_fails_leaves_nothing(self, ledger, invoice):
        ledger.invoices.save([invoice("1")], cycle="c1")
        before = ledger.audit.head()
        with pytest.raises(TypeError, match="float"):
            ledger.invoices.save([invoice("2"), invoice("3", content={"amount": 1.5})], cycle="c2")
        assert ledger.invoices.get("2") is None
        assert ledger.audit.head() == before


def test_several_writes_are_one_transaction_when_asked_for(ledger, invoice):
    def save_and_stop() -> None:
        with ledger.transaction():
            ledger.invoices.save([invoice("1")], cycle="c1")
            assert ledger.invoices.get("1") is not None
            raise InterruptedError

    with pytest.raises(InterruptedError):
        save_and_stop()
    assert ledger.invoices.get("1") is None
    assert ledger.audit.verify() == 0


def test_companies_of_one_database_do_not_see_each_other(ledger, url, invoice):
    with Ledger.open(url, "southwind") as other:
        ledger.invoices.save([invoice("1")], cycle="c1")
        other.invoices.save([invoice("1", outcome="held")], cycle="c1")
        assert ledger.invoices.open() == []
        assert len(other.invoices.open()) == 1
        assert other.cycles.summary("c1").invoices["posted"] == 0
        assert ledger.audit.head() != other.audit.head()
        assert (ledger.audit.verify(), other.audit.verify()) == (2, 2)


def test_thousands_are_saved_at_once(ledger, invoice):
    records = [invoice(str(n), outcome="held" if n % 2 else "posted") for n in range(3001)]
    ledger.invoices.save(records, cycle="c1")
    ledger.invoices.save(records, cycle="c2")
    assert ledger.cycles.summary("c2").invoices["seen"] == 3001
    assert len(ledger.invoices.get_many(str(n) for n in range(3001))) == 3001
    assert len(ledger.invoices.open()) == 1500
    ledger.audit.verify()
