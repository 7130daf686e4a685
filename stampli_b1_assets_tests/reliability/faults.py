"""Every fault of the simulator on every way of posting: what the cycle says, and what is in SAP in the end.

`reliability/tables.py` writes what comes of it into docs/reliability.md.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from stampli_b1_assets.b1 import guarded
from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.config.models import Company as Settings
from stampli_b1_assets.errors import SystemUnusable
from stampli_b1_assets.sandbox.sample_company import COMPANY_DB
from stampli_b1_assets.sandbox.service_layer.faults import ArmedFault
from stampli_b1_assets.sandbox.service_layer.server import SimulatorServer
from stampli_b1_assets_tests.fixtures.payments import exported, payment
from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.simulation.bench import TIMEOUT_SECONDS, Bench
from stampli_b1_assets_tests.simulation.transport import Late

WAYS = ("guarded", "unproved", "fallback", "unmarked")
"""As `PostingMode`: proved guard; guard without proof; no guard table; not even the user field."""

FAULTS: dict[str, str] = {
    "gateway_502_before": "502 of the balancer, before the commit",
    "gateway_502_after": "502 of the balancer, after the commit",
    "cut_before": "connection cut before anything was executed",
    "cut_during": "connection cut in the middle of the answer",
    "cut_after": "connection cut after the commit",
    "stale_keep_alive": "kept connection that SAP had closed in silence",
    "slow_commit": "commit that takes longer than the time-out",
    "late_commit": "commit two and a half time-outs later, nobody waiting for it",
    "worker_crash_in_batch": "worker crash inside a batch",
    "service_unavailable_503": "503, nothing was executed",
    "empty_500": "500 without a body, before the commit",
    "empty_500_after": "500 without a body, after the commit",
    "slow_transaction": "change set that stands open between guard row and entry for longer than the time-out",
    "refused_at_commit": "change set refused and rolled back when all of it was executed",
    "session_expiry": "session gone in the middle of a run",
    "session_expiry_304": "session gone in the middle of a run, told with code -304",
    "login_refused": "login refused",
    "user_locked": "user locked",
    "not_permitted_403": "user without the right to post",
    "slow_loris": "answer byte by byte",
    "truncated_json": "answer that ends in the middle",
    "html_200": "200 with a page of another system",
}
BROKEN: dict[str, str] = {
    "change_set_not_atomic": "change sets are not atomic",
    "duplicate_guard_rows_accepted": "the guard's table takes a key twice",
    "user_table_missing": "the guard's table is gone",
}
"""Companies whose guard cannot hold. `provision` tells, and then posting is fallback; unproved, it was not asked."""
BROKEN_WAYS = ("unproved", "fallback")

_OF_CHANGE_SETS = ("worker_crash_in_batch", "slow_transaction", "refused_at_commit")
_OF_LOGINS = ("login_refused", "user_locked")
_INVOICES = ("8001", "8002", "8003")
_PAYMENTS = ("P-1", "P-2", "P-3")
KINDS = {"invoices": _INVOICES, "payments": _PAYMENTS}


@dataclass(frozen=True)
class Result:
    """One fault on one way of posting three documents."""

    first: str
    """What the cycle with the fault said."""
    cycles: int
    """Cycles until everything was settled, that one included."""
    entries: dict[str, int]
    """Entries in SAP by Stampli id, in the end."""
    is_right: bool
    """Each document is in SAP exactly once."""


def ways_of(fault: str) -> tuple[str, ...]:
    """The ways of posting that the fault can strike: without a guard there are no change sets."""
    return WAYS[:2] if fault in _OF_CHANGE_SETS else WAYS


def faults_of(broken: str, way: str) -> list[str]:
    """The faults that can strike a broken company, posting that way."""
    has_change_sets = way == "unproved" and broken != "user_table_missing"
    return [fault for fault in FAULTS if has_change_sets or fault not in _OF_CHANGE_SETS]


@cache
def run(fault: str, way: str, *, kind: str = "invoices", after: int = 0, broken: str = "") -> Result:
    """Three documents, one cycle with the fault on the `after`-th write of an entry, then cycles without it."""
    with company(way, kind, broken) as bench, _wired(bench, fault), _batches_of(1 if after else guarded.BATCH):
        if fault:
            strike(bench, fault, way, kind, after)
        first = said(bench, kind, "first")
        struck = list(bench.application.faults.struck)
        bench.application.faults.clear()
        cycles = 1
        while _is_open(bench, kind) and cycles < 6:
            bench.clock.sleep(900)
            said(bench, kind, f"cycle {cycles}")
            cycles += 1
        late = bench.transport.late
        assert not fault or fault in struck or (late and late.is_over), f"{fault} struck nothing"
        bench.clock.sleep(3600)  # what is late comes now
        entries = Counter(str(entry["Reference2"]) for entry in bench.entries())
    ids = KINDS[kind]
    found = {id_: entries[id_] for id_ in sorted(entries) if id_ in ids}
    return Result(first, cycles, found, is_right=found == dict.fromkeys(ids, 1))


@contextmanager
def company(way: str, kind: str, broken: str = "") -> Iterator[Bench]:
    """A company in whose folder the documents lie; invoices of payments are in SAP."""
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(
            Path(directory), is_guarded=way == "guarded", provisioned=way != "unmarked", pays=kind == "payments"
        )
        try:
            bench.company.hides_user_tables = way == "fallback" and not broken
            rows = [row for id_ in _INVOICES for row in invoice_rows(id_)]
            bench.folder.files["a.csv"] = (csv_bytes(*rows), 1_777_000_000)
            if kind == "payments":
                bench.cycle("invoices")
                paid = zip(_PAYMENTS, _INVOICES, strict=True)
                content = exported(*(payment(id_, stampli_invoice_id=invoice) for id_, invoice in paid))
                bench.folder.files["b.csv"] = (content, 1_777_000_060)
            if broken:
                bench.application.switch(broken)
                _tell_the_ledger(bench, way)
            yield bench
        finally:
            bench.close()


def _batches_of(entries: int) -> AbstractContextManager[object]:
    """The guard's batches are smaller than otherwise, so that there is a second and a third."""
    return patch.object(guarded, "BATCH", entries)


