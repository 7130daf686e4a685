"""`python -m stampli_b1_assets_tests.reliability.tables` writes what each fault leads to into docs/reliability.md."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from stampli_b1_assets_tests.reliability import sftp_faults
from stampli_b1_assets_tests.reliability.faults import BROKEN, BROKEN_WAYS, FAULTS, KINDS, faults_of, run, ways_of
from stampli_b1_assets_tests.reliability.sftp_faults import SFTP_FAULTS

_PLACE = "docs/reliability.md"
_RACE = "3 posted, or 1 of them held (OUTCOME_UNKNOWN)"
"""Whether the end of a connection is seen before the next request leaves is nobody's choice."""
_FINGERPRINT = re.compile(r"SHA256:[\w+/]+")


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


def _settled(cycles: int) -> str:
    return "this cycle" if cycles == 1 else f"{cycles} cycles"


def _verdict(entries: dict[str, int], *, is_right: bool) -> str:
    return "each once" if is_right else f"**{entries}**"


def of_postings() -> Iterator[Sequence[str]]:
    """A row for each fault and way of posting: invoices, then payments."""
    for fault, words in FAULTS.items():
        for way in ways_of(fault):
            cells = [words, way]
            for kind in KINDS:
                result = run(fault, way, kind=kind)
                verdict = _verdict(result.entries, is_right=result.is_right)
                if fault == "stale_keep_alive" and result.cycles <= 2:
                    cells += [_RACE, f"{verdict}, 2 cycles at most"]
                else:
                    cells += [result.first, f"{verdict}, {_settled(result.cycles)}"]
            yield cells


def of_broken_companies() -> Iterator[Sequence[str]]:
    """A row for each broken company and way of posting: all faults together."""
    for broken, words in BROKEN.items():
        for way in BROKEN_WAYS:
            results = [run(fault, way, broken=broken) for fault in faults_of(broken, way)]
            right = sum(one.is_right for one in results)
            longest = _settled(max(one.cycles for one in results))
            yield words, way, f"each once under {right} of {len(results)} faults", f"{longest} at most"


def of_files() -> Iterator[Sequence[str]]:
    """A row for each fault of the SFTP server."""
    for fault, (words, _) in SFTP_FAULTS.items():
        result = sftp_faults.run(fault)
        first = _FINGERPRINT.sub("SHA256:…", result.first)
        yield words, first, _settled(result.cycles), _verdict(result.entries, is_right=result.is_right)


def tables() -> dict[str, str]:
    """Name → table, as the page has them."""
    posting = ["fault on a posting", "way of posting"]
    for kind in KINDS:
        posting += [f"{kind}: the cycle says", "in SAP"]
    return {
        "faults": _table(posting, of_postings()),
        "broken": _table(["broken company", "way of posting", "in SAP", "settled after"], of_broken_companies()),
        "sftp": _table(["fault of the SFTP server", "the cycle says", "settled after", "in SAP"], of_files()),
    }


def written(text: str, new: dict[str, str]) -> str:
    """The page with its tables replaced."""
    for name, table in new.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        text = f"{head}{begin}\n{table}\n{end}{tail}"
    return text


def page() -> Path:
    """docs/reliability.md of this checkout."""
    return Path(__file__).parents[2] / _PLACE


if __name__ == "__main__":
    page().write_text(written(page().read_text(encoding="utf-8"), tables()), encoding="utf-8")
