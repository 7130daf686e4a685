"""The JSON schema for editors takes what the code takes: checked by the few words of JSON schema that it uses."""

import json
import re
from importlib import resources
from typing import Any

import pytest
import yaml

from stampli_b1_assets.stampli.kinds import FIELDS
from stampli_b1_assets.stampli.layout import built_in_names, parse_layout
from stampli_b1_assets.stampli.propose import propose_layout
from stampli_b1_assets_tests.stampli.reading import golden

SCHEMA = json.loads((golden.DOCS / "layout.schema.json").read_text("utf-8"))
WORDS = {"title", "description", "default", "$ref", "$defs", "type", "enum", "anyOf", "items", "properties", "required"}
WORDS |= {"additionalProperties", "minItems", "minLength", "maxLength", "pattern", "minimum"}
TYPES = {"string": str, "array": list, "object": dict, "boolean": bool, "integer": int, "null": type(None)}
EXAMPLES = re.findall(r"```yaml\n(.*?)```", (golden.DOCS / "layouts.md").read_text("utf-8"), re.DOTALL)


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value fits; every word of the schema must be one that is checked here."""
    assert set(schema) <= WORDS, set(schema) - WORDS
    referred = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else {}
    return (
        (not referred or fits(value, referred))
        and ("anyOf" not in schema or any(fits(value, one) for one in schema["anyOf"]))
        and value in schema.get("enum", [value])
        and isinstance(value, TYPES.get(schema.get("type", ""), object))
        and CHECKS.get(type(value), lambda *_: True)(value, schema)
    )


def text_fits(value: str, schema: dict[str, Any]) -> bool:
    is_long_enough = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**9)
    return is_long_enough and bool(re.search(schema.get("pattern", ""), value))


def list_fits(value: list[Any], schema: dict[str, Any]) -> bool:
    return len(value) >= schema.get("minItems", 0) and all(fits(one, schema.get("items", {})) for one in value)


def object_fits(value: dict[str, Any], schema: dict[str, Any]) -> bool:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    if not set(schema.get("required", ())) <= set(value):
        return False
    if others is False and not set(value) <= set(known):
        return False
    return all(fits(one, known.get(key, others)) for key, one in value.items())


CHECKS: dict[type, Any] = {
    str: text_fits,
    list: list_fits,
    dict: object_fits,
    int: lambda value, schema: value >= schema.get("minimum", value),
}


def nodes(schema: Any) -> Any:
    """Every property of every object in the schema, with its name."""
    if isinstance(schema, dict):
        for name, one in schema.get("properties", {}).items():
            yield name, one
        for one in schema.values():
            yield from nodes(one)
    elif isinstance(schema, list):
        for one in schema:
            yield from nodes(one)


def test_every_key_has_a_description():
    found = list(nodes(SCHEMA))
    assert len(found) > 60
    assert [name for name, one in found if not one.get("description")] == []


@pytest.mark.parametrize("name", built_in_names())
def test_built_in_layouts_fit(name):
    text = (resources.files("stampli_b1_assets.stampli") / "layouts" / f"{name}.yaml").read_text("utf-8")
    assert fits(yaml.safe_load(text), SCHEMA)


@pytest.mark.parametrize("name", sorted(set(golden.sample_names())))
def test_proposals_fit(name):
    assert fits(yaml.safe_load(propose_layout(golden.SAMPLES / name)), SCHEMA)


def test_the_example_of_the_page_fits():
    assert fits(yaml.safe_load(EXAMPLES[0]), SCHEMA)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("delimiter", "\\t"),
        ("delimiter", "tab"),
        ("dates", "DD.MM.YYYY"),
        ("dates", ["DD.MM.YYYY", "YYYY-MM-DD"]),
        ("ignored", "One"),
        ("quote", None),
        ("numbers", {"minus": "behind", "thousands": "'"}),
        ("numbers", {"minus": ["front", "behind"]}),
        ("columns", {"vendor_id": "Id"}),
        ("columns", {"vendor_id": ["Id", "No"]}),
        ("columns", {"vendor_id": {"name": "Id", "inherit": "Other", "empty_words": ["n/a"]}}),
        ("recognise", {"of": "Id"}),
    ],
    ids=str,
)
def test_short_forms_fit_and_are_taken(key, value):
    document = {"name": "a", "forms": [{"kind": "vendors", "columns": {"vendor_id": "Id"}, key: value}]}
    assert fits(document, SCHEMA)
    assert parse_layout(yaml.safe_dump(document), "a")


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "vendor"},
        {"colums": {}},
        {"columns": {"total_amount": "X"}},
        {"columns": {"vendor_id": {"name": "Id", "requried": True}}},
        {"delimiter": "||"},
        {"numbers": {"minus": "left"}},
        {"skip_rows": -1},
    ],
    ids=str,
)
def test_what_the_code_does_not_take_does_not_fit(form):
    assert not fits({"name": "a", "forms": [{"kind": "vendors", "columns": {"vendor_id": "Id"}, **form}]}, SCHEMA)


def test_editors_know_every_field():
    columns = SCHEMA["$defs"]["Form"]["properties"]["columns"]["properties"]
    assert set(columns) == {name for fields in FIELDS.values() for name in fields}
    assert columns["status"]["description"].startswith("In invoices: status word, read as status. In vendors: Active")


def test_what_forms_share_may_stand_under_defaults():
    document = {"name": "a", "defaults": {"kind": "vendors", "delimiter": ";"}, "forms": [{"columns": {"name": "N"}}]}
    assert fits(document, SCHEMA)
    assert parse_layout(yaml.safe_dump(document), "a").forms[0].delimiter == ";"
