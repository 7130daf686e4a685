"""`layout`: what a layout says and reads, one proposed for an unknown file, and what changed in the exports."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

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
from stampli_b1_assets.config.models import PostingSettings
from stampli_b1_assets.errors import ConfigurationError, FileRefused
from stampli_b1_assets.pipeline.drifting import drifts
from stampli_b1_assets.pipeline.trying import try_layout
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
    wanted, _ = _wanted(options, name)
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
    wanted, settings = _wanted(options, name)
    try:
        trial = try_layout(file, wanted, settings, zone=zone or settings.time_zone)
    except FileRefused as refusal:
        refused: Document = {"file": file.name, "refused": {"reason": str(refusal.reason), "detail": str(refusal)}}
        _tell(options, refused, reports.refused)
        return NEEDS_A_PERSON
    except (KeyError, ValueError):  # zoneinfo's two ways to say that it knows no such zone
        raise click.BadParameter(f"{zone!r} is no time zone such as America/Denver.", param_hint="--zone") from None
    result = trial.explanation
    document: Document = {
        "file": file.name,
        "faulty": result.faulty,
        "documents": trial.documents,
        "amounts": trial.amounts,
        "statuses": trial.statuses,
        "kind": str(result.kind),
        "form": result.form,
        "rows": [asdict(row) for row in result.rows],
        "unknown_columns": result.unknown_columns,
        "warnings": result.warnings,
    }
    _tell(options, document, reports.tried)
    return NEEDS_A_PERSON if result.faulty else ALL_WELL


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


def _wanted(options: Options, name: str | None) -> tuple[Layout, PostingSettings]:
    """The layout that is named, else that of the company, else the first built-in one; and how the company posts.

    A layout can be tried before there is any configuration; one that is there and cannot be used is told.
    """
    if name is not None or (not options.config.exists() and options.config == Path("stampli_b1.yaml")):
        return load_layout(name or _DEFAULT, Path.cwd()), PostingSettings()
    companies = chosen(options)
    if len(companies) > 1:
        raise ConfigurationError("There are several companies.", "Name one with --company, or a layout with --layout.")
    one = companies[0]
    return load_layout(one.layout, one.config_file.parent), one.settings.posting
