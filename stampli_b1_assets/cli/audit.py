"""`audit verify` and `audit export`."""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import simplejson

from stampli_b1_assets.cli.common import (
    Options,
    Say,
    Told,
    chosen,
    company_options,
    each,
    opened,
    require_one,
)
from stampli_b1_assets.cli.exit_codes import ALL_WELL
from stampli_b1_assets.config.loader import LoadedCompany
from stampli_b1_assets.ledger.export import as_csv, as_json_lines
from stampli_b1_assets.ledger.records import AuditRecord
from stampli_b1_assets.reports import trail

_HEAD = re.compile(r"([0-9]+):([0-9a-f]{64})", re.ASCII)


@click.group(short_help="The audit trail: verify it, export it.")
def audit() -> None:
    """The audit trail: is it whole, and what does it say."""


def _anchors(_: click.Context, __: click.Parameter, heads: tuple[str, ...]) -> list[tuple[int, str]]:
    """Heads that were noted elsewhere, such as `40:b7f0…` (64 hexadecimal digits)."""
    found = []
    for head in heads:
        matched = _HEAD.fullmatch(head.strip())
        if matched is None:
            raise click.BadParameter(f"{head!r} is no head as `sync` prints it: a number, a colon, 64 digits.")
        found.append((int(matched[1]), matched[2]))
    return found


@audit.command()
@company_options
@click.option(
    "--head",
    "heads",
    multiple=True,
    metavar="SEQUENCE:HASH",
    callback=_anchors,
    help="A head that was noted elsewhere; the trail must still have it. May be repeated.",
)
def verify(options: Options, heads: list[tuple[int, str]]) -> int:
    """Check the whole chain offline; the first record that does not hold is named, with exit code 1."""
    if heads:
        require_one(options)

    def work(loaded: LoadedCompany, _: Say) -> Told:
        with opened(loaded) as workplace:
            count = workplace.ledger.audit.verify(heads)
            head = workplace.ledger.audit.head()
        return Told({"company": loaded.settings.company, "records": count, "head": str(head)})

    return each(options, work, trail.verified)


@audit.command()
@company_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(["csv", "jsonl"]),
    default="jsonl",
    show_default=True,
    help="CSV for spreadsheets, where texts that look like formulas get an apostrophe; or JSON lines, verbatim.",
)
@click.option("--output", "path", type=click.Path(path_type=Path), metavar="FILE", help="In place of standard output.")
def export(options: Options, format_: str, path: Path | None) -> int:
    """The audit trail as CSV or JSON lines.

    With --json, standard output has one document: the records, or what was written to --output.
    """
    require_one(options)
    if path is None and not options.is_json:
        with opened(chosen(options)[0]) as workplace:
            sys.stdout.writelines(_lines(workplace.ledger.audit.export(), format_))
        return ALL_WELL

    def work(loaded: LoadedCompany, _: Say) -> Told:
        company = {"company": loaded.settings.company}
        with opened(loaded) as workplace:
            records = workplace.ledger.audit.export()
            if path is None:
                return Told({**company, "records": [simplejson.loads(line) for line in as_json_lines(records)]})
            count = workplace.ledger.audit.head().sequence
            _write(path, _lines(records, format_))
        return Told({**company, "records": count, "file": str(path)})

    return each(options, work, trail.exported)


def _lines(records: Iterable[AuditRecord], format_: str) -> Iterator[str]:
    return as_csv(records) if format_ == "csv" else as_json_lines(records)


def _write(path: Path, lines: Iterable[str]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
    except OSError as error:
        raise click.FileError(str(path), error.strerror or "cannot be written") from None
