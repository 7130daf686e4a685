"""Sentences about the audit trail and about decisions taken."""

from rich.console import Group, RenderableType
from rich.text import Text

from stampli_b1_assets.reports.words import Document, counted


def verified(document: Document) -> RenderableType:
    """That the whole chain holds, with its head to be kept elsewhere."""
    whole = f"{document['company']}: {counted(document['records'], 'record')}, all whole."
    return Group(Text(whole, style="green"), Text(f"Head {document['head']}"))


def exported(document: Document) -> RenderableType:
    """Where the trail was written to."""
    return Text(f"{document['company']}: {counted(document['records'], 'record')} written to {document['file']}.")


def decided(document: Document) -> RenderableType:
    """What each decision comes to."""
    return Group(*map(_decision, document["decisions"]))


def _decision(one: Document) -> Text:
    if one["is_effective"]:
        return Text(f"{one['id']}: {one['action']} takes effect in the next sync.", style="green")
    return Text(f"{one['id']}: {one['action']} is noted, and waits for a second person to say the same.")
