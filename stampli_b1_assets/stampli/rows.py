"""The rows of one file, on disk when they are many, and taken from there whole documents at a time."""

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from stampli_b1_assets.stampli.chunks import CHUNK_ROWS


class Rows:
    """Rows in the schema of their kind. `frame` is lazy: what is collected of it is what memory holds."""

    def __init__(self, frame: pl.LazyFrame, height: int) -> None:
        self.frame, self.height = frame, height

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

    def whole(self) -> pl.DataFrame:
        """All of it in memory."""
        return self.frame.collect()

    def documents(self, identity: pl.Expr) -> Iterator[pl.DataFrame]:
        """Pieces of about 10,000 rows that hold whole documents, in the order of their first rows.

        Rows of one document need not be neighbours: their places are found out first, 16 bytes a row. Documents whose
        identities have one hash come in one piece.
        """
        if self.height <= CHUNK_ROWS:
            yield self.whole()
            return
        places = self.frame.select(identity.hash().alias("key")).collect().with_row_index("place")
        places = places.select("place", pl.col("place").min().over("key").alias("first")).sort("first", "place")
        for piece in _pieces(places):
            low, high = piece.min(), piece.max()
            assert isinstance(low, int)
            assert isinstance(high, int)
            if high - low < 2 * piece.len():
                yield self.frame.slice(low, high - low + 1).collect()[(piece - low).to_list()]
            else:
                wanted = self.frame.with_row_index("_place").filter(pl.col("_place").is_in(piece.implode()))
                yield wanted.drop("_place").collect(engine="streaming")


def _all(first: pl.DataFrame, second: pl.DataFrame, others: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    yield first
    yield second
    yield from others


def _write(frame: pl.DataFrame, folder: Path, number: int) -> int:
    frame.write_parquet(folder / f"{number:06}.parquet")
    return frame.height


def _pieces(places: pl.DataFrame) -> Iterator[pl.Series]:
    """Row numbers, sorted, cut where a document ends."""
    start, first, place = 0, places["first"], places["place"]
    while start < places.height:
        end = start + CHUNK_ROWS
        if end < places.height:
            end = first.search_sorted(first[end - 1], side="right")
        yield place[start:end].sort()
        start = end
