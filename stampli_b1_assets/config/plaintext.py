"""Secrets that are written out in the file, in place of `${NAME}`."""

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from stampli_b1_assets.config.faults import Fault
from stampli_b1_assets.config.interpolation import VARIABLE
from stampli_b1_assets.config.strict_yaml import Place

_SECRETS = {"password", "private_key_passphrase"}
_PASSWORD_IN_URL = re.compile(
    r"""^[a-z][a-z0-9+.-]*://[^/:@\s]*:(?P<user_info>.+)@   # scheme://user:PASSWORD@
    |   ^[a-z][a-z0-9+.-]*://.*[?&](?:password|passwd|pass|token|key)=(?P<query>[^&]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_WORDS = "holds a secret in clear text; write it as ${NAME} (without a default) and set NAME in the environment"


def plaintext_secrets(document: Mapping[str, Any]) -> list[Fault]:
    """One fault for each secret that does not come from the environment: passwords, and addresses that hold one.

    The value is what the file says, before variables are put in. A default (`${NAME:-secret}`) is clear text too.
    """
    return [Fault.of(place, _WORDS) for place in _found(document, ())]


def _found(value: Any, place: Place) -> Iterator[Place]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _found(one, (*place, str(key)))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _found(one, (*place, at))
    elif place[-1] in _SECRETS:
        if value is not None and value != "" and _is_plain(str(value)):
            yield place
    elif isinstance(value, str) and (_has_plain_password(value) or (place[0] == "alerts" and _has_plain_token(value))):
        yield place


def _is_plain(text: str) -> bool:
    """Whether the file itself tells the secret: no variable in it, or one with a default."""
    variables = [match for match in VARIABLE.finditer(text) if match["name"]]
    return not variables or any(match["default"] for match in variables)


def _has_plain_password(url: str) -> bool:
    match = _PASSWORD_IN_URL.match(url)
    return match is not None and _is_plain(match["user_info"] or match["query"])


def _has_plain_token(url: str) -> bool:
    """Whether Apprise would black out a part of this address: tokens stand in paths, and each service has its own."""
    if VARIABLE.search(url):
        return False
    # Only alerts need Apprise, and it takes a quarter of a second to import.
    import apprise

    logger = logging.getLogger("apprise")
    was_disabled, logger.disabled = logger.disabled, True  # it would log the address that it cannot read
    try:
        service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    finally:
        logger.disabled = was_disabled
    return service is not None and _address(service, is_blacked_out=True) != _address(service, is_blacked_out=False)


def _address(service: Any, *, is_blacked_out: bool) -> str:
    return str(service.url(privacy=is_blacked_out))
