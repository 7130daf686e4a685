"""OData query options as the Service Layer takes them: few functions, no `in`, enums and dates in quotes."""

import operator
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from stampli_b1_assets.sandbox.service_layer.refusal import Refusal, unknown_property
from stampli_b1_assets.sandbox.service_layer.store import Row

Predicate = Callable[[Row], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<date>datetime'[^']*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<sign>[(),]))"
)
_FUNCTIONS = ("startswith", "endswith", "contains", "substringof")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_SHORT_ENUMS = {"tYES": "Y", "tNO": "N", "cSupplier": "S", "cCustomer": "C", "cLid": "L"}


def compile_filter(text: str, properties: frozenset[str], type_: str) -> Predicate:
    """A predicate over rows; refuses what SAP refuses."""
    return _Parser(text, properties, type_).whole()


def simple_equals(text: str) -> tuple[str, list[str]] | None:
    """`P eq 'a' or P eq 'b'` as the property and its values; None for anything else."""
    parts = re.split(r"\s+or\s+", text.strip())
    found = [re.fullmatch(r"(\w+)\s+eq\s+'((?:[^']|'')*)'", part) for part in parts]
    names = {match[1] for match in found if match}
    if not all(found) or len(names) != 1:
        return None
    return names.pop(), [match[2].replace("''", "'") for match in found if match]


def order(rows: Iterable[Row], orderby: str, properties: frozenset[str], type_: str) -> list[Row]:
    """Rows in the order asked for; several properties, each `asc` or `desc`."""
    result = list(rows)
    for part in reversed([part.split() for part in orderby.split(",") if part.strip()]):
        name, *direction = part
        if name not in properties:
            raise unknown_property(name, type_)
        result = _sorted_by(result, name, is_descending=direction == ["desc"])
    return result


def _sorted_by(rows: list[Row], name: str, *, is_descending: bool) -> list[Row]:
    return sorted(rows, key=lambda row: (row.get(name) is not None, row.get(name) or ""), reverse=is_descending)


class _Parser:
    """or > and > not > comparison, as OData has it."""

    def __init__(self, text: str, properties: frozenset[str], type_: str) -> None:
        self._tokens = self._split(text)
        self._place = 0
        self._properties = properties
        self._type = type_

    @staticmethod
    def _split(text: str) -> list[tuple[str, str]]:
        tokens, place = [], 0
        while place < len(text.rstrip()):
            match = _TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                raise Refusal(201, f"Invalid query option near '{text[place : place + 20]}'")
            tokens.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()
        return tokens

    def whole(self) -> Predicate:
        predicate = self._or()
        if self._place < len(self._tokens):
            raise Refusal(201, f"Invalid query option near '{self._tokens[self._place][1]}'")
        return predicate

    def _peek(self) -> str:
        return self._tokens[self._place][1] if self._place < len(self._tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self._place >= len(self._tokens):
            raise Refusal(201, "Invalid query option: the filter ends too early")
        self._place += 1
        return self._tokens[self._place - 1]

    def _expect(self, sign: str) -> None:
        if self._next()[1] != sign:
            raise Refusal(201, f"Invalid query option: '{sign}' expected")

    def _or(self) -> Predicate:
        options = [self._and()]
        while self._peek() == "or":
            self._next()
            options.append(self._and())
        return options[0] if len(options) == 1 else lambda row: any(option(row) for option in options)

    def _and(self) -> Predicate:
        terms = [self._not()]
        while self._peek() == "and":
            self._next()
            terms.append(self._not())
        return terms[0] if len(terms) == 1 else lambda row: all(term(row) for term in terms)

    def _not(self) -> Predicate:
        if self._peek() == "not":
            self._next()
            inner = self._not()
            return lambda row: not inner(row)
        if self._peek() == "(":
            self._next()
            inner = self._or()
            self._expect(")")
            return inner
        return self._function() if self._peek() in _FUNCTIONS else self._comparison()

    def _function(self) -> Predicate:
        name = self._next()[1]
        self._expect("(")
        first = self._value()
        self._expect(",")
        second = self._value()
        self._expect(")")
        if name == "substringof":
            first, second = second, first
        return lambda row: _matches(name, str(first(row) or ""), str(second(row) or ""))

    def _comparison(self) -> Predicate:
        left = self._value()
        kind, word = self._next()
        if kind != "name" or word not in _COMPARE:
            raise Refusal(201, f"Invalid query option: operator '{word}' is not supported")
        right = self._value()
        compare = _COMPARE[word]
        return lambda row: _compared(compare, _plain(left(row)), _plain(right(row)))

    def _value(self) -> Callable[[Row], Any]:
        kind, word = self._next()
        if kind == "text":
            text = word[1:-1].replace("''", "'")
            return lambda _row: text
        if kind == "date":
            day = word[9:-1][:10]
            return lambda _row: day
        if kind == "number":
            number = Decimal(word)
            return lambda _row: number
        if word == "null":
            return lambda _row: None
        if word in ("true", "false"):
            raise Refusal(201, "Invalid query option: booleans are BoYesNoEnum")
        if word not in self._properties:
            raise unknown_property(word, self._type)
        return lambda row: row.get(word)


def _matches(function: str, whole: str, part: str) -> bool:
    if function == "startswith":
        return whole.startswith(part)
    return whole.endswith(part) if function == "endswith" else part in whole


def _compared(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    """Null is equal only to null, and neither greater nor less than anything."""
    if compare not in (operator.eq, operator.ne) and (left is None or right is None):
        return False
    return bool(compare(left, right))


def _plain(value: Any) -> Any:
    """Enums compare by name or stored value; dates by their day."""
    if isinstance(value, str):
        value = _SHORT_ENUMS.get(value, value)
        if re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z?", value):
            return value[:10]
        if re.fullmatch(r"20\d{6}", value):
            return f"{value[:4]}-{value[4:6]}-{value[6:]}"
        return value
    return Decimal(value) if isinstance(value, int) else value
