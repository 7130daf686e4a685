"""Alerts for finance and IT: one asset hook for what fails, one run-failure sensor for processes that died, and one
sensor for silence.

Hooks sit on assets, never on jobs: so they fire however a run was launched, and once.
"""

from collections.abc import Mapping, Sequence

import apprise
import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from stampli_b1_assets.config.models import Company
from stampli_b1_assets.defs.failures import ERROR_KIND, PARTITIONS
from stampli_b1_assets.defs.resources import WorkplaceResource
from stampli_b1_assets.errors import StampliB1Error
from stampli_b1_assets.pipeline.watching import SILENCE_ACTION, silence

_MOST_ROWS = 20


def send(urls: Sequence[str], title: str, body: str) -> bool:
    """Tell every Apprise URL; `False` when one of them could not be told. URLs hold secrets and are never logged."""
    told = apprise.Apprise()
    for url in urls:
        told.add(url)
    return bool(told.notify(title=title, body=body)) if urls else True


def failure_hook_of(company: str, urls: Sequence[str]) -> dg.HookDefinition:
    """The hook that each asset of the company carries."""

    @dg.failure_hook(name=f"{company}_alert")
    def alert(context: dg.HookContext) -> None:
        error = context.op_exception
        metadata = error.metadata if isinstance(error, dg.Failure) else {}
        title, body = message(company, str(error), metadata)
        if not send(urls, title, body):
            context.log.warning("An alert could not be delivered; check `alerts` in the configuration.")

    return alert


def message(company: str, error: str, metadata: Mapping[str, dg.MetadataValue]) -> tuple[str, str]:
    """Title and body: what happened, what each document needs, and where to look."""
    kind = metadata.get(ERROR_KIND)
    rows = metadata.get("needs_a_person")
    if not isinstance(rows, dg.TableMetadataValue):
        subject = f"{company}: the Stampli → SAP cycle stopped" if kind is None else f"{company}: {kind.value}"
        return subject, error
    lines = [_line(record.data) for record in rows.records[:_MOST_ROWS]]
    if len(rows.records) > _MOST_ROWS:
        lines.append(f"… and {len(rows.records) - _MOST_ROWS} more: `stampli-b1 held` lists them all.")
    partitions = metadata.get(PARTITIONS)
    lines.append(f"Files' partitions: {partitions.value}" if partitions else "")
    return f"{company}: {len(rows.records)} documents need a person", "\n".join(lines)


def _line(row: Mapping[str, object]) -> str:
    return f"{row['kind']} {row['number'] or row['id']} — {row['reason']}: {row['detail']} {row['action']}"


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
            send(settings.alerts, f"{company}: no files from Stampli", f"{found.sentence} {SILENCE_ACTION}")
            context.update_cursor(told)
        return dg.SkipReason(found.sentence)

    return silence_


def run_failure_sensor_of(
    company: str,
    urls: Sequence[str],
    jobs: Sequence[UnresolvedAssetJobDefinition],
    status: dg.DefaultSensorStatus,
) -> dg.SensorDefinition:
    """Tells of runs that failed without any step failing, for a hook does not fire when its process dies."""

    @dg.run_failure_sensor(
        name=f"{company}_run_failures",
        monitored_jobs=list(jobs),
        default_status=status,
        description="Alerts when a run died; failed steps are told by the assets' own hook.",
    )
    def run_failures(context: dg.RunFailureSensorContext) -> None:
        if context.get_step_failure_events():
            return
        run = context.dagster_run
        send(
            urls,
            f"{company}: a run died",
            f"Run {run.run_id} of {run.job_name} ended without finishing: {context.failure_event.message} "
            "Nothing is lost: the next cycle looks up in SAP what was being sent, and goes on.",
        )

    return run_failures
