"""The lease: one process at a time works on one company."""

import os
import socket
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Row, delete, select, update

from stampli_b1_assets.errors import LeaseHeld, LedgerUnusable
from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.audit import Audit, AuditEntry
from stampli_b1_assets.ledger.database import Database

LIFETIME = timedelta(minutes=10)
"""How long a lease outlives its last renewal; what a process on another machine has to wait for."""

_RENEW_EVERY = 60.0
_LOOK_EVERY = 0.2
_table = schema.leases.c


@dataclass(frozen=True)
class Process:
    """One process for all time: machine, number, and when it began (ticks since boot; "" where that cannot be told).

    `host` has the boot's id and the namespace of process numbers beside the name: only where all three agree can
    one process tell whether another is alive.
    """

    host: str
    pid: int
    start: str

    @classmethod
    def this(cls) -> "Process":
        """The process that asks."""
        return cls(_host(), os.getpid(), _start_of(os.getpid()) or "")

    @property
    def is_dead(self) -> bool:
        """True only when that is certain: same machine, and the number is free or somebody else's."""
        if self.host != _host():
            return False
        if not Path("/proc/self/stat").exists():
            return not _answers(self.pid)
        return _start_of(self.pid) != self.start


class Lease:
    """A context manager that holds the company's lease, renewed in the background while it is held.

    `owner` is a word for people (a command, a run id). Not re-entrant: a second lease of the same process waits too.
    Raises `LeaseHeld` when a live process has it still after `wait_seconds`.
    """

    def __init__(self, database: Database, audit: Audit, owner: str, *, wait_seconds: float = 0) -> None:
        self._database = database
        self._audit = audit
        self._owner = owner
        self._wait_seconds = wait_seconds
        self._token = uuid.uuid4().hex
        self._process = Process.this()
        self._released = threading.Event()
        self._renewer: threading.Thread | None = None

    def __enter__(self) -> Self:
        deadline = time.monotonic() + self._wait_seconds
        while True:
            holder = self._try()
            if holder is None:
                break
            if time.monotonic() >= deadline:
                raise _held(holder, self._database.clock())
            time.sleep(_LOOK_EVERY)
        self._renewer = threading.Thread(target=self._keep, name="stampli-b1-lease", daemon=True)
        self._renewer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        if self._renewer is not None:
            self._renewer.join()
        # A lease that cannot be given back ends by itself, and must not hide why the work within it failed.
        with suppress(LedgerUnusable), self._database.writing() as connection:
            connection.execute(delete(schema.leases).where(*self._own()))

    def renew(self) -> None:
        """Move the end on. Raises `LeaseHeld` when the lease ran out meanwhile and somebody else took it."""
        changed = update(schema.leases).where(*self._own()).values(expires_at=self._database.clock() + LIFETIME)
        with self._database.writing() as connection:
            is_ours = connection.execute(changed).rowcount == 1
        if not is_ours:
            raise LeaseHeld(
                f"The lease of {self._database.company} was lost: it was not renewed in time.",
                "Stop here and start again; what was begun is looked up in SAP first.",
            )

    def _try(self) -> Row[Any] | None:
        """Take the lease, or return who has it."""
        now = self._database.clock()
        with self._database.writing() as connection:
            query = select(schema.leases).where(_table.company == self._database.company)
            holder = connection.execute(query).one_or_none()
            if holder is not None and now < holder.expires_at and not _process_of(holder).is_dead:
                return holder
            row = {
                "token": self._token,
                "owner": self._owner,
                "host": self._process.host,
                "pid": self._process.pid,
                "process_start": self._process.start,
                "taken_at": now,
                "expires_at": now + LIFETIME,
            }
            self._database.upsert(connection, schema.leases, [row], [])
            if holder is not None:
                left = {"owner": holder.owner, "host": holder.host, "pid": holder.pid, "taken_at": holder.taken_at}
                self._audit.append_all(connection, [AuditEntry("lease.taken_over", self._owner, "service", left)])
        return None

    def _keep(self) -> None:
        while not self._released.wait(_RENEW_EVERY):
            try:
                self.renew()
            except LeaseHeld:
                return
            except LedgerUnusable:
                continue  # the database may be back before the lease ends

    def _own(self) -> list[Any]:
        return [_table.company == self._database.company, _table.token == self._token]


def _held(holder: Row[Any], now: datetime) -> LeaseHeld:
    seconds = max(0, int((holder.expires_at - now).total_seconds()))
    machine = holder.host.split("/")[0]
    return LeaseHeld(
        f"{holder.owner} (process {holder.pid} on {machine}) works on this company.",
        f"Wait until it is done, or stop it; a lease that nobody renews ends in {seconds} seconds.",
    )


def _process_of(row: Row[Any]) -> Process:
    return Process(row.host, row.pid, row.process_start)


def _host() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = Path("/proc/self/ns/pid").readlink()
    except OSError:  # no Linux: the name alone has to do
        return socket.gethostname()
    return f"{socket.gethostname()}/{boot}/{namespace}"


def _start_of(pid: int) -> str | None:
    """When a process began, in ticks since boot; None when there is none, or only its remains (a zombie)."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if words[0] in "ZX" else words[19]


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
