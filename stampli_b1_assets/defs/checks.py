"""The asset check on posted journal entries, and how failed partitions come to be found by the UI's "Failed" button."""

from collections import Counter
from collections.abc import Sequence

import dagster as dg

from stampli_b1_assets.defs.failures import AUDIT_HEAD, ERROR_KIND, FILES, HELD, NUMBER, PARTITIONS
from stampli_b1_assets.defs.tables import Metadata, file_metadata, outcome_figures, table
from stampli_b1_assets.pipeline.finishing import FileResult
from stampli_b1_assets.pipeline.posting import Figures

ALL_POSTED = "everything_posted"


def report_and_raise(
    context: dg.AssetExecutionContext,
    asset_key: dg.AssetKey,
    results: Sequence[FileResult],
    figures: Figures,
    audit_head: str,
) -> dg.MaterializeResult[None]:
    """Log each partition's check and materialize the clean ones; then fail the step for the others.

    Check first and failure after it (measured): a materialization would leave the partition green and unfound.
    """
    metadata = {result.partition: file_metadata(result, figures.get(result.partition, Counter())) for result in results}
    unclean = [result for result in results if not result.is_clean]
    for result in results:
        context.log_event(_evaluation(asset_key, result, metadata[result.partition]))
    if not unclean:
        for partition, facts in metadata.items():
            context.add_asset_metadata(facts, partition_key=partition)
        return dg.MaterializeResult(check_results=[_passed(asset_key, figures)])
    for result in results:
        if result.is_clean:
            context.log_event(
                dg.AssetMaterialization(asset_key, partition=result.partition, metadata=metadata[result.partition])
            )
    raise dg.Failure(
        description=_sentence(unclean), metadata=_failure_metadata(unclean, audit_head), allow_retries=False
    )


def _passed(asset_key: dg.AssetKey, figures: Figures) -> dg.AssetCheckResult:
    """The result that Dagster asks for: in a run of several partitions it names none of them."""
    everything = sum(figures.values(), Counter())
    return dg.AssetCheckResult(
        check_name=ALL_POSTED, asset_key=asset_key, passed=True, metadata=outcome_figures(everything)
    )


def _evaluation(asset_key: dg.AssetKey, result: FileResult, metadata: Metadata) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=asset_key,
        check_name=ALL_POSTED,
        passed=result.is_clean,
        partition=result.partition,
        metadata=metadata,
        description="" if result.is_clean else f"{len(result.open)} in {result.file_name} need a person.",
    )


def _sentence(unclean: Sequence[FileResult]) -> str:
    count = sum(len(result.open) for result in unclean)
    names = ", ".join(result.file_name for result in unclean[:5])
    more = f" and {len(unclean) - 5} more files" if len(unclean) > 5 else ""
    return f"{count} documents in {names}{more} need a person; see the table, or `stampli-b1 held`."


def _failure_metadata(unclean: Sequence[FileResult], audit_head: str) -> dict[str, dg.MetadataValue]:
    """What the alert tells; the head anchors the audit trail outside."""
    rows = [row for result in unclean for row in result.open]
    return {
        ERROR_KIND: dg.MetadataValue.text(HELD),
        PARTITIONS: dg.MetadataValue.text(", ".join(result.partition for result in unclean)),
        FILES: dg.MetadataValue.text(", ".join(result.file_name for result in unclean)),
        NUMBER: dg.MetadataValue.int(len(rows)),
        AUDIT_HEAD: dg.MetadataValue.text(audit_head),
        "needs_a_person": table(rows),
    }
