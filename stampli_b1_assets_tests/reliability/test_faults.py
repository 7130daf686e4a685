"""Every fault × every way of posting × the first, second and third write: each invoice once, none missing."""

import pytest

from stampli_b1_assets.pipeline.reconciling import reconcile
from stampli_b1_assets_tests.reliability import sftp_faults
from stampli_b1_assets_tests.reliability.faults import (
    BROKEN,
    BROKEN_WAYS,
    FAULTS,
    KINDS,
    company,
    faults_of,
    run,
    said,
    strike,
    ways_of,
)
from stampli_b1_assets_tests.reliability.tables import page, tables, written

COMBINATIONS = [(fault, way) for fault in FAULTS for way in ways_of(fault)]


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize(("fault", "way"), COMBINATIONS)
def test_each_invoice_is_in_sap_once(fault: str, way: str, after: int) -> None:
    result = run(fault, way, after=after)
    assert result.is_right, result


@pytest.mark.parametrize(("fault", "way"), COMBINATIONS)
def test_each_payment_is_in_sap_once(fault: str, way: str) -> None:
    result = run(fault, way, kind="payments")
    assert result.is_right, result


@pytest.mark.parametrize("way", BROKEN_WAYS)
@pytest.mark.parametrize("broken", BROKEN)
def test_a_company_whose_guard_cannot_hold_gets_each_invoice_once_all_the_same(broken: str, way: str) -> None:
    for fault in faults_of(broken, way):
        result = run(fault, way, broken=broken)
        assert result.is_right, (fault, result)


@pytest.mark.parametrize("fault", sftp_faults.SFTP_FAULTS)
def test_each_invoice_is_in_sap_once_whatever_the_sftp_server_does(fault: str) -> None:
    result = sftp_faults.run(fault)
    assert result.is_right, result


def test_what_a_table_that_lost_its_key_after_its_proof_lets_through_is_told_by_reconcile() -> None:
    """The one way to two entries: no program outside SAP can see that a unique key is none any more."""
    with company("guarded", "invoices", "duplicate_guard_rows_accepted") as bench:
        strike(bench, "late_commit", "guarded", "invoices", 0)
        assert said(bench, "invoices", "late") == "3 posted"
        bench.clock.sleep(3600)
        with bench.session("reconciling") as session:
            found = reconcile(session)
    assert [one.stampli_id for one in found.differences] == list(KINDS["invoices"])
    assert all("is a copy: it carries the key of the entry" in one.detail for one in found.differences)


def test_the_tables_in_the_docs_are_what_happens() -> None:
    text = page().read_text(encoding="utf-8")
    assert written(text, tables()) == text, "run python -m stampli_b1_assets_tests.reliability.tables"
