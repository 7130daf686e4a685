"""`make demo` twice: what its SAP has afterwards is, to the cent, what the sample exports say, worked out here anew.

The expectation is made from the exports with the csv module and a few facts of the sample company, without our own
reading, mapping or accounting.
"""

import csv
import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
import simplejson

from stampli_b1_assets.sandbox.running import SAMPLES

pytestmark = pytest.mark.slow

HELD = {"7710006", "7710007", "7710008", "7710009", "7710011"}
"""An account nobody knows, a closed month, totals that disagree, a frozen vendor, a number that was sent before."""
UNAPPROVED = {"7710010"}
TAX_ACCOUNTS = {"VAT19": "157600"}
DIMENSIONS = {
    "Department": "CostingCode",
    "Class": "CostingCode2",
    "Location": "CostingCode3",
    "Project": "ProjectCode",
}
LOCAL = "USD"
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Two runs in one folder: their output, and the folder."""
    folder = tmp_path_factory.mktemp("demo")
    environment = {**os.environ, "DAGSTER_DISABLE_TELEMETRY": "yes"}
    command = [sys.executable, "-m", "stampli_b1_assets.cli.demo"]
    options = {"cwd": folder, "env": environment, "capture_output": True, "text": True, "timeout": 120}
    runs = [subprocess.run(command, check=False, **options) for _ in range(2)]
    return folder, runs


def sample_rows() -> list[dict[str, str]]:
    """Coding lines of the sample invoices that are to be posted; an invoice that comes twice counts once."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for path in sorted((SAMPLES / "outbound").glob("invoices_*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault((row["Stampli Invoice ID"], row["Line #"]), row)
    return [row for (id_, _), row in found.items() if id_ not in HELD | UNAPPROVED]


def entries(folder: Path) -> list[dict]:
    """Straight from the simulator's database, without the proofs of the guard and their reversals."""
    with closing(sqlite3.connect(folder / ".demo" / "sandbox" / "company.db")) as connection:
        bodies = connection.execute("SELECT body FROM entries ORDER BY jdt_num").fetchall()
    all_ = [simplejson.loads(body, use_decimal=True) for (body,) in bodies]
    return [entry for entry in all_ if str(entry.get("Reference3", "")).startswith("invoices_")]


def rates(folder: Path) -> dict[str, Decimal]:
    """Of the sample company, the same on every day that has one."""
    with closing(sqlite3.connect(folder / ".demo" / "sandbox" / "company.db")) as connection:
        rows = connection.execute("SELECT key, body FROM rows WHERE entity_set = '_rates'").fetchall()
    return {key[:3]: Decimal(simplejson.loads(body)["Rate"]) for key, body in rows}


def expected() -> Counter:
    """(Stampli id, account or vendor, dimensions, currency) → signed amount in that currency, debit positive."""
    sums: Counter = Counter()
    seen = set()
    for row in sample_rows():
        id_, currency = row["Stampli Invoice ID"], row["Currency"]
        coding = tuple(row[name] for name in DIMENSIONS)
        sums[id_, row["GL Account"], coding, currency] += Decimal(row["Line Amount"])
        if id_ in seen:
            continue
        seen.add(id_)
        nothing = ("",) * len(DIMENSIONS)
        sums[id_, row["Vendor ID"], nothing, currency] -= Decimal(row["Invoice Amount"])
        if Decimal(row["Tax Amount"]):
            sums[id_, TAX_ACCOUNTS[row["Tax Code"]], nothing, currency] += Decimal(row["Tax Amount"])
    return sums


def posted(folder: Path) -> Counter:
    """The same of the entries in SAP."""
    sums: Counter = Counter()
    for entry in entries(folder):
        for line in entry["JournalEntryLines"]:
            currency = line.get("FCCurrency") or LOCAL
            prefix = "FC" if line.get("FCCurrency") else ""
            amount = Decimal(line.get(f"{prefix}Debit") or 0) - Decimal(line.get(f"{prefix}Credit") or 0)
            coding = tuple(line.get(name) or "" for name in DIMENSIONS.values())
            account = line["ShortName"] if line["ShortName"].startswith("V") else line["AccountCode"]
            sums[entry["Reference2"], account, coding, currency] += amount
    return sums


