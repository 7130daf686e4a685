"""Read company files: YAML, variables of the environment, checks that name file, key and remedy."""

import difflib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from stampli_b1_assets.config.interpolation import interpolated, plaintext_secrets
from stampli_b1_assets.config.models import Company
from stampli_b1_assets.config.strict_yaml import load_yaml
from stampli_b1_assets.errors import ConfigurationError

_REMEDY = "See docs/configuration.md."


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

    Raises `ConfigurationError` naming file and key; values of secrets are never part of it.
    """
    files = _files(path)
    companies = [_load(file, environment) for file in files]
    by_name: dict[str, Path] = {}
    for company in companies:
        name = company.settings.company
        if name in by_name:
            raise ConfigurationError(
                f"{company.config_file.name} and {by_name[name].name} both describe the company {name!r}.",
                "Give each file its own `company`.",
            )
        by_name[name] = company.config_file
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
        files = sorted(path.glob("*.yaml"))
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
    try:
        raw = file.read_bytes()
        text = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file.name} cannot be read: {error}.", "Save it as UTF-8 text.") from None
    document = load_yaml(text, file.name)
    _refuse_unknown_keys(document, Company, file.name, "")
    if document.get("allow_plaintext_secrets") is not True:
        _refuse_plaintext_secrets(document, file.name)
    values = interpolated(document, environment, file.name)
    settings = _validated(values, file.name)
    folder = file.parent.absolute()
    return LoadedCompany(
        settings=_with_absolute_paths(settings, folder),
        config_file=file.absolute(),
        text_sha256=hashlib.sha256(raw).hexdigest(),
        mappings_dir=folder / settings.mappings_dir,
        layout=settings.stampli.layout,
    )


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


def _refuse_unknown_keys(document: Mapping[str, Any], model: type[BaseModel], file: str, where: str) -> None:
    known = {field.alias or name: field for name, field in model.model_fields.items()}
    for key, value in document.items():
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1, cutoff=0.5)
            hint = f"Did you mean `{where}{near[0]}`?" if near else f"Known here: {', '.join(known)}."
            raise ConfigurationError(f"{file}: unknown key `{where}{key}`.", hint)
        for inner in _models_in(known[key].annotation):
            if isinstance(value, Mapping):
                _refuse_unknown_keys(value, inner, file, f"{where}{key}.")


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)


def _refuse_plaintext_secrets(document: Mapping[str, Any], file: str) -> None:
    found = plaintext_secrets(document)
    if found:
        raise ConfigurationError(
            f"{file}: {', '.join(f'`{key}`' for key in found)} stands there in clear text.",
            "Write it as ${NAME} and set NAME in the environment (or set `allow_plaintext_secrets: true`).",
        )


def _validated(values: Mapping[str, Any], file: str) -> Company:
    try:
        return Company.model_validate(values)
    except ValidationError as error:
        faults = [_fault(one["loc"], one["msg"], one["type"]) for one in error.errors(include_input=False)]
    raise ConfigurationError(f"{file}: {'; '.join(faults)}.", _REMEDY)


def _fault(location: tuple[int | str, ...], message: str, kind: str) -> str:
    key = ".".join(str(part) for part in location)
    if kind == "missing":
        return f"`{key}` is missing"
    words = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return f"`{key}`: {words[0].lower()}{words[1:]}" if key else words
