"""For proposals: the strictest grammars that read a sample's values, and what its words mean."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from stampli_b1_assets.domain.invoice import InvoiceType
from stampli_b1_assets.stampli.forms import Moments, Numbers
from stampli_b1_assets.stampli.kinds import FIELDS, FileKind, Grammar
from stampli_b1_assets.stampli.text import word_key
from stampli_b1_assets.stampli.values import Reader, Unreadable, date_reader, moment_reader, number_reader, type_reader

_DATES = (
    "YYYY-MM-DD",
    "DD.MM.YYYY",
    "D.M.YYYY",
    "MM/DD/YYYY",
    "DD/MM/YYYY",
    "M/D/YYYY",
    "D/M/YYYY",
    "DD-MM-YYYY",
    "MM-DD-YYYY",
    "YYYY/MM/DD",
    "D-MMM-YYYY",
    "D MMM YYYY",
    "YYYYMMDD",
)
_SWAPPED = ({"MM/DD/YYYY", "DD/MM/YYYY"}, {"DD-MM-YYYY", "MM-DD-YYYY"}, {"M/D/YYYY", "D/M/YYYY"})
_FEW = 3
_MINUS = ("front", "behind", "parentheses")
_GRAMMARS = (
    (".", ()),
    (".", (",",)),
    (",", ()),
    (",", (".",)),
    (".", ("'", "’", "nbsp")),
    (",", (" ", "nbsp")),
    (".", (" ", "nbsp")),
)
_CREDIT_WORDS = ("credit", "crn", "cm", "cn", "gutschrift", "avoir", "refund", "crédit", "abono", "creditnota")
_CODE_WITH_NAME = re.compile(r"([0-9][0-9A-Za-z.-]*) .*")
EXTRACT = r"([0-9][0-9A-Za-z.-]*)(?: .*)?"
_Choice = TypeVar("_Choice")


def is_credit(word: str) -> bool:
    """Whether a word for a type seems to mean a credit memo."""
    key = word_key(word)
    return key == "c" or any(sign in key for sign in _CREDIT_WORDS)


def grammars(
    kind: FileKind, fields: Mapping[str, str], columns: Mapping[str, list[str]], doubts: list[str]
) -> dict[str, object]:
    """The keys `numbers` and `dates` of a form, where they are not the usual ones."""
    texts: dict[Grammar, list[str]] = {}
    for name, label in fields.items():
        cells = [text for text in columns[label] if text.strip()]
        texts.setdefault(FIELDS[kind][name].grammar, []).extend(cells)
    chosen: dict[str, object] = {}
    money = texts.get(Grammar.MONEY, [])
    numbers = _best({one: number_reader(one) for one in _numbers(money)}, money, "numbers", doubts)
    if numbers != Numbers():
        chosen["numbers"] = numbers.model_dump(mode="json", exclude_defaults=True)
    plain = texts.get(Grammar.DATE, [])
    is_day_first = numbers.decimal == ","  # who writes 1,50 writes 31/12 too
    forms = sorted(_DATES, key=lambda form: form[0] == "M") if is_day_first else _DATES
    dates = _best({form: date_reader((form,), None) for form in forms}, plain, "dates", doubts)
    if dates != _DATES[0]:
        chosen["dates"] = dates
    doubts += _doubtful_order(dates, plain)
    moments = texts.get(Grammar.MOMENT, [])
    if _unread(moment_reader((dates,), Moments(), None), moments):
        doubts.append("moments have no zone: say in `moments` how they are written and in which zone")
    return chosen


def _doubtful_order(dates: str, texts: Sequence[str]) -> Iterator[str]:
    """Day and month may be the other way round; one odd value among many decides nothing."""
    for pair in _SWAPPED:
        if dates in pair and texts:
            other = next(iter(pair - {dates}))
            against = _unread(date_reader((other,), None), texts)
            if not against:
                yield f"dates fit {' and '.join(sorted(pair, reverse=True))} alike: only you can know which it is"
            elif against * 10 <= len(texts) or (against == 1 and len(texts) > _FEW):
                yield f"dates: {against} of {len(texts)} values are {dates} only, the others fit {other} too: check it"


def _numbers(texts: Sequence[str]) -> list[Numbers]:
    """Grammars to be tried, the plainest first; whatever stands beside the digits is taken for a currency sign."""
    beside = Counter(re.sub(r"[0-9.,'’()\-\s]", "", text) for text in texts)
    signs = tuple(sign for sign, _ in beside.most_common(4) if sign and len(sign) <= 4)
    return [Numbers()] + [
        Numbers(decimal=decimal, thousands=thousands, minus=_MINUS, currency_signs=signs)
        for decimal, thousands in _GRAMMARS
    ]


def _best(
    readers: Mapping[_Choice, Reader], texts: Sequence[str], what: str, doubts: list[str]
) -> _Choice:  # fmt: skip
    choice = min(readers, key=lambda one: _unread(readers[one], texts))
    unread = _unread(readers[choice], texts)
    if unread:
        doubts.append(f"{what}: {unread} of {len(texts)} values fit no form that is known here")
    return choice


def _unread(reader: Reader, texts: Iterable[str]) -> int:
    return sum(isinstance(reader(text), Unreadable) for text in texts)


def words(fields: Mapping[str, str], columns: Mapping[str, list[str]], doubts: list[str]) -> dict[str, object]:
    """Types and statuses that occur; unknown words are left for a person to translate."""
    found: dict[str, object] = {}
    known = {str(one): str(one) for one in InvoiceType}
    types = Counter(text.strip() for text in columns.get(fields.get("type", ""), []) if text.strip())
    strange = [word for word in types if isinstance(type_reader(known)(word), Unreadable)]
    if strange:
        guesses = {word: str(InvoiceType.CREDIT_MEMO if is_credit(word) else InvoiceType.INVOICE) for word in strange}
        found["types"] = {**guesses, **{word: word for word in known if word in types}}
        doubts.append(f"types: {', '.join(f'{word} taken for {meaning}' for word, meaning in guesses.items())}")
    statuses = Counter(text.strip() for text in columns.get(fields.get("status", ""), []) if text.strip())
    if statuses:
        doubts.append(f"status words that occur: {', '.join(statuses)}; translate others than Stampli's in `statuses`")
    return found


def has_names_beside_codes(texts: Sequence[str]) -> bool:
    """`1300 Site work`: whether most cells are a code and a name."""
    filled = [text.strip() for text in texts if text.strip()]
    return 2 * sum(bool(_CODE_WITH_NAME.fullmatch(text)) for text in filled) > len(filled) > 0
