"""Turn one landed file into frames, or refuse it with a reason; and frames into invoices, vendors and payments."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.domain.payment import Payment
from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.ledger.records import FileRecord, FileState
from stampli_b1_assets.pipeline.checkpoints import Checkpoint, passed
from stampli_b1_assets.pipeline.refusing import refused
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets.stampli.frames import HeadersWithLines, Invoices, Payments, Vendors
from stampli_b1_assets.stampli.reader import FileKind, ParsedFile, read_export
from stampli_b1_assets.stampli.rows import Rows

_INVOICE, _PAYMENT = TypeAdapter(Invoice), TypeAdapter(Payment)

Restored = TypeVar("Restored", Invoice, Payment)


@dataclass(frozen=True)
class FileContent:
    """One file of a cycle with what it brings; nothing of other kinds, and of files that are no work."""

    record: FileRecord
    invoices: Iterable[Invoice] = field(default_factory=list)
    vendors: Vendors | None = None
    payments: Iterable[Payment] = field(default_factory=list)
    is_remembered: bool = False
    """The layout does not fit the file any more: what is still open of it, as it was read before."""


def read(workplace: Workplace, record: FileRecord) -> ParsedFile | None:
    """Read a taken file with the company's layout; `None` for one that is known, refused or not taken.

    A file that cannot be read as a whole is recorded as refused, with the reason, and stays in landing.
    """
    if record.state not in (FileState.TAKEN, FileState.DONE):
        return None
    path = workplace.landing.path_of(record.sha256)
    max_bytes = workplace.settings.stampli.max_file_mb * 10**6
    fingerprint = workplace.layout.fingerprint
    try:
        zone = workplace.settings.posting.zone
        parsed = read_export(path, record.name, workplace.layout, max_bytes=max_bytes, zone=zone)
    except FileRefused as refusal:
        if record.state == FileState.TAKEN:
            workplace.ledger.files.save(refused(record, refusal.reason, str(refusal), layout=fingerprint))
        return None
    if record.state == FileState.TAKEN:
        workplace.ledger.files.save(replace(record, kind=parsed.kind, layout=fingerprint))
        passed(Checkpoint.FILE_READ)
    return parsed


def content(workplace: Workplace, record: FileRecord, parsed: ParsedFile | None) -> FileContent:
    """The domain values of one file, as parsed just now."""
    if parsed is not None:
        return _converted(workplace, record, parsed.kind, parsed.rows)
    return _remembered(workplace, record) if record.state == FileState.DONE else FileContent(record)


def content_of_frames(workplace: Workplace, record: FileRecord, frames: Sequence[Rows]) -> FileContent:
    """The domain values of one file from its stored frames, of which at most one has rows.

    Read again from landing when no frame is there, or when another layout made it.
    """
    if record.state not in (FileState.TAKEN, FileState.DONE):
        return FileContent(record)
    if not frames or record.layout != workplace.layout.fingerprint:
        return content(workplace, record, read(workplace, record))
    for rows in frames:
        if rows.height:
            return _converted(workplace, record, FileKind(record.kind), rows)
    return FileContent(record)


def _remembered(workplace: Workplace, record: FileRecord) -> FileContent:
    ledger, partition = workplace.ledger, record.partition
    return FileContent(
        record,
        invoices=_restored(_INVOICE, ledger.invoices.contents_of(ledger.invoices.open_in(partition))),
        payments=_restored(_PAYMENT, [one.content for one in ledger.payments.open_in(partition)]),
        is_remembered=True,
    )


def _restored(type_: TypeAdapter[Restored], contents: Iterable[object]) -> list[Restored]:
    """Values from the ledger's JSON; what an earlier version wrote otherwise stays in the ledger, as it is."""
    found = []
    for content in contents:
        with suppress(ValidationError):
            found.append(type_.validate_python(content))
    return found


def _converted(workplace: Workplace, record: FileRecord, kind: FileKind, rows: Rows) -> FileContent:
    code = workplace.settings.stampli.company_code
    if kind is FileKind.VENDORS:
        return FileContent(record, vendors=Vendors(rows, code, record.name, record.sha256))
    if kind is FileKind.PAYMENTS:
        return FileContent(record, payments=Payments(rows, code, record.name, record.sha256))
    whole = HeadersWithLines(rows, _other_rows(workplace, record)) if workplace.layout.is_split else rows
    return FileContent(record, invoices=Invoices(whole, code, record.name, record.sha256))


def _other_rows(workplace: Workplace, record: FileRecord) -> list[Rows]:
    """Rows of the other files of invoices, in the order of their arrival: lines may come in a file of their own."""
    found = []
    for other in workplace.ledger.files.all().values():
        is_read = other.state in (FileState.TAKEN, FileState.DONE) and other.kind in ("", FileKind.INVOICES)
        if is_read and other.sha256 and other.sha256 != record.sha256:
            parsed = read(workplace, other)
            if parsed is not None and parsed.kind is FileKind.INVOICES:
                found.append(parsed.rows)
    return found
