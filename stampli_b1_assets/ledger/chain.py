"""How audit records hang together, and how to find the first one that does not."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from sqlalchemy import Connection, select

from stampli_b1_assets.errors import AuditBroken
from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.canonical import sha256_of
from stampli_b1_assets.ledger.records import AuditHead

GENESIS = AuditHead(0, "0" * 64)
"""What the first record hangs on."""

_CHUNK = 5000
_FORM = "stampli-b1-audit/1"
_HASHED = ("company", "sequence", "at", "event", "subject", "who", "data", "previous_hash")


def record_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 over a JSON list of the form's name and all columns but the hash itself.

    A list of JSON strings has one reading only, so no text can move from one column into the next.
    """
    return sha256_of(json.dumps([_FORM, *(row[name] for name in _HASHED)], ensure_ascii=True, separators=(",", ":")))


def verify_chain(connection: Connection, company: str, anchors: Sequence[AuditHead]) -> int:
    """Walk the chain and return its length; raises `AuditBroken` naming the first record that does not hold."""
    known = _known_heads(connection, company, anchors)
    before, end = GENESIS, GENESIS
    for row in _rows(connection, company):
        number = end.sequence + 1
        if row["sequence"] != number:
            raise AuditBroken(number, f"Audit record {number} is missing.")
        _check_text(row)
        if row["hash"] != record_hash(row):
            _raise_altered(row, before)
        if row["previous_hash"] != end.hash:
            _raise_misplaced(connection, row)
        before, end = end, AuditHead(number, row["hash"])
        _check_known(end, known.pop(number, {}))
    _check_end(connection, company, end, known)
    return end.sequence


def _check_text(row: Mapping[str, Any]) -> None:
    """SQLite keeps whatever is written into a column, numbers and bytes too."""
    if not all(isinstance(row[name], str) for name in (*_HASHED, "hash") if name != "sequence"):
        raise AuditBroken(row["sequence"], f"Audit record {row['sequence']} holds something that is no text.")


def _raise_altered(row: Mapping[str, Any], grandparent: AuditHead) -> NoReturn:
    """The record itself does not hold, unless it is whole but for a number that an inserted record pushed up."""
    number = row["sequence"]
    was_pushed = record_hash({**row, "sequence": number - 1}) == row["hash"]
    if was_pushed and row["previous_hash"] == grandparent.hash:
        raise AuditBroken(number - 1, f"Audit record {number - 1} was inserted.")
    raise AuditBroken(number, f"Audit record {number} was altered: its content does not give its hash.")


def _raise_misplaced(connection: Connection, row: Mapping[str, Any]) -> NoReturn:
    """The record names another one before it; whoever comes after it says which of the two was exchanged."""
    number = row["sequence"]
    is_vouched_for = _hash_named_after(connection, row) == row["hash"]
    if is_vouched_for and number > 1:
        raise AuditBroken(number - 1, f"Audit record {number - 1} is not the one that record {number} follows.")
    raise AuditBroken(number, f"Audit record {number} does not follow the record before it.")


def _hash_named_after(connection: Connection, row: Mapping[str, Any]) -> str | None:
    audit, heads = schema.audit.c, schema.audit_heads.c
    after = select(audit.previous_hash).where(audit.company == row["company"], audit.sequence == row["sequence"] + 1)
    head = select(heads.hash).where(heads.company == row["company"], heads.sequence == row["sequence"])
    return connection.execute(after).scalar() or connection.execute(head).scalar()


def _check_known(end: AuditHead, known: Mapping[str, str]) -> None:
    for expected, source in known.items():
        if expected != end.hash:
            raise AuditBroken(
                end.sequence,
                f"Audit record {end.sequence} is not the one that {source} names: the trail was rewritten.",
            )


def _check_end(connection: Connection, company: str, end: AuditHead, beyond: Mapping[int, Mapping[str, str]]) -> None:
    missing = end.sequence + 1
    if beyond:
        raise AuditBroken(missing, f"Audit record {missing} is missing: {_first(beyond)} names a later one.")
    head = connection.execute(
        select(schema.audit_heads.c.sequence, schema.audit_heads.c.hash).where(schema.audit_heads.c.company == company)
    ).one_or_none()
    if head is None:
        raise AuditBroken(missing, "The head of the audit trail is missing.")
    if head.sequence > end.sequence:
        raise AuditBroken(missing, f"Audit record {missing} is missing: the trail was cut off.")
    if head.sequence < end.sequence:
        raise AuditBroken(head.sequence + 1, f"Audit record {head.sequence + 1} was added beside the ledger.")
    if head.hash != end.hash:
        raise AuditBroken(end.sequence, f"Audit record {end.sequence} is not the one that the head names.")


def _first(beyond: Mapping[int, Mapping[str, str]]) -> str:
    return next(iter(beyond[min(beyond)].values()))


def _known_heads(connection: Connection, company: str, anchors: Sequence[AuditHead]) -> dict[int, dict[str, str]]:
    """Sequence → {hash: who names it}, from the finished cycles and from outside."""
    cycles = schema.cycles.c
    query = select(cycles.audit_sequence, cycles.audit_hash, cycles.cycle).where(
        cycles.company == company, cycles.audit_sequence.is_not(None)
    )
    known: dict[int, dict[str, str]] = {}
    for sequence, hash_, cycle in connection.execute(query):
        known.setdefault(sequence, {})[hash_] = f"cycle {cycle}"
    for anchor in anchors:
        known.setdefault(anchor.sequence, {})[anchor.hash] = "a head that was kept elsewhere"
    known.pop(0, None)
    return known


def _rows(connection: Connection, company: str) -> Iterator[Mapping[str, Any]]:
    """All records in order of their numbers, in pieces."""
    last = None
    while True:
        query = select(schema.audit).where(schema.audit.c.company == company).order_by(schema.audit.c.sequence)
        if last is not None:
            query = query.where(schema.audit.c.sequence > last)
        rows = connection.execute(query.limit(_CHUNK)).mappings().all()
        yield from map(dict, rows)
        if len(rows) < _CHUNK:
            return
        last = rows[-1]["sequence"]
