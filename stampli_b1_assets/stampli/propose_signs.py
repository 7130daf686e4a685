"""For proposals: which sign credit memos have in a sample, and whether its last row is a total."""

from collections.abc import Mapping, Sequence

from stampli_b1_assets.stampli.text import word_key

_TOTAL_WORDS = frozenset({"total", "grandtotal", "sum", "summe", "gesamt", "gesamtsumme"})
_CREDIT_SIGNS = ("credit", "gutschrift", "avoir")


def signs_and_totals(
    fields: Mapping[str, str], columns: Mapping[str, Sequence[str]], doubts: list[str]
) -> dict[str, object]:  # fmt: skip
    """The keys `credit_memos` and `total_row` of a form of invoices, where they are not the usual ones."""
    found: dict[str, object] = {}
    totals = columns.get(fields.get("total", ""), [])
    if "type" not in fields:
        found["credit_memos"] = "by_sign"
        doubts.append("there is no type: a negative total is taken for a credit memo")
    else:
        types = columns[fields["type"]]
        credits_ = [
            total
            for type_, total in zip(types, totals, strict=False)
            if any(sign in word_key(type_) for sign in _CREDIT_SIGNS)
        ]
        if credits_ and not any(_is_negative(total) for total in credits_):
            found["credit_memos"] = "positive"
            doubts.append("credit memos have positive amounts here, and are turned")
    total_row = _total_row(fields, columns)
    if total_row is not None:
        found["total_row"] = total_row
    return found


def _is_negative(text: str) -> bool:
    return "-" in text or text.strip().startswith("(")


def _total_row(fields: Mapping[str, str], columns: Mapping[str, Sequence[str]]) -> dict[str, str] | None:
    for label, texts in columns.items():
        if texts and word_key(texts[-1]) in _TOTAL_WORDS:
            amount = {"amount": fields["total"]} if "total" in fields else {}
            return {"column": label, "word": texts[-1].strip(), **amount}
    return None
