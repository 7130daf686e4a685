"""Retire the partitions of clean files that are old: 100,000 live keys are more than the UI can bear."""

from datetime import timedelta

import dagster as dg

from stampli_b1_assets.ledger.records import FileState
from stampli_b1_assets.pipeline.workplace import Workplace


def retire_partitions(instance: dg.DagsterInstance, workplace: Workplace) -> list[str]:
    """Delete the keys of files that were taken more than `partition_days` ago and hold nothing open.

    The ledger keeps the files for ever; only Dagster's keys go. Returns the keys.
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
