"""The summary of a cycle, and of one that was only planned, for people."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stampli_b1_assets.reports.causes import of_rows, shown
from stampli_b1_assets.reports.hanging import Hanging
from stampli_b1_assets.reports.words import Document, amounts, counted, money

_OUTCOMES = {
    "posted": "posted",
    "already_posted": "already posted",
    "held": "held",
    "conflict": "in conflict",
    "ignored": "ignored",
}
_CODINGS = ("CostingCode", "CostingCode2", "CostingCode3", "CostingCode4", "CostingCode5", "ProjectCode")
_MOST = 5
"""Of one cause, so many are named; `held` names more."""


def cycle(document: Document) -> RenderableType:
    """Everything that `sync` tells: files, invoices with their money, vendors, what needs a person, the audit head."""
    return Group(*_cycle(document))


def _cycle(document: Document) -> Iterator[RenderableType]:
    yield Text(str(document["company"]), style="bold")
    yield _files(document["files"])
    yield _invoices(document, "posted")
    yield from _others(document)
    yield _needs_a_person(document["needs_a_person"])
    head = document.get("audit")
    if head:
        yield Text(f"Audit trail: {head['sequence']}:{head['head']}", style="dim")


def _files(files: Document) -> Text:
    words = [f"{files[name]} {name}" for name in ("taken", "known", "unsettled") if files[name]]
    if files["refused"]:
        words.append(f"{len(files['refused'])} refused")
    return Text(f"{counted(files['seen'], 'file')} seen" + (f": {', '.join(words)}." if words else "."))


def _invoices(document: Document, posted: str) -> Table:
    """The equation: seen is the sum of the rows below it, in number and in money."""
    table = Table(box=None, pad_edge=False, show_edge=False)
    for name in ("Invoices", "Number", "Money"):
        table.add_column(name, justify="left" if name == "Invoices" else "right")
    counts, sums = document["invoices"], document["amounts"]
    for name, words in {"seen": "seen", **_OUTCOMES, "posted": posted}.items():
        table.add_row(words, f"{counts[name]:,}", amounts(sums, name) or "–", style="bold" if name == "seen" else "")
    return table


def _others(document: Document) -> Iterator[Text]:
    vendors = document["vendors"] if isinstance(document["vendors"], Mapping) else {}
    told = [f"{number:,} {name}" for name, number in vendors.items() if number]
    if told:
        yield Text(f"Vendors: {', '.join(told)}.")
    payments = document["payments"]
    if payments["seen"]:
        told = [f"{payments[name]:,} {words}" for name, words in _OUTCOMES.items() if payments[name]]
        yield Text(f"Payments: {', '.join(told)}.")


def _needs_a_person(rows: list[Mapping[str, Any]]) -> RenderableType:
    """What is held, in conflict or refused, by cause; and what to do."""
    if not rows:
        return Text("Nothing needs a person.", style="green")
    verb = "needs" if len(rows) == 1 else "need"
    parts: list[RenderableType] = [Text(f"{counted(len(rows), 'document')} {verb} a person:", style="bold")]
    for cause in of_rows(rows):
        parts += shown(cause.document(), most=_MOST)
    return Group(*parts)


# --- the plan --------------------------------------------------------------------------------------------------------


def plan(document: Document) -> RenderableType:
    """A plan: the entries line by line, the vendors, and what would be held."""
    return Group(*_plan(document))


def _plan(document: Document) -> Iterator[RenderableType]:
    yield Text(f"Plan for {document['company']}: nothing was written to SAP.", style="bold")
    for one in document["entries"]:
        yield _entry(one)
        yield Text("")
    for vendor in document["vendors"]:
        changes = f" ({', '.join(vendor['changes'])})" if vendor["changes"] else ""
        yield Text(f"Vendor {vendor['id']} {vendor['name']}: would be {vendor['outcome']}{changes}.")
    yield _invoices(document, "would be posted")
    yield _needs_a_person(document["needs_a_person"])


def _entry(one: Document) -> RenderableType:
    entry = one["entry"]
    dates = f"posted on {entry['ReferenceDate']}, document {entry['TaxDate']}, due {entry['DueDate']}"
    table = Table(box=None, pad_edge=False)
    for name in ("Account or vendor", "Debit", "Credit", "Currency", "Coding"):
        table.add_column(name, justify="right" if name in ("Debit", "Credit") else "left")
    for line in entry["JournalEntryLines"]:
        foreign = line.get("FCCurrency", "")
        sides = [_side(line, side, "FC" if foreign else "") for side in ("Debit", "Credit")]
        coding = " ".join(str(line[name]) for name in _CODINGS if line.get(name))
        table.add_row(line.get("AccountCode") or line.get("ShortName", ""), *sides, foreign, coding)
    return Group(Hanging("", f"{entry['Memo']} ({one['id']}): {dates}", style="bold"), table)


def _side(line: Document, side: str, prefix: str) -> str:
    value = line.get(prefix + side)
    return "" if value is None else money(value)
