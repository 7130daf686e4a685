"""What the commands share: the configuration, JSON or tables, progress, one company after the other, exit codes."""

import functools
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import simplejson
from rich.console import Console, RenderableType
from rich.progress import Progress, SpinnerColumn, TextColumn

from stampli_b1_assets.cli.exit_codes import ALL_WELL, NEEDS_A_PERSON, UNUSABLE
from stampli_b1_assets.config.loader import LoadedCompany, load_companies
from stampli_b1_assets.errors import AuditBroken, ConfigurationError, LedgerUnusable, StampliB1Error, Unforeseen
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets.reports.words import visible, visible_document

TRACEBACK = "STAMPLI_B1_TRACEBACK"
"""Environment variable: what nobody thought of is shown with its traceback too."""

_NOT_OURS_TO_TELL = (click.exceptions.ClickException, click.exceptions.Abort, click.exceptions.Exit, BrokenPipeError)
_PACKAGE = Path(__file__).parents[1]
_WIDTH = 120
"""Of tables that no terminal shows."""

Document = dict[str, Any]
Say = Callable[[str], None]
Report = Callable[[Document], RenderableType]


@dataclass(frozen=True)
class Options:
    """`--config`, `--company` and `--json`."""

    config: Path
    company: str | None
    is_json: bool


@dataclass(frozen=True)
class Told:
    """What a command found out or did about one company, and whether a person has to look at it."""

    document: Document
    needs_a_person: bool = False


# --- options -----------------------------------------------------------------------------------------------------

json_option = click.option("--json", "is_json", is_flag=True, help="Print one JSON document on standard output.")
_of_company = click.option("--company", metavar="NAME", help="Only this one of several companies.")
_of_file = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, readable=False),  # the loader says in a sentence what cannot be read
    metavar="FILE_OR_FOLDER",
    envvar="STAMPLI_B1_CONFIG",
    default=Path("stampli_b1.yaml"),
    show_default=True,
    help="Configuration file, or a folder with one *.yaml per company (also $STAMPLI_B1_CONFIG).",
)


def company_options(command: Callable[..., int]) -> Callable[..., int]:
    """`--config`, `--company` and `--json`, as every command has them; they come as `Options`, the first argument."""

    @functools.wraps(command)
    def with_options(config_path: Path, company: str | None, *, is_json: bool, **others: Any) -> int:
        return command(Options(config_path, company, is_json), **others)

    return _of_file(_of_company(json_option(with_options)))


# --- output ------------------------------------------------------------------------------------------------------


class Output:
    """One JSON document on standard output, or tables; everything else goes to standard error."""

    def __init__(self, *, is_json: bool) -> None:
        self.is_json = is_json
        self._is_terminal = is_terminal = sys.stdout.isatty()
        self._console = Console(
            width=None if is_terminal else _WIDTH, soft_wrap=not is_terminal, markup=False, emoji=False, highlight=False
        )
        self._errors = Console(stderr=True, markup=False, emoji=False, highlight=False)

    def show(self, report: Report, document: Document) -> None:
        """Print what a report makes of a document; nothing when JSON was asked for."""
        if self.is_json:
            return
        with self._console.capture() as printed:
            self._console.print(report(visible_document(document)))
        lines = printed.get().removesuffix("\n").split("\n")
        click.echo("\n".join(lines if self._is_terminal else map(str.rstrip, lines)))

    @staticmethod
    def document(value: Any) -> None:
        """Print JSON; a `Decimal` keeps exactly its digits."""
        click.echo(_json(value))

    @staticmethod
    def document_with_rows(document: Document, rows: Iterable[Document]) -> None:
        """Print JSON with the member `rows` at its end, one after the other: memory need not hold them all."""
        click.echo(_json(document).removesuffix("\n}") + ',\n  "rows": [', nl=False)
        for number, row in enumerate(rows):
            text = _json(row).replace("\n", "\n    ")
            click.echo(f"{',' if number else ''}\n    {text}", nl=False)
        click.echo("\n  ]\n}")

    @contextmanager
    def progress(self) -> Iterator[Say]:
        """A line that says what is being done, on a terminal only."""
        if not sys.stderr.isatty():
            yield lambda _: None
            return
        with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=self._errors, transient=True) as bar:
            task = bar.add_task("starting")
            yield lambda words: bar.update(task, description=visible(words))


def _json(value: Any) -> str:
    speaks_unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return str(simplejson.dumps(value, ensure_ascii=not speaks_unicode, indent=2, use_decimal=True, default=_as_text))


def _as_text(value: Any) -> str:
    """Dates, paths and enumerations are text in JSON; anything else in a document is a mistake of ours."""
    if isinstance(value, (Path, os.PathLike)) or hasattr(value, "isoformat"):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a document")


