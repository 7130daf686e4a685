"""Two sensors of a company: one looks at Stampli's folder, one tries again what is held."""

import hashlib
import json
from collections.abc import Mapping, Sequence

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from stampli_b1_assets.config.models import Company
from stampli_b1_assets.defs import telling
from stampli_b1_assets.defs.partitions import add_missing, range_tags
from stampli_b1_assets.defs.resources import WorkplaceResource
from stampli_b1_assets.defs.retiring import retire
from stampli_b1_assets.defs.telling import Teller
from stampli_b1_assets.errors import StampliB1Error
from stampli_b1_assets.ledger.records import FileRecord
from stampli_b1_assets.pipeline.cycle import find_work, replayable
from stampli_b1_assets.pipeline.discovering import Discovery
from stampli_b1_assets.pipeline.watching import CROWD_ACTION, crowd
from stampli_b1_assets.pipeline.workplace import Workplace

REASON_TAG = "stampli_b1/because"
"""Run tag of a replay: what had changed since the last one."""

_UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def file_sensor(
    settings: Company, job: UnresolvedAssetJobDefinition, status: dg.DefaultSensorStatus
) -> dg.SensorDefinition:
    """`{company}_stampli_files`: registers new, settled files as partitions and asks for one range run of them."""
    company = settings.company

    @dg.sensor(
        name=f"{company}_stampli_files",
        job=job,
        minimum_interval_seconds=settings.stampli.poll_seconds,
        default_status=status,
        description="Looks at Stampli's outbound folder; a new settled file becomes a partition and a run.",
    )
    def stampli_files(context: dg.SensorEvaluationContext, stampli: WorkplaceResource) -> dg.SensorResult:
        try:
            workplace = stampli.of(company)
            discovery = find_work(workplace)
        except StampliB1Error as error:
            _tell(context, settings, error)
            return dg.SensorResult(skip_reason=f"The folder could not be looked at. {error}")
        _tell(context, settings, None)
        retire(context.instance, workplace)
        _tell_of_a_crowd(context, workplace, discovery)
        if not discovery.work:
            return dg.SensorResult(skip_reason=_nothing_new(discovery))
        if is_running(context.instance, job.name):
            return dg.SensorResult(skip_reason="New files lie there; the run of the last ones is not finished yet.")
        return _requested(context, company, discovery.work)

    return stampli_files


def _tell_of_a_crowd(context: dg.SensorEvaluationContext, workplace: Workplace, discovery: Discovery) -> None:
    """One alert a day while the folder holds too many files."""
    sentence, today = crowd(workplace, discovery.seen), str(workplace.today())
    if sentence and context.cursor != today:
        company = workplace.settings.company
        telling.send(workplace.settings.alerts, f"{company}: very many files", f"{sentence} {CROWD_ACTION}")
        context.update_cursor(today)


def replay_sensor(
    settings: Company, job: UnresolvedAssetJobDefinition, status: dg.DefaultSensorStatus
) -> dg.SensorDefinition:
    """`{company}_replay_held`: materializes again the partitions that hold something open."""
    company = settings.company

    @dg.sensor(
        name=f"{company}_replay_held",
        job=job,
        minimum_interval_seconds=settings.stampli.poll_seconds,
        default_status=status,
        description="Tries again what is held: when settings, mappings, layout or decisions changed, and every hour.",
    )
    def replay_held(context: dg.SensorEvaluationContext, stampli: WorkplaceResource) -> dg.SensorResult:
        try:
            workplace = stampli.of(company)
            records = replayable(workplace)
            causes = _causes(workplace, records)
        except StampliB1Error as error:
            _tell(context, settings, error)
            return dg.SensorResult(skip_reason=str(error))
        _tell(context, settings, None)
        if not records:
            return dg.SensorResult(skip_reason="Nothing is held.")
        changed = _changed(causes, context.cursor)
        if not changed:
            return dg.SensorResult(skip_reason=f"{len(records)} files hold something; nothing has changed this hour.")
        if is_running(context.instance, job.name):
            return dg.SensorResult(skip_reason="The last replay is not finished yet.")
        context.log.info(f"{len(records)} files hold something and are tried again, for there is news: {changed}.")
        context.update_cursor(json.dumps(causes))
        return _requested(context, company, records, {REASON_TAG: changed})

    return replay_held


def _tell(context: dg.SensorEvaluationContext, settings: Company, error: StampliB1Error | None) -> None:
    """Sensors have no hooks, and a folder that nobody can look at would stay unnoticed."""
    teller = Teller(settings.company, settings.alerts, context.instance)
    where = f"the sensor {context.sensor_name}"
    if error is None:
        teller.works(where)
    else:
        teller.stopped(where, type(error).__name__, str(error), only_news=True)


def _requested(
    context: dg.SensorEvaluationContext,
    company: str,
    records: Sequence[FileRecord],
    more_tags: Mapping[str, str] | None = None,
) -> dg.SensorResult:
    """One run per range of partitions; the partitions are added first, in the order in which they are to be taken."""
    keys = [record.partition for record in records]
    add_missing(context.instance, company, keys)
    requests = [
        dg.RunRequest(tags={**tags, **(more_tags or {})}) for tags in range_tags(context.instance, company, keys)
    ]
    return dg.SensorResult(run_requests=requests)


def is_running(instance: dg.DagsterInstance, job_name: str) -> bool:
    """Whether a run of the job has not ended yet."""
    filters = dg.RunsFilter(job_name=job_name, statuses=_UNFINISHED)
    return bool(instance.get_run_ids(filters=filters, limit=1))


def _nothing_new(discovery: Discovery) -> str:
    return (
        f"Nothing new: {discovery.seen} files seen, {discovery.known} known, "
        f"{len(discovery.unsettled)} not settled yet, {len(discovery.refused)} refused."
    )


def _causes(workplace: Workplace, records: Sequence[FileRecord]) -> dict[str, str]:
    """What may release a hold: settings, mappings, layout, decisions; and the hour, for changes in SAP."""
    files = hashlib.sha256("\n".join(record.partition for record in records).encode())
    return {
        "settings": workplace.company.text_sha256[:12],
        "mappings": workplace.mappings().fingerprint[:12],
        "layout": workplace.layout.fingerprint[:12],
        "decisions": str(workplace.ledger.decisions.count()),
        "held files": files.hexdigest()[:12],
        "hour": workplace.clock().strftime("%Y-%m-%dT%H"),
    }


def _changed(causes: Mapping[str, str], cursor: str | None) -> str:
    """Names of what is not as it was at the last replay; empty when nothing changed."""
    if not cursor or not cursor.startswith("{"):
        return "first look"
    before = json.loads(cursor)
    return ", ".join(name for name, value in causes.items() if before.get(name) != value)
