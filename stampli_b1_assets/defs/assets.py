"""The assets of one company, in the order of flow: exports → parsed → partners → journal entries."""

from collections.abc import Mapping
from datetime import timedelta

import dagster as dg
import polars as pl

from stampli_b1_assets.config.models import Company
from stampli_b1_assets.defs.checks import ALL_POSTED, report_and_raise
from stampli_b1_assets.defs.failures import told_as_failures
from stampli_b1_assets.defs.partitions import files_of
from stampli_b1_assets.defs.resources import B1SessionResource, WorkplaceResource
from stampli_b1_assets.defs.tables import PartnerTable
from stampli_b1_assets.ledger.records import FileRecord
from stampli_b1_assets.pipeline.archiving import archive_clean
from stampli_b1_assets.pipeline.finishing import FileResult, finish
from stampli_b1_assets.pipeline.partners import sync_partners
from stampli_b1_assets.pipeline.payments import settle_payments
from stampli_b1_assets.pipeline.posting import Figures, post_invoices
from stampli_b1_assets.pipeline.reading import FileContent, content_of_frames, read
from stampli_b1_assets.pipeline.session import LEASE_PATIENCE_SECONDS, Session
from stampli_b1_assets.pipeline.taking import take
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets.stampli.frames import INVOICE_SCHEMA, PAYMENT_SCHEMA, VENDOR_SCHEMA
from stampli_b1_assets.stampli.reader import FileKind, ParsedFile
from stampli_b1_assets.stampli.rows import Rows

FRAMES = "frames"
"""Key of the IO manager that keeps the parsed frames."""

Frames = dict[str, Rows]

RETRIES = dg.RetryPolicy(max_retries=3, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
"""Of every asset; `told_as_failures` says what is worth another try."""
_SCHEMAS = {
    "parsed_invoices": (FileKind.INVOICES, INVOICE_SCHEMA),
    "parsed_vendors": (FileKind.VENDORS, VENDOR_SCHEMA),
    "parsed_payments": (FileKind.PAYMENTS, PAYMENT_SCHEMA),
}


def company_assets(
    settings: Company, hooks: set[dg.HookDefinition], *, is_pooled: bool = True
) -> list[dg.AssetsDefinition]:
    """The assets of one company; every run of theirs logs in to SAP once at most.

    `is_pooled`: runs wait for one another in the company's pool, and not for the ledger's lease alone.
    """
    company = settings.company
    pool = company if is_pooled else None
    return [
        _stampli_exports(company, hooks),
        _parsed(company, hooks),
        _b1_reference_data(company, hooks, pool),
        _synced_business_partners(company, hooks, pool),
        _posted_journal_entries(company, hooks, pool, _expected_within(settings.stampli.alarm_hours)),
    ]


def _stampli_exports(company: str, hooks: set[dg.HookDefinition]) -> dg.AssetsDefinition:
    @dg.asset(
        key=[company, "stampli_exports"],
        group_name=company,
        kinds={"sftp", "csv"},
        partitions_def=files_of(company),
        backfill_policy=dg.BackfillPolicy.single_run(),
        retry_policy=RETRIES,
        hooks=hooks,
        deps=[dg.AssetKey([company, "stampli_outbox"])],
        description="Stampli's export files, byte for byte, addressed by their SHA-256. One partition is one file.",
    )
    def stampli_exports(context: dg.AssetExecutionContext, stampli: WorkplaceResource) -> None:
        workplace = stampli.of(company)
        with told_as_failures(context.run, list(context.partition_keys)):
            for taken in take(workplace, _records(workplace, context)):
                record = taken.record
                facts = {"file": record.name, "bytes": record.size, "sha256": record.sha256, "state": str(record.state)}
                context.add_asset_metadata(facts, partition_key=record.partition)
                if taken.not_taken:
                    context.log.warning(taken.not_taken)

    return stampli_exports


def _parsed(company: str, hooks: set[dg.HookDefinition]) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=f"{company}_parsed_exports",
        outs={
            name: dg.AssetOut(
                key=[company, name],
                io_manager_key=FRAMES,
                kinds={"polars", "parquet"},
                description=f"Rows of the export files that hold {kind}, as typed frames with their faults.",
                metadata={"dagster/column_schema": _column_schema(schema)},
            )
            for name, (kind, schema) in _SCHEMAS.items()
        },
        group_name=company,
        partitions_def=files_of(company),
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[dg.AssetKey([company, "stampli_exports"])],
        retry_policy=RETRIES,
        hooks=hooks,
    )
    def parsed_exports(context: dg.AssetExecutionContext, stampli: WorkplaceResource) -> tuple[Frames, Frames, Frames]:
        workplace = stampli.of(company)
        frames: dict[str, Frames] = {name: {} for name in _SCHEMAS}
        with told_as_failures(context.run, list(context.partition_keys)):
            for record in _records(workplace, context):
                parsed = read(workplace, record)
                for told in _worth_telling(parsed):
                    context.log.warning(f"{record.name}: {told}")
                for name, (kind, schema) in _SCHEMAS.items():
                    is_of_kind = parsed is not None and parsed.kind is kind
                    rows = parsed.rows if parsed and is_of_kind else Rows.of(pl.DataFrame(schema=schema))
                    frames[name][record.partition] = rows
                    facts = {"dagster/partition_row_count": rows.height, "file": record.name}
                    context.add_asset_metadata(facts, [company, name], record.partition)
        return frames["parsed_invoices"], frames["parsed_vendors"], frames["parsed_payments"]

    return parsed_exports