def warn(words: str) -> None:
    """A line on standard error that stays, whether or not a terminal is there."""
    click.echo(visible(words), err=True)


def complain(error: StampliB1Error, company: str = "") -> None:
    """One clear sentence on standard error."""
    click.echo(visible(f"{company}: {error}" if company else str(error)), err=True)


def failure(error: StampliB1Error, company: str = "") -> Document:
    """The document of a command, or of one company of several, that could not do its work."""
    named = {"company": company} if company else {}
    return {**named, "error": error.message, "remedy": error.remedy}


def sentence_of(error: Exception) -> StampliB1Error:
    """Ours as it is, another one as `Unforeseen`; raises what click and the interpreter deal with themselves."""
    if isinstance(error, StampliB1Error):
        return error
    if isinstance(error, _NOT_OURS_TO_TELL):
        raise error
    if os.environ.get(TRACEBACK):
        traceback.print_exception(error)
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if _PACKAGE in Path(frame.filename).parents]
    place = f" ({Path(ours[-1].filename).relative_to(_PACKAGE)}, line {ours[-1].lineno})" if ours else ""
    words = (str(error).splitlines() or [""])[0]
    return Unforeseen(
        f"Something went wrong that this program does not know: {type(error).__name__}: {words}{place}.",
        "What was posted by now is in SAP once: run the command again. Should this come again, report it with what "
        f"{TRACEBACK}=1 prints besides.",
    )


def code_of(error: StampliB1Error) -> int:
    """A broken audit trail is a finding; everything else could not be done."""
    return NEEDS_A_PERSON if isinstance(error, AuditBroken) else UNUSABLE


def write_file(path: Path, text: str) -> None:
    """Write a report; raises click's own error, with exit code 2, when that cannot be done."""
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
    except OSError as error:
        raise click.FileError(str(path), error.strerror or "cannot be written") from None


# --- companies ---------------------------------------------------------------------------------------------------


def each(options: Options, work: Callable[[LoadedCompany, Say], Told], report: Report) -> int:
    """Do the work for every chosen company, tell all, and return the exit code.

    A company that cannot be used does not stop the others; it is told on standard error, and in its JSON document.
    One company: its document; several: a list of them.
    """
    output = Output(is_json=options.is_json)
    companies = chosen(options)
    documents: list[Document] = []
    codes = [ALL_WELL]
    for loaded in companies:
        name = loaded.settings.company
        try:
            with output.progress() as say:
                told = work(loaded, say)
        except Exception as raised:  # noqa: BLE001 - whatever befalls one company, the others still have their turn
            error = sentence_of(raised)
            complain(error, name if len(companies) > 1 else "")
            documents.append(failure(error, name))
            codes.append(code_of(error))
        else:
            documents.append(told.document)
            codes.append(NEEDS_A_PERSON if told.needs_a_person else ALL_WELL)
            output.show(report, told.document)
    if options.is_json:
        output.document(documents[0] if len(documents) == 1 else documents)
    return max(codes)


def chosen(options: Options) -> list[LoadedCompany]:
    """The companies that a command is about. Raises `ConfigurationError`."""
    _hush()
    companies = load_companies(options.config, os.environ)
    if options.company is None:
        return companies
    found = [loaded for loaded in companies if loaded.settings.company == options.company]
    if not found:
        names = ", ".join(loaded.settings.company for loaded in companies)
        raise ConfigurationError(f"{options.config} has no company {options.company!r}.", f"Choose one of {names}.")
    return found


def require_one(options: Options) -> None:
    """For commands about one document: several companies, and none named, is a wrong usage."""
    if len(chosen(options)) > 1:
        raise click.UsageError("There are several companies: name one with --company.")


def _hush() -> None:
    """Libraries that log what we say in a sentence of our own, or what is nobody's business here."""
    for name in ("alembic", "paramiko", "apprise", "httpx"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


@contextmanager
def opened(company: LoadedCompany) -> Iterator[Workplace]:
    """The company's workplace in DAGSTER_HOME. Raises `LedgerUnusable`, `ConfigurationError`."""
    with Workplace.open(company, home()) as workplace:
        yield workplace


def home() -> Path:
    """DAGSTER_HOME, made when it is not there."""
    from stampli_b1_assets.defs.home import dagster_home  # Dagster takes half a second to import

    folder = dagster_home()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remedy = "Set DAGSTER_HOME to a folder of yours."
        raise LedgerUnusable(f"DAGSTER_HOME {folder} cannot be made: {error.strerror}.", remedy) from None
    return folder
