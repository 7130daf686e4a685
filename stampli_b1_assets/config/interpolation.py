"""`${NAME}` and `${NAME:-default}` in settings, and secrets that are written out."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stampli_b1_assets.errors import ConfigurationError

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")
_SECRETS = {"password", "private_key_passphrase"}
_URL_WITH_PASSWORD = re.compile(r"^[a-z0-9+]+://[^/@\s]*:[^/@\s]+@", re.IGNORECASE)


def interpolated(value: Any, environment: Mapping[str, str], file: str, where: str = "") -> Any:
    """The settings with every variable put in; raises `ConfigurationError` naming file, key and variable."""
    if isinstance(value, dict):
        return {key: interpolated(one, environment, file, f"{where}.{key}".strip(".")) for key, one in value.items()}
    if isinstance(value, list):
        return [interpolated(one, environment, file, f"{where}[{place}]") for place, one in enumerate(value)]
    if not isinstance(value, str):
        return value

    def put_in(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        if default is not None:
            return environment.get(name) or default  # as a shell does: empty counts as unset
        if name in environment:
            return environment[name]
        raise ConfigurationError(
            f"{file}: `{where}` names the variable {name}, which is not set.",
            f"Set {name} in the environment, or give a default: ${{{name}:-default}}.",
        )

    return _VARIABLE.sub(put_in, value)


def plaintext_secrets(document: Mapping[str, Any]) -> list[str]:
    """Keys whose value is a secret that does not come from the environment."""
    return list(_plaintext(document, ""))


def _plaintext(value: Any, where: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            path = f"{where}.{key}".strip(".")
            if key in _SECRETS and one is not None and not _VARIABLE.search(str(one)):
                yield path
            else:
                yield from _plaintext(one, path)
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _plaintext(one, f"{where}[{place}]")
    elif isinstance(value, str) and _URL_WITH_PASSWORD.match(value) and not _VARIABLE.search(value):
        yield where
