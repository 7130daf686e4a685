"""The reconciliation as text and as a page with pictures."""

from decimal import Decimal

from jinja2 import Environment, PackageLoader, select_autoescape
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stampli_b1_assets.reports.words import money

Totals = dict[str, tuple[Decimal, Decimal]]
DifferenceRow = tuple[str, str, str, Decimal, Decimal, str]
"""Stampli id, number, currency, in Stampli, in SAP, detail."""


def render(month: str, count: int, totals: Totals, differences: list[DifferenceRow]) -> RenderableType:
    """Per currency, then every difference by invoice."""
    table = Table(
        title=f"Stampli = SAP, {month or 'all time'}: {count} posted invoices", title_justify="left", box=None
    )
    for name in ("Currency", "Stampli", "SAP", "Difference"):
        table.add_column(name, justify="left" if name == "Currency" else "right")
    for currency, (ours, theirs) in sorted(totals.items()):
        table.add_row(currency, money(ours), money(theirs), money(ours - theirs))
    if not differences:
        return Group(table, Text("Both sides agree in every invoice.", style="green"))
    return Group(table, *(Text(f"{id_}: {detail}", style="red") for id_, _, _, _, _, detail in differences))


def page(company: str, month: str, count: int, totals: Totals, differences: list[DifferenceRow]) -> str:
    """One HTML page without any outside resource."""
    environment = Environment(
        loader=PackageLoader("stampli_b1_assets.reports"), autoescape=select_autoescape(["html"]), trim_blocks=True
    )
    environment.filters["money"] = money
    bars = {
        currency: (ours, theirs, _share(ours, theirs), _share(theirs, ours))
        for currency, (ours, theirs) in sorted(totals.items())
    }
    template = environment.get_template("reconciliation.html")
    return template.render(company=company, month=month, count=count, bars=bars, differences=differences)


def _share(amount: Decimal, other: Decimal) -> int:
    """Length of a bar, in hundredths of the longer one."""
    longest = max(abs(amount), abs(other))
    return int(abs(amount) * 100 / longest) if longest else 0
