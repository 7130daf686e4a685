"""The two jobs of a company: one for new files, one for what is held."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

FLOW = (
    "stampli_exports",
    "parsed_invoices",
    "parsed_vendors",
    "parsed_payments",
    "b1_reference_data",
    "synced_business_partners",
    "posted_journal_entries",
)
REPLAYED = ("b1_reference_data", "synced_business_partners", "posted_journal_entries")


def job_names(company: str) -> tuple[str, str]:
    """What the two jobs are called."""
    return f"{company}_new_files", f"{company}_replay_held"


def new_files_job(company: str) -> UnresolvedAssetJobDefinition:
    """The whole flow for a range of files."""
    return _job(company, job_names(company)[0], FLOW, "Take, read and post the files of the run's partitions.")


def replay_job(company: str) -> UnresolvedAssetJobDefinition:
    """Partners and postings again, for a range of files that hold something open."""
    return _job(company, job_names(company)[1], REPLAYED, "Try again what is held in the run's partitions.")


def _job(company: str, name: str, assets: tuple[str, ...], description: str) -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        name,
        selection=dg.AssetSelection.assets(*([company, asset] for asset in assets)),
        executor_def=dg.in_process_executor,
        description=description,
    )
