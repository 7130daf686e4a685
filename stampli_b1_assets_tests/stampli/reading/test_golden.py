"""What comes of the samples stays what it is; `golden.py` beside this writes it anew."""

import json

import pytest

from stampli_b1_assets_tests.stampli.reading import golden


@pytest.mark.parametrize("name", golden.sample_names())
def test_sample_comes_out_as_recorded(name):
    assert golden.outcome(name) == golden.golden_path(name).read_text("utf-8")


def test_every_golden_file_has_its_sample():
    recorded = {path.name for path in (golden.HERE / "golden").iterdir()}
    assert recorded == {f"{name}.json" for name in golden.sample_names()} | {"two_files_joined.json"}


def test_headers_and_lines_of_two_files_are_joined_by_id():
    assert golden.joined_outcome() == golden.golden_path("two_files_joined").read_text("utf-8")


def _without_rows(name: str) -> list:
    values = json.loads(golden.outcome(name))["values"]
    for invoice in values:
        for line in invoice["lines"]:
            del line["row"]
    return values


def test_xml_twin_brings_the_same_values_in_every_field():
    assert _without_rows("lines.xml") == _without_rows("lines.csv")


def test_byte_order_mark_and_line_ends_change_nothing():
    assert golden.outcome("lines_bom_lf.csv") == golden.outcome("lines.csv")
