"""What is old goes: partitions of clean files first, then the runs that dealt with them."""

from datetime import timedelta

import dagster as dg

from stampli_b1_assets.defs.jobs import job_names
from stampli_b1_assets.defs.launches import belongs_to
from stampli_b1_assets.ledger.records import FileState
from stampli_b1_assets.pipeline.workplace import Workplace

_LONGER_THAN_PARTITIONS = timedelta(days=30)
_MOST_AT_ONCE = 50
_ASSET_JOB = "__ASSET_JOB"  # what Dagster calls runs that people launch for assets
_FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def retire(instance: dg.DagsterInstance, workplace: Workplace) -> None:
    """Both, in the order that leaves no live partition without the run that materialized it."""
    retire_partitions(instance, workplace)
    purge_runs(instance, workplace)


def retire_partitions(instance: dg.DagsterInstance, workplace: Workplace) -> list[str]:
    """Delete the keys of files that were taken more than `partition_days` ago and hold nothing open.

    100,000 live keys are more than the UI can bear. The ledger keeps the files for ever; only Dagster's keys go.
    Returns the keys.
    """
    name = f"{workplace.settings.company}_files"
    oldest = workplace.clock() - timedelta(days=workplace.settings.partition_days)
    live = set(instance.get_dynamic_partitions(name))
    retired = [
        record.partition
        for record in workplace.ledger.files.all().values()
        if record.partition in live
        and record.state != FileState.FOUND
        and record.is_clean
        and record.taken_at is not None
        and record.taken_at < oldest
    ]
    for key in retired:
        instance.delete_dynamic_partition(name, key)
    return retired


def purge_runs(instance: dg.DagsterInstance, workplace: Workplace) -> list[str]:
    """Delete the company's finished runs, with their events and logs, a month after their partitions.

    A few at a time, since a sensor has a minute; the ledger and the audit trail keep what they did. Returns the ids.
    """
    company = workplace.settings.company
    oldest = workplace.clock() - timedelta(days=workplace.settings.partition_days) - _LONGER_THAN_PARTITIONS
    purged = [
        run.run_id
        for job_name in (*job_names(company), _ASSET_JOB)
        for run in instance.get_runs(
            dg.RunsFilter(job_name=job_name, statuses=_FINISHED, created_before=oldest), limit=_MOST_AT_ONCE
        )
        if belongs_to(run, company)
    ]
    for run_id in purged:
        instance.delete_run(run_id)
    return purged
