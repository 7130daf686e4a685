"""seen = posted + already posted + held + conflict + ignored: per cycle, file and month."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.errors import LedgerUnusable
from stampli_b1_assets.ledger.ledger import Ledger
from stampli_b1_assets.ledger.records import InvoiceRecord, VendorRecord

OUTCOMES = ("posted", "already_posted", "held", "conflict", "ignored")


def none_but(**numbers: int) -> dict[str, int]:
    return {"seen": sum(numbers.values()), **dict.fromkeys(OUTCOMES, 0), **numbers}


def test_an_empty_cycle_counts_to_nothing(ledger):
    ledger.cycles.start("c1")
    totals = ledger.cycles.summary("c1")
    assert totals.files == {"seen": 0, "taken": 0, "known": 0, "unsettled": 0, "refused": []}
    assert totals.invoices == totals.payments == none_but()
    assert totals.amounts == {}
    assert totals.vendors == {"created": 0, "updated": 0, "unchanged": 0, "held": 0}
    assert totals.needs_a_person == ()


def test_amounts_add_up_by_currency_and_keep_their_sign(ledger, invoice):
    ledger.invoices.save(
        [
            invoice("1", amount=Decimal("100.10")),
            invoice("2", amount=Decimal("-30.10")),
            invoice("3", amount=Decimal("0.20"), outcome="held"),
            invoice("4", amount=Decimal(12000), currency="JPY"),
            invoice("5", amount=None, outcome="held"),
            invoice("6", amount=Decimal(5), currency="", outcome="held"),
        ],
        cycle="c1",
    )
    totals = ledger.cycles.summary("c1")
    assert totals.invoices == none_but(posted=3, held=3)
    zero = {"already_posted": "0.00", "conflict": "0.00", "ignored": "0.00"}
    assert totals.amounts_as_text() == {
        "JPY": {
            "seen": "12000",
            "posted": "12000",
            "held": "0",
            "already_posted": "0",
            "conflict": "0",
            "ignored": "0",
        },
        "USD": {"seen": "70.20", "posted": "70.00", "held": "0.20", **zero},
    }
    assert totals.amounts_as_text(lambda _: 3)["USD"]["seen"] == "70.200"


def test_sums_of_great_amounts_are_exact(ledger, invoice):
    great = Decimal("9" * 30 + ".99")
    ledger.invoices.save([invoice("1", amount=great), invoice("2", amount=Decimal("0.03"))], cycle="c1")
    assert ledger.cycles.summary("c1").amounts_as_text()["USD"]["seen"] == "1" + "0" * 30 + ".02"


class TestOncePerCycle:
    @pytest.mark.parametrize(
        ("brought", "counts"),
        [
            (["posted", "already_posted"], "posted"),
            (["already_posted", "already_posted"], "already_posted"),
            (["posted", "conflict"], "conflict"),
            (["posted", "conflict", "already_posted"], "posted"),
            (["held", "posted"], "posted"),
            (["posted", "held"], "held"),
            (["held", "held"], "held"),
            (["ignored", "conflict"], "conflict"),
        ],
    )
    def test_by_what_was_brought_last_but_what_was_posted_stays_posted(self, ledger, invoice, brought, counts):
        for number, outcome in enumerate(brought):
            ledger.invoices.save([invoice(outcome=outcome, partition=f"p{number}")], cycle="c1")
        assert ledger.cycles.summary("c1").invoices == none_but(**{counts: 1})

    def test_also_when_one_save_brings_it_twice(self, ledger, invoice):
        first, second = invoice(amount=Decimal(100)), invoice(outcome="conflict", amount=Decimal(120))
        ledger.invoices.save([first, second], cycle="c1")
        totals = ledger.cycles.summary("c1")
        assert totals.invoices == none_but(conflict=1)
        assert totals.amounts["USD"]["seen"] == 120

    def test_what_is_tried_again_is_counted_again_in_the_next_cycle(self, ledger, invoice):
        ledger.invoices.save([invoice(outcome="held")], cycle="c1")
        ledger.invoices.save([invoice(outcome="held")], cycle="c2")
        assert ledger.cycles.summary("c1").invoices == ledger.cycles.summary("c2").invoices == none_but(held=1)

    @pytest.mark.parametrize(
        ("brought", "counts"),
        [
            (["created", "unchanged"], "created"),
            (["updated", "unchanged"], "updated"),
            (["created", "held"], "held"),
            (["created", "held", "unchanged"], "updated"),
            (["unchanged", "updated"], "updated"),
        ],
    )
    def test_vendors(self, ledger, brought, counts):
        for outcome in brought:
            ledger.vendors.save([VendorRecord("V1", "A", outcome)], cycle="c1")
        assert {name for name, number in ledger.cycles.summary("c1").vendors.items() if number} == {counts}


class TestPerFile:
    def test_each_file_counts_what_it_brought(self, ledger, invoice):
        ledger.invoices.save([invoice("1", amount=Decimal(100), partition="a")], cycle="c1")
        ledger.invoices.save([invoice("1", amount=Decimal(120), partition="b", outcome="conflict")], cycle="c2")
        assert ledger.cycles.of_file("a").invoices == none_but(posted=1)
        assert ledger.cycles.of_file("a").amounts["USD"]["posted"] == 100
        assert ledger.cycles.of_file("b").amounts["USD"]["conflict"] == 120
        assert ledger.cycles.of_file("c").invoices == none_but()

    def test_a_file_that_is_looked_at_again_keeps_what_it_posted(self, ledger, invoice):
        ledger.invoices.save([invoice("1"), invoice("2", outcome="held")], cycle="c1")
        ledger.invoices.save([invoice("1", outcome="already_posted"), invoice("2")], cycle="c2")
        assert ledger.cycles.of_file("april-1").invoices == none_but(posted=2)

    def test_what_waits_in_an_older_file_ends_with_the_newer_one(self, ledger, invoice):
        ledger.invoices.save([invoice("1", outcome="held", partition="a")], cycle="c1")
        ledger.invoices.save([invoice("1", partition="b")], cycle="c2")
        assert ledger.cycles.of_file("a").invoices == ledger.cycles.of_file("b").invoices == none_but(posted=1)
        assert ledger.cycles.of_file("a").needs_a_person == ()


def test_a_month_counts_everything_once(ledger, invoice, clock):
    for cycle, outcomes in enumerate(
        [("held", "posted"), ("posted", "already_posted"), ("already_posted", "conflict")]
    ):
        clock.advance(days=1)
        records = [invoice("1", outcome=outcomes[0]), invoice("2", outcome=outcomes[1])]
        ledger.invoices.save(records, cycle=f"c{cycle}")
    clock.advance(days=40)
    ledger.invoices.save([invoice("3")], cycle="later")
    april, may, june = (datetime(2026, month, 1, tzinfo=UTC) for month in (4, 5, 6))
    assert ledger.cycles.of_period(april, may).invoices == none_but(posted=1, conflict=1)
    assert ledger.cycles.of_period(may, june).invoices == none_but(posted=1)
    assert ledger.cycles.of_period(june, june + timedelta(days=30)).invoices == none_but()


class TestNeedsAPerson:
    def test_files_come_first_then_vendors_then_invoices(self, ledger, invoice):
        hold = Hold(Reason.INVALID_VENDOR, "Other vendor.", "Look.", "V1")
        ledger.invoices.save([invoice("1", outcome="held"), invoice("2")], cycle="c1")
        ledger.vendors.save([VendorRecord("V1", "Müller", "held", (hold,))], cycle="c1")
        ledger.cycles.note_files("c1", taken=1, refused=[("x.csv", "BAD_HEADER", "No Currency."), ("y", "R", "D", "A")])
        needs = ledger.cycles.summary("c1").needs_a_person
        assert [(one["kind"], one["id"], one["number"]) for one in needs] == [
            ("file", "x.csv", ""),
            ("file", "y", ""),
            ("vendor", "V1", "Müller"),
            ("invoice", "1", "INV-1"),
        ]
        assert needs[0]["reasons"] == ["BAD_HEADER"]
        assert needs[0]["action"]
        assert needs[1]["action"] == "A"
        assert needs[2]["action"] == "Look."

    def test_the_first_reason_of_the_list_comes_first(self, ledger, invoice):
        holds = tuple(
            Hold(reason, reason.value, "")
            for reason in (Reason.PERIOD_CLOSED, Reason.BAD_VALUE, Reason.PERIOD_CLOSED, Reason.UNKNOWN_VENDOR)
        )
        ledger.invoices.save([invoice(outcome="held", holds=holds)], cycle="c1")
        (needs,) = ledger.cycles.summary("c1").needs_a_person
        assert needs["reason"] == needs["detail"] == "BAD_VALUE"
        assert needs["reasons"] == ["BAD_VALUE", "UNKNOWN_VENDOR", "PERIOD_CLOSED"]


class TestCycles:
    def test_to_start_twice_is_to_go_on(self, ledger):
        ledger.cycles.start("c1", ["r1"])
        ledger.cycles.start("c1", ["r1", "r2"])
        ledger.cycles.note_run("c1", "r2")
        assert ledger.cycles.summary("c1").runs == ("r1", "r2")
        assert [record.event for record in ledger.audit.export()] == ["cycle.started"]

    def test_files_are_noted_bit_by_bit(self, ledger):
        ledger.cycles.note_files("c1", taken=2, known=1, unsettled=1, refused=[("x.csv", "BAD_HEADER", "No.")])
        ledger.cycles.note_files(
            "c1", taken=1, refused=[("x.csv", "BAD_HEADER", "No."), ("y.csv", "BROKEN_CSV", "No.")]
        )
        files = ledger.cycles.summary("c1").files
        assert (files["seen"], files["taken"], files["known"], files["unsettled"]) == (5, 1, 1, 1)
        assert files["refused"][1] == {"file": "y.csv", "reason": "BROKEN_CSV", "detail": "No."}

    def test_a_finished_cycle_anchors_the_audit_head(self, ledger, clock):
        ledger.cycles.start("c1")
        clock.advance(seconds=10)
        head = ledger.cycles.finish("c1", {"seconds": 12.3, "amounts": {"USD": Decimal("1.10")}})
        assert head == ledger.audit.head()
        cycle, finished_at, summary = ledger.cycles.last_finished()
        assert (cycle, summary) == ("c1", {"seconds": "12.3", "amounts": {"USD": "1.10"}})
        totals = ledger.cycles.summary("c1")
        assert totals.finished_at == finished_at
        assert 10 < totals.seconds < 20

    def test_a_cycle_that_never_was_is_an_error(self, ledger):
        assert ledger.cycles.last_finished() is None
        with pytest.raises(LedgerUnusable, match="no cycle c9"):
            ledger.cycles.summary("c9")


brought = st.tuples(
    st.sampled_from(["i1", "i2", "i3"]),
    st.sampled_from(OUTCOMES),
    st.one_of(st.none(), st.decimals(-(10**9), 10**9, places=2)),
    st.sampled_from(["USD", "EUR", "JPY"]),
    st.sampled_from(["p1", "p2", "p3"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(saves=st.lists(st.lists(brought, max_size=5), max_size=6))
def test_the_equation_holds_whatever_comes(tmp_path_factory, saves):
    folder = tmp_path_factory.mktemp("equation")
    with Ledger.open(f"sqlite:///{folder}/ledger.db", "northwind") as ledger:
        ledger.cycles.start("c")
        for save in saves:
            records = [
                InvoiceRecord(id_, id_, "V", "Invoice", id_, currency, amount, "h", outcome, partition=partition)
                for id_, outcome, amount, currency, partition in save
            ]
            ledger.invoices.save(records, cycle="c")
        everything = [ledger.cycles.summary("c"), *(ledger.cycles.of_file(p) for p in ("p1", "p2", "p3"))]
        for totals in everything:
            assert totals.invoices["seen"] == sum(totals.invoices[name] for name in OUTCOMES)
            for sums in totals.amounts.values():
                assert sums["seen"] == sum(sums[name] for name in OUTCOMES)
        last = {id_: (amount, currency) for save in saves for id_, _, amount, currency, _ in save}
        assert everything[0].invoices["seen"] == len(last)
        expected: Counter[str] = Counter()
        for amount, currency in last.values():
            if amount is not None:
                expected[currency] += amount
        assert {currency: sums["seen"] for currency, sums in everything[0].amounts.items()} == {
            currency: expected[currency] for _, currency in last.values() if currency in expected
        }