def test_both_runs_end_well_and_say_what_was_posted_and_held(demo):
    _, runs = demo
    assert [(run.returncode, run.stderr) for run in runs] == [(0, ""), (0, "")]
    first, second = (run.stdout for run in runs)
    assert "3 files seen: 3 taken." in first
    assert "5 documents need a person:" in first
    assert "Everything works." in first
    assert "Both sides agree in every invoice." in first
    assert "3 files seen: 3 known." in second
    assert re.search(r"^posted +0 +–$", second, re.MULTILINE)
    assert "Everything works." not in second


def test_sap_has_what_the_samples_say_to_the_cent(demo):
    folder, _ = demo
    assert expected() == posted(folder)


def test_every_invoice_is_there_once_with_its_own_texts(demo):
    folder, _ = demo
    heads = {row["Stampli Invoice ID"]: row for row in sample_rows()}
    found = entries(folder)
    assert Counter(entry["Reference2"] for entry in found) == Counter(list(heads))
    assert len({entry["U_StampliKey"] for entry in found}) == len(heads)
    for entry in found:
        row = heads[entry["Reference2"]]
        assert entry["Reference"] == row["Invoice Number"]
        assert entry["Memo"] == f"{row['Vendor Name']} {row['Invoice Number']}"
        days = (entry["ReferenceDate"], entry["TaxDate"], entry["DueDate"])
        assert days == (row["Posting Date"], row["Invoice Date"], row["Due Date"])


def test_local_amounts_are_converted_and_balance(demo):
    folder, _ = demo
    rate_of = rates(folder)
    for entry in entries(folder):
        lines = entry["JournalEntryLines"]
        assert sum(Decimal(line["Debit"] or 0) for line in lines) == sum(Decimal(line["Credit"] or 0) for line in lines)
        for line in lines:
            if not line.get("FCCurrency"):
                continue
            for side in ("Debit", "Credit"):
                exact = Decimal(line.get(f"FC{side}") or 0) * rate_of[line["FCCurrency"]]
                assert abs(exact.quantize(CENT, ROUND_HALF_UP) - Decimal(line[side] or 0)) <= CENT


def test_vendors_are_in_step_with_their_file(demo):
    folder, _ = demo
    with (SAMPLES / "outbound" / "vendors_20260504_020000.csv").open(encoding="utf-8-sig", newline="") as file:
        wanted = {row["Vendor ID"]: row for row in csv.DictReader(file)}
    with closing(sqlite3.connect(folder / ".demo" / "sandbox" / "company.db")) as connection:
        rows = connection.execute("SELECT key, body FROM rows WHERE entity_set = 'BusinessPartners'").fetchall()
    partners = {key: simplejson.loads(body) for key, body in rows}
    for id_, row in wanted.items():
        partner = partners[id_]
        assert partner["CardType"] == "cSupplier"
        found = (partner["CardName"], partner["FederalTaxID"], partner["EmailAddress"])
        assert found == (row["Vendor Name"], row["Tax ID"], row["Email"])
        (address,) = partner["BPAddresses"]
        assert (address["Street"], address["City"]) == (row["Address 1"], row["City"])


def test_no_guard_row_is_without_its_entry(demo):
    folder, _ = demo
    with closing(sqlite3.connect(folder / ".demo" / "sandbox" / "company.db")) as connection:
        rows = connection.execute("SELECT key FROM rows WHERE entity_set = 'U_STAMPLI_POSTED'").fetchall()
    assert {key for (key,) in rows} == {entry["U_StampliKey"] for entry in entries(folder)}
