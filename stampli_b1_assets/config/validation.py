"""From values to the checked model: pydantic's findings in the words of people who keep the file."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from stampli_b1_assets.config.faults import Fault
from stampli_b1_assets.config.models import Company

_WHOLE = "must be a whole number"
_TRUTH = "must be true or false"
_DATE = "must be a date such as 2020-01-01"
_SECTION = "must be a section: keys of its own, indented below it"
_LIST = "must be a list, such as [one, two]"
_TEXT = 'must be text; write it in quotes, such as "0123"'

_WORDS: Mapping[str, str | Callable[[Mapping[str, Any]], str]] = {
    "missing": "is missing or empty",
    "string_type": _TEXT,
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "string_too_long": lambda context: f"must have at most {_characters(context['max_length'])}",
    "enum": lambda context: f"must be one of {context['expected'].replace(chr(39), '').replace(' or ', ', ')}",
    "path_type": "must be a path",
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": _TRUTH,
    "bool_type": _TRUTH,
    "decimal_parsing": 'must be a number with a point, in quotes, such as "0.05"',
    "decimal_type": 'must be a number with a point, in quotes, such as "0.05"',
    "finite_number": "must be a finite number",
    "model_type": _SECTION,
    "dict_type": _SECTION,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "string_pattern_mismatch": "may have the characters a–z, 0–9 and _ only",
    "literal_error": lambda context: f"must be one of {context['expected'].replace(chr(39), '').replace(' or ', ', ')}",
    "greater_than": lambda context: f"must be more than {context['gt']}",
    "greater_than_equal": lambda context: f"must be at least {context['ge']}",
    "less_than_equal": lambda context: f"must be at most {context['le']}",
    "value_error": lambda context: str(context["error"]),
}


def _characters(number: int) -> str:
    return "one character" if number == 1 else f"{number} characters"


def checked(values: Mapping[str, Any], faults: list[Fault]) -> Company | None:
    """The model; `None` when a setting is faulty, and then `faults` has one more for each that it did not name yet."""
    try:
        return Company.model_validate(values)
    except ValidationError as error:
        named = {fault.place for fault in faults}
        for found in error.errors(include_input=False, include_url=False):
            place = found["loc"]
            if place not in named and found["type"] != "extra_forbidden":  # unknown keys are named before
                faults.append(Fault.of(place, in_words(found["type"], found.get("ctx", {}))))
    return None


def in_words(kind: str, context: Mapping[str, Any]) -> str:
    """What is wrong with a value, after pydantic's name and context of the fault."""
    if kind.startswith("date"):
        return _DATE
    words = _WORDS.get(kind, "cannot be read")
    return words if isinstance(words, str) else words(context)
