"""`sync` and `plan`: one cycle, and what it would do."""

from pathlib import Path

import click

from stampli_b1_assets.cli.common import Document, Options, Say, Told, company_options, each, home, opened, warn
from stampli_b1_assets.cli.stopping import stoppable
from stampli_b1_assets.config.loader import LoadedCompany
from stampli_b1_assets.reports import summary


@click.command(short_help="One cycle: take new files, post, try again what is held.")
@company_options
def sync(options: Options) -> int:
    """Run one cycle: look at SFTP, register new files, run the Dagster job for them and for what is held.

    The runs are seen in the UI afterwards: DAGSTER_HOME holds the instance.
    """
    from stampli_b1_assets.defs.home import open_instance
    from stampli_b1_assets.defs.sync import sync as run_sync

    def work(loaded: LoadedCompany, say: Say) -> Told:
        def one_cycle() -> Document:
            with open_instance() as instance:
                document: Document = run_sync([loaded], options.config, home(), instance, say, warn)[0]
            return document

        document = stoppable(one_cycle)
        return Told(document, needs_a_person=bool(document["needs_a_person"]))

    return each(options, work, summary.cycle)


@click.command(short_help="Dry run: the entries, vendors and holds of a cycle.")
@company_options
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def plan(options: Options, files: tuple[Path, ...]) -> int:
    """Dry run of FILES, or of what lies on SFTP and is held: entries, vendors, holds. Nothing is written to SAP."""
    from stampli_b1_assets.pipeline.planning import plan as make_plan

    def work(loaded: LoadedCompany, say: Say) -> Told:
        with opened(loaded) as workplace:
            say(f"{loaded.settings.company}: planning")
            document = make_plan(workplace, files)
        return Told(document, needs_a_person=bool(document["needs_a_person"] or document["refused"]))

    return each(options, work, summary.plan)
