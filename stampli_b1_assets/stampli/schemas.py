"""Schemas of the frames: one per kind of file, the same for every layout."""

import polars as pl

from stampli_b1_assets.stampli.kinds import FIELDS, FileKind, Grammar
from stampli_b1_assets.stampli.values import MONEY_PRECISION, MONEY_SCALE

Schema = dict[str, pl.DataType]

_TYPES: dict[Grammar, pl.DataType] = {
    Grammar.MONEY: pl.Decimal(MONEY_PRECISION, MONEY_SCALE),
    Grammar.DATE: pl.Date(),
    Grammar.MOMENT: pl.Datetime("us", "UTC"),
}
FAULTS = pl.List(
    pl.Struct({"kind": pl.String(), "column": pl.String(), "detail": pl.String(), "action": pl.String()}),
)


def _schema(kind: FileKind) -> Schema:
    fields = {name: _TYPES.get(field.grammar, pl.String()) for name, field in FIELDS[kind].items()}
    return {"row": pl.Int64(), "part": pl.String(), **fields, "extra": pl.String(), "faults": FAULTS}


SCHEMAS = {kind: _schema(kind) for kind in FileKind}
