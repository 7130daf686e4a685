"""Host keys: pinned in the configuration, never learnt."""

import base64
import hashlib
from contextlib import suppress
from pathlib import Path

import paramiko
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey
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
    key, blob = None, b""
    with suppress(IndexError, ValueError, paramiko.SSHException, UnknownKeyType):
        place = kinds[0]
        blob = base64.b64decode(parts[place + 1], validate=True)
        key = paramiko.PKey.from_type_string(parts[place], blob)
    if key is None or key.asbytes() != blob:  # paramiko fills a key that is cut off with zeros
        raise ConfigurationError(
            f"`stampli.host_keys`: {line[:40]!r} is no host key such as `ssh-ed25519 AAAA…`.",
            "Ask for the server's public host key, and paste its line.",
        )
    return key


def _known_hosts(file: Path, host: str, port: int) -> list[paramiko.PKey]:
    """Every key of the host; lines with a marker (`@revoked`, `@cert-authority`) pin none."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigurationError(
            f"`stampli.known_hosts_file`: {file} cannot be read: {why}.", "Correct the path."
        ) from None
    wanted = host if port == _SSH_PORT else f"[{host}]:{port}"
    entries = [
        _entry(file, number, line) for number, line in enumerate(lines, 1) if line.strip()[:1] not in ("", *"#@")
    ]
    found = [entry.key for entry in entries if entry and any(_names(name, wanted) for name in entry.hostnames or ())]
    if not found:
        raise ConfigurationError(f"{file} has no key for {host}, port {port}.", "Add the server's line to it.")
    return [key for key in found if key is not None]


def _entry(file: Path, number: int, line: str) -> HostKeyEntry | None:
    """A line; None when its key is of a kind that paramiko does not know."""
    try:
        return HostKeyEntry.from_line(" ".join(line.split()), number)
    except (InvalidHostKey, ValueError, paramiko.SSHException):
        raise ConfigurationError(
            f"{file}, line {number}: this is no host key.", "Correct or remove the line."
        ) from None


def _names(name: str, wanted: str) -> bool:
    return name == wanted or (name.startswith("|1|") and paramiko.HostKeys.hash_host(wanted, name) == name)
