"""OData query options as the Service Layer takes them: few functions, no `in`, enums and dates in quotes."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stampli_b1_assets.sandbox.service_layer.properties import day_of, members_of
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal, bad_query, unknown_property
from stampli_b1_assets.sandbox.service_layer.store import Row

Predicate = Callable[[Row], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<date>datetime'[^']*')|(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?(?![\w.-]))"
    r"|(?P<name>[A-Za-z_]\w*(?![\w/]))|(?P<sign>[(),]))"
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


@dataclass(frozen=True)
class Grammar:
    """What a filter is read with. `types`: property → type; `type_` names them to people.

    `ignores_case` as SQL Server compares, or HANA when a header asks for it.
    """

    types: Mapping[str, str]
    type_: str
    has_date_literals: bool = False
    """Only OData v3 writes `datetime'2026-05-04'`."""
    ignores_case: bool = False


def compile_filter(text: str, grammar: Grammar) -> Predicate:
    """A predicate over rows; refuses what SAP refuses."""
    return _Parser(text, grammar).whole()


def simple_equals(text: str) -> tuple[str, list[str]] | None:
    """`P eq 'a' or P eq 'b'` as the property and its values; None for anything else."""
    parts = re.split(r"\s+or\s+", text.strip())
    found = [re.fullmatch(r"(\w+)\s+eq\s+'((?:[^']|'')*)'", part) for part in parts]
    names = {match[1] for match in found if match}
    if not all(found) or len(names) != 1:
        return None
    return names.pop(), [match[2].replace("''", "'") for match in found if match]


def order(rows: Iterable[Row], orderby: str, types: Mapping[str, str], type_: str) -> list[Row]:
    """Rows in the order asked for; several properties, each `asc` or `desc`."""
    result = list(rows)
    for part in reversed([part.split() for part in orderby.split(",")]):
        if not part or part[1:] not in ([], ["asc"], ["desc"]):
            raise bad_query(f"$orderby={orderby}")
        _check_property(part[0], types, type_)
        result = _sorted_by(result, part[0], is_descending=part[1:] == ["desc"])
    return result


def check_selected(select: str, types: Mapping[str, str], type_: str) -> list[str]:
    """The properties of a `$select`."""
    wanted = [part.strip() for part in select.split(",")]
    for part in wanted:
        if part not in types:
            raise unknown_property(part, type_)
    return wanted


def _sorted_by(rows: list[Row], name: str, *, is_descending: bool) -> list[Row]:
    return sorted(rows, key=lambda row: _rank(row.get(name)), reverse=is_descending)


def _rank(value: Any) -> tuple[bool, Any]:
    return (value is not None, "" if value is None else value)


def _check_property(name: str, types: Mapping[str, str], type_: str) -> None:
    """Collections are no scalars: lines can be neither filtered nor sorted by (documented)."""
    if name not in types:
        raise unknown_property(name, type_)
    if types[name].startswith("Collection("):
        raise bad_query(f"'{name}' is a collection")


@dataclass(frozen=True)
class _Operand:
    """A property, or a literal of a kind: text, date, number, null."""

    kind: str
    value: Any = None
    type: str = ""

    def read(self, row: Row) -> Any:
        if self.kind != "property":
            return self.value
        value = row.get(self.value)
        if self.type.startswith("SAPB1.") and value is not None:
            return _stored(value, self.type)
        return str(value)[:10] if self.type == "DateTime" and value else value


def _stored(value: Any, type_: str) -> Any:
    return members_of(type_).get(value, value)


class _Parser:
    """or > and > not > comparison, as OData has it."""

    def __init__(self, text: str, grammar: Grammar) -> None:
        self._tokens = self._split(text)
        self._place = 0
        self._grammar = grammar

    @staticmethod
    def _split(text: str) -> list[tuple[str, str]]:
        tokens, place = [], 0
        while place < len(text.rstrip()):
            match = _TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                raise bad_query(text[place : place + 20])
            tokens.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()
        return tokens

    def whole(self) -> Predicate:
        predicate = self._or()
        if self._place < len(self._tokens):
            raise bad_query(self._tokens[self._place][1])
        return predicate

    def _peek(self) -> str:
        return self._tokens[self._place][1] if self._place < len(self._tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self._place >= len(self._tokens):
            raise bad_query("the filter ends too early")
        self._place += 1
        return self._tokens[self._place - 1]

    def _expect(self, sign: str) -> None:
        if self._next()[1] != sign:
            raise bad_query(f"'{sign}' expected")

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
        first = self._operand()
        self._expect(",")
        second = self._operand()
        self._expect(")")
        if name == "substringof":
            first, second = second, first
        if any(operand.kind != "text" and operand.type != "String" for operand in (first, second)):
            raise bad_query(f"{name} takes texts")
        fold = self._folded
        return lambda row: _matches(name, fold(first.read(row)), fold(second.read(row)))

    def _comparison(self) -> Predicate:
        left = self._operand()
        kind, word = self._next()
        if kind != "name" or word not in _COMPARE:
            raise bad_query(f"operator '{word}' is not supported")
        right = self._operand()
        compare = _COMPARE[word]
        if left.kind != "property":
            left, right, compare = right, left, _turned(compare)
        if left.kind != "property":
            raise bad_query("a comparison needs a property")
        right = _literal_for(left, right)
        if right.kind == "null":
            return _null_test(left, compare)
        fold = self._folded if left.type == "String" else _same
        return lambda row: _compared(compare, fold(left.read(row)), fold(right.read(row)))

    def _folded(self, value: Any) -> Any:
        return value.casefold() if self._grammar.ignores_case and isinstance(value, str) else value

    def _operand(self) -> _Operand:
        kind, word = self._next()
        if kind == "text":
            return _Operand("text", word[1:-1].replace("''", "'"))
        if kind == "date" and self._grammar.has_date_literals:
            return _Operand("text", word[9:-1], "DateTime")
        if kind == "number":
            return _Operand("number", Decimal(word))
        if word == "null":
            return _Operand("null")
        if word in ("true", "false"):
            raise bad_query("booleans are BoYesNoEnum")
        if kind != "name":
            raise bad_query(word)
        _check_property(word, self._grammar.types, self._grammar.type_)
        return _Operand("property", word, self._grammar.types[word])


def _same(value: Any) -> Any:
    return value


def _literal_for(left: _Operand, right: _Operand) -> _Operand:
    """The literal as the property's type needs it; anything else is refused (inferred)."""
    if right.kind in ("property", "null"):
        return right
    if left.type in ("Int32", "Double"):
        is_right, value = right.kind == "number", right.value
    elif left.type == "DateTime":
        day = day_of(right.value)
        is_right, value = day is not None, day.isoformat() if day else None
    elif members_of(left.type):
        value = _stored(right.value, left.type)
        is_right = value in members_of(left.type).values()
    else:
        is_right, value = right.kind == "text", right.value
    if not is_right:
        raise Refusal(-1004, f"'{right.value}' is not a valid value for property '{left.value}'.")
    return _Operand("literal", value)


def _turned(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    turns = {operator.gt: operator.lt, operator.lt: operator.gt, operator.ge: operator.le, operator.le: operator.ge}
    return turns.get(compare, compare)


def _null_test(left: _Operand, compare: Callable[[Any, Any], bool]) -> Predicate:
    if compare is operator.eq:
        return lambda row: left.read(row) is None
    return lambda row: compare is operator.ne and left.read(row) is not None


def _matches(function: str, whole: str | None, part: str | None) -> bool:
    if whole is None or part is None:
        return False
    if function == "startswith":
        return whole.startswith(part)
    return whole.endswith(part) if function == "endswith" else part in whole


def _compared(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    """As SQL has it: what is null is neither equal, nor different, nor greater (inferred)."""
    return left is not None and right is not None and bool(compare(left, right))
