"""`${NAME}` and `${NAME:-default}` in settings."""

import re
from collections.abc import Mapping
from typing import Any

from stampli_b1_assets.config.faults import Fault
from stampli_b1_assets.config.strict_yaml import Place

VARIABLE = re.compile(
    r"(?P<escaped>\$\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^{}]*))?\}|(?P<bad>\$\{)"
)
"""A variable; `$${` stands for `${` itself; any other `${` is a slip of the pen."""


def interpolated(value: Any, environment: Mapping[str, str], faults: list[Fault], place: Place = ()) -> Any:
    """A copy of the settings with every variable put in; what cannot be put in is added to `faults` and left as it is.

    As in a shell, an empty variable counts as unset where there is a default. Values are put in once: what a
    variable holds is never read for variables again.
    """
    if isinstance(value, dict):
        return {key: interpolated(one, environment, faults, (*place, str(key))) for key, one in value.items()}
    if isinstance(value, list):
        return [interpolated(one, environment, faults, (*place, at)) for at, one in enumerate(value)]
    if not isinstance(value, str):
        return value

    def put_in(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        if match["escaped"]:
            return "${"
        if match["bad"]:
            faults.append(Fault.of(place, "has a `${` that is no variable such as ${NAME} or ${NAME:-default}"))
            return match[0]
        if default is not None:
            return environment.get(name) or default
        if name not in environment:
            faults.append(Fault.of(place, f"names the variable {name}, which is not set"))
            return match[0]
        return environment[name]

    return VARIABLE.sub(put_in, value)
