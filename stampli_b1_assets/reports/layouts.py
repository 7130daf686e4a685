"""What a layout makes of a file, and how exports changed, for people who write layouts."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stampli_b1_assets.reports.hanging import Hanging
from stampli_b1_assets.reports.words import Document, counted

_MOST_WORDS = 10


def tried(document: Document) -> RenderableType:
    """Row by row what was read, with the faults; of a long file, how many rows are not shown."""
    rows, read = document["rows"], document["read"]
    notes = [f"{counted(read, 'row')}, {document['faulty']} with faults", *_sums(document), *document["warnings"]]
    if read > len(rows):
        notes.append(f"{counted(len(rows), 'row')} shown, the first ones and of the others those with faults")
    if document["unknown_columns"]:
        notes.append(f"not used: {', '.join(document['unknown_columns'])}")
    table = Table(box=None, pad_edge=False)
    table.add_column("Row", justify="right")
    table.add_column("Read", overflow="fold")
    table.add_column("Faults", overflow="fold", style="red")
    for row in rows:
        values = ", ".join(f"{name} {value}" for name, value in row["values"].items())
        table.add_row(str(row["row"]), values, " ".join(row["faults"]))
    return Group(Hanging("", f"{document['form']}: {'; '.join(notes)}", style="bold"), table)


def _sums(document: Document) -> list[str]:
    """What to compare with Stampli's screen."""
    found = [counted(document["documents"], document["kind"].removesuffix("s"))]
    if document["amounts"]:
        found[0] += " of " + ", ".join(f"{amount} {currency}" for currency, amount in document["amounts"].items())
    if document["statuses"]:
        words = [f"{word} ({count})" for word, count in document["statuses"].items()]
        found.append(", ".join(words[:_MOST_WORDS]))
        if len(words) > _MOST_WORDS:
            found[-1] += f" and {len(words) - _MOST_WORDS:,} other words"
    return found


def refused(document: Document) -> RenderableType:
    """Why the file as a whole cannot be read."""
    why = document["refused"]
    return Text(f"{document['file']} would be refused, {why['reason']}: {why['detail']}", style="red")


def drift(document: Document) -> RenderableType:
    """One sentence for each kind of file."""
    if not document["drifts"]:
        return Text(f"{document['company']}: there are no two files of one kind to compare yet.")
    return Group(*map(_drift, document["drifts"]))


def _drift(one: Document) -> Text:
    what = one["sentence"] or "The columns are the same."
    return Text(
        f"{one['kind']}: {one['previous']} → {one['current']}. {what}", style="yellow" if one["sentence"] else ""
    )
