"""Invoices that a cumulative export leaves out: told, and nothing else; absence is no cancellation."""

from collections.abc import Sequence
from dataclasses import dataclass

from stampli_b1_assets.ledger.ledger import Ledger
from stampli_b1_assets.ledger.records import FileRecord, FileState
from stampli_b1_assets.stampli.kinds import FileKind

_NAMED = 10


@dataclass(frozen=True)
class LeftOut:
    """Ids of invoices that `previous` brought and `current` does not, although it repeats most of it."""

    current: str
    previous: str
    ids: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """For people; long lists are cut."""
        more = f" and {len(self.ids) - _NAMED} more" if len(self.ids) > _NAMED else ""
        return (
            f"{self.current} leaves out {len(self.ids)} of the invoices that {self.previous} brought: "
            f"{', '.join(self.ids[:_NAMED])}{more}. Nothing was changed for that."
        )


def left_out(ledger: Ledger, record: FileRecord) -> LeftOut | None:
    """Compare a file of invoices with the one before it.

    An export counts as cumulative when it repeats at least half of the invoices of the one before; an export of
    new invoices only repeats none, and leaves nothing out.
    """
    now = ledger.files.invoices_of(record.partition)
    previous = _previous(list(ledger.files.all().values()), record) if now else None
    if previous is None:
        return None
    before = ledger.files.invoices_of(previous.partition)
    gone = before - now
    if not gone or 2 * len(gone) > len(before):
        return None
    return LeftOut(record.name, previous.name, tuple(sorted(gone)))


def _previous(records: Sequence[FileRecord], record: FileRecord) -> FileRecord | None:
    earlier: FileRecord | None = None
    for one in records:
        if one.partition == record.partition:
            return earlier
        if one.state == FileState.DONE and one.kind == FileKind.INVOICES:
            earlier = one
    return None
