"""What stands in SAP's ledger by us: invoice by invoice, with the number of the journal entry."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stampli_b1_assets.reports.words import Document, money


def render(document: Document) -> RenderableType:
    """One row for each invoice that is in SAP."""
    if not document["posted"]:
        return Text(f"{document['company']}: nothing is in SAP yet.")
    table = Table(box=None, pad_edge=False)
    for name in ("Invoice", "Type", "Vendor", "Amount", "Posted on", "Journal entry"):
        table.add_column(name, justify="right" if name in ("Amount", "Journal entry") else "left")
    for one in document["posted"]:
        amount = "" if one["amount"] is None else money(one["amount"], one["currency"])
        table.add_row(
            one["number"], one["type"], one["vendor_id"], amount, one["posting_date"] or "", str(one["doc_number"])
        )
    return Group(Text("In SAP, from Stampli", style="bold"), table)
