"""The reconciliation, as text and as a page with pictures."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stampli_b1_assets.reports.pages import page_of
from stampli_b1_assets.reports.words import Document, counted, money

_COLUMNS = {"stampli": "Stampli", "sap": "SAP", "difference": "Difference", "waiting": "Waits to be posted"}


def render(document: Document) -> RenderableType:
    """Per currency, then every difference by invoice."""
    when = document["month"] or "all time"
    head = f"{document['company']}, Stampli = SAP, {when}: {document['posted']:,} posted"
    table = Table(title=head, title_justify="left", box=None, pad_edge=False)
    table.add_column("Currency")
    for name in _COLUMNS.values():
        table.add_column(name, justify="right")
    for currency, sums in document["totals"].items():
        table.add_row(currency, *(money(sums[name]) for name in _COLUMNS))
    differences = document["differences"]
    if not differences:
        return Group(table, Text("Both sides agree in every invoice.", style="green"))
    parts = [Text(f"{counted(len(differences), 'difference')}:", style="red")]
    parts += [Text(f"  {each['stampli_id'] or each['number'] or '–'}: {each['detail']}") for each in differences]
    return Group(table, *parts)


def page(documents: Sequence[Document]) -> str:
    """One HTML page of one or several companies."""
    return page_of("reconciliation.html", title="Stampli = SAP", companies=[_drawn(one) for one in documents])


def _drawn(document: Document) -> dict[str, Any]:
    totals = {currency: _with_bars(sums) for currency, sums in document["totals"].items()}
    return {**document, "totals": totals}


def _with_bars(sums: Document) -> dict[str, Any]:
    """Lengths of the bars, in hundredths of the longer one."""
    stampli, sap = abs(Decimal(sums["stampli"])), abs(Decimal(sums["sap"]))
    longest = max(stampli, sap)
    shares = {"stampli_share": _share(stampli, longest), "sap_share": _share(sap, longest)}
    return {**sums, **shares, "is_equal": Decimal(sums["difference"]) == 0}


def _share(amount: Decimal, longest: Decimal) -> int:
    return int(amount * 100 / longest) if longest else 0
