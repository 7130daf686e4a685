"""Where a layout puts tax, made one: afterwards line amounts are net, and tax stands beside them."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from stampli_b1_assets.domain.invoice import FaultKind
from stampli_b1_assets.domain.money import ZERO
from stampli_b1_assets.stampli.forms import Form, RowPart
from stampli_b1_assets.stampli.kinds import INVOICE_FIELDS
from stampli_b1_assets.stampli.text import word_key

Row = dict[str, Any]

TAXED_TOGETHER = pl.when(pl.col("stampli_id") != "").then("stampli_id").otherwise(pl.format("\0{}", "row"))
"""Rows of one invoice; a row without a Stampli id is an invoice of its own."""

_ACTION = "Have Stampli export the tax by line, or correct the invoice in Stampli."


def with_layout_tax(frame: pl.DataFrame, form: Form) -> pl.DataFrame:
    """Apply `tax: included` or `own_line` to rows of whole invoices; `added` is how frames are anyway."""
    groups: dict[str, list[Row]] = {}
    for key, row in zip(frame.select(TAXED_TOGETHER).to_series(), frame.iter_rows(named=True), strict=True):
        groups.setdefault(key, []).append(row)
    rows: list[Row] = []
    for group in groups.values():
        rows += _net(group) if form.tax == "included" else _without_tax_lines(group, form)
    return pl.DataFrame(rows, schema=frame.schema)


def _net(rows: list[Row]) -> list[Row]:
    """Line amounts less their tax; a tax that is given for the whole invoice only can be taken from a single line."""
    tax = rows[0]["tax"]
    is_single = len(rows) == 1
    for row in rows:
        if row["line_amount"] is None:
            continue
        if row["line_tax_amount"] is not None:
            row["line_amount"] -= row["line_tax_amount"]
        elif is_single and tax is not None:
            row["line_amount"] -= tax
        elif tax:
            _blame(row, "line_tax_amount", "its amount includes tax, and the tax is given for the whole invoice only")
    return rows


def _without_tax_lines(rows: list[Row], form: Form) -> list[Row]:
    """Tax lines become the invoice's tax; their codes go to the lines."""
    words = {word_key(word) for word in form.tax_line_words}
    tax_rows = [row for row in rows if word_key(row["line_type"]) in words]
    lines = [row for row in rows if word_key(row["line_type"]) not in words]
    if not tax_rows:
        return rows
    total = _sum(tax_rows)
    lines = lines or [{**tax_rows[0], "part": str(RowPart.HEADER), "line_amount": None}]
    for row in lines:
        row["tax"] = total if row["tax"] is None else row["tax"]
    # What is wrong with a tax line is wrong with its invoice.
    lines[0]["faults"] = [*lines[0]["faults"], *(fault for row in tax_rows for fault in row["faults"])]
    _spread(lines, tax_rows)
    return lines


def _spread(lines: Sequence[Row], tax_rows: Sequence[Row]) -> None:
    """Several codes need the tax by line: each code's sum goes to the first line that carries the code."""
    codes = list(dict.fromkeys(row["tax_code"] for row in tax_rows if row["tax_code"]))
    if len(codes) == 1 and not any(row["tax_code"] for row in lines):
        for row in lines:
            row["tax_code"] = codes[0]
    if len(codes) < 2:
        return
    for row in lines:
        row["line_tax_amount"] = ZERO
    for code in codes:
        carrier = next((row for row in lines if row["tax_code"] == code), None)
        if carrier is None:
            _blame(lines[0], "tax_code", f"a tax line has the code {code}, and no line carries it")
        else:
            carrier["line_tax_amount"] = _sum(row for row in tax_rows if row["tax_code"] == code)


def _sum(rows: Iterable[Row]) -> Decimal:
    return sum((row["line_amount"] for row in rows if row["line_amount"] is not None), ZERO)


def _blame(row: Row, field: str, what: str) -> None:
    label = INVOICE_FIELDS[field].label
    detail = f"Row {row['row']}, {label}: {what}."
    fault = {"kind": str(FaultKind.BAD_VALUE), "column": label, "detail": detail, "action": _ACTION}
    row["faults"] = [*row["faults"], fault]
