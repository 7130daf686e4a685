"""What comes of the samples stays what it is; `make golden` writes it anew."""

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


def test_one_command_writes_all_of_it_anew(tmp_path):
    recorded, docs = tmp_path / "golden", tmp_path / "docs"
    recorded.mkdir()
    docs.mkdir()
    golden.main(recorded, docs)
    for path in (golden.HERE / "golden").iterdir():
        assert (recorded / path.name).read_bytes() == path.read_bytes(), path.name
    for name in ("layouts.md", "layout.schema.json"):
        assert (docs / name).read_bytes() == (golden.DOCS / name).read_bytes(), name
    assert len(list(recorded.iterdir())) == len(list((golden.HERE / "golden").iterdir()))
    makefile = (golden.DOCS.parent / "Makefile").read_text("utf-8")
    assert f"$(RUN) -m {golden.__name__}" in makefile
