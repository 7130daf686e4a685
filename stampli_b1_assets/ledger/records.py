"""What the ledger takes and gives: frozen values, one class per table that others see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from stampli_b1_assets.domain.outcome import Hold


class FileState(StrEnum):
    """How far a file has come; `known` are further names of bytes that were seen before.

    `found` is listed and registered, `taken` is in landing, `done` has all it brought on record.
    """

    FOUND = "found"
    TAKEN = "taken"
    DONE = "done"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True)
class FileRecord:
    """One file of the outbound folder, known by name, size (bytes) and mtime (the server's seconds).

    `layout` is the fingerprint it was read with; `is_clean`: nothing in it waits any more.
    """

    name: str
    size: int
    mtime: int
    state: str
    sha256: str = ""
    kind: str = ""
    partition: str = ""
    reason: str = ""
    detail: str = ""
    layout: str = ""
    taken_at: datetime | None = None
    is_clean: bool = False


@dataclass(frozen=True)
class InvoiceRecord:
    """Where one invoice stands. `content_hash` is what was brought last, `posted_hash` what SAP has ("" = nothing).

    `amount` is signed; None = unreadable, which counts in number only. `content` (the whole invoice, for evidence)
    and `trace` (which rule and mapping row gave what) are written and not read back here: see `Invoices.history`.
    The ledger fills in moments that are left out, and counts `attempts` itself: how often the invoice was looked at.
    """

    stampli_id: str
    number: str
    vendor_id: str
    type: str
    duplicate_key: str
    currency: str
    amount: Decimal | None
    content_hash: str
    outcome: str
    holds: tuple[Hold, ...] = ()
    posted_hash: str = ""
    revision: int = 0
    key: str = ""
    jdt_num: int | None = None
    doc_number: int | None = None
    posting_date: date | None = None
    partition: str = ""
    file_name: str = ""
    file_sha256: str = ""
    row: int = 0
    decision: str = ""
    attempts: int = 0
    first_seen_at: datetime | None = None
    updated_at: datetime | None = None
    content: Any = field(default=None, compare=False)
    trace: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class InvoiceVersion:
    """One content of an invoice, as it was first brought. `content` is JSON; amounts are text."""

    stampli_id: str
    content_hash: str
    raw_hash: str
    file_name: str
    file_sha256: str
    row: int
    brought_at: datetime
    content: Mapping[str, Any] | None


@dataclass(frozen=True)
class PaymentRecord:
    """Where one payment stands; fields as in `InvoiceRecord`. `is_reversed`: a void was posted for it."""

    payment_id: str
    vendor_id: str
    currency: str
    amount: Decimal | None
    outcome: str
    holds: tuple[Hold, ...] = ()
    content_hash: str = ""
    posted_hash: str = ""
    revision: int = 0
    key: str = ""
    jdt_num: int | None = None
    doc_number: int | None = None
    posting_date: date | None = None
    is_reversed: bool = False
    partition: str = ""
    file_name: str = ""
    file_sha256: str = ""
    row: int = 0
    decision: str = ""
    attempts: int = 0
    first_seen_at: datetime | None = None
    updated_at: datetime | None = None
    content: Any = field(default=None, compare=False)
    trace: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class VendorRecord:
    """What became of a vendor row. `row_key` (such as `file#row`) stands in for an id that the row does not have.

    `notes`: what was done otherwise than the row says (a name that was cut). `modified_at`: the row's `Last Modified`.
    """

    vendor_id: str
    name: str
    outcome: str
    holds: tuple[Hold, ...] = ()
    partition: str = ""
    file_name: str = ""
    row_key: str = ""
    card_code: str = ""
    notes: tuple[str, ...] = ()
    content_hash: str = ""
    modified_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def subject_id(self) -> str:
        """The vendor id, or what stands in for it."""
        return self.vendor_id or self.row_key


class IntentStatus(StrEnum):
    """How far a write to SAP is known to have come."""

    WRITTEN = "written"
    UNKNOWN = "unknown"
    ABSENT = "absent"
    REFUSED = "refused"
    COMMITTED = "committed"

    @property
    def is_in_doubt(self) -> bool:
        """Whether SAP has to be asked by key before anything else is sent."""
        return self in (IntentStatus.WRITTEN, IntentStatus.UNKNOWN)


@dataclass(frozen=True)
class IntentRecord:
    """What was about to be sent to SAP under one key, written before the request; `payload` is JSON.

    `written_at` moves on to the moment of the last request, where nothing but its age tells that it is over.
    """

    key: str
    stampli_id: str
    kind: str
    revision: int
    mode: str
    attempt: int
    status: IntentStatus
    written_at: datetime
    resolved_at: datetime | None = None
    jdt_num: int | None = None
    doc_number: int | None = None
    payload: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Resolution:
    """What became of one write. `status` is an `IntentStatus`, or the word of a poster's result:
    `already_there` is committed, `guard_contradiction` unknown. `code` and `text` are SAP's own.
    """

    key: str
    status: str
    jdt_num: int | None = None
    doc_number: int | None = None
    code: str = ""
    text: str = ""
    http_status: int | None = None
    request_sha256: str = ""
    response_sha256: str = ""
    stampli_id: str = ""
    kind: str = "invoice"
    revision: int = 0


@dataclass(frozen=True)
class DecisionRecord:
    """What one person decided, for the content that they saw. It counts when `is_effective` and not spent."""

    id: int
    stampli_id: str
    kind: str
    action: str
    by: str
    note: str
    at: datetime
    content_hash: str
    is_effective: bool
    spent_at: datetime | None = None


@dataclass(frozen=True)
class GuardProof:
    """What `provision` last found out about the guard of one company database."""

    company_db: str
    is_proved: bool
    detail: str
    sap_version: str
    at: datetime


@dataclass(frozen=True)
class AuditHead:
    """The end of the audit chain: number of records and hash of the last one."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


@dataclass(frozen=True)
class AuditRecord:
    """One record of the trail. `data` is canonical JSON as text, exactly as it was hashed."""

    sequence: int
    at: datetime
    event: str
    subject: str
    who: str
    data: str
    previous_hash: str
    hash: str