def _worth_telling(parsed: ParsedFile | None) -> list[str]:
    """What is wrong with a file and holds nothing up."""
    if parsed is None:
        return []
    unknown = ", ".join(parsed.unknown_columns)
    return [*parsed.warnings, *([f"Columns that the layout does not know were kept: {unknown}."] if unknown else [])]


def _b1_reference_data(company: str, hooks: set[dg.HookDefinition], pool: str | None) -> dg.AssetsDefinition:
    @dg.asset(
        key=[company, "b1_reference_data"],
        group_name=company,
        kinds={"sap"},
        retry_policy=RETRIES,
        pool=pool,
        hooks=hooks,
        description="SAP's accounts, suppliers, dimensions, projects, currencies and periods, read once a run.",
    )
    def b1_reference_data(context: dg.AssetExecutionContext, b1: B1SessionResource) -> dg.MaterializeResult[None]:
        with told_as_failures(context.run, []):
            reference = b1.session(company, context.run).reference
        return dg.MaterializeResult(
            metadata={
                "company": f"{reference.company_name} ({reference.company_db})",
                "local_currency": reference.local_currency,
                "accounts": len(reference.accounts),
                "suppliers": len(reference.partners),
                "distribution_rules": len(reference.rules),
                "projects": len(reference.projects),
                "open_periods": sum(period.status.is_open for period in reference.periods),
                "fingerprint": reference.fingerprint,
            },
            data_version=dg.DataVersion(reference.fingerprint),
        )

    return b1_reference_data


def _synced_business_partners(company: str, hooks: set[dg.HookDefinition], pool: str | None) -> dg.AssetsDefinition:
    @dg.asset(
        key=[company, "synced_business_partners"],
        group_name=company,
        kinds={"sap"},
        partitions_def=files_of(company),
        backfill_policy=dg.BackfillPolicy.single_run(),
        retry_policy=RETRIES,
        pool=pool,
        hooks=hooks,
        ins={name: _frames_of(company, name) for name in ("parsed_vendors", "parsed_invoices")},
        deps=[dg.AssetKey([company, "b1_reference_data"])],
        description="SAP's suppliers, created and kept in step with Stampli's vendors; held ones are tried again.",
    )
    def synced_business_partners(
        context: dg.AssetExecutionContext, b1: B1SessionResource, parsed_vendors: Frames, parsed_invoices: Frames
    ) -> dg.MaterializeResult[None]:
        told = PartnerTable()
        with told_as_failures(context.run, list(context.partition_keys)):
            session = b1.session(company, context.run)
            with session.ledger.lease(session.cycle, wait_seconds=LEASE_PATIENCE_SECONDS):
                files = _contents(session.workplace, context, (parsed_vendors, parsed_invoices))
                sync_partners(session, files, told.add)
        return dg.MaterializeResult(metadata=told.metadata())

    return synced_business_partners


