"""Single things worth remembering."""

from stampli_b1_assets.ledger.ledger import Ledger


def test_a_fact_is_kept_and_its_changes_are_on_record(ledger, url):
    assert ledger.facts.get("fingerprint") is None
    ledger.facts.set("fingerprint", "NORTHWIND/10.0")
    ledger.facts.set("fingerprint", "NORTHWIND/10.0")
    ledger.facts.set("fingerprint", "TEST/10.0", who="ann")
    with Ledger.open(url, "northwind") as again:
        assert again.facts.get("fingerprint") == "TEST/10.0"
    records = list(ledger.audit.export(subject="fingerprint"))
    assert [record.data for record in records] == [
        '{"from":null,"to":"NORTHWIND/10.0"}',
        '{"from":"NORTHWIND/10.0","to":"TEST/10.0"}',
    ]
    assert records[1].who == "ann"


def test_the_last_proof_of_the_guard_counts(ledger):
    assert ledger.proof() is None
    ledger.save_proof("LIVE", is_proved=True, sap_version="1000190")
    ledger.save_proof("TEST", is_proved=True)
    made = ledger.save_proof("LIVE", is_proved=False, detail="A second posting was accepted.")
    assert ledger.proof() == ledger.proof("LIVE") == made
    assert ledger.proof("TEST").is_proved
    assert ledger.proof("OTHER") is None
    assert [record.event for record in ledger.audit.export(subject="LIVE")] == ["guard.proved", "guard.disproved"]
