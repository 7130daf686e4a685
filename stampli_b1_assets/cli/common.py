"""What the commands share: the configuration, JSON or tables, progress, exit codes."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
import simplejson
from rich.console import Console, RenderableType
from rich.progress import Progress, SpinnerColumn, TextColumn

from stampli_b1_assets.config.loader import LoadedCompany, load_companies
from stampli_b1_assets.defs.home import dagster_home
from stampli_b1_assets.errors import ConfigurationError
from stampli_b1_assets.pipeline.workplace import Workplace

ALL_WELL, NEEDS_A_PERSON, UNUSABLE = 0, 1, 2

Command = TypeVar("Command", bound=Callable[..., Any])


class Output:
    """One JSON document on standard output, or tables; everything else goes to standard error."""

    def __init__(self, *, is_json: bool) -> None:
        self.is_json = is_json
        self.console = Console(width=None if sys.stdout.isatty() else 120, soft_wrap=not sys.stdout.isatty())
        self.errors = Console(stderr=True)

    def document(self, value: Any) -> None:
        """Print JSON; a `Decimal` keeps exactly its digits."""
        click.echo(simplejson.dumps(value, ensure_ascii=False, indent=2, use_decimal=True, default=str))

    def show(self, renderable: RenderableType) -> None:
        """Print a table or text, unless JSON was asked for."""
        if not self.is_json:
            self.console.print(renderable, highlight=False)

    def tell(self, documents: list[Any], renderables: list[RenderableType]) -> None:
        """One company: its document; several: a list of them. Or the tables, one after the other."""
        if self.is_json:
            self.document(documents[0] if len(documents) == 1 else documents)
        for renderable in renderables:
            self.show(renderable)

    @contextmanager
    def progress(self) -> Iterator[Callable[[str], None]]:
        """A line that says what is being done, on a terminal only."""
        if not sys.stderr.isatty():
            yield lambda _: None
            return
        with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=self.errors, transient=True) as bar:
            task = bar.add_task("starting")
            yield lambda words: bar.update(task, description=words)


def company_options(command: Command) -> Command:
    """`--config`, `--company` and `--json`, as every command has them."""
    as_json = click.option("--json", "is_json", is_flag=True, help="Print one JSON document on standard output.")
    of_company = click.option("--company", help="Only this one of several companies.")
    of_file = click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path),
        envvar="STAMPLI_B1_CONFIG",
        default=Path("stampli_b1.yaml"),
        show_default=True,
        help="Configuration file, or a folder with one per company (also $STAMPLI_B1_CONFIG).",
    )
    return of_file(of_company(as_json(command)))


def chosen(config_path: Path, company: str | None) -> list[LoadedCompany]:
    """The companies that a command is about. Raises `ConfigurationError`."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    companies = load_companies(config_path, os.environ)
    if company is None:
        return companies
    found = [loaded for loaded in companies if loaded.settings.company == company]
    if not found:
        names = ", ".join(loaded.settings.company for loaded in companies)
        raise ConfigurationError(f"{config_path} has no company {company!r}.", f"Choose one of {names}.")
    return found


@contextmanager
def opened(company: LoadedCompany) -> Iterator[Workplace]:
    """The company's workplace in DAGSTER_HOME."""
    home = dagster_home()
    home.mkdir(parents=True, exist_ok=True)
    with Workplace.open(company, home) as workplace:
        yield workplace
