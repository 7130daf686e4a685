"""Layout files: what is taken, and how faults are named."""

import json
from pathlib import Path

import pytest

from stampli_b1_assets.errors import LayoutError
from stampli_b1_assets.stampli.layout import built_in_names, layout_schema, load_layout, parse_layout

MINIMAL = """
name: mine
forms:
  - kind: vendors
    columns: {vendor_id: {name: Id, required: true}}
"""


@pytest.mark.parametrize("name", built_in_names())
def test_built_in_layouts_load_and_read_all_kinds(name):
    layout = load_layout(name, Path("/nowhere"))
    assert layout.name == name
    assert layout.description
    assert {form.kind for form in layout.forms} == {"invoices", "vendors", "payments"}
    assert layout.is_split == (name == "stampli_two_files")


def test_every_form_of_the_public_map_is_built_in():
    assert built_in_names() == [
        "stampli_european",
        "stampli_flat_xml",
        "stampli_lines",
        "stampli_records",
        "stampli_screen",
        "stampli_two_files",
    ]


def test_path_is_relative_to_the_configuration(tmp_path):
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts/mine.yaml").write_text("\ufeff" + MINIMAL, "utf-8")
    assert load_layout("layouts/mine.yaml", tmp_path).name == "mine"


def test_fingerprint_changes_with_what_matters():
    plain = parse_layout(MINIMAL, "a.yaml")
    assert plain.fingerprint == parse_layout(MINIMAL + "description: other words\n", "b.yaml").fingerprint
    assert plain.fingerprint != parse_layout(MINIMAL.replace("Id", "ID"), "a.yaml").fingerprint
    assert len(plain.fingerprint) == 64


def test_defaults_are_shared_and_overridden():
    text = """
name: mine
defaults: {delimiter: ";", dates: DD.MM.YYYY}
forms:
  - {kind: vendors, columns: {vendor_id: Id}}
  - {kind: payments, delimiter: tab, columns: {payment_id: Id}}
"""
    first, second = parse_layout(text, "a.yaml").forms
    assert (first.delimiter, second.delimiter, second.dates) == (";", "\t", ("DD.MM.YYYY",))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kind: vendors", "kind: vendor", "form 1: `kind` must be one of invoices, vendors, payments"),
        ("vendor_id", "vendor", "vendor is no field; fields of vendors are vendor_id, name"),
        ("name: mine", "nam: mine", "`nam` is no key of a layout; did you mean `name`?"),
        ("required: true", "requried: true", "`columns.vendor_id.requried` is no key of a layout; did you mean `req"),
        ("kind: vendors", "kind: vendors\n    qqq: 1", "`qqq` is no key of a layout; known are amount, at_least"),
        ("kind: vendors", "kind: vendors\n    delimiter: '||'", "`delimiter` must have at most one character"),
        ("kind: vendors", "kind: vendors\n    statuses: {yes: Active}", "must be text; write it in quotes"),
        ("kind: vendors", "kind: vendors\n    dates: DD-MON-YYYY", "'DD-MON-YYYY' does not name year"),
        ("kind: vendors", "kind: vendors\n    dates: DD.MM.YY", "'DD.MM.YY' does not name year"),
        ("kind: vendors", "kind: vendors\n    recognise: {of: Id, at_least: 2}", "`of` has 1 labels"),
        (
            "kind: vendors",
            "kind: vendors\n    format: xml\n    xml: {root: A, record: B, line: C}",
            "begins with `record`: B/",
        ),
        (
            "kind: vendors",
            "kind: vendors\n    format: records\n    records: {header: [vendor_idd], line: [vendor_id]}",
            "vendor_idd is no field",
        ),
        (
            "columns: {vendor_id: {name: Id, required: true}}",
            "part: line\n    columns: {vendor_id: Id}",
            "fields of that level only, not with vendor_id",
        ),
        ("{name: Id, required: true}", "{required: true}", "neither `name` nor `constant`"),
        ("{name: Id, required: true}", "{name: Id, extract: '('}", "no regular expression"),
        ("{name: Id, required: true}", "{name: Id, extract: 'a'}", "exactly one group"),
        ("kind: vendors", "kind: vendors\n    encoding: utf-99", "no encoding"),
        ("kind: vendors", "kind: vendors\n    format: xml", "`xml` goes with"),
        ("kind: vendors", "kind: vendors\n    format: records", "`records` goes with"),
        ("kind: vendors", "kind: vendors\n    dates: DD.MM.", "year (YYYY)"),
        ("kind: vendors", "kind: vendors\n    numbers: {decimal: ',', thousands: ','}", "are both"),
        ("kind: vendors", "kind: vendors\n    tax: own_line", "line_type"),
        ("kind: vendors", "kind: vendors\n    moments: {zone: Mars/Base}", "no time zone"),
        ("name: mine", "name: mine\nextends: other", "not built in"),
        ("name: mine", "name: mine\nname: twice", "twice"),
    ],
)
def test_faults_name_file_and_key(old, new, words):
    with pytest.raises(LayoutError) as caught:
        parse_layout(MINIMAL.replace(old, new, 1), "mine.yaml")
    assert "mine.yaml" in caught.value.message
    assert words in caught.value.message
    assert caught.value.remedy


def test_missing_layout_names_the_built_in_ones(tmp_path):
    with pytest.raises(LayoutError, match="stampli_lines"):
        load_layout("no_such", tmp_path)


def test_unreadable_layout(tmp_path):
    (tmp_path / "bad.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(LayoutError, match="cannot be read"):
        load_layout("bad.yaml", tmp_path)
    with pytest.raises(LayoutError, match="cannot be read"):
        load_layout(".", tmp_path)


def test_schema_describes_every_key():
    schema = json.loads(layout_schema())
    assert schema["properties"]["forms"]
    for name, model in schema["$defs"].items():
        for key, property_ in model.get("properties", {}).items():
            assert "description" in property_, f"{name}.{key} has no description"
