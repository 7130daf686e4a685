"""The marked points of a cycle: where a process may die and nothing may be lost or doubled.

Nothing listens in production. The tests let a process be killed, or a simulated one crash, at each of them.
"""

from collections.abc import Callable
from enum import StrEnum


class Checkpoint(StrEnum):
    """In the order in which a cycle passes them."""

    FILES_REGISTERED = "files_registered"
    FILE_LANDED = "file_landed"
    FILE_READ = "file_read"
    PARTNER_WRITTEN = "partner_written"
    PARTNERS_SAVED = "partners_saved"
    INTENTS_WRITTEN = "intents_written"
    ANSWERED = "answered"
    RESOLVED = "resolved"
    VERDICTS_SAVED = "verdicts_saved"
    REVERSED = "reversed"
    FILES_FINISHED = "files_finished"


listeners: list[Callable[[Checkpoint], None]] = []
"""Called with every point that is passed."""


def passed(point: Checkpoint) -> None:
    """Say that this point is passed."""
    for listener in listeners:
        listener(point)
