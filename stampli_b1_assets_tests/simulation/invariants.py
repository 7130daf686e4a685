"""What must hold after every step, whatever happened in it."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.sandbox.sample_company import COMPANY_DB
from stampli_b1_assets_tests.simulation.bench import Bench


@dataclass
class Exported:
    """What Stampli's files said so far: every id, and the amounts that somebody had authorised."""

    ids: set[str] = field(default_factory=set)
    authorised: set[tuple[str, Decimal]] = field(default_factory=set)

    def add(self, id_: str, amount: Decimal, *, is_authorised: bool) -> None:
        self.ids.add(id_)
        if is_authorised:
            self.authorised.add((id_, amount))


def nobody_is_forgotten(bench: Bench, exported: Exported) -> None:
    """Every invoice that a file named is known by now."""
    with bench.workplace() as workplace:
        known = {record.stampli_id for record in workplace.ledger.invoices.all()}
    assert exported.ids <= known, f"forgotten: {sorted(exported.ids - known)}"


def check(bench: Bench, exported: Exported, story: list[str]) -> None:
    """Raises `AssertionError` with the story of the seed."""
    entries = [entry for entry in bench.entries() if entry.get("U_StampliKey")]
    with bench.workplace() as workplace:
        records = {record.stampli_id: record for record in workplace.ledger.invoices.all()}
        workplace.ledger.audit.verify()
    try:
        _at_most_one_entry_per_key(entries)
        _every_entry_balances(entries)
        _only_what_was_authorised(entries, exported)
        _reversals_undo(entries, records)
        _ledger_is_sap(entries, records)
    except AssertionError as error:
        raise AssertionError(f"{error}\n" + "\n".join(story)) from None


def _at_most_one_entry_per_key(entries: list[dict[str, Any]]) -> None:
    counts = Counter(entry["U_StampliKey"] for entry in entries)
    twice = [key for key, number in counts.items() if number > 1]
    assert not twice, f"posted twice: {twice}"


def _every_entry_balances(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        lines = entry["JournalEntryLines"]
        assert sum(Decimal(line["Debit"]) - Decimal(line["Credit"]) for line in lines) == 0, entry


def _only_what_was_authorised(entries: list[dict[str, Any]], exported: Exported) -> None:
    """Each entry of an invoice is for an amount that some export showed with a status that may be posted."""
    for entry in entries:
        id_ = entry["Reference2"]
        invoice_keys = {posting_key(COMPANY_DB, "invoice", id_, revision) for revision in range(10)}
        if entry["U_StampliKey"] in invoice_keys:
            vendor = next(line for line in entry["JournalEntryLines"] if line["ShortName"] != line["AccountCode"])
            amount = Decimal(vendor["FCCredit"] or 0) or Decimal(vendor["Credit"])
            assert (id_, amount) in exported.authorised, f"{id_} was posted with {amount}, which nobody authorised"


def _reversals_undo(entries: list[dict[str, Any]], records: dict[str, Any]) -> None:
    """One live entry per invoice at most: each revision but the last one is reversed."""
    keys = {entry["U_StampliKey"] for entry in entries}
    for id_ in records:
        revisions = [number for number in range(10) if posting_key(COMPANY_DB, "invoice", id_, number) in keys]
        live = [one for one in revisions if posting_key(COMPANY_DB, "reversal", id_, one) not in keys]
        assert len(live) <= 1, f"{id_} has several live entries: {live}"


def _ledger_is_sap(entries: list[dict[str, Any]], records: dict[str, Any]) -> None:
    """What the ledger calls posted is in SAP, under the key and number that it says."""
    by_key = {entry["U_StampliKey"]: entry for entry in entries}
    for record in records.values():
        if record.outcome in ("posted", "already_posted"):
            entry = by_key.get(record.key)
            assert entry is not None, f"{record.stampli_id} is {record.outcome} and not in SAP"
            assert entry["JdtNum"] == record.jdt_num, f"{record.stampli_id} has another number in SAP"
            assert entry["Reference2"] == record.stampli_id
