"""Hazards 24 to 31: currencies and their rates, posting periods, dates, zones and the clock's two odd nights."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

import stampli_b1_assets
from stampli_b1_assets.pipeline.cycle import run_cycle
from stampli_b1_assets.reports.evidence import page
from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.hazards.story import (
    NEIGHBOUR,
    counts,
    entries_of,
    lines,
    neighbour_is_posted,
    waiting,
    waits,
    words,
)

PACKAGE = Path(stampli_b1_assets.__file__).parent


def change(bench, table, key, **values):
    """Someone changes a row of SAP's master data."""
    bench.store.put(table, key, {**(bench.store.get(table, key) or {}), **values})


def test_hazard_24_without_a_rate_for_the_day_nothing_is_posted_until_there_is_one(bench, bring):
    summary = bring("a.csv", *invoice_rows("9001", currency="EUR", posting_date="2026-04-04"), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "NO_EXCHANGE_RATE")]
    text = words(waiting(summary, "9001"))
    assert "EUR" in text
    assert "2026-04-04" in text
    assert entries_of(bench, "9001") == []
    assert neighbour_is_posted(bench)
    bench.store.put("_rates", "EUR 2026-04-04", {"Rate": "1.1"})
    assert counts(bench.cycle("with a rate")) == {"posted": 1}
    (entry,) = entries_of(bench, "9001")
    assert ("V20010", Decimal(0), Decimal(110)) in lines(entry)


def test_hazard_24_both_currencies_balance_to_the_cent(bench, bring):
    (row,) = invoice_rows("9001", currency="EUR", invoice_amount="100.01")
    rows = [{**row, "Line #": str(n), "Line Amount": amount} for n, amount in enumerate(("33.33", "33.33", "33.35"))]
    assert counts(bring("a.csv", *rows, *NEIGHBOUR)) == {"posted": 2}
    (entry,) = entries_of(bench, "9001")
    for debit, credit, total in (("Debit", "Credit", "108.26"), ("FCDebit", "FCCredit", "100.01")):
        sides = [
            sum((Decimal(str(line[side] or 0)) for line in entry["JournalEntryLines"]), Decimal(0))
            for side in (debit, credit)
        ]
        assert sides == [Decimal(total), Decimal(total)]
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize(
    ("rate", "told"),
    [
        ("1.0825", ""),
        ("0,9238", ""),  # what one dollar is in euros
        ("1.31", "is 1.31, SAP's on 2026-05-04 is 1.0825; posted at SAP's."),
        ("1", "is 1, SAP's"),
        ("see bank", "is no number; posted at SAP's rate 1.0825."),
        ("-1.08", "is no number"),
        ("", ""),
    ],
)
def test_hazard_24_a_rate_in_the_file_that_is_far_from_sap_s_is_told_and_not_used(bench, put, rate, told):
    header, row = csv_bytes(*invoice_rows("9001", currency="EUR", posting_date="2026-05-04")).splitlines()
    put("a.csv", header + b",Exchange Rate\n" + row + f',"{rate}"\n'.encode())
    with bench.session("one") as session:
        run_cycle(session)
    (entry,) = entries_of(bench, "9001")
    assert ("V20010", Decimal(0), Decimal("108.25")) in lines(entry)
    assert len(session.warnings) == bool(told)
    assert told in "".join(session.warnings)
    assert told.replace("'", "&#39;") in page(bench.ledger().evidence_of("9001"))


@pytest.mark.parametrize("currency", ["XYZ", "usd", "US$"])
def test_hazard_25_a_currency_that_sap_does_not_know_is_not_guessed(bench, bring, currency):
    summary = bring("a.csv", *invoice_rows("9001", currency=currency), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "UNKNOWN_CURRENCY")]
    assert currency in waiting(summary, "9001")["detail"]
    assert neighbour_is_posted(bench)


def test_hazard_25_an_empty_currency_is_a_value_that_lacks(bench, bring):
    summary = bring("a.csv", *invoice_rows("9001", currency=""), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "BAD_VALUE")]
    assert "Currency" in waiting(summary, "9001")["detail"]
    assert neighbour_is_posted(bench)