def _tell_the_ledger(bench: Bench, way: str) -> None:
    """What `provision` found out."""
    if way == "fallback":
        with bench.workplace() as workplace:
            workplace.ledger.save_proof(COMPANY_DB, is_proved=False)


@contextmanager
def _wired(bench: Bench, fault: str) -> Iterator[None]:
    """Only real sockets can be stale."""
    if fault != "stale_keep_alive":
        yield
        return

    def connected(settings: Settings) -> B1:
        return B1(settings.b1, sleep=bench.clock.sleep, clock=bench.clock.seconds)

    path, server = bench.directory / "company.yaml", SimulatorServer(bench.application)
    server.start()
    try:
        path.write_text(path.read_text(encoding="utf-8").replace("127.0.0.1:1/", f"127.0.0.1:{server.port}/"))
        bench.reload()
        bench._b1 = connected  # type: ignore[method-assign]
        yield
    finally:
        server.stop()


def strike(bench: Bench, fault: str, way: str, kind: str, after: int) -> None:
    """Arm the fault for the `after`-th write of an entry; a login in the middle of a run follows a lost session."""
    path = _path(bench, way)
    if fault in _OF_LOGINS and after:
        bench.application.faults.arm(ArmedFault("session_expiry", method="POST", path=path, after=after))
        bench.application.faults.arm(ArmedFault(fault, after=1))
    elif fault == "late_commit":
        bench.transport.late = Late(path, after, 2.5 * TIMEOUT_SECONDS)
    elif fault == "stale_keep_alive":
        before = _requests_before_write(way, kind, after)
        bench.application.faults.arm(ArmedFault(fault, after=before - 1))
    else:
        armed = ArmedFault(fault, method="POST", path=path, after=after, seconds=2 * TIMEOUT_SECONDS)
        bench.application.faults.arm(armed)


def _path(bench: Bench, way: str) -> str:
    """Where entries are written."""
    return "$batch" if way in ("guarded", "unproved") and not bench.company.hides_user_tables else "JournalEntries"


def _requests_before_write(way: str, kind: str, after: int) -> int:
    """Of an undisturbed cycle, before the `after`-th write of an entry."""
    with company(way, kind) as bench:
        log = bench.application.log
        begun = len(log)
        said(bench, kind, "undisturbed")
        requests = [(one.method, one.path.rpartition("/")[2]) for one in list(log)[begun:]]
    writes = [place for place, request in enumerate(requests) if request == ("POST", _path(bench, way))]
    return writes[min(after, len(writes) - 1)]


def said(bench: Bench, kind: str, name: str) -> str:
    """One cycle, and what it says of the documents of a kind."""
    try:
        document = bench.cycle(name)
    except SystemUnusable as error:
        return f"stopped: {error.message}"
    return _words(document, kind)


def _words(document: dict[str, Any], kind: str) -> str:
    counts = {name: number for name, number in document[kind].items() if number and name != "seen"}
    reasons = sorted({row["reason"] for row in document["needs_a_person"]})
    words = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items())
    return f"{words} ({', '.join(reasons)})" if reasons else words


def _is_open(bench: Bench, kind: str) -> bool:
    with bench.workplace() as workplace:
        ledger = workplace.ledger
        outcomes = [one.outcome for one in (ledger.invoices if kind == "invoices" else ledger.payments).all()]
    return len(outcomes) < 3 or "held" in outcomes
