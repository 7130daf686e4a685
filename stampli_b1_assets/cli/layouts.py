"""`layout`: what a layout says and reads, one proposed for an unknown file, and what changed in the exports."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import click
from rich.console import Group, RenderableType
from rich.text import Text

from stampli_b1_assets.cli.common import (
    Document,
    Options,
    Output,
    Say,
    Told,
    chosen,
    company_options,
    each,
    opened,
)
from stampli_b1_assets.cli.exit_codes import ALL_WELL, NEEDS_A_PERSON
from stampli_b1_assets.config.loader import LoadedCompany
from stampli_b1_assets.config.models import MAX_FILE_MB, PostingSettings
from stampli_b1_assets.errors import ConfigurationError, FileRefused
from stampli_b1_assets.pipeline.drifting import drifts
from stampli_b1_assets.pipeline.trying import Trial, try_layout
from stampli_b1_assets.reports import layouts as reports
from stampli_b1_assets.stampli.explain import show as show_layout
from stampli_b1_assets.stampli.layout import Layout, built_in_names, load_layout
from stampli_b1_assets.stampli.propose import propose_layout

_LAYOUT = click.option(
    "--layout", "name", metavar="NAME_OR_FILE", help="A built-in layout, or a layout file (default: the company's)."
)
_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_DEFAULT = "stampli_lines"


@click.group(short_help="Layouts: show, test, propose, compare.")
def layout() -> None:
    """Layouts: show them, try them on a file, have one proposed, see what changed."""


@layout.command(short_help="What a layout reads, in words.")
@company_options
@_LAYOUT
def show(options: Options, name: str | None) -> int:
    """Say in words what a layout reads; the built-in ones are named at the end."""
    wanted = _wanted(options, name).layout
    document = {"layout": wanted.model_dump(mode="json"), "built_in": built_in_names()}
    words = show_layout(wanted)
    return _tell(options, document, lambda _: Group(Text(words), Text(f"Built in: {', '.join(built_in_names())}.")))


@layout.command("test", short_help="What would be read of a file, row by row.")
@company_options
@_FILE
@_LAYOUT
@click.option("--zone", metavar="NAME", help="Time zone in which moments become dates (default: the company's).")
def try_out(options: Options, file: Path, name: str | None, zone: str | None) -> int:
    """What would be read of FILE, row by row, faults included; nothing is stored."""
    wanted = _wanted(options, name)
    zone_info = _zone(zone or wanted.posting.time_zone)
    try:
        with try_layout(file, wanted.layout, wanted.posting, zone=zone_info, max_bytes=wanted.max_bytes) as trial:
            output, document = Output(is_json=options.is_json), _tried(trial, file.name)
            if options.is_json:
                output.document_with_rows(document, map(asdict, trial.rows()))
            output.show(reports.tried, {**document, "rows": list(map(asdict, trial.shown))})
            return NEEDS_A_PERSON if trial.faulty else ALL_WELL
    except FileRefused as refusal:
        refused: Document = {"file": file.name, "refused": {"reason": str(refusal.reason), "detail": str(refusal)}}
        _tell(options, refused, reports.refused)
        return NEEDS_A_PERSON


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError):  # zoneinfo's two ways to say that it knows no such zone
        raise click.BadParameter(f"{name!r} is no time zone such as America/Denver.", param_hint="--zone") from None


def _tried(trial: Trial, name: str) -> Document:
    return {
        "file": name,
        "faulty": trial.faulty,
        "documents": trial.sums.documents,
        "amounts": trial.amounts,
        "statuses": trial.statuses,
        "kind": str(trial.file.kind),
        "form": trial.file.form.title,
        "read": trial.file.rows.height,
        "unknown_columns": trial.file.unknown_columns,
        "warnings": trial.warnings,
    }


@layout.command(short_help="A layout for an unknown file, to be checked by a person.")
@company_options
@_FILE
def propose(options: Options, file: Path) -> int:
    """Print a layout for an unknown FILE, to be checked by a person; it is never applied by itself."""
    text = propose_layout(file)
    if options.is_json:
        return _tell(options, {"file": file.name, "layout": text}, lambda _: Text(""))
    click.echo(text, nl=False)
    return ALL_WELL


@layout.command("drift", short_help="Columns that changed between the last two files.")
@company_options
def show_drift(options: Options) -> int:
    """Columns that came, went or changed between the last two files of each kind."""

    def work(loaded: LoadedCompany, _: Say) -> Told:
        with opened(loaded) as workplace:
            found = drifts(workplace)
        document = {
            "company": loaded.settings.company,
            "drifts": [{**asdict(one), "sentence": one.drift.sentence} for one in found],
        }
        return Told(document, needs_a_person=any(one.drift.sentence for one in found))

    return each(options, work, reports.drift)


def _tell(options: Options, document: Document, report: Callable[[Document], RenderableType]) -> int:
    output = Output(is_json=options.is_json)
    if options.is_json:
        output.document(document)
    output.show(report, document)
    return ALL_WELL


class _Wanted(NamedTuple):
    layout: Layout
    posting: PostingSettings
    max_bytes: int


def _wanted(options: Options, name: str | None) -> _Wanted:
    """The layout that is named, else that of the company, else the first built-in one; and how the company reads.

    A layout can be tried before there is any configuration; one that is there and cannot be used is told.
    """
    if name is not None or (not options.config.exists() and options.config == Path("stampli_b1.yaml")):
        return _Wanted(load_layout(name or _DEFAULT, Path.cwd()), PostingSettings(), MAX_FILE_MB * 10**6)
    companies = chosen(options)
    if len(companies) > 1:
        raise ConfigurationError("There are several companies.", "Name one with --company, or a layout with --layout.")
    one = companies[0]
    layout = load_layout(one.layout, one.config_file.parent)
    return _Wanted(layout, one.settings.posting, one.settings.stampli.max_file_mb * 10**6)
