"""Frames of one file each, as Parquet: `{folder}/{company}/{asset}/{partition}.parquet`."""

import os
from collections.abc import Mapping

import dagster as dg
import polars as pl
from upath import UPath


class FramesIOManager(dg.IOManager):
    """Writes and reads `{partition key: frame}`, one partition or many alike.

    A file is written beside its place and renamed, so that no reader meets half of one. A partition that is
    not there (never read, or retired) is left out of what is loaded: the pipeline reads it again from landing.
    """

    def __init__(self, folder: UPath) -> None:
        self._folder = folder

    def handle_output(self, context: dg.OutputContext, obj: Mapping[str, pl.DataFrame]) -> None:
        """Write each partition's frame."""
        for partition, frame in obj.items():
            path = self._path(context.asset_key, partition)
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
            with unfinished.open("wb") as file:
                frame.write_parquet(file)
            unfinished.rename(path)

    def load_input(self, context: dg.InputContext) -> dict[str, pl.DataFrame]:
        """Read the frames of the input's partitions; absent ones are left out."""
        frames: dict[str, pl.DataFrame] = {}
        for partition in context.asset_partition_keys:
            path = self._path(context.asset_key, partition)
            if path.exists():
                with path.open("rb") as file:
                    frames[partition] = pl.read_parquet(file)
        return frames

    def _path(self, asset_key: dg.AssetKey, partition: str) -> UPath:
        # Keys are made by pipeline.partitions, but a person can type one into the UI.
        if "/" in partition or "\\" in partition or partition.startswith("."):
            raise dg.DagsterInvariantViolationError(f"Partition key {partition!r} is none of a file")
        return self._folder.joinpath(*asset_key.path, f"{partition}.parquet")
