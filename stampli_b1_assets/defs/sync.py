"""One cycle from a process of our own: the sensors' work and the jobs' runs, on the same Dagster instance."""

import time
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import dagster as dg
from sqlalchemy.exc import OperationalError

from stampli_b1_assets.config.loader import LoadedCompany
from stampli_b1_assets.defs.acknowledgements import acknowledge_job_name
from stampli_b1_assets.defs.build import build_defs
from stampli_b1_assets.defs.failures import ERROR_KIND, HELD, REMEDY
from stampli_b1_assets.defs.home import instance_unusable
from stampli_b1_assets.defs.jobs import new_files_job, replay_job
from stampli_b1_assets.defs.orphans import DIED, OWNER_TAG, owner, release_orphans
from stampli_b1_assets.defs.partitions import add_missing, range_tags
from stampli_b1_assets.defs.publications import is_publishing, publish_job_name
from stampli_b1_assets.defs.resources import CYCLE_TAG
from stampli_b1_assets.defs.retiring import retire
from stampli_b1_assets.defs.telling import Teller
from stampli_b1_assets.errors import ConfigurationError, LeaseHeld, StampliB1Error, SystemUnusable
from stampli_b1_assets.ledger.records import FileRecord
from stampli_b1_assets.pipeline.cycle import find_work, replayable
from stampli_b1_assets.pipeline.leaving_out import left_out
from stampli_b1_assets.pipeline.summary import Document, cycle_document
from stampli_b1_assets.pipeline.watching import SILENCE_ACTION, crowd, silence
from stampli_b1_assets.pipeline.workplace import Workplace

Progress = Callable[[str], None]

# The events are in the instance, for the UI; standard error is for what a person should read.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def sync(
    companies: Sequence[LoadedCompany],
    config_path: Path,
    home: Path,
    instance: dg.DagsterInstance,
    progress: Progress,
    warn: Progress | None = None,
) -> list[Document]:
    """Run one cycle of every company and return their summaries (contract's JSON), in the same order.

    `progress` is told what is being done, `warn` what should be read afterwards (default: the same).

    Raises `ConfigurationError` or `SystemUnusable` when a system cannot be used; what was posted by then is recorded.
    """
    # A place in the pool stays taken when a run launched elsewhere dies, and would be waited for without end; the
    # ledger's lease knows whether its holder lives.
    definitions = build_defs(config_path, home=home, is_pooled=False)
    documents = []
    for company in companies:
        _bury_the_dead(company, instance)
        with Workplace.open(company, home) as workplace:
            documents.append(_Cycle(workplace, definitions, instance, progress, warn or progress).run())
    return documents


def _bury_the_dead(company: LoadedCompany, instance: dg.DagsterInstance) -> None:
    """An earlier `sync` that was killed could tell nobody, and its run has no place that a sensor would look at."""
    teller = Teller(company.settings.company, company.settings.alerts, instance)
    for run in release_orphans(instance, company.settings.company):
        teller.died(run, DIED)


class _Cycle:
    """One cycle of one company: new files first, then what is held."""

    def __init__(
        self,
        workplace: Workplace,
        definitions: dg.Definitions,
        instance: dg.DagsterInstance,
        progress: Progress,
        warn: Progress,
    ) -> None:
        self._workplace = workplace
        self._definitions = definitions
        self._instance = instance
        self._progress = progress
        self._warn = warn
        self._company = workplace.settings.company
        self._cycle = uuid.uuid4().hex
        self._tags = {CYCLE_TAG: self._cycle, OWNER_TAG: owner()}

    def run(self) -> Document:
        """Look, take, post, try again, sum up."""
        started = time.monotonic_ns()
        self._workplace.mappings()  # a faulty mapping stops the cycle before anything is touched
        self._progress(f"{self._company}: looking at Stampli's folder")
        discovery = find_work(self._workplace)
        cycles = self._workplace.ledger.cycles
        cycles.start(self._cycle)
        self._progress(f"{self._company}: {len(discovery.work)} new files")
        self._tell(crowd(self._workplace, discovery.seen))
        self._run_job(new_files_job(self._company).name, discovery.work)
        held = replayable(self._workplace)
        untried = [record for record in held if record.partition not in {done.partition for done in discovery.work}]
        self._progress(f"{self._company}: {len(untried)} files to try again")
        self._run_job(replay_job(self._company).name, untried)
        self._write_for_stampli()
        for record in discovery.work:
            found = left_out(self._workplace.ledger, record)
            self._tell(found.sentence if found else "")
        quiet = silence(self._workplace)
        self._tell(f"{quiet.sentence} {SILENCE_ACTION}" if quiet else "")
        document = cycle_document(self._workplace, self._cycle, discovery, seconds=_seconds_since(started))
        cycles.finish(self._cycle, document)
        retire(self._instance, self._workplace)
        return document

    def _write_for_stampli(self) -> None:
        """Outcomes last, when the ledger knows every one; what cannot be written is told, and written next time."""
        publish = self._workplace.settings.publish
        if is_publishing(publish):
            self._write(publish_job_name(self._company), "Stampli was not given SAP's lists.")
        if publish.acknowledgements:
            self._write(acknowledge_job_name(self._company), "Stampli was not told what became of its invoices.")

    def _write(self, job_name: str, complaint: str) -> None:
        result = self._definitions.resolve_job_def(job_name).execute_in_process(
            run_config=_QUIET, instance=self._instance, tags=self._tags, raise_on_error=False
        )
        for failure in result.get_step_failure_events():
            told = failure.step_failure_data.user_failure_data
            self._tell(f"{complaint} {told.description if told else ''}".rstrip())

    def _tell(self, sentence: str) -> None:
        if sentence:
            self._warn(f"{self._company}: {sentence}")

    def _run_job(self, job_name: str, records: Sequence[FileRecord]) -> None:
        if not records:
            return
        try:
            self._execute(job_name, [record.partition for record in records])
        except OperationalError as error:
            what = "Dagster's database failed; what was posted by now is recorded, and is not posted again"
            raise instance_unusable(what, error) from None

    def _execute(self, job_name: str, keys: Sequence[str]) -> None:
        add_missing(self._instance, self._company, keys)
        job = self._definitions.resolve_job_def(job_name)
        for tags in range_tags(self._instance, self._company, keys):
            result = job.execute_in_process(
                run_config=_QUIET,
                instance=self._instance,
                tags={**tags, **self._tags},
                raise_on_error=False,
            )
            for failure in result.get_step_failure_events():
                _raise_if_unusable(failure)


def _seconds_since(started: int) -> Decimal:
    return Decimal((time.monotonic_ns() - started) // 10**8) / 10


def _raise_if_unusable(event: dg.DagsterEvent) -> None:
    """A failure that is not about documents held is about a system, or about us."""
    data = event.step_failure_data
    user_failure = data.user_failure_data
    metadata = user_failure.metadata if user_failure else {}
    kind = metadata.get(ERROR_KIND)
    if kind is not None and kind.value == HELD:
        return
    message = user_failure.description if user_failure and user_failure.description else str(data.error)
    remedy = str(metadata[REMEDY].value) if REMEDY in metadata else ""
    raise _ERRORS.get(str(kind.value) if kind else "", StampliB1Error)(message.removesuffix(remedy).rstrip(), remedy)


_ERRORS: dict[str, type[StampliB1Error]] = {
    "ConfigurationError": ConfigurationError,
    "MappingError": ConfigurationError,
    "LayoutError": ConfigurationError,
    "LeaseHeld": LeaseHeld,
    **dict.fromkeys(("StampliUnusable", "B1Unusable", "LedgerUnusable"), SystemUnusable),
}
