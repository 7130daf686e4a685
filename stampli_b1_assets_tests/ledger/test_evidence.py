"""Everything that is known of one invoice, for a person who has to prove it."""

import json
from dataclasses import replace

from stampli_b1_assets.ledger.records import FileRecord, PaymentRecord


def test_it_tells_the_whole_story(ledger, invoice, entry):
    ledger.files.save(FileRecord("april.csv", 1, 2, "taken", sha256="aa", partition="april-1"))
    ledger.files.save(FileRecord("other.csv", 1, 2, "taken", sha256="bb", partition="other"))
    held = invoice(outcome="held", file_sha256="aa", content={"memo": "paper"}, trace=("gl_accounts.csv row 4",))
    ledger.invoices.save([held, invoice("2")], cycle="c1")
    ledger.decisions.add("1", "retry", "Ann", "Period is open.")
    ledger.intents.write([entry("k1")], stampli_ids=["1"], mode="guarded")
    ledger.intents.resolve("k1", "committed", jdt_num=12, request_sha256="rq", response_sha256="rs")
    posted = replace(held, outcome="posted", holds=(), posted_hash=held.content_hash, key="k1", jdt_num=12)
    ledger.invoices.save([posted], cycle="c2")

    found = json.loads(json.dumps(ledger.evidence_of("1")))
    assert found["is_known"]
    assert found["invoice"]["jdt_num"] == 12
    assert [file["name"] for file in found["files"]] == ["april.csv"]
    assert found["versions"][0]["content"] == {"memo": "paper"}
    assert [(one["cycle"], one["outcome"], one["amount"]) for one in found["outcomes"]] == [
        ("c1", "held", "100.00"),
        ("c2", "posted", "100.00"),
    ]
    (intent,) = found["intents"]
    assert (intent["answer"], intent["request_sha256"], intent["response_sha256"]) == ("committed", "rq", "rs")
    assert intent["payload"]["lines"][0]["account_code"] == "600000"
    assert found["decisions"][0]["by"] == "Ann"
    assert [one["event"] for one in found["audit"]] == [
        "invoice.held",
        "decision.retry",
        "intent.written",
        "intent.committed",
        "invoice.posted",
    ]
    assert found["audit"][0]["data"]["trace"] == ["gl_accounts.csv row 4"]
    assert found["audit_head"]["sequence"] == ledger.audit.verify()


def test_a_payment_has_one_too(ledger):
    ledger.payments.save([PaymentRecord("P1", "V1", "USD", None, "ignored", content={"method": "ACH"})], cycle="c1")
    found = ledger.evidence_of("P1")
    assert found["is_known"]
    assert found["payment"]["outcome"] == "ignored"
    assert found["outcomes"][0]["kind"] == "payment"


def test_what_was_never_seen_is_not_known(ledger):
    found = ledger.evidence_of("9")
    assert not found["is_known"]
    assert found["invoice"] is found["payment"] is None
    assert found["versions"] == found["files"] == found["intents"] == found["outcomes"] == found["audit"] == []
