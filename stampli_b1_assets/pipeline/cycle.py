"""The chain of one cycle without Dagster: what the assets do one by one, for the simulated weeks and the plan.

The assets call the same functions in the same order; `defs.sync` runs them through Dagster.
"""

from collections.abc import Sequence
from dataclasses import replace

from stampli_b1_assets.ledger.records import FileRecord, FileState
from stampli_b1_assets.pipeline.acknowledging import acknowledge
from stampli_b1_assets.pipeline.archiving import archive_clean
from stampli_b1_assets.pipeline.discovering import Discovery, discover
from stampli_b1_assets.pipeline.finishing import FileResult, finish
from stampli_b1_assets.pipeline.partners import sync_partners
from stampli_b1_assets.pipeline.payments import settle_payments
from stampli_b1_assets.pipeline.posting import post_invoices
from stampli_b1_assets.pipeline.reading import FileContent, content, read
from stampli_b1_assets.pipeline.session import LEASE_PATIENCE_SECONDS, Session
from stampli_b1_assets.pipeline.taking import take
from stampli_b1_assets.pipeline.workplace import Workplace


def find_work(workplace: Workplace) -> Discovery:
    """Connect to Stampli and look what is to be done."""
    with workplace.stampli() as stampli:
        return discover(workplace, stampli)


def replayable(workplace: Workplace) -> list[FileRecord]:
    """Files that were done and hold something open, or were mended by another file since; in the order taken."""
    records = workplace.ledger.files.all().values()
    wanted = [record for record in records if record.state == FileState.DONE and not record.is_clean]
    return sorted(wanted, key=lambda record: (record.taken_at or workplace.clock(), record.mtime, record.name))


def run_files(session: Session, records: Sequence[FileRecord]) -> list[FileResult]:
    """Take, read, sync partners, post, settle payments, finish. One writer per company at a time (the lease)."""
    workplace = session.workplace
    files = [_content(workplace, taken.record) for taken in take(workplace, records)]
    with session.ledger.lease(session.cycle, wait_seconds=LEASE_PATIENCE_SECONDS):
        files = [current(workplace, one) for one in files]
        sync_partners(session, files)
        post_invoices(session, files)
        settle_payments(session, files)
        results = finish(session, files)
        archive_clean(workplace)
        return results


def _content(workplace: Workplace, record: FileRecord) -> FileContent:
    parsed = read(workplace, record)
    return content(workplace, _now(workplace, record), parsed)


def current(workplace: Workplace, file: FileContent) -> FileContent:
    """The content with the file's record as it is now: another process may have done it in the meantime."""
    return replace(file, record=_now(workplace, file.record))


def _now(workplace: Workplace, record: FileRecord) -> FileRecord:
    return workplace.ledger.files.get(record.name, record.size, record.mtime) or record


def run_cycle(session: Session) -> Discovery:
    """One whole cycle: new files first, then what is held; then Stampli is told."""
    discovery = find_work(session.workplace)
    session.ledger.cycles.start(session.cycle)
    if discovery.work:
        run_files(session, discovery.work)
    replay = replayable(session.workplace)
    if replay:
        run_files(session, replay)
    if session.settings.publish.acknowledgements:
        acknowledge(session.workplace)
    return discovery
