"""`audit verify` and `audit export`."""

import sys
from pathlib import Path

import click
from rich.text import Text

from stampli_b1_assets.cli.common import ALL_WELL, Output, chosen, company_options, opened
from stampli_b1_assets.ledger.export import as_csv, as_json_lines


@click.group()
def audit() -> None:
    """The audit trail: is it whole, and what does it say."""


@audit.command()
@company_options
@click.option("--head", "heads", multiple=True, metavar="SEQUENCE:HASH", help="A head that was noted elsewhere.")
def verify(config_path: Path, company: str | None, is_json: bool, heads: tuple[str, ...]) -> int:
    """Check the whole chain offline; the first record that does not hold is named, with exit code 1."""
    output = Output(is_json=is_json)
    anchors = [_anchor(head) for head in heads]
    documents, lines = [], []
    for loaded in chosen(config_path, company):
        with opened(loaded) as workplace:
            count = workplace.ledger.audit.verify(anchors)
            head = workplace.ledger.audit.head()
        documents.append({"company": loaded.settings.company, "records": count, "head": str(head)})
        lines.append(Text(f"{loaded.settings.company}: {count} records, all whole. Head {head}"))
    output.tell(documents, [*lines])
    return ALL_WELL


def _anchor(head: str) -> tuple[int, str]:
    sequence, _, hash_ = head.partition(":")
    if not sequence.isdigit() or not hash_:
        raise click.BadParameter(f"{head!r} is no head such as 40:b7f0…", param_hint="--head")
    return int(sequence), hash_


@audit.command()
@company_options
@click.option("--format", "format_", type=click.Choice(["csv", "jsonl"]), default="jsonl", show_default=True)
@click.option("--output", "path", type=click.Path(path_type=Path), help="A file in place of standard output.")
def export(config_path: Path, company: str | None, is_json: bool, format_: str, path: Path | None) -> int:
    """The audit trail as CSV or JSON lines."""
    del is_json  # JSON lines are JSON
    write = as_csv if format_ == "csv" else as_json_lines
    for loaded in chosen(config_path, company):
        with opened(loaded) as workplace:
            lines = write(workplace.ledger.audit.export())
            if path is None:
                sys.stdout.writelines(lines)
            else:
                with path.open("w", encoding="utf-8", newline="") as file:
                    file.writelines(lines)
    return ALL_WELL
