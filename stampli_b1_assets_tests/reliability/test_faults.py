"""Every fault × every way of posting × the first, second and third write: each invoice once, none missing."""

import pytest

from stampli_b1_assets_tests.reliability.faults import FAULTS, page, run, table, ways_of, written


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize(("fault", "way"), [(fault, way) for fault in FAULTS for way in ways_of(fault)])
def test_each_invoice_is_in_sap_once(fault: str, way: str, after: int) -> None:
    result = run(fault, way, after=after)
    assert result.is_right, result


def test_the_table_in_the_docs_is_what_happens() -> None:
    text = page().read_text(encoding="utf-8")
    assert written(text, table()) == text, "run python -m stampli_b1_assets_tests.reliability.faults"
