"""What Stampli is told of its invoices: an asset with a job and a sensor of its own, since files that hold something
fail their posting, and Stampli is to hear of just these.
"""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from stampli_b1_assets.config.models import Company
from stampli_b1_assets.defs.assets import RETRIES
from stampli_b1_assets.defs.failures import told_as_failures
from stampli_b1_assets.defs.resources import WorkplaceResource
from stampli_b1_assets.defs.sensors import is_running
from stampli_b1_assets.defs.tables import table
from stampli_b1_assets.errors import StampliB1Error
from stampli_b1_assets.pipeline.acknowledging import acknowledge, news

_NAME = "posting_acknowledgements"


def acknowledge_job_name(company: str) -> str:
    """What the job is called."""
    return f"{company}_acknowledge"


def acknowledgement_definitions(
    settings: Company, hooks: set[dg.HookDefinition], status: dg.DefaultSensorStatus
) -> dg.Definitions:
    """Nothing while `publish.acknowledgements` is off."""
    if not settings.publish.acknowledgements:
        return dg.Definitions()
    company = settings.company
    job = dg.define_asset_job(
        acknowledge_job_name(company),
        selection=dg.AssetSelection.assets([company, _NAME]),
        executor_def=dg.in_process_executor,
        description="Tell Stampli what became of its invoices since the last time.",
    )
    return dg.Definitions(assets=[_asset(company, hooks)], jobs=[job], sensors=[_sensor(settings, job, status)])


def _asset(company: str, hooks: set[dg.HookDefinition]) -> dg.AssetsDefinition:
    @dg.asset(
        key=[company, _NAME],
        group_name=company,
        kinds={"sftp", "csv"},
        retry_policy=RETRIES,
        hooks=hooks,
        deps=[dg.AssetKey([company, "posted_journal_entries"])],
        description="Files in Stampli's inbound folder: each invoice with SAP's number, or with the reason it waits.",
    )
    def posting_acknowledgements(
        context: dg.AssetExecutionContext, stampli: WorkplaceResource
    ) -> dg.MaterializeResult[None]:
        with told_as_failures(context.run, []):
            written = acknowledge(stampli.of(company))
        rows = [{"file": one.name, "invoices": str(one.invoices), "sha256": one.sha256} for one in written]
        return dg.MaterializeResult(metadata={"invoices": sum(one.invoices for one in written), "files": table(rows)})

    return posting_acknowledgements


def _sensor(
    settings: Company, job: UnresolvedAssetJobDefinition, status: dg.DefaultSensorStatus
) -> dg.SensorDefinition:
    company = settings.company

    @dg.sensor(
        name=f"{company}_acknowledgements",
        job=job,
        minimum_interval_seconds=settings.stampli.poll_seconds,
        default_status=status,
        description="Asks for a file to Stampli when invoices have outcomes that it was not told of.",
    )
    def acknowledgements(context: dg.SensorEvaluationContext, stampli: WorkplaceResource) -> dg.SensorResult:
        try:
            has_news = news(stampli.of(company)) is not None
        except StampliB1Error as error:
            return dg.SensorResult(skip_reason=str(error))
        if not has_news:
            return dg.SensorResult(skip_reason="Stampli was told of everything.")
        if is_running(context.instance, job.name):
            return dg.SensorResult(skip_reason="The last file is being written.")
        return dg.SensorResult(run_requests=[dg.RunRequest()])  # without a key: one that failed is asked for again

    return acknowledgements
