"""Read company files: YAML, variables of the environment, checks that name file, line, key and remedy."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stampli_b1_assets.config.faults import Fault, error_of
from stampli_b1_assets.config.interpolation import interpolated
from stampli_b1_assets.config.keys import unknown_keys
from stampli_b1_assets.config.models import Company
from stampli_b1_assets.config.plaintext import plaintext_secrets
from stampli_b1_assets.config.strict_yaml import read_yaml
from stampli_b1_assets.config.validation import checked
from stampli_b1_assets.errors import ConfigurationError


@dataclass(frozen=True)
class LoadedCompany:
    """One company's settings with the file they came from; paths are absolute where they hang on that file."""

    settings: Company
    config_file: Path
    text_sha256: str
    mappings_dir: Path
    layout: str
    """A built-in layout's name, or the path of a layout file relative to the configuration file's folder."""


def load_companies(path: Path, environment: Mapping[str, str]) -> list[LoadedCompany]:
    """The company of a file, or those of every `*.yaml` in a folder, in the order of their files' names.

    Raises `ConfigurationError` naming every fault by file, line and key; values of secrets are never part of it.
    """
    companies: list[LoadedCompany] = []
    errors: list[ConfigurationError] = []
    for file in _files(path):
        try:
            companies.append(_load(file, environment))
        except ConfigurationError as error:
            errors.append(error)
    if len(errors) > 1:
        raise ConfigurationError("\n".join(str(error) for error in errors))
    if errors:
        raise errors[0]
    _refuse_one_name_twice(companies)
    return companies


def ledger_url(company: LoadedCompany, home: Path) -> str:
    """The ledger's database URL; a relative SQLite path is taken from `home` (DAGSTER_HOME)."""
    url = company.settings.ledger_url
    scheme, separator, rest = url.partition(":///")
    if scheme == "sqlite" and separator and not rest.startswith("/"):
        return f"sqlite:///{(home / rest).absolute()}"
    return url


def landing_dir(company: LoadedCompany, home: Path) -> Path:
    """Where exports are kept byte for byte; a relative path is taken from `home` (DAGSTER_HOME)."""
    return (home / company.settings.landing_dir).absolute()


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(file for file in path.glob("*.yaml") if file.is_file() and not file.name.startswith("."))
        if not files:
            raise ConfigurationError(f"The folder {path} has no *.yaml file.", "Write one for each SAP company.")
        return files
    if not path.exists():
        raise ConfigurationError(
            f"There is no configuration at {path}.",
            "Give --config FILE_OR_FOLDER, set STAMPLI_B1_CONFIG, or write ./stampli_b1.yaml.",
        )
    return [path]


def _load(file: Path, environment: Mapping[str, str]) -> LoadedCompany:
    raw, text = _text_of(file)
    document = read_yaml(text, file.name)
    faults: list[Fault] = unknown_keys(document.values, Company)
    if document.values.get("allow_plaintext_secrets") is not True:
        faults += plaintext_secrets(document.values)
    values = interpolated(document.values, environment, faults)
    settings = checked(values, faults)
    if settings is None or faults:
        raise error_of(file.name, document, faults)
    folder = file.parent.absolute()
    return LoadedCompany(
        settings=_with_absolute_paths(settings, folder),
        config_file=file.absolute(),
        text_sha256=hashlib.sha256(raw).hexdigest(),
        mappings_dir=folder / settings.mappings_dir,
        layout=settings.stampli.layout,
    )


def _text_of(file: Path) -> tuple[bytes, str]:
    try:
        raw = file.read_bytes()
        return raw, raw.decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(
            f"{file} cannot be read: {error.strerror}.", "Let this user read it, or name another file."
        ) from None
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{file.name}, line {line}: is not UTF-8 text.", "Save the file as UTF-8.") from None


def _with_absolute_paths(settings: Company, folder: Path) -> Company:
    """Keys, certificates and known hosts hang on the configuration file's folder."""
    stampli, b1 = settings.stampli, settings.b1
    stampli = stampli.model_copy(
        update={
            "private_key_file": folder / stampli.private_key_file if stampli.private_key_file else None,
            "known_hosts_file": folder / stampli.known_hosts_file if stampli.known_hosts_file else None,
        }
    )
    b1 = b1.model_copy(update={"ca_bundle": folder / b1.ca_bundle if b1.ca_bundle else None})
    return settings.model_copy(update={"stampli": stampli, "b1": b1})


def _refuse_one_name_twice(companies: list[LoadedCompany]) -> None:
    by_name: dict[str, Path] = {}
    for company in companies:
        name = company.settings.company
        if name in by_name:
            raise ConfigurationError(
                f"{by_name[name].name} and {company.config_file.name} both describe the company {name!r}.",
                "Give each file its own `company`.",
            )
        by_name[name] = company.config_file
