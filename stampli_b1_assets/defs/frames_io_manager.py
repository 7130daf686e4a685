"""Frames of one file each, as Parquet: `{folder}/{company}/{asset}/{partition}.parquet`."""

import os
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import polars as pl
from upath import UPath

from stampli_b1_assets.stampli.chunks import CHUNK_ROWS
from stampli_b1_assets.stampli.rows import Rows


class FramesIOManager(dg.IOManager):
    """Writes and reads `{partition key: rows}`, one partition or many alike; memory holds a piece of a file.

    A file is written beside its place and renamed, so that no reader meets half of one. A partition that is
    not there (never read, or retired) is left out of what is loaded: the pipeline reads it again from landing.
    """

    def __init__(self, folder: UPath) -> None:
        self._folder = folder

    def handle_output(self, context: dg.OutputContext, obj: Mapping[str, Rows]) -> None:
        """Write each partition's frame."""
        for partition, rows in obj.items():
            path = self._path(context.asset_key, partition)
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
            with unfinished.open("wb") as file:
                rows.frame.sink_parquet(file, row_group_size=CHUNK_ROWS)
            unfinished.rename(path)

    def load_input(self, context: dg.InputContext) -> dict[str, Rows]:
        """Read the frames of the input's partitions; absent ones are left out."""
        frames: dict[str, Rows] = {}
        for partition in context.asset_partition_keys:
            path = self._path(context.asset_key, partition)
            if path.exists():
                frames[partition] = _stored(path)
        return frames

    def _path(self, asset_key: dg.AssetKey, partition: str) -> UPath:
        # Keys are made by pipeline.partitions, but a person can type one into the UI.
        if "/" in partition or "\\" in partition or partition.startswith("."):
            raise dg.DagsterInvariantViolationError(f"Partition key {partition!r} is none of a file")
        return self._folder.joinpath(*asset_key.path, f"{partition}.parquet")


def _stored(path: UPath) -> Rows:
    """Read piece by piece where the file system lets itself be read so; an object store's file is fetched whole."""
    if path.protocol in ("", "file"):
        return Rows.stored(Path(str(path)))
    with path.open("rb") as file:
        return Rows.of(pl.read_parquet(file))
