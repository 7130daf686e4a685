"""Hazards 65 to 72: silence, outages, retries, replays, drift in SAP, who may decide, which company, what is logged."""

import json
import logging
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from stampli_b1_assets.errors import B1Unusable, ConfigurationError, DecisionRefused
from stampli_b1_assets.pipeline.deciding import release
from stampli_b1_assets.pipeline.reconciling import reconcile
from stampli_b1_assets.pipeline.watching import silence
from stampli_b1_assets.sandbox.running import B1_PASSWORD, B1_USERNAME
from stampli_b1_assets.sandbox.sample_company import COMPANY_DB
from stampli_b1_assets.sandbox.service_layer import journal_entries
from stampli_b1_assets.sandbox.service_layer.faults import ArmedFault
from stampli_b1_assets.sandbox.service_layer.sessions import Sessions
from stampli_b1_assets_tests.fixtures.world import invoice_rows
from stampli_b1_assets_tests.hazards.story import NEIGHBOUR, counts, entries_of, neighbour_is_posted, waiting, waits
from stampli_b1_assets_tests.simulation.bench import Bench

Bring = Callable[..., dict[str, Any]]
Put = Callable[..., None]


def many(first: int, count: int) -> list[dict[str, str]]:
    return [invoice_rows(str(first + n))[0] for n in range(count)]


def standing(bench: Bench) -> list[tuple[str, str]]:
    return [(record.stampli_id, record.outcome) for record in bench.ledger().invoices.all()]


def test_hazard_65_every_invoice_that_is_seen_ends_in_one_outcome_in_number_and_money(
    bench: Bench, bring: Bring
) -> None:
    bring("a.csv", *NEIGHBOUR)
    summary = bring(
        "b.csv",
        *NEIGHBOUR,
        *invoice_rows("9001", invoice_amount="250.50"),
        *invoice_rows("9002", invoice_type="Credit Memo", invoice_amount="-20.00"),
        *invoice_rows("9003", gl_account="4711"),
        *invoice_rows("9004", invoice_number="N 9001"),
        *invoice_rows("9005", invoice_status="Pending Approval", invoice_amount="7.00"),
        *invoice_rows("9006", invoice_amount="0.00"),
        *invoice_rows("9007", currency="EUR", gl_account="4711"),
        *invoice_rows("9008", invoice_amount="1,5", line_amount="1.5"),
    )
    assert counts(summary) == {"posted": 2, "already_posted": 1, "held": 3, "conflict": 1, "ignored": 2}
    assert summary["invoices"]["seen"] == sum(counts(summary).values()) == 9
    dollars = {name: Decimal(text) for name, text in summary["amounts"]["USD"].items()}
    assert dollars["seen"] == sum(amount for name, amount in dollars.items() if name != "seen") == Decimal("537.50")
    assert summary["amounts"]["EUR"] | {"seen": "100.00", "held": "100.00"} == summary["amounts"]["EUR"]


def test_hazard_65_a_silence_is_told_once_the_expected_time_has_gone_by(
    bench: Bench, bring: Bring, configure: Callable[..., None]
) -> None:
    hour = 3600.0
    with bench.workplace() as workplace:
        assert silence(workplace) is None
    bring("a.csv", *NEIGHBOUR)
    bench.clock.sleep(95 * hour)
    with bench.workplace() as workplace:
        assert silence(workplace) is None
    bench.clock.sleep(2 * hour)
    with bench.workplace() as workplace:
        found = silence(workplace)
    assert found is not None
    assert found.times == 1
    assert found.sentence.startswith("No new file was taken from /outbound on folder since 20")
    bring("b.csv", *invoice_rows("9001"))
    with bench.workplace() as workplace:
        assert silence(workplace) is None
    configure("stampli", alarm_hours=0)
    bench.clock.sleep(10_000 * hour)
    with bench.workplace() as workplace:
        assert silence(workplace) is None


def test_hazard_65_a_folder_that_stays_empty_is_a_silence_too(bench: Bench) -> None:
    bench.cycle("nothing there")
    bench.clock.sleep(200 * 3600.0)
    with bench.workplace() as workplace:
        found = silence(workplace)
    assert found is not None
    assert found.times == 2


def test_hazard_66_while_sap_is_down_nothing_changes_and_one_error_is_told(
    bench: Bench, put: Put, bring: Bring
) -> None:
    bring("a.csv", *NEIGHBOUR, *invoice_rows("9001", gl_account="4711"))
    before = standing(bench)
    put("b.csv", *many(9100, 500))
    bench.transport.is_down = True
    started = bench.clock.seconds()
    for attempt in ("first", "second"):
        with pytest.raises(B1Unusable, match="cannot be reached"):
            bench.cycle(attempt)
    assert standing(bench) == before
    assert 0 < bench.clock.seconds() - started < 120
    bench.transport.is_down = False
    assert counts(bench.cycle("up again")) == {"posted": 500, "held": 1}
    assert neighbour_is_posted(bench)


