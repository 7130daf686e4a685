"""Everything that is known of one invoice, payment or vendor, gathered for a person who has to prove it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.canonical import plain
from stampli_b1_assets.ledger.database import Database
from stampli_b1_assets.ledger.decisions import payment_subject, vendor_subject

if TYPE_CHECKING:  # Ledger imports this module
    from stampli_b1_assets.ledger.ledger import Ledger


def gather(database: Database, ledger: "Ledger", stampli_id: str) -> dict[str, Any]:
    """JSON: `invoice`, `payment`, `vendor` (or None), `versions`, `files`, `intents`, `outcomes`, `decisions`, `audit`.

    `is_known` is false when there is no trace of the id at all.
    """
    intents = ledger.intents.attempts(stampli_id)
    versions = plain(ledger.invoices.history(stampli_id))
    invoice, payment = ledger.invoices.get(stampli_id), ledger.payments.get(stampli_id)
    vendor = ledger.vendors.get_many([stampli_id]).get(stampli_id)
    outcomes = _outcomes(database, stampli_id)
    decided = (stampli_id, payment_subject(stampli_id), vendor_subject(stampli_id))
    decisions = [one for subject in decided for one in ledger.decisions.for_invoice(subject)]
    subjects = [*decided, *dict.fromkeys(intent["key"] for intent in intents)]
    trail = [record for subject in subjects for record in ledger.audit.export(subject=subject)]
    found = {
        "company": database.company,
        "id": stampli_id,
        "invoice": plain(invoice),
        "payment": plain(payment),
        "vendor": plain(vendor),
        "versions": versions,
        "files": _files(ledger, [*versions, *filter(None, map(plain, (invoice, payment)))], outcomes),
        "intents": intents,
        "outcomes": outcomes,
        "decisions": plain(decisions),
        "audit": [{**plain(record), "data": json.loads(record.data)} for record in _in_order(trail)],
        "audit_head": plain(ledger.audit.head()),
    }
    return found | {"is_known": bool(invoice or payment or vendor or intents or outcomes or trail)}


def _in_order(trail: list[Any]) -> list[Any]:
    return sorted(trail, key=lambda record: record.sequence)


def _outcomes(database: Database, stampli_id: str) -> list[dict[str, Any]]:
    events = schema.cycle_events.c
    names = ("cycle", "kind", "outcome", "currency", "amount", "holds", "at", "partition", "file_name")
    query = select(*(events[name] for name in names)).where(
        events.company == database.company,
        events.kind.in_(["invoice", "payment", "vendor"]),
        events.subject_id == stampli_id,
    )
    with database.reading() as connection:
        return [plain(dict(row)) for row in connection.execute(query.order_by(events.at)).mappings()]


def _files(ledger: "Ledger", places: list[Mapping[str, Any]], outcomes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of every version, and of every cycle that counted it, in the order in which they were taken."""
    hashes = dict.fromkeys(place["file_sha256"] for place in places if place.get("file_sha256"))
    partitions = dict.fromkeys(one["partition"] for one in outcomes if one["partition"])
    found = [*map(ledger.files.by_sha256, hashes), *map(ledger.files.by_partition, partitions)]
    files = {file.sha256: plain(file) for file in found if file is not None}
    return sorted(files.values(), key=lambda file: str(file["taken_at"]))
