"""docs/configuration.md, made from the settings' own descriptions: `make docs`."""

import sys
from collections.abc import Iterator
from typing import Any

import yaml
from pydantic import BaseModel

from stampli_b1_assets.config.keys import section_of, settings_of
from stampli_b1_assets.config.models import Company

EXAMPLE = """\
company: northwind
stampli:
  host: sftp.example.com
  username: northwind
  password: ${STAMPLI_SFTP_PASSWORD}
  host_keys: ["ssh-ed25519 AAAA…"]     # ask for it; `ssh-keyscan -t ed25519 sftp.example.com` shows what to compare
b1:
  service_layer_url: https://b1.example.com:50000/b1s/v2
  company_db: NORTHWIND
  username: ${B1_USERNAME}
  password: ${B1_PASSWORD}
  ca_bundle: certs/b1.pem
posting:
  local_currency: USD
  time_zone: America/Denver
  rounding: {account: "999900", tolerance: "0.05"}
alerts: ["mailto://alerts:${MAIL_PASSWORD}@example.com"]
"""

_HEAD = f"""\
<!-- Made by `make docs` from stampli_b1_assets/config/models.py: change the descriptions there. -->
# Configuration

One YAML file per SAP company. `--config` (or `$STAMPLI_B1_CONFIG`; else `./stampli_b1.yaml`) names the file, or a
folder in which every `*.yaml` is one company. What is left out has the default below. This much is usually enough:

```yaml
{EXAMPLE}```

- **Variables.** `${{NAME}}` and `${{NAME:-default}}` are taken from the environment, anywhere in a value; `$${{` stands
  for `${{` itself. A variable that is not set and has no default is an error. An empty value of an optional setting
  counts as left out, so that `${{NAME:-}}` switches it off.
- **Secrets** (passwords, passphrases, addresses that hold a password or a token) come from a variable without a
  default, unless `allow_plaintext_secrets: true`. They are in no message, log, report or page.
- **Codes are text.** Write account numbers and the like in quotes, or YAML takes their leading zeros.
- **Paths.** Mappings, certificates, keys and layouts are relative to the configuration file; the ledger and landing
  to `DAGSTER_HOME`.
- **Mistakes.** An unknown key, a key given twice, a value of the wrong kind: every fault is told at once, by line, with
  the nearest key that there is; every command then ends with exit code 2, before anything is changed.
"""

_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "date": "date",
    "path": "path",
    "password": "secret",
    "decimal": "number in quotes",
}


def configuration_page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([_HEAD, *_section(Company, "")])


def _section(model: type[BaseModel], name: str) -> Iterator[str]:
    schema = model.model_json_schema()
    sections: list[tuple[str, type[BaseModel]]] = []
    yield (
        f"## {f'`{name}`' if name else 'The company'}\n\n{(model.__doc__ or '').strip()}\n"
        if name
        else "## The company\n"
    )
    yield "| key | takes | default | meaning |\n| --- | --- | --- | --- |"
    for key, field in settings_of(model).items():
        inner = section_of(field)
        path = f"{name}.{key}".strip(".")
        if inner is not None:
            sections.append((path, inner))
        takes = "section below" if inner else _takes(schema["properties"][key], schema)
        default = "**required**" if field.is_required() else _default(field.get_default(call_default_factory=True))
        yield f"| `{key}` | {takes} | {default} | {field.description} |"
    yield ""
    for path, inner in sections:
        yield from _section(inner, path)


def _takes(schema: dict[str, Any], root: dict[str, Any]) -> str:
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    choices = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    if choices:
        formats = {one.get("format") or one["type"] for one in choices}
        return _WORDS["decimal"] if "number" in formats and len(formats) > 1 else _takes(choices[0], root)
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_takes(schema['items'], root)}"
    words = _WORDS[schema.get("format") or schema["type"]]
    return f"{words}{_range(schema)}"


def _range(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" {low}–{high}"
    if low is not None:
        return f", at least {low}"
    return f", more than {schema['exclusiveMinimum']}" if "exclusiveMinimum" in schema else ""


def _default(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, BaseModel):
        return ""
    if isinstance(value, tuple):
        return f"`{yaml.safe_dump(list(value), default_flow_style=True, allow_unicode=True).strip()}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    sys.stdout.write(configuration_page())
