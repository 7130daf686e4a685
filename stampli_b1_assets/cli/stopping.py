"""Ctrl-C, at any moment, without a traceback and without waiting for SAP."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import NoReturn, TypeVar

from stampli_b1_assets.cli.exit_codes import NEEDS_A_PERSON

STOPPED = "Stopped. What was posted by now is in SAP once; the next sync finds out, and goes on from there."

_AWAKE_SECONDS = 0.2

Result = TypeVar("Result")


def stoppable(task: Callable[[], Result]) -> Result:
    """Run a task in a thread of its own, so that Ctrl-C ends the whole process at once.

    Dagster takes an interrupt for a reason to try the step again later. Ending here is as safe as a power cut: each
    write is announced in the ledger before it is sent, and looked up by its key afterwards.
    """
    future: Future[Result] = Future()
    Thread(target=_settle, args=(future, task), daemon=True).start()
    try:
        # In short waits: polars (2.1) hooks SIGINT so that the system restarts a wait, and Python would not wake up.
        while not future.done():
            wait([future], timeout=_AWAKE_SECONDS)
        return future.result()
    except KeyboardInterrupt:
        _end()


def _settle(future: Future[Result], task: Callable[[], Result]) -> None:
    try:
        future.set_result(task())
    except BaseException as error:  # noqa: BLE001 - handed to the waiting thread, which raises it
        future.set_exception(error)


def _end() -> NoReturn:
    """Without waiting for the thread, which may hang in a request."""
    print(f"\n{STOPPED}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(NEEDS_A_PERSON)
