"""Host keys: pinned in the configuration, never learnt."""

import base64
import hashlib
from pathlib import Path

import paramiko
from paramiko.pkey import UnknownKeyType

from stampli_b1_assets.config.models import StampliSettings
from stampli_b1_assets.errors import ConfigurationError

_SSH_PORT = 22


def pinned_keys(settings: StampliSettings) -> list[paramiko.PKey]:
    """The keys that the server may show; raises `ConfigurationError` for one that is none."""
    if settings.known_hosts_file is not None:
        return _known_hosts(settings.known_hosts_file, settings.host, settings.port)
    return [_key(line) for line in settings.host_keys]


def fingerprint(key: paramiko.PKey) -> str:
    """As `ssh-keygen -l` shows it: `ssh-ed25519 SHA256:…`."""
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    return f"{key.get_name()} SHA256:{digest}"


def algorithms_of(keys: list[paramiko.PKey]) -> list[str]:
    """Host key algorithms to ask for: only a pinned kind is negotiated, whatever else the server has."""
    names = []
    for key in keys:
        name = key.get_name()
        names += ["rsa-sha2-512", "rsa-sha2-256"] if name == "ssh-rsa" else [name]
    return list(dict.fromkeys(names))


def _key(line: str) -> paramiko.PKey:
    parts = line.split()
    # A line of known_hosts begins with the host; people paste those as well.
    kinds = [place for place, part in enumerate(parts) if part.startswith(("ssh-", "ecdsa-"))]
    try:
        place = kinds[0]
        blob = base64.b64decode(parts[place + 1], validate=True)
        return paramiko.PKey.from_type_string(parts[place], blob)
    except (IndexError, ValueError, paramiko.SSHException, UnknownKeyType):
        raise ConfigurationError(
            f"`stampli.host_keys`: {line[:40]!r} is no host key such as `ssh-ed25519 AAAA…`.",
            "Ask for the server's public host key, and paste its line.",
        ) from None


def _known_hosts(file: Path, host: str, port: int) -> list[paramiko.PKey]:
    try:
        entries = paramiko.HostKeys(str(file))
    except OSError as error:
        raise ConfigurationError(
            f"`stampli.known_hosts_file`: {file} cannot be read: {error.strerror}.", "Correct the path."
        ) from None
    found = entries.lookup(host if port == _SSH_PORT else f"[{host}]:{port}")
    if not found:
        raise ConfigurationError(f"{file} has no key for {host}, port {port}.", "Add the server's line to it.")
    return list(found.values())
