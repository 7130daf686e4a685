"""Alerts for finance and IT: asset hooks for what fails and what works again, sensors for processes that died and
for silence.

Hooks sit on assets, never on jobs: so they fire however a run was launched, and once.
"""

from collections.abc import Mapping, Sequence

import dagster as dg

from stampli_b1_assets.config.models import Company
from stampli_b1_assets.defs import telling
from stampli_b1_assets.defs.failures import AUDIT_HEAD, ERROR_KIND, FILES, HELD, NUMBER
from stampli_b1_assets.defs.launches import belongs_to, is_automatic
from stampli_b1_assets.defs.resources import WorkplaceResource
from stampli_b1_assets.defs.telling import Teller
from stampli_b1_assets.errors import StampliB1Error
from stampli_b1_assets.pipeline.watching import SILENCE_ACTION, silence

_UNDELIVERED = "An alert could not be delivered; check `alerts` in the configuration."


def hooks_of(company: str, urls: Sequence[str]) -> set[dg.HookDefinition]:
    """The hooks that each asset of the company carries; none where nobody is to be told."""
    return {_failure_hook(company, urls), _success_hook(company, urls)} if urls else set()


def _failure_hook(company: str, urls: Sequence[str]) -> dg.HookDefinition:
    @dg.failure_hook(name=f"{company}_alert")
    def alert(context: dg.HookContext) -> None:
        teller = Teller(company, urls, context.instance)
        error = context.op_exception
        metadata = error.metadata if isinstance(error, dg.Failure) else {}
        run = context.instance.get_run_by_id(context.run_id)
        only_news = run is not None and is_automatic(run)
        if _text(metadata, ERROR_KIND) == HELD:
            is_told = _tell_documents(teller, context.run_id, metadata, only_news=only_news)
            is_told = teller.works(_where(context)) and is_told
        else:
            kind = _text(metadata, ERROR_KIND) or type(error).__name__
            is_told = teller.stopped(_where(context), kind, str(error), only_news=only_news)
        if not is_told:
            context.log.warning(_UNDELIVERED)

    return alert


def _success_hook(company: str, urls: Sequence[str]) -> dg.HookDefinition:
    @dg.success_hook(name=f"{company}_works_again")
    def works_again(context: dg.HookContext) -> None:
        if not Teller(company, urls, context.instance).works(_where(context)):
            context.log.warning(_UNDELIVERED)

    return works_again


def _where(context: dg.HookContext) -> str:
    """The step, named as its asset is: `linden__stampli_exports` → `stampli_exports`."""
    return context.op.name.partition("__")[2] or context.op.name


def _tell_documents(teller: Teller, run_id: str, metadata: Mapping[str, dg.MetadataValue], *, only_news: bool) -> bool:
    table = metadata["needs_a_person"]
    assert isinstance(table, dg.TableMetadataValue)
    rows = [{name: str(value) for name, value in record.data.items()} for record in table.records]
    footing = f"Files: {_text(metadata, FILES)}\nDagster's run: {run_id}\nAudit trail: {_text(metadata, AUDIT_HEAD)}"
    return teller.documents(rows, int(_text(metadata, NUMBER)), footing, only_news=only_news)


def _text(metadata: Mapping[str, dg.MetadataValue], name: str) -> str:
    return str(metadata[name].value) if name in metadata else ""


def silence_sensor_of(settings: Company, status: dg.DefaultSensorStatus) -> dg.SensorDefinition:
    """Tells when no new file has come for `stampli.alarm_hours`, and again each time that these have gone by."""
    company = settings.company

    @dg.sensor(
        name=f"{company}_silence",
        minimum_interval_seconds=settings.stampli.poll_seconds,
        default_status=status,
        description="Alerts when no new file was taken for `stampli.alarm_hours`: no export, or nobody who takes it.",
    )
    def silence_(context: dg.SensorEvaluationContext, stampli: WorkplaceResource) -> dg.SkipReason:
        try:
            found = silence(stampli.of(company))
        except StampliB1Error as error:
            return dg.SkipReason(str(error))
        if found is None:
            return dg.SkipReason("Files come as expected.")
        told = f"{found.since.isoformat()} {found.times}"
        if told != context.cursor:
            telling.send(settings.alerts, f"{company}: no files from Stampli", f"{found.sentence} {SILENCE_ACTION}")
            context.update_cursor(told)
        return dg.SkipReason(found.sentence)

    return silence_


def run_failure_sensor_of(company: str, urls: Sequence[str], status: dg.DefaultSensorStatus) -> dg.SensorDefinition:
    """Tells of runs that failed without any step failing, for a hook does not fire when its process dies.

    No `monitored_jobs`: those would leave out what people launch in the UI.
    """

    @dg.run_failure_sensor(
        name=f"{company}_run_failures",
        default_status=status,
        description="Alerts when a run died; failed steps are told by the assets' own hook.",
    )
    def run_failures(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        if not belongs_to(run, company) or context.get_step_failure_events():
            return
        if not Teller(company, urls, context.instance).died(run, context.failure_event.message or ""):
            context.log.warning(_UNDELIVERED)

    return run_failures
