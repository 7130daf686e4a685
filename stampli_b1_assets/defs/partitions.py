"""One dynamic partition per export file, per company; and the ranges of them that one run takes."""

from collections.abc import Sequence

import dagster as dg
from sqlalchemy.exc import IntegrityError

# Dagster exports no names for the tags of a range run; these two are documented for RunRequest.
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"
_MOST_RACES = 10


def files_of(company: str) -> dg.DynamicPartitionsDefinition:
    """The company's export files; keys are made by `pipeline.partitions.partition_key`."""
    return dg.DynamicPartitionsDefinition(name=f"{company}_files")


def add_missing(instance: dg.DagsterInstance, company: str, keys: Sequence[str]) -> None:
    """Add the keys that the instance does not have, in the order given.

    Another process may add some of them between our look and our write: Dagster then adds none, and does not say so.
    """
    name = f"{company}_files"
    for is_last in (*[False] * _MOST_RACES, True):
        known = set(instance.get_dynamic_partitions(name))
        missing = [key for key in keys if key not in known]
        if not missing:
            return
        try:
            instance.add_dynamic_partitions(name, missing)
        except IntegrityError:
            if is_last:
                raise


def range_tags(instance: dg.DagsterInstance, company: str, keys: Sequence[str]) -> list[dict[str, str]]:
    """Run tags, one set per range that covers `keys`."""
    all_keys = list(instance.get_dynamic_partitions(f"{company}_files"))
    return [{RANGE_START_TAG: first, RANGE_END_TAG: last} for first, last in ranges(all_keys, keys)]


def ranges(all_keys: Sequence[str], wanted: Sequence[str], *, most_between: int = 20) -> list[tuple[str, str]]:
    """Ranges (first, last) that cover the wanted keys, in the instance's order.

    Up to `most_between` keys that are not wanted may lie between two wanted ones: they hold nothing open and cost
    less than a run of their own would.
    """
    place_of = {key: place for place, key in enumerate(all_keys)}
    result: list[tuple[int, int]] = []
    for place in sorted(place_of[key] for key in set(wanted)):
        if result and place - result[-1][1] <= most_between + 1:
            result[-1] = (result[-1][0], place)
        else:
            result.append((place, place))
    return [(all_keys[first], all_keys[last]) for first, last in result]
