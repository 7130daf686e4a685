"""`layout`: what a layout says and reads, one proposed for an unknown file, and what changed in the exports."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from stampli_b1_assets.cli.common import ALL_WELL, NEEDS_A_PERSON, Output, chosen, company_options, opened
from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.pipeline.drifting import drifts
from stampli_b1_assets.stampli.explain import Explanation, explain
from stampli_b1_assets.stampli.explain import show as show_layout
from stampli_b1_assets.stampli.layout import built_in_names, load_layout
from stampli_b1_assets.stampli.propose import propose_layout

_AS_JSON = click.option("--json", "is_json", is_flag=True, help="Print one JSON document on standard output.")
_LAYOUT = click.option(
    "--layout", "name", default="stampli_lines", show_default=True, help="A built-in layout, or a layout file."
)
_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def layout() -> None:
    """Layouts: show them, try them on a file, have one proposed, see what changed."""


@layout.command()
@_LAYOUT
@_AS_JSON
def show(name: str, is_json: bool) -> int:
    """Say in words what a layout reads; the built-in ones are named at the end."""
    output = Output(is_json=is_json)
    loaded = load_layout(name, Path.cwd())
    document = {"layout": loaded.model_dump(mode="json"), "built_in": built_in_names()}
    output.tell([document], [Text(show_layout(loaded)), Text(f"Built in: {', '.join(built_in_names())}.")])
    return ALL_WELL


@layout.command("test")
@_FILE
@_LAYOUT
@click.option("--zone", default="UTC", show_default=True, help="Time zone in which moments become dates.")
@_AS_JSON
def try_out(file: Path, name: str, zone: str, is_json: bool) -> int:
    """What would be read of FILE, row by row, faults included; nothing is stored."""
    output = Output(is_json=is_json)
    try:
        result = explain(file, load_layout(name, Path.cwd()), zone=zone)
    except FileRefused as refusal:
        document = {"refused": {"reason": str(refusal.reason), "detail": str(refusal)}}
        output.tell([document], [Text(f"Refused {refusal.reason}: {refusal}", style="red")])
        return NEEDS_A_PERSON
    output.tell([asdict(result)], [_rows(result)])
    return NEEDS_A_PERSON if result.faulty else ALL_WELL


def _rows(result: Explanation) -> Table:
    notes = [f"{len(result.rows)} rows, {result.faulty} with faults", *result.warnings]
    if result.unknown_columns:
        notes.append(f"not used: {', '.join(result.unknown_columns)}")
    table = Table(title=f"{result.form}: {'; '.join(notes)}", title_justify="left", box=None, pad_edge=False)
    table.add_column("Row", justify="right")
    table.add_column("Read", overflow="fold")
    table.add_column("Faults", overflow="fold", style="red")
    for row in result.rows:
        values = ", ".join(f"{name} {value}" for name, value in row.values.items())
        table.add_row(str(row.row), values, " ".join(row.faults))
    return table


@layout.command()
@_FILE
def propose(file: Path) -> int:
    """Print a layout for an unknown FILE, to be checked by a person; it is never applied by itself."""
    click.echo(propose_layout(file))
    return ALL_WELL


@layout.command("drift")
@company_options
def show_drift(config_path: Path, company: str | None, is_json: bool) -> int:
    """Columns that came, went or changed between the last two files of each kind."""
    output = Output(is_json=is_json)
    documents: list[dict[str, Any]] = []
    lines: list[RenderableType] = []
    for loaded in chosen(config_path, company):
        with opened(loaded) as workplace:
            found = drifts(workplace)
        documents.append({"company": loaded.settings.company, "drifts": [asdict(one) for one in found]})
        for one in found:
            what = one.drift.sentence or "Nothing changed."
            lines.append(Text(f"{one.kind}: {one.previous} → {one.current}. {what}"))
    output.tell(documents, lines)
    is_changed = any(one["drift"][name] for each in documents for one in each["drifts"] for name in _CHANGES)
    return NEEDS_A_PERSON if is_changed else ALL_WELL


_CHANGES = ("added", "removed", "renamed")
