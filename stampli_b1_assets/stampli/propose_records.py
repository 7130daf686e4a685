"""For proposals: files of record types, whose cells have no labels and are guessed by what stands in them."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from stampli_b1_assets.stampli.propose_values import is_credit

_AMOUNT = re.compile(r"-?[0-9]{1,12}[.,][0-9]{1,3}-?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{4}", re.ASCII)
_CURRENCY = re.compile("[A-Z]{3}")
_TYPE_WORDS = frozenset({"i", "c", "inv", "invoice", "bill", "rechnung", "facture", "cm", "crn"})


def record_types(rows: Sequence[Sequence[str]], doubts: list[str]) -> tuple[dict[str, object], dict[str, list[str]]]:
    """The key `records` of a form, and the texts by field as if they had labels."""
    counts = Counter(row[0] for row in rows)
    header_word = rows[0][0]
    line_word = next(word for word, _ in counts.most_common() if word != header_word)
    trailer_word = rows[-1][0] if rows[-1][0] not in (header_word, line_word) else None
    header, columns = _fields([row[1:] for row in rows if row[0] == header_word], _HEADER)
    line, of_lines = _fields([row[1:] for row in rows if row[0] == line_word], _LINE)
    doubts.append("cells of records have no labels: each field under `records` is guessed from what stands there")
    doubts.append(
        f"{header_word} taken for a header, {line_word} for a line, {trailer_word or 'nothing'} for a trailer"
    )
    shape: dict[str, object] = {"header_word": header_word, "header": header, "line_word": line_word, "line": line}
    shape["trailer_word"] = trailer_word
    if trailer_word is not None:
        known = ("documents", "lines", "total")
        width = len(rows[-1]) - 1
        shape["trailer"] = [known[index] if index < len(known) else "-" for index in range(width)]
    return shape, {**of_lines, **columns}


def _all(pattern: re.Pattern[str]) -> Callable[[list[str]], bool]:
    return lambda texts: all(pattern.fullmatch(text) for text in texts)


def _is_type(texts: list[str]) -> bool:
    return all(text.casefold() in _TYPE_WORDS or is_credit(text) for text in texts)


def _anything(_: list[str]) -> bool:
    return True


_Guess = tuple[str, Callable[[list[str]], bool]]
_HEADER: tuple[_Guess, ...] = (
    ("currency", _all(_CURRENCY)),
    ("invoice_date", _all(_DATE)),
    ("due_date", _all(_DATE)),
    ("posting_date", _all(_DATE)),
    ("total", _all(_AMOUNT)),
    ("tax", _all(_AMOUNT)),
    ("stampli_id", _anything),
    ("type", _is_type),
    ("number", _anything),
    ("vendor_id", _anything),
    ("status", _anything),
)
_LINE: tuple[_Guess, ...] = (
    ("line_amount", _all(_AMOUNT)),
    ("stampli_id", _anything),
    ("line_number", _anything),
    ("gl_account", _anything),
)


def _fields(rows: Sequence[Sequence[str]], guesses: tuple[_Guess, ...]) -> tuple[list[str], dict[str, list[str]]]:
    """Each field takes the first free cell that fits; cells that none wants are `-`."""
    width = min(map(len, rows), default=0)
    cells = [[row[index] for row in rows] for index in range(width)]
    found = ["-"] * width
    columns: dict[str, list[str]] = {}
    for name, fits in guesses:
        for index, texts in enumerate(cells):
            filled = [text.strip() for text in texts if text.strip()]
            if found[index] == "-" and filled and fits(filled):
                found[index], columns[name] = name, texts
                break
    return found, columns
