"""Every fault of the simulator on every way of posting: what the cycle says, and what is in SAP in the end.

`python -m stampli_b1_assets_tests.reliability.faults` writes the table into docs/reliability.md; a test holds it there.
"""

import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from stampli_b1_assets.errors import SystemUnusable
from stampli_b1_assets.sandbox.service_layer.faults import ArmedFault
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
_OF_CHANGE_SETS = ("worker_crash_in_batch", "slow_transaction", "refused_at_commit")
IDS = ("8001", "8002", "8003")
_PLACES = "docs/reliability.md"
_BEGIN, _END = "<!-- faults: begin -->", "<!-- faults: end -->"


@dataclass(frozen=True)
class Result:
    """One fault on one way of posting."""

    fault: str
    way: str
    first: str
    """What the cycle with the fault said."""
    cycles: int
    """Cycles until everything was settled, that one included."""
    entries: dict[str, int]
    """Entries in SAP by Stampli id, in the end."""

    @property
    def is_right(self) -> bool:
        """Each invoice is in SAP exactly once."""
        return self.entries == dict.fromkeys(IDS, 1)


def ways_of(fault: str) -> tuple[str, ...]:
    """The ways of posting that the fault can strike: without a guard there are no change sets."""
    return WAYS[:2] if fault in _OF_CHANGE_SETS else WAYS


@cache
def run(fault: str, way: str, *, after: int = 0) -> Result:
    """Three invoices, one cycle with the fault on the `after`-th write of an entry, then cycles without it."""
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Path(directory), is_guarded=way == "guarded", provisioned=way != "unmarked")
        bench.company.hides_user_tables = way == "fallback"
        bench.folder.files["a.csv"] = (csv_bytes(*(row for id_ in IDS for row in invoice_rows(id_))), 1_777_000_000)
        is_batch = way in ("guarded", "unproved")
        path = "$batch" if is_batch else "JournalEntries"
        if fault == "late_commit":
            bench.transport.late = Late(path, after, 2.5 * TIMEOUT_SECONDS)
        else:
            armed = ArmedFault(fault, method="POST", path=path, after=after, seconds=2 * TIMEOUT_SECONDS)
            bench.application.faults.arm(armed)
        first = _said(bench, "first")
        bench.application.faults.clear()
        cycles = 1
        while _is_open(bench) and cycles < 6:
            bench.clock.sleep(900)
            _said(bench, f"cycle {cycles}")
            cycles += 1
        entries = Counter(str(entry["Reference2"]) for entry in bench.entries())
        bench.close()
    return Result(fault, way, first, cycles, dict(sorted(entries.items())))


def _said(bench: Bench, name: str) -> str:
    try:
        document = bench.cycle(name)
    except SystemUnusable as error:
        return f"stopped: {error.message}"
    return _words(document)


def _words(document: dict[str, Any]) -> str:
    counts = {name: number for name, number in document["invoices"].items() if number and name != "seen"}
    reasons = sorted({row["reason"] for row in document["needs_a_person"]})
    words = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items())
    return f"{words} ({', '.join(reasons)})" if reasons else words


def _is_open(bench: Bench) -> bool:
    with bench.workplace() as workplace:
        known = workplace.ledger.invoices.all()
    return not known or any(record.outcome == "held" for record in known)


def table() -> str:
    """The table of docs/reliability.md."""
    lines = ["| fault on a posting | way of posting | the cycle says | settled after | in SAP |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for fault, words in FAULTS.items():
        for way in ways_of(fault):
            result = run(fault, way, after=0)
            cycles = "this cycle" if result.cycles == 1 else f"{result.cycles} cycles"
            verdict = "each once" if result.is_right else f"**{result.entries}**"
            lines.append(f"| {words} | {way} | {result.first} | {cycles} | {verdict} |")
    return "\n".join(lines)


def written(text: str, new_table: str) -> str:
    """The page with its table replaced."""
    head, _, rest = text.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    return f"{head}{_BEGIN}\n{new_table}\n{_END}{tail}"


def page() -> Path:
    """docs/reliability.md of this checkout."""
    return Path(__file__).parents[2] / _PLACES


if __name__ == "__main__":
    page().write_text(written(page().read_text(encoding="utf-8"), table()), encoding="utf-8")