def _expected_within(hours: int) -> dg.FreshnessPolicy | None:
    """The last asset is as fresh as Stampli's files: `stampli.alarm_hours`, the same that tells of a silence."""
    return dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=hours)) if hours else None


def _posted_journal_entries(
    company: str, hooks: set[dg.HookDefinition], pool: str | None, freshness: dg.FreshnessPolicy | None
) -> dg.AssetsDefinition:
    @dg.asset(
        key=[company, "posted_journal_entries"],
        group_name=company,
        kinds={"sap"},
        partitions_def=files_of(company),
        backfill_policy=dg.BackfillPolicy.single_run(),
        retry_policy=RETRIES,
        pool=pool,
        hooks=hooks,
        ins={name: _frames_of(company, name) for name in ("parsed_invoices", "parsed_payments")},
        deps=[dg.AssetKey([company, name]) for name in ("synced_business_partners", "b1_reference_data")],
        freshness_policy=freshness,
        check_specs=[
            dg.AssetCheckSpec(
                ALL_POSTED,
                asset=[company, "posted_journal_entries"],
                partitions_def=files_of(company),
                description="Fails while anything that the file brought is held or in conflict.",
            )
        ],
        description="Invoices as journal entries in SAP, each exactly once. A partition fails while something in it "
        "needs a person; materializing it again tries just that.",
    )
    def posted_journal_entries(
        context: dg.AssetExecutionContext, b1: B1SessionResource, parsed_invoices: Frames, parsed_payments: Frames
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster reads it as it stands
        with told_as_failures(context.run, list(context.partition_keys)):
            session = b1.session(company, context.run)
            results, figures = _posted(session, context, (parsed_invoices, parsed_payments))
            head = str(session.ledger.audit.head())
        key = dg.AssetKey([company, "posted_journal_entries"])
        return report_and_raise(context, key, results, figures, head)

    return posted_journal_entries


def _posted(
    session: Session, context: dg.AssetExecutionContext, frames: tuple[Frames, ...]
) -> tuple[list[FileResult], Figures]:
    """Invoices, then payments, then the files' ends, while no other run works on the company."""
    with session.ledger.lease(session.cycle, wait_seconds=LEASE_PATIENCE_SECONDS):
        files = _contents(session.workplace, context, frames)
        figures = post_invoices(session, files)
        settle_payments(session, files)
        results = finish(session, files)
        left_out = [one.left_out for one in results if one.left_out]
        for told in [*session.warnings, *left_out, *archive_clean(session.workplace)]:
            context.log.warning(told)
    return results, figures


def _frames_of(company: str, name: str) -> dg.AssetIn:
    return dg.AssetIn(key=[company, name], input_manager_key=FRAMES)


def _records(workplace: Workplace, context: dg.AssetExecutionContext) -> list[FileRecord]:
    """The files of the run's partitions, in the order in which they are to be taken."""
    records = [workplace.ledger.files.by_partition(key) for key in context.partition_keys]
    known = [record for record in records if record is not None]
    return sorted(known, key=lambda record: (record.mtime, record.name))


def _contents(workplace: Workplace, context: dg.AssetExecutionContext, frames: tuple[Frames, ...]) -> list[FileContent]:
    return [
        content_of_frames(workplace, record, _stored(record.partition, frames))
        for record in _records(workplace, context)
    ]


def _stored(partition: str, frames: tuple[Frames, ...]) -> list[Rows]:
    return [of_kind[partition] for of_kind in frames if partition in of_kind]


def _column_schema(schema: Mapping[str, pl.DataType]) -> dg.TableSchema:
    return dg.TableSchema(columns=[dg.TableColumn(name, str(type_)) for name, type_ in schema.items()])