def test_hazard_66_when_sap_goes_in_the_middle_the_rest_is_left_to_the_next_cycle(
    bench: Bench, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("a.csv", *many(9100, 300))
    answer, requests, batches = bench.transport.handle_request, 0, 0

    def counting(request: httpx.Request) -> httpx.Response:
        nonlocal requests, batches
        requests += 1
        batches += request.url.path.endswith("$batch")
        bench.transport.is_down = batches > 3
        return answer(request)

    monkeypatch.setattr(bench.transport, "handle_request", counting)
    first = bench.cycle("gone")
    assert requests < 75
    assert first["invoices"]["posted"] + first["invoices"]["held"] == 300
    assert {row["reason"] for row in first["needs_a_person"]} == {"OUTCOME_UNKNOWN"}
    assert {row["action"].partition(":")[0] for row in first["needs_a_person"]} == {"Nothing to do"}
    monkeypatch.undo()
    bench.transport.is_down = False
    assert 0 < len(bench.entries()) < 300
    assert bench.cycle("up again")["needs_a_person"] == []
    assert len({entry["U_StampliKey"] for entry in bench.entries()}) == len(bench.entries()) == 300


def test_hazard_67_what_may_pass_is_tried_again_a_few_times(bench: Bench, bring: Bring) -> None:
    bench.application.faults.arm(ArmedFault("gateway_502_before", method="GET", times=2))
    assert counts(bring("a.csv", *NEIGHBOUR)) == {"posted": 1}
    assert neighbour_is_posted(bench)


def test_hazard_67_what_a_person_must_mend_is_tried_once_a_cycle_and_counted(bench: Bench, bring: Bring) -> None:
    bring("a.csv", *invoice_rows("9001", gl_account="4711"), *NEIGHBOUR)
    before = attempts(bench, "9001")
    for n in range(3):
        assert counts(bench.cycle(f"again {n}")) == {"held": 1}
    assert attempts(bench, "9001") == before + 3
    assert attempts(bench, "9999") == 1
    assert bench.ledger().intents.attempts("9001") == []


def attempts(bench: Bench, id_: str) -> int:
    """As evidence tells it."""
    return int(bench.ledger().evidence_of(id_)["invoice"]["attempts"])


def test_hazard_68_a_replay_checks_everything_again_and_keeps_the_earlier_attempts(bench: Bench, bring: Bring) -> None:
    bring("a.csv", *invoice_rows("9001", gl_account="4711"), *NEIGHBOUR)
    with (bench.directory / "mappings" / "gl_accounts.csv").open("a", encoding="utf-8") as mapping:
        mapping.write("4711,006120\n")
    period = bench.store.get("_periods", "2026-04") or {}
    bench.store.put("_periods", "2026-04", {**period, "PeriodStatus": "ltLocked"})
    assert waits(bench.cycle("repaired")) == [("9001", "held", "PERIOD_CLOSED")]
    bench.store.put("_periods", "2026-04", period)
    assert counts(bench.cycle("opened")) == {"posted": 1}
    found = bench.ledger().evidence_of("9001")
    assert [
        (one["outcome"], [hold["reason"] for hold in one["holds"]]) for one in sorted(found["outcomes"], key=at)
    ] == [("held", ["UNMAPPED_GL_ACCOUNT"]), ("held", ["PERIOD_CLOSED"]), ("posted", [])]
    assert [record["event"] for record in found["audit"] if record["event"].startswith("invoice.")] == [
        "invoice.held",
        "invoice.held",
        "invoice.posted",
    ]
    assert len(entries_of(bench, "9001")) == 1
    assert neighbour_is_posted(bench)


def at(one: dict[str, Any]) -> str:
    return str(one["cycle"] != "cycle 1 of a.csv") + str(one["outcome"] == "posted")


@pytest.fixture
def three_posted(bench: Bench, bring: Bring) -> Bench:
    bring("a.csv", *invoice_rows("9001"), *invoice_rows("9002", invoice_amount="250.50"), *NEIGHBOUR)
    return bench


def test_hazard_69_an_entry_that_was_cancelled_or_edited_in_sap_is_a_difference(three_posted: Bench) -> None:
    cancelled, edited = (entries_of(three_posted, id_)[0] for id_ in ("9001", "9002"))
    with three_posted.store.transaction():
        journal_entries.cancel(three_posted.store, cancelled["JdtNum"])
        lines = [dict(line) for line in edited["JournalEntryLines"]]
        for line in lines:
            for side in ("Debit", "Credit"):
                line[side] = Decimal("205.50") if line[side] else line[side]
        three_posted.store.add_entry({**edited, "JournalEntryLines": lines})
    with three_posted.session("at night") as session:
        found = reconcile(session)
    told = {one.stampli_id: (str(one.in_stampli), str(one.in_sap), one.detail) for one in found.differences}
    assert told.keys() == {"9001", "9002"}
    assert told["9001"][:2] == ("100.00", "0")
    assert "was cancelled in SAP" in told["9001"][2]
    assert [Decimal(amount) for amount in told["9002"][:2]] == [Decimal("250.50"), Decimal("205.50")]
    assert "was edited in SAP" in told["9002"][2]


def test_hazard_70_who_approved_an_invoice_does_not_release_it(bench: Bench, bring: Bring) -> None:
    bring("a.csv", *invoice_rows("9001", invoice_number="INV-7"))
    held = bring("b.csv", *invoice_rows("9002", invoice_number="inv 7", authorized_by="Ada Byron"), *NEIGHBOUR)
    assert waits(held) == [("9002", "conflict", "PROBABLE_DUPLICATE")]
    with bench.workplace() as workplace:
        with pytest.raises(DecisionRefused, match="approved invoice 9002 in Stampli"):
            release(workplace, ["9002"], "post-anyway", by=" ada  BYRON", note="mine")
        assert workplace.ledger.decisions.for_invoice("9002") == []
    assert counts(bench.cycle("nothing was decided")) == {"conflict": 1}
    with bench.workplace() as workplace:
        release(workplace, ["9002"], "post-anyway", by="Grace", note="another bill")
    assert counts(bench.cycle("decided by another")) == {"posted": 1}
    assert neighbour_is_posted(bench)


def test_hazard_71_another_company_than_the_ledgers_is_not_written_to(
    bench: Bench, bring: Bring, put: Put, configure: Callable[..., None]
) -> None:
    bring("a.csv", *NEIGHBOUR)
    put("b.csv", *invoice_rows("9001"))
    before = len(list(bench.ledger().audit.export()))
    configure("b1", company_db="LINDEN_LIVE")
    bench.application.sessions = Sessions("LINDEN_LIVE", B1_USERNAME, B1_PASSWORD, clock=bench.clock.seconds)
    for attempt in ("first", "second"):
        with pytest.raises(ConfigurationError, match=r"LINDEN_DEMO \(USD\).*LINDEN_LIVE \(USD\)") as refused:
            bench.cycle(attempt)
    assert "write a new name under `company`" in refused.value.remedy
    assert len(bench.entries()) == 1
    since = list(bench.ledger().audit.export())[before:]
    assert [record.event for record in since if not record.event.startswith(("file.", "cycle.", "lease."))] == []
    configure("b1", company_db=COMPANY_DB)
    bench.application.sessions = bench.sessions
    assert counts(bench.cycle("mended")) == {"posted": 1}


def test_hazard_71_another_local_currency_is_another_company(
    bench: Bench, put: Put, configure: Callable[..., None]
) -> None:
    put("a.csv", *invoice_rows("9001"))
    configure("posting", local_currency="EUR")
    with pytest.raises(ConfigurationError, match="local_currency` is EUR"):
        bench.cycle("euros")
    assert bench.entries() == []


def test_hazard_71_a_company_that_was_only_looked_at_binds_nobody(
    bench: Bench, bring: Bring, configure: Callable[..., None]
) -> None:
    bring("a.csv", *invoice_rows("9001", gl_account="4711"))
    configure("b1", company_db="LINDEN_LIVE")
    bench.application.sessions = Sessions("LINDEN_LIVE", B1_USERNAME, B1_PASSWORD, clock=bench.clock.seconds)
    assert counts(bring("b.csv", *NEIGHBOUR)) == {"posted": 1, "held": 1}


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything that any library logs."""
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_hazard_72_no_secret_tax_id_or_bank_data_is_logged_or_put_on_the_audit_trail(
    bench: Bench, bring: Bring, heard: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    header = "Vendor ID,Vendor Name,Status,Tax ID,Email,IBAN,Last Modified"
    row = "V30001,Halvorsen Freight AS,Active,NO918000222,post@halvorsen.example,NO9386011117947,2026-05-03T09:00:00Z"
    bring("vendors.csv", f"{header}\r\n{row}\r\n".encode())
    summary = bring("a.csv", *NEIGHBOUR, *invoice_rows("9001", vendor_id="V30001", gl_account="4711"))
    assert waiting(summary, "9001")["reason"] == "UNMAPPED_GL_ACCOUNT"
    printed = "".join(capfd.readouterr())
    trail = json.dumps([record.data for record in bench.ledger().audit.export()])
    assert "V30001" in trail
    for secret in (B1_PASSWORD, "B1SESSION", "NO918000222", "NO9386011117947", "post@halvorsen.example"):
        assert secret not in heard.text
        assert secret not in printed
        assert secret not in trail
        assert secret not in json.dumps(summary)
    assert neighbour_is_posted(bench)
