"""The summary of a cycle as tables on a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stampli_b1_assets.reports.words import amounts, counted, money

_OUTCOMES = {
    "posted": "posted",
    "already_posted": "already posted",
    "held": "held",
    "conflict": "in conflict",
    "ignored": "ignored",
}


def render(document: Mapping[str, Any]) -> RenderableType:
    """Everything that `sync` tells: files, invoices with their money, vendors, what needs a person, the audit head."""
    parts: list[RenderableType] = [Text(str(document["company"]), style="bold"), _files(document), _invoices(document)]
    vendors = [f"{number} {name}" for name, number in document["vendors"].items() if number]
    if vendors:
        parts.append(Text(f"Vendors: {', '.join(vendors)}."))
    payments = document["payments"]
    if payments["seen"]:
        outcomes = ", ".join(f"{payments[name]} {words}" for name, words in _OUTCOMES.items() if payments[name])
        parts.append(Text(f"Payments: {outcomes}."))
    parts.append(needs_a_person(document["needs_a_person"]))
    head = document.get("audit")
    if head:
        parts.append(Text(f"Audit trail: record {head['sequence']}, {head['head']}", style="dim"))
    return Group(*parts)


def _files(document: Mapping[str, Any]) -> Text:
    files = document["files"]
    words = [f"{files[name]} {name}" for name in ("taken", "known", "unsettled") if files[name]]
    if files["refused"]:
        words.append(f"{len(files['refused'])} refused")
    return Text(f"Files: {counted(files['seen'], 'file')} seen" + (f" ({', '.join(words)})." if words else "."))


def _invoices(document: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    for name in ("Invoices", "Number", "Money"):
        table.add_column(name, justify="left" if name == "Invoices" else "right")
    counts, sums = document["invoices"], document["amounts"]
    for name, words in {"seen": "seen", **_OUTCOMES}.items():
        table.add_row(words, str(counts[name]), amounts(sums, name) or "–", style="bold" if name == "seen" else "")
    return table


def needs_a_person(rows: list[Mapping[str, Any]]) -> RenderableType:
    """What is held, in conflict or refused: the reason, and what to do."""
    if not rows:
        return Text("Nothing needs a person.", style="green")
    table = Table(title=f"{len(rows)} need a person", title_justify="left", box=None, pad_edge=False)
    for name in ("What", "Reason", "Why, and what to do"):
        table.add_column(name, overflow="fold", no_wrap=name == "Reason")
    for row in rows:
        what = f"{row['kind']} {row['number'] or row['id']}"
        table.add_row(what, row["reason"], f"{row['detail']} {row['action']}".strip())
    return table


def plan(document: Mapping[str, Any]) -> RenderableType:
    """A plan: the entries line by line, the vendors, and what would be held."""
    parts: list[RenderableType] = [Text(f"Plan for {document['company']}: nothing was written to SAP.", style="bold")]
    parts += [_entry(one) for one in document["entries"]]
    for vendor in document["vendors"]:
        parts.append(Text(f"Vendor {vendor['id']} {vendor['name']}: {vendor['outcome']} {_changes(vendor['changes'])}"))
    for refused in document["refused"]:
        parts.append(Text(f"File {refused['file']} would be refused: {refused['reason']}. {refused['detail']}"))
    parts += [_invoices(document), needs_a_person(document["needs_a_person"])]
    return Group(*parts)


def _changes(changes: Mapping[str, Any]) -> str:
    return "(" + ", ".join(changes) + ")" if changes else ""


def _entry(one: Mapping[str, Any]) -> Table:
    entry = one["entry"]
    title = f"{entry['Memo']}: posted on {entry['ReferenceDate']}, document {entry['TaxDate']}, due {entry['DueDate']}"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in ("Account or vendor", "Debit", "Credit", "Currency", "Coding"):
        table.add_column(name, justify="right" if name in ("Debit", "Credit") else "left")
    for line in entry["JournalEntryLines"]:
        foreign = line.get("FCCurrency", "")
        prefix = "FC" if foreign else ""
        sides = [money(line[prefix + side]) if prefix + side in line else "" for side in ("Debit", "Credit")]
        names = ("CostingCode", "CostingCode2", "CostingCode3", "CostingCode4", "CostingCode5", "ProjectCode")
        coding = " ".join(str(line[name]) for name in names if line.get(name))
        table.add_row(line.get("AccountCode") or line.get("ShortName", ""), *sides, foreign, coding)
    return table
