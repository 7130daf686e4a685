"""Steps that were tried one after the other: what works, what does not, what to do (`check`, `provision`)."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stampli_b1_assets.reports.words import Document, counted

_STEP_WIDTH = 34
"""So that what was found has room at 80 columns, too."""


def render(document: Document) -> RenderableType:
    """A table of the steps, what to do about those that failed, and one sentence that sums them up."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(max_width=_STEP_WIDTH)
    table.add_column(overflow="fold")
    for step in document["steps"]:
        table.add_row(_sign(step), step["name"], _found(step))
    return Group(Text(str(document["company"]), style="bold"), table, _sum(document["steps"]))


def _found(step: Document) -> Text:
    found = Text(step["detail"])
    if step["action"]:
        found.append(f"\n→ {step['action']}", style="bold")
    return found


def _sign(step: Document) -> Text:
    if step["is_ok"]:
        return Text("ok", style="green")
    return Text("no", style="red") if step.get("is_tried", True) else Text("–", style="dim")


def _sum(steps: list[Document]) -> Text:
    failed = [step["name"] for step in steps if not step["is_ok"] and step.get("is_tried", True)]
    if not failed:
        return Text("Everything works.", style="green")
    verb = "does" if len(failed) == 1 else "do"
    return Text(f"{counted(len(failed), 'step')} {verb} not work yet: {', '.join(failed)}.", style="red")
