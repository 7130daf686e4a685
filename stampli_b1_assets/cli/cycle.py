"""`sync` and `plan`: one cycle, and what it would do."""

from pathlib import Path

import click

from stampli_b1_assets.cli.common import ALL_WELL, NEEDS_A_PERSON, Output, chosen, company_options, opened
from stampli_b1_assets.defs.home import dagster_home, open_instance
from stampli_b1_assets.defs.sync import sync as run_sync
from stampli_b1_assets.pipeline.planning import plan as make_plan
from stampli_b1_assets.reports import summary


@click.command()
@company_options
def sync(config_path: Path, company: str | None, is_json: bool) -> int:
    """Run one cycle: look at SFTP, register new files, run the Dagster job for them and for what is held.

    The runs are seen in the UI afterwards: DAGSTER_HOME holds the instance.
    """
    output = Output(is_json=is_json)
    companies = chosen(config_path, company)
    with output.progress() as progress, open_instance() as instance:
        documents = run_sync(companies, config_path, dagster_home(), instance, progress)
    output.tell(documents, [summary.render(document) for document in documents])
    return NEEDS_A_PERSON if any(document["needs_a_person"] for document in documents) else ALL_WELL


@click.command()
@company_options
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def plan(config_path: Path, company: str | None, is_json: bool, files: tuple[Path, ...]) -> int:
    """Dry run of FILES, or of what lies on SFTP and is held: entries, vendors, holds. Nothing is written to SAP."""
    output = Output(is_json=is_json)
    documents = []
    for loaded in chosen(config_path, company):
        with output.progress() as progress, opened(loaded) as workplace:
            progress(f"{loaded.settings.company}: planning")
            documents.append(make_plan(workplace, files))
    output.tell(documents, [summary.plan(document) for document in documents])
    return NEEDS_A_PERSON if any(one["needs_a_person"] or one["refused"] for one in documents) else ALL_WELL
