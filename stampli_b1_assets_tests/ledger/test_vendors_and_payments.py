"""What became of vendors and payments."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.ledger.records import PaymentRecord, VendorRecord

HOLD = Hold(Reason.INVALID_VENDOR, "Same id, other vendor.", "Look at it.", "V1")


def test_a_vendor_comes_back_as_it_was(ledger):
    record = VendorRecord("V1", "Müller", "held", (HOLD,), "p", "v.csv", "V1", "C1", ("The name was cut.",))
    ledger.vendors.save([record], cycle="c1")
    found = ledger.vendors.get_many(["V1"])["V1"]
    assert found == replace(record, updated_at=found.updated_at)


def test_rows_without_an_id_are_known_by_their_row(ledger):
    rows = [VendorRecord("", "A", "held", (HOLD,), "p", "v.csv", f"v.csv#{row}") for row in (2, 3)]
    ledger.vendors.save([*rows, VendorRecord("V1", "B", "created", partition="p")], cycle="c1")
    assert [one.subject_id for one in ledger.vendors.open()] == ["v.csv#2", "v.csv#3"]
    assert [one.subject_id for one in ledger.vendors.open_in("p")] == ["v.csv#2", "v.csv#3"]
    ledger.vendors.save([replace(rows[0], outcome="unchanged", holds=())], cycle="c2")
    assert [one.row_key for one in ledger.vendors.open()] == ["v.csv#3"]


def test_vendors_are_on_record_when_something_happened_to_them(ledger):
    for cycle, outcome in enumerate(["created", "unchanged", "unchanged", "held", "held", "unchanged", "updated"]):
        holds = (HOLD,) if outcome == "held" else ()
        ledger.vendors.save([VendorRecord("V1", "A", outcome, holds)], cycle=f"c{cycle}")
    assert [one.event for one in ledger.audit.export(subject="V1")] == [
        "vendor.created",
        "vendor.held",
        "vendor.unchanged",
        "vendor.updated",
    ]


def test_a_payment_comes_back_as_it_was(ledger):
    record = PaymentRecord(
        "P1",
        "V1",
        "EUR",
        Decimal("-12.50"),
        "held",
        (HOLD,),
        content_hash="h",
        key="k",
        jdt_num=5,
        doc_number=6,
        posting_date=date(2026, 4, 2),
        is_reversed=True,
        partition="p",
        file_name="pay.csv",
        content={"trace": "T", "amount": Decimal("-12.50")},
    )
    ledger.payments.save([record], cycle="c1")
    found = ledger.payments.get("P1")
    assert found == replace(record, attempts=1, first_seen_at=found.first_seen_at, updated_at=found.updated_at)
    assert ledger.payments.open() == ledger.payments.open_in("p") == ledger.payments.all() == [found]


def test_payments_are_counted_like_invoices(ledger):
    payment = PaymentRecord("P1", "V1", "USD", Decimal(50), "held", (HOLD,))
    ledger.payments.save([payment, replace(payment, payment_id="P2", outcome="posted", holds=())], cycle="c1")
    totals = ledger.cycles.summary("c1")
    assert totals.payments == {"seen": 2, "posted": 1, "already_posted": 0, "held": 1, "conflict": 0, "ignored": 0}
    assert totals.invoices["seen"] == 0
    assert totals.amounts == {}
    assert totals.payment_amounts["USD"]["seen"] == 100
    assert totals.needs_a_person[0]["kind"] == "payment"
    ledger.payments.save([replace(payment, outcome="posted", holds=())], cycle="c2")
    assert ledger.payments.open() == []
    assert [one.event for one in ledger.audit.export(subject="P1")] == ["payment.held", "payment.posted"]


def test_vendors_that_sap_numbered_are_found_by_the_length_of_their_ids(ledger):
    ids = {"V" * 15: "V" * 15, "V" * 16: "S1", "Ä" * 16: "S2", "W" * 16: ""}
    ledger.vendors.save([VendorRecord(id_, "One", "created", card_code=code) for id_, code in ids.items()], cycle="c1")
    assert ledger.vendors.ids_longer_than(15) == ["V" * 16, "Ä" * 16]
