"""The dry run: everything that `sync` would do, against live master data, with nothing written to SAP.

The very functions of a cycle run inside one transaction of the ledger that is rolled back at the end, with a facade of
SAP that reads and does not write. So the plan cannot differ from what it plans.
"""

import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.b1.entries import to_sap
from stampli_b1_assets.b1.poster import PostingMode, Sending, WriteResult
from stampli_b1_assets.config.models import Company
from stampli_b1_assets.domain.journal_entry import JournalEntry, PostedEntry
from stampli_b1_assets.domain.vendor import VendorOutcome
from stampli_b1_assets.ledger.records import FileRecord, FileState
from stampli_b1_assets.pipeline.cycle import find_work, replayable
from stampli_b1_assets.pipeline.discovering import Discovery
from stampli_b1_assets.pipeline.finishing import finish
from stampli_b1_assets.pipeline.partitions import partition_key
from stampli_b1_assets.pipeline.partners import SyncedPartner, sync_partners
from stampli_b1_assets.pipeline.payments import settle_payments
from stampli_b1_assets.pipeline.posting import post_invoices
from stampli_b1_assets.pipeline.reading import FileContent, content, read
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.summary import cycle_document
from stampli_b1_assets.pipeline.taking import take
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets.stampli.landing import Landing
from stampli_b1_assets.stampli.listing import RemoteFile

Document = dict[str, Any]


class ReadingB1(B1):
    """SAP's facade without writes: what would be written is remembered, and read back as if it were there."""

    def __init__(self, settings: Company) -> None:
        super().__init__(settings.b1)
        self.entries: list[JournalEntry] = []
        self._planned: dict[int, PostedEntry] = {}

    def post(
        self, entries: Sequence[JournalEntry], mode: PostingMode, *, sending: Sending = lambda _: None
    ) -> list[WriteResult]:
        """Nothing is sent; numbers are negative, for there are none yet."""
        del mode, sending
        results = []
        for entry in entries:
            self.entries.append(entry)
            number = -len(self.entries)
            posted = PostedEntry(
                key=entry.key,
                jdt_num=number,
                number=number,
                reference_date=entry.reference_date,
                tax_date=entry.tax_date,
                due_date=entry.due_date,
                memo=entry.memo,
                reference=entry.reference,
                reference2=entry.reference2,
                lines=entry.lines,
            )
            self._planned[number] = posted
            results.append(WriteResult(entry, "committed", posted))
        return results

    def read_entry(self, jdt_num: int) -> PostedEntry:
        """A planned entry, or one of SAP's."""
        return self._planned.get(jdt_num) or super().read_entry(jdt_num)

    def create_vendor(self, body: dict[str, Any]) -> str:
        """Nothing is sent."""
        return str(body.get("CardCode") or "(next number)")

    def patch_vendor(self, card_code: str, body: dict[str, Any]) -> None:
        """Nothing is sent."""


class _RolledBack(Exception):
    """Ends the transaction without keeping anything."""


@contextmanager
def _forgotten(workplace: Workplace) -> Iterator[None]:
    with suppress(_RolledBack), workplace.ledger.transaction():
        yield
        raise _RolledBack


def plan(workplace: Workplace, files: Sequence[Path]) -> Document:
    """What `sync` would do with these local files; without any, with what lies on SFTP and what is held.

    Raises `ConfigurationError` or `SystemUnusable`.
    """
    workplace.mappings()
    with tempfile.TemporaryDirectory(prefix="stampli-b1-plan-") as folder:
        trial = replace(workplace, landing=Landing(Path(folder))) if files else workplace
        with _forgotten(trial), ReadingB1(workplace.settings) as b1:
            session = Session(trial, b1, f"plan-{uuid.uuid4().hex}")
            document = _planned(session, b1, _discovery(trial, files), replays=not files)
    return document


def _discovery(workplace: Workplace, files: Sequence[Path]) -> Discovery:
    if not files:
        return find_work(workplace)
    return Discovery(tuple(_local(workplace, file) for file in files), known=0, unsettled=(), refused=())


def _planned(session: Session, b1: ReadingB1, discovery: Discovery, *, replays: bool) -> Document:
    """As a cycle goes: new files first; then, when it `replays`, what waits for more than they brought."""
    session.ledger.cycles.start(session.cycle)
    vendors: list[Document] = []
    contents = _run(session, discovery.work, vendors)
    if replays:
        done = {record.partition for record in discovery.work}
        again = [record for record in replayable(session.workplace) if record.partition not in done]
        contents += _run(session, again, vendors)
    return _document(session, b1, discovery, contents, vendors)


def _run(session: Session, records: Sequence[FileRecord], vendors: list[Document]) -> list[FileContent]:
    """A cycle's steps; `vendors` gets those that would be written or are held."""

    def tell(one: SyncedPartner) -> None:
        if one.outcome != VendorOutcome.UNCHANGED:
            vendors.append(_vendor(one))

    contents = [_content(session.workplace, taken.record) for taken in take(session.workplace, records)]
    sync_partners(session, contents, tell)
    post_invoices(session, contents)
    settle_payments(session, contents)
    finish(session, contents)
    return contents


def _local(workplace: Workplace, file: Path) -> FileRecord:
    """A file of this machine, as if it had been taken from SFTP."""
    landed = workplace.landing.store(file.name, [file.read_bytes()], max_bytes=file.stat().st_size + 1)
    remote = RemoteFile(file.name, landed.size, int(file.stat().st_mtime))
    record = FileRecord(
        name=file.name,
        size=landed.size,
        mtime=remote.mtime,
        state=FileState.TAKEN,
        sha256=landed.sha256,
        partition=partition_key("plan", remote),
        taken_at=workplace.clock(),
    )
    workplace.ledger.files.save(record)
    return record


def _content(workplace: Workplace, record: FileRecord) -> FileContent:
    parsed = read(workplace, record)
    now = workplace.ledger.files.get(record.name, record.size, record.mtime) or record
    return content(workplace, now, parsed)


def _document(
    session: Session,
    b1: ReadingB1,
    discovery: Discovery,
    contents: Sequence[FileContent],
    vendors: Sequence[Document],
) -> Document:
    counted = cycle_document(session.workplace, session.cycle, discovery, seconds=Decimal(0))
    return {
        "company": session.settings.company,
        "posting_mode": str(session.posting_mode()),
        "files": [{"file": one.record.name, "state": str(one.record.state)} for one in contents],
        "refused": counted["files"]["refused"],
        "entries": [
            {"id": entry.reference2, "number": entry.reference, "entry": to_sap(entry)} for entry in b1.entries
        ],
        "vendors": vendors,
        **{name: counted[name] for name in ("invoices", "amounts", "payments", "needs_a_person")},
    }


def _vendor(one: SyncedPartner) -> Document:
    return {
        "id": one.plan.vendor.vendor_id,
        "name": one.plan.vendor.name,
        "outcome": one.outcome,
        "card_code": one.card_code,
        "changes": one.plan.changes,
    }
