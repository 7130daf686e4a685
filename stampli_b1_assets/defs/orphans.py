"""Runs whose process died: mark them failed and free their places in the pools, so that nothing waits for the dead."""

import os
import socket
from pathlib import Path

import dagster as dg

from stampli_b1_assets.defs.launches import belongs_to

DIED = "Its process died."

OWNER_TAG = "stampli_b1/process"
"""`host:pid:start`: the process that executes a run of `sync`."""


def owner() -> str:
    """This process; the start time tells it from a later one with the same pid."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def release_orphans(instance: dg.DagsterInstance, company: str) -> list[dg.DagsterRun]:
    """Fail the company's unfinished runs of dead processes of this host, and return them."""
    statuses = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    orphans = [
        run
        for run in instance.get_runs(filters=dg.RunsFilter(statuses=statuses))
        if OWNER_TAG in run.tags and belongs_to(run, company) and _is_dead(run.tags[OWNER_TAG])
    ]
    for run in orphans:
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        instance.report_run_failed(run, DIED)
    return orphans


def _is_dead(owner_of_run: str) -> bool:
    host, pid, started = owner_of_run.rsplit(":", 2)
    return host == socket.gethostname() and _started(int(pid)) != started


def _started(pid: int) -> str:
    """The process's start time in clock ticks since boot; empty when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return ""
    return stat.rsplit(")", 1)[1].split()[19]
