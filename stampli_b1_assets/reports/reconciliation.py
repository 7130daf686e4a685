"""The reconciliation, as text and as a page with pictures."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stampli_b1_assets.reports.hanging import Hanging
from stampli_b1_assets.reports.pages import page_of
from stampli_b1_assets.reports.words import Document, counted, money

_COLUMNS = {"stampli": "Stampli", "sap": "SAP", "difference": "Difference", "waiting": "Waits to be posted"}


def render(document: Document) -> RenderableType:
    """Per currency, then every difference by invoice."""
    when = document["month"] or "all time"
    head = f"{document['company']}, Stampli = SAP, {when}: {document['posted']:,} posted"
    table = Table(box=None, pad_edge=False)
    table.add_column("Currency")
    for name in _COLUMNS.values():
        table.add_column(name, justify="right")
    for currency, sums in document["totals"].items():
        table.add_row(currency, *(money(sums[name]) for name in _COLUMNS))
    differences = document["differences"]
    if not differences:
        return Group(Text(head, style="bold"), table, Text("Both sides agree in every invoice.", style="green"))
    parts = [Text(f"{counted(len(differences), 'difference')}:", style="red")]
    return Group(Text(head, style="bold"), table, *parts, *(Hanging("  ", _told(each)) for each in differences))


def _told(difference: Document) -> str:
    """By invoice; an entry that was made by hand may name none."""
    number, id_ = difference["number"], difference["stampli_id"]
    name = f"{number} ({id_})" if number and id_ else number or id_
    return f"{name}: {difference['detail']}" if name else str(difference["detail"])


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
