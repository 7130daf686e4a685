"""The page on layouts is true: its fields, keys, examples and built-in layouts; `golden.py` writes what is derived."""

import re

import pytest
import yaml

from stampli_b1_assets.domain.outcome import RefusalReason
from stampli_b1_assets.stampli.forms import Column, Form, Moments, Numbers, RecordTypes, TotalRow, XmlShape
from stampli_b1_assets.stampli.layout import built_in_names, layout_schema, parse_layout
from stampli_b1_assets_tests.stampli.reading import golden

PAGE = (golden.DOCS / "layouts.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_schema_and_fields_are_in_step():
    assert (golden.DOCS / "layout.schema.json").read_text("utf-8") == layout_schema()
    assert golden.with_fields(PAGE) == PAGE


@pytest.mark.parametrize("model", [Form, Column, Numbers, Moments, TotalRow, XmlShape, RecordTypes])
def test_every_key_of_a_layout_is_explained(model):
    words = set(re.findall(r"\w+", PAGE))
    assert set(model.model_fields) <= words


def test_built_in_layouts_and_refusals_are_named():
    assert all(f"`{name}`" in PAGE for name in built_in_names())
    read = set(RefusalReason) - {RefusalReason.BAD_NAME}
    assert all(f"`{reason}`" in PAGE for reason in read)


def test_the_long_example_is_a_layout_that_reads(exports):
    content = (
        "Beleg-ID;Belegart;Status;Rechnungsnummer;Kreditor;Rechnungsdatum;Brutto;Pos.;Sachkonto;Kopf-Kostenstelle;Netto;"
        "Bearbeiter\n7;Gutschrift;zur Zahlung freigegeben;G;K;31.03.2026;1.190,00-;1;1300 Bau;PM;1.190,00-;X\n"
    )
    (invoice,) = exports.invoices(content.encode("cp1252"), EXAMPLES[0])
    (line,) = invoice.lines
    assert (invoice.type, str(invoice.total), invoice.currency, invoice.faults) == (
        "Credit Memo",
        "-1190.00",
        "EUR",
        (),
    )
    assert (line.gl_account, line.department) == ("1300", "PM")


@pytest.mark.parametrize("example", EXAMPLES[1:])
def test_short_examples_are_forms(example):
    form = {"kind": "invoices", **yaml.safe_load(example)}
    assert parse_layout(yaml.safe_dump({"name": "example", "forms": [form]}), "docs").forms[0].columns