def test_hazard_26_a_vendor_that_trades_in_one_other_currency_is_held_and_both_are_named(bench, bring):
    change(bench, "BusinessPartners", "V20031", Currency="EUR")
    summary = bring("a.csv", *invoice_rows("9001", vendor_id="V20031"), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "INVALID_VENDOR")]
    detail = waiting(summary, "9001")["detail"]
    assert "EUR" in detail
    assert "USD" in detail
    assert neighbour_is_posted(bench)


def test_hazard_27_a_closed_period_holds_the_invoice_until_it_is_opened(bench, bring):
    summary = bring("a.csv", *invoice_rows("9001", posting_date="2026-02-20"), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "PERIOD_CLOSED")]
    assert "2026-02" in waiting(summary, "9001")["detail"]
    assert "next_open" in waiting(summary, "9001")["action"]
    assert neighbour_is_posted(bench)
    change(bench, "_periods", "2026-02", PeriodStatus="ltUnlocked")
    assert counts(bench.cycle("reopened")) == {"posted": 1}
    assert entries_of(bench, "9001")[0]["ReferenceDate"] == "2026-02-20"


def test_hazard_27_or_moves_to_the_next_open_one_and_both_dates_are_kept(bench, bring, configure):
    configure("posting", closed_period="next_open")
    moved = invoice_rows("9001", posting_date="2026-01-20", invoice_date="2026-01-15", due_date="2026-02-15")
    assert counts(bring("a.csv", *moved, *NEIGHBOUR)) == {"posted": 2}
    (entry,) = entries_of(bench, "9001")
    assert (entry["ReferenceDate"], entry["TaxDate"], entry["DueDate"]) == ("2026-03-01", "2026-01-15", "2026-02-15")
    assert "2026-01-20" in str(bench.ledger().evidence_of("9001"))
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("posting_date", "2026-04-30"), ("invoice_date", "2026-04-02"), ("authorized_date", "2026-04-29")],
)
def test_hazard_27_the_rule_for_the_posting_date_is_a_setting(bench, bring, configure, policy, expected):
    configure("posting", posting_date=policy)
    bring("a.csv", *invoice_rows("9001"))
    assert entries_of(bench, "9001")[0]["ReferenceDate"] == expected


@pytest.mark.parametrize("column", ["posting_date", "invoice_date", "due_date"])
@pytest.mark.parametrize("day", ["1900-01-01", "2206-04-02", "2027-05-06"])
def test_hazard_28_absurd_dates_are_held(bench, bring, column, day):
    summary = bring("a.csv", *invoice_rows("9001", **{column: day}), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "DATE_OUT_OF_RANGE")]
    assert day in waiting(summary, "9001")["detail"]
    assert neighbour_is_posted(bench)


def test_hazard_28_by_an_absurd_date_no_code_is_out_of_date(bench, bring):
    path = bench.directory / "mappings" / "gl_accounts.csv"
    path.write_text(
        "stampli_gl_account,b1_account_code,valid_from,valid_to\n6000,001300,2026-01-01,2026-12-31\n", encoding="utf-8"
    )
    summary = bring("a.csv", *invoice_rows("9001", gl_account="6000", posting_date="1900-01-01"), *NEIGHBOUR)
    assert waiting(summary, "9001")["reasons"] == ["DATE_OUT_OF_RANGE"]


