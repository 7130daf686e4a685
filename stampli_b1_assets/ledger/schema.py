"""The tables. Every one begins with `company`: one database may serve several companies."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from stampli_b1_assets.ledger.columns import AnyText, JsonText, Moment, Money, WholeNumber

HEAD = "0003"
"""The newest migration; a test holds it to `migrations/versions`."""

VERSION_TABLE = "stampli_b1_ledger_version"
"""Alembic's table under a name of ours: Dagster's own storage may live in the same database."""

metadata = MetaData()


def _needed(name: str, type_: Any, default: str | None = None) -> Column[Any]:
    return Column(name, type_, nullable=False, server_default=default)


def _text(name: str) -> Column[Any]:
    return _needed(name, AnyText, "")


def _company() -> Column[Any]:
    return _needed("company", Text)


files = Table(
    "files",
    metadata,
    Column("id", Integer, primary_key=True),
    _company(),
    _needed("name", AnyText),
    _needed("size", WholeNumber),
    _needed("mtime", WholeNumber),
    _needed("state", Text),
    _text("sha256"),
    _text("kind"),
    _text("partition"),
    _text("reason"),
    _text("detail"),
    _text("layout"),
    Column("taken_at", Moment),
    _needed("is_clean", Boolean, "0"),
    UniqueConstraint("company", "name", "size", "mtime", name="files_identity"),
    Index("files_by_sha256", "company", "sha256"),
    Index("files_by_partition", "company", "partition"),
)

listings = Table(
    "listings",
    metadata,
    _company(),
    _needed("name", AnyText),
    _needed("size", WholeNumber),
    _needed("mtime", WholeNumber),
    _needed("first_seen_at", Moment),
    _needed("last_seen_at", Moment),
    PrimaryKeyConstraint("company", "name", "size", "mtime", name="listings_pkey"),
)


def _posting_columns() -> list[Column[Any]]:
    """What invoices and payments share: content, what is in SAP, outcome, where it came from."""
    return [
        _text("currency"),
        Column("amount", Money),
        _text("content_hash"),
        _text("raw_hash"),
        _text("posted_hash"),
        _needed("revision", Integer, "0"),
        _text("key"),
        Column("jdt_num", BigInteger),
        Column("doc_number", BigInteger),
        Column("posting_date", Date),
        _needed("outcome", Text),
        _needed("holds", JsonText, "[]"),
        _text("partition"),
        _text("file_name"),
        _text("file_sha256"),
        _needed("row", Integer, "0"),
        _text("decision"),
        _needed("attempts", Integer, "0"),
        _needed("first_seen_at", Moment),
        _needed("updated_at", Moment),
    ]


invoices = Table(
    "invoices",
    metadata,
    Column("id", Integer, primary_key=True),
    _company(),
    _needed("stampli_id", AnyText),
    _text("number"),
    _text("vendor_id"),
    _text("type"),
    _text("duplicate_key"),
    _text("posted_duplicate_key"),
    *_posting_columns(),
    UniqueConstraint("company", "stampli_id", name="invoices_identity"),
    Index("invoices_by_posted_duplicate_key", "company", "posted_duplicate_key"),
    Index("invoices_by_outcome", "company", "outcome", "partition"),
)

invoice_versions = Table(
    "invoice_versions",
    metadata,
    Column("id", Integer, primary_key=True),
    _company(),
    _needed("stampli_id", AnyText),
    _needed("content_hash", Text),
    _needed("raw_hash", Text),
    _text("file_name"),
    _text("file_sha256"),
    _needed("row", Integer, "0"),
    _needed("brought_at", Moment),
    Column("content", JsonText),
    UniqueConstraint("company", "stampli_id", "content_hash", "raw_hash", name="invoice_versions_identity"),
)

payments = Table(
    "payments",
    metadata,
    Column("id", Integer, primary_key=True),
    _company(),
    _needed("payment_id", AnyText),
    _text("vendor_id"),
    _needed("is_reversed", Boolean, "0"),
    Column("content", JsonText),
    *_posting_columns(),
    UniqueConstraint("company", "payment_id", name="payments_identity"),
    Index("payments_by_outcome", "company", "outcome", "partition"),
)

vendors = Table(
    "vendors",
    metadata,
    Column("id", Integer, primary_key=True),
    _company(),
    _needed("vendor_key", AnyText),
    _text("vendor_id"),
    _text("row_key"),
    _text("name"),
    _text("card_code"),
    _needed("outcome", Text),
    _needed("holds", JsonText, "[]"),
    _needed("notes", JsonText, "[]"),
    _text("content_hash"),
    Column("modified_at", Moment),
    _text("partition"),
    _text("file_name"),
    _needed("updated_at", Moment),
    UniqueConstraint("company", "vendor_key", name="vendors_identity"),
    Index("vendors_by_outcome", "company", "outcome", "partition"),
)

intents = Table(
    "intents",
    metadata,
    _company(),
    _needed("key", Text),
    _needed("stampli_id", AnyText),
    _needed("kind", Text),
    _needed("revision", Integer, "0"),
    _needed("mode", Text),
    _needed("attempt", Integer),
    _needed("status", Text),
    _needed("written_at", Moment),
    Column("resolved_at", Moment),
    Column("jdt_num", BigInteger),
    Column("doc_number", BigInteger),
    PrimaryKeyConstraint("company", "key", name="intents_pkey"),
    Index("intents_by_stampli_id", "company", "stampli_id"),
    Index("intents_by_status", "company", "status"),
)

intent_attempts = Table(
    "intent_attempts",
    metadata,
    _company(),
    _needed("key", Text),
    _needed("attempt", Integer),
    _needed("mode", Text),
    Column("payload", JsonText),
    _needed("written_at", Moment),
    Column("resolved_at", Moment),
    _needed("answer", Text, ""),
    Column("http_status", Integer),
    _text("code"),
    _text("text"),
    _text("request_sha256"),
    _text("response_sha256"),
    PrimaryKeyConstraint("company", "key", "attempt", name="intent_attempts_pkey"),
    Index(
        "intent_attempts_committed_once",
        "company",
        "key",
        unique=True,
        sqlite_where=text("answer = 'committed'"),
        postgresql_where=text("answer = 'committed'"),
    ),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    _company(),
    _needed("stampli_id", AnyText),
    _needed("kind", Text),
    _needed("action", Text),
    _needed("decided_by", AnyText),
    _text("note"),
    _needed("decided_at", Moment),
    _text("content_hash"),
    _needed("is_effective", Boolean),
    Column("spent_at", Moment),
    Index("decisions_by_stampli_id", "company", "stampli_id"),
)

cycles = Table(
    "cycles",
    metadata,
    Column("id", Integer, primary_key=True),
    _company(),
    _needed("cycle", Text),
    _needed("started_at", Moment),
    Column("finished_at", Moment),
    Column("files", JsonText),
    _needed("runs", JsonText, "[]"),
    Column("summary", JsonText),
    Column("audit_sequence", BigInteger),
    Column("audit_hash", Text),
    UniqueConstraint("company", "cycle", name="cycles_identity"),
)


def _event_columns() -> list[Column[Any]]:
    """One thing counted once: `has_posted` says that it was posted here, whatever came after."""
    return [
        _needed("kind", Text),
        _needed("subject_id", AnyText),
        _text("number"),
        _needed("outcome", Text),
        _needed("has_posted", Boolean, "0"),
        _text("currency"),
        Column("amount", Money),
        _needed("holds", JsonText, "[]"),
        _needed("at", Moment),
    ]


cycle_events = Table(
    "cycle_events",
    metadata,
    _company(),
    _needed("cycle", Text),
    *_event_columns(),
    _text("partition"),
    _text("file_name"),
    PrimaryKeyConstraint("company", "cycle", "kind", "subject_id", name="cycle_events_pkey"),
    Index("cycle_events_by_subject", "company", "kind", "subject_id"),
)

file_events = Table(
    "file_events",
    metadata,
    _company(),
    _needed("partition", AnyText),
    *_event_columns(),
    PrimaryKeyConstraint("company", "partition", "kind", "subject_id", name="file_events_pkey"),
)

guard_proofs = Table(
    "guard_proofs",
    metadata,
    _company(),
    _needed("company_db", Text),
    _needed("is_proved", Boolean),
    _text("detail"),
    _text("sap_version"),
    _needed("at", Moment),
    PrimaryKeyConstraint("company", "company_db", name="guard_proofs_pkey"),
)

leases = Table(
    "leases",
    metadata,
    _company(),
    _needed("token", Text),
    _needed("owner", AnyText),
    _needed("host", AnyText),
    _needed("pid", BigInteger),
    _needed("process_start", Text),
    _needed("taken_at", Moment),
    _needed("expires_at", Moment),
    PrimaryKeyConstraint("company", name="leases_pkey"),
)

facts = Table(
    "facts",
    metadata,
    _company(),
    _needed("name", Text),
    _needed("value", AnyText),
    _needed("at", Moment),
    PrimaryKeyConstraint("company", "name", name="facts_pkey"),
)

# The audit trail is plain text all through: what is hashed is what is stored, sign for sign.
audit = Table(
    "audit",
    metadata,
    _company(),
    Column("sequence", BigInteger, nullable=False, autoincrement=False),
    _needed("at", Text),
    _needed("event", Text),
    _needed("subject", Text),
    _needed("who", Text),
    _needed("data", Text),
    _needed("previous_hash", Text),
    _needed("hash", Text),
    PrimaryKeyConstraint("company", "sequence", name="audit_pkey"),
    Index("audit_by_subject", "company", "subject"),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    _company(),
    _needed("sequence", BigInteger),
    _needed("hash", Text),
    PrimaryKeyConstraint("company", name="audit_heads_pkey"),
)
