"""The rows of one file, on disk when they are many, and taken from there whole documents at a time."""

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from stampli_b1_assets.stampli.chunks import CHUNK_ROWS
from stampli_b1_assets.stampli.scratch import Places

_KEYS = 10 * CHUNK_ROWS
"""Identities that memory holds at a time."""


class Rows:
    """Rows in the schema of their kind. `frame` is lazy: what is collected of it is what memory holds."""

    def __init__(self, frame: pl.LazyFrame, height: int, parts: Sequence["Rows"] = ()) -> None:
        """`parts` are what the frame is read from: what they keep on disk goes with the last that needs it."""
        self.frame, self.height, self._parts = frame, height, tuple(parts)

    @classmethod
    def of(cls, frame: pl.DataFrame) -> "Rows":
        """Few rows, in memory."""
        return cls(frame.lazy(), frame.height)

    @classmethod
    def stored(cls, path: Path) -> "Rows":
        """A Parquet file that is kept by somebody else."""
        frame = pl.scan_parquet(path)
        return cls(frame, frame.select(pl.len()).collect().item())

    @classmethod
    def spooled(cls, frames: Iterator[pl.DataFrame], schema: pl.Schema) -> "Rows":
        """Pieces of a file: one stays in memory, more go to a temporary folder, which goes with these rows."""
        first, second = next(frames, None), next(frames, None)
        if first is None or second is None:
            return cls.of(first if first is not None else pl.DataFrame(schema=schema))
        folder = Path(tempfile.mkdtemp(prefix="stampli-b1-rows-"))
        try:
            height = sum(_write(frame, folder, number) for number, frame in enumerate(_all(first, second, frames)))
        except BaseException:
            shutil.rmtree(folder)
            raise
        rows = cls(pl.scan_parquet(folder / "*.parquet"), height)
        weakref.finalize(rows, shutil.rmtree, folder)
        return rows

    def where(self, condition: pl.Expr) -> "Rows":
        """Those that fulfil a condition."""
        frame = self.frame.filter(condition)
        return Rows(frame, frame.select(pl.len()).collect(engine="streaming").item(), [self])

    def whole(self) -> pl.DataFrame:
        """All of it in memory."""
        return self.frame.collect()

    def pieces(self) -> Iterator[pl.DataFrame]:
        """10,000 rows at a time, in their order."""
        for start in range(0, self.height, CHUNK_ROWS):
            yield self.frame.slice(start, CHUNK_ROWS).collect()

    def documents(self, identity: pl.Expr) -> Iterator[pl.DataFrame]:
        """Pieces of about 10,000 rows that hold whole documents, in the order of their first rows.

        Rows of one document need not be neighbours: their places are found out first, and kept on disk. Documents
        whose identities have one hash come in one piece.
        """
        if self.height <= CHUNK_ROWS:
            yield self.whole()
            return
        with Places() as places:
            for start in range(0, self.height, _KEYS):
                part = self.frame.slice(start, _KEYS).select(identity.hash().reinterpret(signed=True))
                places.add(start, part.collect().to_series())
            for found in places.pieces(CHUNK_ROWS):
                yield self._at(pl.Series(found).sort())

    def _at(self, places: pl.Series) -> pl.DataFrame:
        """The rows in these places; when they lie together, without going through the whole file."""
        low, high = places[0], places[-1]
        if high - low < 2 * places.len():
            together: pl.DataFrame = self.frame.slice(low, high - low + 1).collect()[places - low]
            return together
        wanted = self.frame.with_row_index("_place").filter(pl.col("_place").is_in(places.implode())).drop("_place")
        return wanted.collect(engine="streaming")


def _all(first: pl.DataFrame, second: pl.DataFrame, others: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    yield first
    yield second
    yield from others


def _write(frame: pl.DataFrame, folder: Path, number: int) -> int:
    frame.write_parquet(folder / f"{number:06}.parquet")
    return frame.height
