"""Alerts as plain text: what needs a person, by cause, for mail and chat."""

from collections.abc import Mapping, Sequence

from stampli_b1_assets.reports.causes import line, of_rows, sentence
from stampli_b1_assets.reports.words import counted, visible

_MOST = 5
"""Of one cause, so many are named."""

Row = Mapping[str, str]


def headline(company: str, number: int) -> str:
    """`linden: 3 documents need a person`."""
    return f"{company}: {counted(number, 'document')} {'needs' if number == 1 else 'need'} a person"


def causes(rows: Sequence[Row]) -> str:
    """Each cause with what to do and who waits for it; most waiting first."""
    return "\n\n".join(_cause(cause.document()) for cause in of_rows(map(_with_reasons, rows)))


def _with_reasons(row: Row) -> dict[str, object]:
    return {**{name: visible(value) for name, value in row.items()}, "reasons": [row["reason"]]}


def _cause(cause: Mapping[str, object]) -> str:
    waiting = cause["waiting"]
    assert isinstance(waiting, list)
    lines = [sentence(cause), *([f"→ {cause['action']}"] if cause["action"] else [])]
    lines += [f"   {line(one)}" for one in waiting[:_MOST]]
    if len(waiting) > _MOST:
        lines.append(f"   … and {len(waiting) - _MOST:,} more")
    return "\n".join(lines)
