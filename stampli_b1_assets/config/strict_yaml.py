"""YAML as people mean it: no key twice, errors with their line, dates and numbers as YAML reads them."""

from collections.abc import Hashable
from typing import Any

import yaml

from stampli_b1_assets.errors import ConfigurationError


class _UniqueKeys(yaml.SafeLoader):
    """SafeLoader takes the last of two equal keys in silence; this one refuses them."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} stands there twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def load_yaml(text: str, file: str) -> dict[str, Any]:
    """The mapping in `text`; raises `ConfigurationError` naming file and line."""
    try:
        document = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(f"{file}, line {line}: {error.problem}.", "Mend the YAML there.") from None
    except yaml.YAMLError:
        raise ConfigurationError(f"{file} holds characters that YAML does not allow.", "Save it as UTF-8.") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{file} holds no settings.", "Begin with `company:`; see docs/configuration.md.")
    return document
