"""What the tests of hazards ask of a cycle's summary and of SAP."""

from decimal import Decimal
from typing import Any

from stampli_b1_assets_tests.fixtures.world import invoice_rows
from stampli_b1_assets_tests.simulation.bench import Bench

NEIGHBOUR = invoice_rows("9999")
"""A sound invoice in the file of one that is not."""


def waiting(summary: dict[str, Any], id_: str) -> dict[str, Any]:
    """What the summary says of the one document of this id that needs a person."""
    (row,) = [row for row in summary["needs_a_person"] if row["id"] == id_]
    return dict(row)


def waits(summary: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(id, outcome, first reason) of everything that needs a person."""
    return [(row["id"], row["outcome"], row["reason"]) for row in summary["needs_a_person"]]


def words(row: dict[str, Any]) -> str:
    """All that a person reads of what waits."""
    return f"{row['detail']} {row['action']}"


def counts(summary: dict[str, Any]) -> dict[str, int]:
    """Invoices by outcome, without zeros and without `seen`."""
    return {name: count for name, count in summary["invoices"].items() if count and name != "seen"}


def entries_of(bench: Bench, id_: str) -> list[dict[str, Any]]:
    """SAP's journal entries of one Stampli id."""
    return [entry for entry in bench.entries() if entry["Reference2"] == id_]


def lines(entry: dict[str, Any]) -> list[tuple[str, Decimal, Decimal]]:
    """(account or vendor, debit, credit) of every line, in local currency."""
    return [
        (_account(line), Decimal(str(line.get("Debit") or 0)), Decimal(str(line.get("Credit") or 0)))
        for line in entry["JournalEntryLines"]
    ]


def _account(line: dict[str, Any]) -> str:
    partner = str(line.get("ShortName") or "")
    return partner if partner.startswith("V") else str(line["AccountCode"])


def neighbour_is_posted(bench: Bench) -> bool:
    """Once, and as it stands in the file."""
    found = entries_of(bench, NEIGHBOUR[0]["Stampli Invoice ID"])
    hundred, nothing = Decimal(100), Decimal(0)
    expected = [("001300", hundred, nothing), ("V20010", nothing, hundred)]
    return [sorted(lines(entry)) for entry in found] == [expected]
