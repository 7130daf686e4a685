"""Errors of the project as Dagster failures: one sentence, the evidence as metadata, no retry for what cannot pass."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from stampli_b1_assets.defs.resources import CYCLE_TAG
from stampli_b1_assets.errors import B1Unusable, LeaseHeld, StampliB1Error, StampliUnusable

ERROR_KIND = "error"
HELD = "held"
"""Value of `error` when documents, not systems, are the reason."""
PARTITIONS = "partitions"
FILES = "files"
NUMBER = "documents"
AUDIT_HEAD = "audit trail"
REMEDY = "what to do"


@contextmanager
def told_as_failures(run: dg.DagsterRun, partitions: list[str]) -> Iterator[None]:
    """Turn our errors into `dagster.Failure`. Dagster tries again what may pass, but for runs of `sync`, which
    tells its caller at once.
    """
    try:
        yield
    except StampliB1Error as error:
        raise dg.Failure(
            description=str(error),
            metadata={ERROR_KIND: type(error).__name__, PARTITIONS: ", ".join(partitions), REMEDY: error.remedy},
            allow_retries=_may_pass(error) and CYCLE_TAG not in run.tags,
        ) from None
    except Exception as error:  # a fault of ours, whatever it is: trying again would only repeat it
        raise dg.Failure(
            description=f"A fault of this program: {type(error).__name__}: {error}",
            metadata={ERROR_KIND: "bug", PARTITIONS: ", ".join(partitions)},
            allow_retries=False,
        ) from error


def _may_pass(error: StampliB1Error) -> bool:
    """A refused login is not tried again: a few more of them, and the account is locked."""
    return isinstance(error, LeaseHeld) or (isinstance(error, (StampliUnusable, B1Unusable)) and error.is_passing)
