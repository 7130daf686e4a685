"""Lists that Stampli's people code with, as assets of their own: they follow SAP, and no export file."""

import dagster as dg

from stampli_b1_assets.config.models import Company, PublishSettings
from stampli_b1_assets.defs.assets import RETRIES
from stampli_b1_assets.defs.failures import told_as_failures
from stampli_b1_assets.defs.resources import B1SessionResource
from stampli_b1_assets.defs.tables import table
from stampli_b1_assets.pipeline.publishing import Publication, publish_purchase_orders, publish_reference_data

_EVERY_TWO_HOURS = "0 */2 * * *"
Metadata = dict[str, dg.MetadataValue]


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
    assets = [
        *([_purchase_orders(company, hooks)] if publish.purchase_orders else []),
        *([_reference_data(company, hooks)] if publish.reference_data else []),
    ]
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


def _purchase_orders(company: str, hooks: set[dg.HookDefinition]) -> dg.AssetsDefinition:
    @dg.asset(
        key=[company, "published_purchase_orders"],
        group_name=company,
        kinds={"sftp", "csv"},
        retry_policy=RETRIES,
        hooks=hooks,
        deps=[dg.AssetKey([company, "b1_reference_data"])],
        description="A file in Stampli's inbound folder: SAP's open purchase orders, line by line.",
    )
    def published_purchase_orders(
        context: dg.AssetExecutionContext, b1: B1SessionResource
    ) -> dg.MaterializeResult[None]:
        with told_as_failures(context.run, []):
            made = publish_purchase_orders(b1.session(company, context.run))
        return dg.MaterializeResult(metadata=_metadata([made]))

    return published_purchase_orders


def _reference_data(company: str, hooks: set[dg.HookDefinition]) -> dg.AssetsDefinition:
    @dg.asset(
        key=[company, "published_reference_data"],
        group_name=company,
        kinds={"sftp", "csv"},
        retry_policy=RETRIES,
        hooks=hooks,
        deps=[dg.AssetKey([company, "b1_reference_data"])],
        description="Files in Stampli's inbound folder: SAP's suppliers, and the accounts and dimensions that may be "
        "coded with.",
    )
    def published_reference_data(
        context: dg.AssetExecutionContext, b1: B1SessionResource
    ) -> dg.MaterializeResult[None]:
        with told_as_failures(context.run, []):
            made = publish_reference_data(b1.session(company, context.run))
        return dg.MaterializeResult(metadata=_metadata(made))

    return published_reference_data


def _metadata(made: list[Publication]) -> Metadata:
    rows = [
        {"list": one.kind, "rows": str(one.rows), "file": one.name or "as before", "sha256": one.sha256} for one in made
    ]
    return {"rows": dg.MetadataValue.int(sum(one.rows for one in made)), "lists": table(rows)}