def test_hazard_28_a_date_in_no_period_is_held(bench, bring):
    summary = bring("a.csv", *invoice_rows("9001", posting_date="2027-01-15"), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "DATE_OUT_OF_RANGE")]
    assert "no posting period" in waiting(summary, "9001")["detail"]
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize("day", ["04/02/2026", "02.04.2026", "2026-13-04", "2026-02-30", "20260402"])
def test_hazard_29_a_date_in_another_form_is_not_interpreted(bench, bring, day):
    summary = bring("a.csv", *invoice_rows("9001", invoice_date=day), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "BAD_VALUE")]
    assert f'Invoice Date "{day}"' in waiting(summary, "9001")["detail"]
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize(("form", "expected"), [("DD/MM/YYYY", "2026-04-02"), ("MM/DD/YYYY", "2026-02-04")])
def test_hazard_29_the_layout_says_which_is_the_month(bench, bring, configure, form, expected):
    layout = yaml.safe_load((PACKAGE / "stampli" / "layouts" / "stampli_lines.yaml").read_text(encoding="utf-8"))
    layout["name"] = "own"
    layout["defaults"]["dates"] = form
    (bench.directory / "own.yaml").write_text(yaml.safe_dump(layout, sort_keys=False), encoding="utf-8")
    configure("stampli", layout="own.yaml")
    same = "05/05/2026"
    bring("a.csv", *invoice_rows("9001", invoice_date="02/04/2026", due_date=same, posting_date=same))
    assert entries_of(bench, "9001")[0]["TaxDate"] == expected


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "America/Denver", "Europe/Berlin", "Pacific/Kiritimati"])
def test_hazard_30_a_plain_date_is_the_same_day_in_every_zone(bench, bring, configure, zone):
    configure("posting", time_zone=zone)
    bring("a.csv", *invoice_rows("9001"))
    (entry,) = entries_of(bench, "9001")
    assert (entry["ReferenceDate"], entry["TaxDate"], entry["DueDate"]) == ("2026-04-30", "2026-04-02", "2026-05-02")
    assert entry["JournalEntryLines"][-1]["DueDate"] == "2026-05-02"


@pytest.mark.parametrize("policy", ["posting_date", "authorized_date"])
@pytest.mark.parametrize(("zone", "expected"), [("America/Denver", "2026-03-31"), ("Europe/Berlin", "2026-04-01")])
def test_hazard_30_a_moment_becomes_the_date_of_the_companys_zone(bench, bring, configure, policy, zone, expected):
    configure("posting", time_zone=zone, posting_date=policy)
    bring("a.csv", *invoice_rows("9001", **{policy: "2026-04-01T02:30:00Z"}), *NEIGHBOUR)
    assert entries_of(bench, "9001")[0]["ReferenceDate"] == expected
    assert neighbour_is_posted(bench)


def test_hazard_30_a_moment_without_a_zone_is_no_date(bench, bring):
    summary = bring("a.csv", *invoice_rows("9001", posting_date="2026-04-01T02:30:00"), *NEIGHBOUR)
    assert waits(summary) == [("9001", "held", "BAD_VALUE")]
    assert "time zone" in waiting(summary, "9001")["detail"]
    assert neighbour_is_posted(bench)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-08T06:59:59Z", "2026-03-07"),  # the day on which an hour is missing begins at 07:00 …
        ("2026-03-08T07:00:00Z", "2026-03-08"),
        ("2026-03-09T05:59:59Z", "2026-03-08"),  # … and ends at 06:00
        ("2026-03-09T06:00:00Z", "2026-03-09"),
        ("2026-11-01T06:00:00Z", "2026-11-01"),  # the day on which an hour comes twice begins at 06:00 …
        ("2026-11-01T01:30:00-06:00", "2026-11-01"),
        ("2026-11-01T01:30:00-07:00", "2026-11-01"),
        ("2026-11-02T06:59:59Z", "2026-11-01"),  # … and ends at 07:00
        ("2026-11-02T07:00:00Z", "2026-11-02"),
    ],
)
def test_hazard_31_days_of_23_and_25_hours_keep_their_date(bench, bring, configure, moment, expected):
    configure("posting", posting_date="authorized_date")
    bring("a.csv", *invoice_rows("9001", authorized_date=moment), *NEIGHBOUR)
    assert entries_of(bench, "9001")[0]["ReferenceDate"] == expected
    assert all(one.at.utcoffset() is not None and not one.at.utcoffset() for one in bench.ledger().audit.export())
    assert neighbour_is_posted(bench)


def test_hazard_31_the_page_says_so():
    text = (PACKAGE.parent / "docs" / "operations.md").read_text(encoding="utf-8")
    assert "daylight saving" in text
    assert "UTC" in text
