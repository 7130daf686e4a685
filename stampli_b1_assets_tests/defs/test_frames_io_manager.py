"""Frames survive the way to Parquet and back; absent partitions are left out, hostile keys refused."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from upath import UPath

from stampli_b1_assets.defs.frames_io_manager import FramesIOManager
from stampli_b1_assets.stampli.rows import Rows

FILES = dg.DynamicPartitionsDefinition(name="acme_files")
KEY = ["acme", "parsed"]


def run(
    folder: Path, instance: dg.DagsterInstance, frames: dict[str, pl.DataFrame], last: str
) -> dict[str, pl.DataFrame]:
    loaded: dict[str, pl.DataFrame] = {}

    @dg.asset(key=KEY, partitions_def=FILES, io_manager_key="frames", backfill_policy=dg.BackfillPolicy.single_run())
    def parsed() -> dict[str, Rows]:
        return {partition: Rows.of(frame) for partition, frame in frames.items()}

    @dg.asset(
        partitions_def=FILES,
        ins={"parsed": dg.AssetIn(key=KEY)},
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def reader(parsed: dict[str, Rows]) -> None:
        loaded.update({partition: rows.whole() for partition, rows in parsed.items()})

    result = dg.materialize(
        [parsed, reader],
        instance=instance,
        resources={"frames": FramesIOManager(UPath(folder))},
        tags={"dagster/asset_partition_range_start": "a", "dagster/asset_partition_range_end": last},
        raise_on_error=True,
    )
    assert result.success
    return loaded


@pytest.fixture
def instance():
    with dg.instance_for_test() as instance:
        instance.add_dynamic_partitions("acme_files", ["a", "b", "c"])
        yield instance


def test_money_and_dates_come_back_as_they_went(tmp_path, instance) -> None:
    frame = pl.DataFrame(
        {"amount": [Decimal("0.10"), None], "on": [date(2026, 3, 31), None]},
        schema={"amount": pl.Decimal(28, 6), "on": pl.Date},
    )
    loaded = run(tmp_path, instance, {"a": frame, "b": frame.head(0)}, "b")
    assert loaded["a"].equals(frame)
    assert loaded["a"]["amount"].to_list() == [Decimal("0.10"), None]
    assert loaded["b"].height == 0


def test_an_absent_partition_is_left_out(tmp_path, instance) -> None:
    frame = pl.DataFrame({"x": ["1"]})
    assert set(run(tmp_path, instance, {"a": frame}, "c")) == {"a"}


def test_no_unfinished_file_stays(tmp_path, instance) -> None:
    run(tmp_path, instance, {"a": pl.DataFrame({"x": ["1"]})}, "a")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.parquet"]


@pytest.mark.parametrize("key", ["../x", "a/b", "..\\x", ".hidden"])
def test_a_key_that_leaves_the_folder_is_refused(tmp_path, key) -> None:
    context = dg.build_output_context(asset_key=dg.AssetKey(KEY))
    with pytest.raises(dg.DagsterInvariantViolationError):
        FramesIOManager(UPath(tmp_path)).handle_output(context, {key: Rows.of(pl.DataFrame({"x": ["1"]}))})
    assert not list(tmp_path.rglob("*.parquet"))
