"""What a layout says of signs and tax, applied: afterwards credit memos are negative and line amounts net."""

import polars as pl

from stampli_b1_assets.domain.invoice import InvoiceType
from stampli_b1_assets.stampli.forms import Form
from stampli_b1_assets.stampli.kinds import FIELDS, FileKind, Grammar

_MONEY = [name for name, field in FIELDS[FileKind.INVOICES].items() if field.grammar is Grammar.MONEY]


def with_layout_signs(frame: pl.DataFrame, form: Form) -> pl.DataFrame:
    """`credit_memos: positive` turns the amounts of credit memos, `by_sign` names them after their total's sign."""
    if form.kind is not FileKind.INVOICES or form.credit_memos == "negative":
        return frame
    if form.credit_memos == "by_sign":
        is_negative = pl.col("total") < 0
        named = (
            pl.when(is_negative).then(pl.lit(str(InvoiceType.CREDIT_MEMO))).otherwise(pl.lit(str(InvoiceType.INVOICE)))
        )
        return frame.with_columns(pl.when(pl.col("total").is_null()).then(pl.lit("")).otherwise(named).alias("type"))
    is_memo = pl.col("type") == str(InvoiceType.CREDIT_MEMO)
    return frame.with_columns(
        pl.when(is_memo).then(-pl.col(name)).otherwise(pl.col(name)).alias(name) for name in _MONEY
    )
