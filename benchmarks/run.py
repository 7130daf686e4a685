"""`make bench`: ratios measured in one run on this machine; times themselves say little about another."""

import csv
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.b1.poster import PostingMode
from stampli_b1_assets.config.loader import load_companies
from stampli_b1_assets.domain.journal_entry import JournalEntry, JournalLine
from stampli_b1_assets.sandbox.running import SAMPLES, Sandbox
from stampli_b1_assets.stampli.frames import Invoices
from stampli_b1_assets.stampli.layout import load_layout
from stampli_b1_assets.stampli.reader import read_export

_ENTRIES = 160
_COPIES = 2_000
_SAMPLE = "invoices_20260504_021500.csv"
ROOT = Path(__file__).parents[1]


def entries(name: str) -> list[JournalEntry]:
    """Entries of 1.00, each under a key of its own."""
    day, one = date(2026, 4, 30), Decimal("1.00")
    lines = (JournalLine(account_code="001300", debit=one), JournalLine(card_code="V20010", credit=one))
    return [
        JournalEntry(f"bench-{name}-{number:05}", day, day, day, "Bench", "B", f"{name}{number}", "bench", lines, 2)
        for number in range(_ENTRIES)
    ]


def timed(action: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def posting(mode: PostingMode, sessions: int, name: str, *, write: float = 0.0, request: float = 0.0) -> float:
    """Seconds for posting against a Service Layer that takes so long for each write, and for each request."""
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder), provisioned=True) as sandbox:
        settings = load_companies(sandbox.config_path, sandbox.environment)[0].settings.b1
        sandbox.application.seconds_per_write = write
        sandbox.application.seconds_per_request = request
        with B1(settings.model_copy(update={"max_sessions": sessions})) as b1:
            b1.session.log_in()
            return timed(lambda: b1.post(entries(name), mode))


def reading() -> tuple[float, float]:
    """Seconds for reading an export strictly into typed frames, and for Python's csv module alone."""
    rows = (SAMPLES / "outbound" / _SAMPLE).read_text(encoding="utf-8").splitlines(keepends=True)
    content = rows[0] + "".join(rows[1:]) * _COPIES
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.csv"
        path.write_text(content, encoding="utf-8", newline="")
        layout = load_layout("stampli_lines", Path(folder))
        ours = timed(lambda: read_export(path, path.name, layout, max_bytes=10**9))
    return ours, timed(lambda: list(csv.reader(io.StringIO(content, newline=""))))


def peak_megabytes(copies: int) -> int:
    """Most memory of a process of its own that reads an export and goes through its invoices, as a run does."""
    script = (
        "import resource, sys\nfrom benchmarks.run import go_through\ngo_through(sys.argv[1])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.csv"
        _write_export(path, copies)
        command = [sys.executable, "-c", script, str(path)]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return int(done.stdout) // 1024


def go_through(path: str) -> None:
    """Read a file to its end and make each of its invoices once."""
    layout = load_layout("stampli_lines", Path())
    rows = read_export(Path(path), "big.csv", layout, max_bytes=10**12).rows
    for _ in Invoices(rows, None, "big.csv", ""):
        pass


def _write_export(path: Path, copies: int) -> None:
    """The sample's rows again and again, each time under other ids."""
    with (SAMPLES / "outbound" / _SAMPLE).open(encoding="utf-8", newline="") as sample:
        header, *rows = csv.reader(sample)
    place = header.index("Stampli Invoice ID")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for copy in range(copies):
            writer.writerows([*row[:place], f"{row[place]}-{copy}", *row[place + 1 :]] for row in rows)


def main(sessions: Sequence[int] = (1, 4)) -> None:
    """Print the ratios."""
    one, four = (posting(PostingMode.GUARDED, number, f"s{number}", write=0.035) for number in sessions)
    batched = posting(PostingMode.GUARDED, 1, "b", request=0.05)
    single = posting(PostingMode.FALLBACK, 1, "f", request=0.05)
    ours, bare = reading()
    print(f"guarded posting, four sessions: {one / four:.1f} times as fast as one")
    print(f"guarded posting in change sets of a batch: {single / batched:.1f} times as fast as one request an entry")
    small, large = peak_megabytes(_COPIES), peak_megabytes(10 * _COPIES)
    print(f"memory for a file ten times as large: {large / small:.1f} times as much ({small} and {large} MB at most)")
    print(f"strict reading into typed frames: {ours / bare:.1f} times as long as Python's csv module alone")


if __name__ == "__main__":
    main()
