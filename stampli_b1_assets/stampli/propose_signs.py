"""For proposals: which sign credit memos have in a sample, and whether its last row is a total."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from stampli_b1_assets.domain.money import ZERO
from stampli_b1_assets.stampli.forms import Numbers
from stampli_b1_assets.stampli.propose_values import is_credit
from stampli_b1_assets.stampli.text import word_key
from stampli_b1_assets.stampli.values import number_reader

_OF_LINES = ("line_amount", "line_tax_amount")
_TOTAL_WORDS = frozenset({"total", "grandtotal", "sum", "summe", "gesamt", "gesamtsumme"})


def signs_and_totals(
    fields: Mapping[str, str], columns: Mapping[str, Sequence[str]], numbers: object, doubts: list[str]
) -> dict[str, object]:
    """The keys `credit_memos`, `tax` and `total_row` of a form of invoices, where they are not the usual ones."""
    found: dict[str, object] = {}
    totals = columns.get(fields.get("total", ""), [])
    if "type" not in fields:
        found["credit_memos"] = "by_sign"
        doubts.append("there is no type: a negative total is taken for a credit memo")
    else:
        types = columns[fields["type"]]
        credits_ = [total for type_, total in zip(types, totals, strict=False) if is_credit(type_)]
        if credits_ and not any(_is_negative(total) for total in credits_):
            found["credit_memos"] = "positive"
            doubts.append("credit memos have positive amounts here, and are turned")
    total_row = _total_row(fields, columns)
    if total_row is not None:
        found["total_row"] = total_row
    if _holds_tax(fields, columns, Numbers.model_validate(numbers or {})):
        found["tax"] = "included"
        doubts.append("lines make the total without any tax: taken for amounts that include it")
    return found


def _holds_tax(fields: Mapping[str, str], columns: Mapping[str, Sequence[str]], numbers: Numbers) -> bool:
    """Whether more invoices with tax add up without it than with it."""
    if not {"stampli_id", "total", "line_amount"} <= set(fields) or not {"tax", "line_tax_amount"} & set(fields):
        return False
    none = [""] * len(columns[fields["total"]])
    if {len(columns[label]) for label in fields.values()} != {len(none)}:
        return False  # header and line records are no rows of one table
    amount = {
        name: [_amount(text, numbers) for text in columns.get(fields.get(name, ""), none)]
        for name in ("total", "line_amount", "tax", "line_tax_amount")
    }
    rows: dict[str, list[int]] = {}
    for index, id_ in enumerate(columns[fields["stampli_id"]]):
        rows.setdefault(id_, []).append(index)
    included = added = 0
    for indexes in rows.values():
        lines, by_line = (sum((amount[name][one] for one in indexes), ZERO) for name in _OF_LINES)
        total, tax = amount["total"][indexes[0]], amount["tax"][indexes[0]] or by_line
        included += bool(tax) and lines == total
        added += bool(tax) and lines + tax == total
    return included > added


def _amount(text: str, numbers: Numbers) -> Decimal:
    value = number_reader(numbers)(text)
    return value if isinstance(value, Decimal) else ZERO


def _is_negative(text: str) -> bool:
    return "-" in text or text.strip().startswith("(")


def _total_row(fields: Mapping[str, str], columns: Mapping[str, Sequence[str]]) -> dict[str, str] | None:
    for label, texts in columns.items():
        if texts and word_key(texts[-1]) in _TOTAL_WORDS:
            amount = {"amount": fields["total"]} if "total" in fields else {}
            return {"column": label, "word": texts[-1].strip(), **amount}
    return None
