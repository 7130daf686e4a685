"""Errors as failures of Dagster: what may pass is tried again, what only a person can mend is told at once."""

import dagster as dg
import pytest

from stampli_b1_assets.defs.failures import PARTITIONS, REMEDY, told_as_failures
from stampli_b1_assets.defs.resources import CYCLE_TAG
from stampli_b1_assets.errors import (
    B1Unusable,
    ConfigurationError,
    LeaseHeld,
    LedgerUnusable,
    MappingError,
    StampliB1Error,
    StampliUnusable,
)


def failure_of(error: Exception, **tags: str) -> dg.Failure:
    run = dg.DagsterRun(job_name="linden_new_files", run_id="3f0c", tags=tags)
    with pytest.raises(dg.Failure) as raised, told_as_failures(run, ["a-1", "b-2"]):
        raise error
    return raised.value


@pytest.mark.parametrize(
    ("error", "is_tried_again"),
    [
        pytest.param(StampliUnusable("The connection was lost.", is_passing=True), True, id="SFTP connection lost"),
        pytest.param(StampliUnusable("The login was refused."), False, id="SFTP password"),
        pytest.param(B1Unusable("SAP answered HTTP 503.", is_passing=True), True, id="SAP away"),
        pytest.param(B1Unusable("SAP refused the login."), False, id="SAP password"),
        pytest.param(LeaseHeld("Another process works on linden."), True, id="another process at work"),
        pytest.param(LedgerUnusable("The ledger cannot be used."), False, id="ledger"),
        pytest.param(ConfigurationError("The file has a fault."), False, id="configuration"),
        pytest.param(MappingError("Row 3 has a fault."), False, id="mapping"),
        pytest.param(ZeroDivisionError("0"), False, id="a fault of ours"),
    ],
)
def test_only_what_may_pass_is_tried_again(error: Exception, *, is_tried_again: bool) -> None:
    assert failure_of(error).allow_retries is is_tried_again


def test_a_run_of_sync_tells_its_caller_at_once() -> None:
    error = StampliUnusable("The connection was lost.", is_passing=True)
    assert not failure_of(error, **{CYCLE_TAG: "5d1e"}).allow_retries


def test_the_failure_names_partitions_and_remedy() -> None:
    failure = failure_of(StampliB1Error("SAP is away.", "Start it."))
    assert failure.description == "SAP is away. Start it."
    assert failure.metadata[PARTITIONS].value == "a-1, b-2"
    assert failure.metadata[REMEDY].value == "Start it."
