"""YAML as people mean it: no key twice, faults in plain words with their line, and the line of every setting."""

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from stampli_b1_assets.errors import ConfigurationError

Place = tuple[str | int, ...]
"""Where a value stands: keys and positions in lists, from the top."""

_WORDS = {
    r"found character '\\t'": "is indented with a tab; use blanks",
    r"found character": "has a value that begins with a character of YAML's own; put the value in quotes",
    r"mapping values are not allowed": "has a colon in the wrong place; align the key, or put the value in quotes",
    r"could not find expected ':'": "has no colon after the key",
    r"expected <block end>": "is not aligned with the lines around it",
    r"found unexpected end of stream": "opens a quote that is never closed",
    r"found undefined alias|expected alphabetic or numeric": "has a value that begins with * or &; put it in quotes",
    r"could not determine a constructor|found undefined tag": "has a value that begins with !; put it in quotes",
    r"found unknown escape|expected escape sequence": "has a backslash within double quotes; use single quotes",
    r"expected ',' or|did not find expected ',' or": "opens a bracket that is never closed",
    r"but found another document": "begins a second document; a file is one company",
}
"""What the parser says (never shown as it is: it may quote a password) and what it means."""

_SAYS_WHERE_IT_BEGAN = ("while scanning a simple key", "while scanning a quoted scalar", "while parsing a flow")


@dataclass(frozen=True)
class Document:
    """A YAML mapping, and where its values stand."""

    values: dict[str, Any]
    lines: Mapping[Place, int]

    def line_of(self, place: Place) -> int:
        """The line of a value, or of the nearest thing around it that has one."""
        while place not in self.lines:
            place = place[:-1]
        return self.lines[place]


class _Fault(yaml.MarkedYAMLError):
    """A fault found here, in words that may be shown."""


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader takes the last of two equal keys in silence, and stumbles over a 13th month; this one says so."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _Fault(problem="has a key that is no plain word", problem_mark=key_node.start_mark)
            key = str(key_node.value)
            if key in seen:
                raise _Fault(problem=f"the key `{key}` stands there twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError:
            raise _Fault(
                problem="has a value that looks like a date or a number and is none; mend it, or put it in quotes",
                problem_mark=node.start_mark,
            ) from None


def load_yaml(text: str, file: str) -> dict[str, Any]:
    """The mapping in `text`; raises `ConfigurationError` naming file and line."""
    return read_yaml(text, file).values


def read_yaml(text: str, file: str) -> Document:
    """The mapping in `text` with the line of each value; raises `ConfigurationError` naming file and line."""
    try:
        return _read(text, file)
    except yaml.MarkedYAMLError as error:
        line, words = _in_words(error)
        raise ConfigurationError(f"{file}, line {line}: {words}.", "Mend it there.") from None
    except yaml.YAMLError:
        raise ConfigurationError(f"{file} holds characters that YAML does not allow.", "Save it as UTF-8.") from None
    except RecursionError:
        raise ConfigurationError(f"{file} is nested too deeply.", "Write it flat.") from None


def _read(text: str, file: str) -> Document:
    loader = _StrictLoader(text)
    try:
        node = loader.get_single_node()
        lines = dict(_lines(node, (), ())) if node is not None else {}
        values = loader.construct_document(node) if node is not None else None
    finally:
        loader.dispose()
    if not isinstance(values, dict):
        raise ConfigurationError(f"{file} holds no settings.", "Write `key: value` lines; see docs/configuration.md.")
    return Document(values, lines)


def _lines(node: yaml.Node, place: Place, above: tuple[yaml.Node, ...]) -> Iterator[tuple[Place, int]]:
    if node in above:
        raise _Fault(problem="refers to itself", problem_mark=node.start_mark)
    if not place:
        yield place, node.start_mark.line + 1
    inside = (*above, node)
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            key = (*place, str(key_node.value))
            yield key, key_node.start_mark.line + 1
            yield from _lines(value_node, key, inside)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield (*place, position), item.start_mark.line + 1
            yield from _lines(item, (*place, position), inside)


def _in_words(error: yaml.MarkedYAMLError) -> tuple[int, str]:
    mark = error.problem_mark
    if (error.context or "").startswith(_SAYS_WHERE_IT_BEGAN) and error.context_mark is not None:
        mark = error.context_mark
    line = mark.line + 1 if mark else 1
    problem = error.problem or ""
    if isinstance(error, _Fault):
        return line, problem
    found = (words for pattern, words in _WORDS.items() if re.match(pattern, problem))
    return line, next(found, "is no valid YAML")
