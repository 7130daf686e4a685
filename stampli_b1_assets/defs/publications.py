"""Lists that Stampli's people code with, as assets of their own: they follow SAP, and no export file."""

from collections.abc import Callable

import dagster as dg

from stampli_b1_assets.config.models import Company, PublishSettings
from stampli_b1_assets.defs.assets import RETRIES
from stampli_b1_assets.defs.failures import told_as_failures
from stampli_b1_assets.defs.resources import B1SessionResource
from stampli_b1_assets.defs.tables import Metadata, table
from stampli_b1_assets.pipeline.publishing import Publication, publish_purchase_orders, publish_reference_data
from stampli_b1_assets.pipeline.session import Session

_EVERY_TWO_HOURS = "0 */2 * * *"
Publish = Callable[[Session], list[Publication]]


def is_publishing(settings: PublishSettings) -> bool:
    """Whether there is any list to publish."""
    return settings.purchase_orders or settings.reference_data


def publish_job_name(company: str) -> str:
    """What the job is called."""
    return f"{company}_publish"


def publication_definitions(
    settings: Company, hooks: set[dg.HookDefinition], status: dg.DefaultScheduleStatus
) -> dg.Definitions:
    """Those that `publish` switches on, one job for them, and its schedule."""
    company, publish = settings.company, settings.publish
    orders = "SAP's open purchase orders, line by line"
    lists = "SAP's suppliers, and the accounts and dimensions that may be coded with"
    assets = []
    if publish.purchase_orders:
        assets.append(_published(company, "published_purchase_orders", hooks, publish_purchase_orders, orders))
    if publish.reference_data:
        assets.append(_published(company, "published_reference_data", hooks, publish_reference_data, lists))
    if not assets:
        return dg.Definitions()
    job = dg.define_asset_job(
        publish_job_name(company),
        selection=dg.AssetSelection.assets(*(asset.key for asset in assets)),
        executor_def=dg.in_process_executor,
        description="Give Stampli SAP's lists, as far as they changed.",
    )
    schedule = dg.ScheduleDefinition(
        name=f"{company}_publications",
        job=job,
        cron_schedule=_EVERY_TWO_HOURS,
        execution_timezone=settings.posting.time_zone,
        default_status=status,
        description="Asks every two hours for the lists that Stampli is given.",
    )
    return dg.Definitions(assets=assets, jobs=[job], schedules=[schedule])


def _published(
    company: str, name: str, hooks: set[dg.HookDefinition], publish: Publish, description: str
) -> dg.AssetsDefinition:
    @dg.asset(
        key=[company, name],
        group_name=company,
        kinds={"sftp", "csv"},
        retry_policy=RETRIES,
        hooks=hooks,
        deps=[dg.AssetKey([company, "b1_reference_data"])],
        description=f"In Stampli's inbound folder: {description}.",
    )
    def published(context: dg.AssetExecutionContext, b1: B1SessionResource) -> dg.MaterializeResult[None]:
        with told_as_failures(context.run, []):
            made = publish(b1.session(company, context.run))
        return dg.MaterializeResult(metadata=_metadata(made))

    return published


def _metadata(made: list[Publication]) -> Metadata:
    rows = [
        {"list": one.kind, "rows": str(one.rows), "file": one.name or "as before", "sha256": one.sha256} for one in made
    ]
    return {"rows": dg.MetadataValue.int(sum(one.rows for one in made)), "lists": table(rows)}
