"""Single things worth remembering: the company's fingerprint, what `provision` proved."""

from typing import Any

from sqlalchemy import select

from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.audit import Audit, AuditEntry
from stampli_b1_assets.ledger.canonical import plain
from stampli_b1_assets.ledger.database import Database
from stampli_b1_assets.ledger.records import GuardProof


class Facts:
    """Named texts and the guard's proof, of one company."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def get(self, name: str) -> str | None:
        """The text under a name."""
        table = schema.facts.c
        query = select(table.value).where(table.company == self._database.company, table.name == name)
        with self._database.reading() as connection:
            value: str | None = connection.execute(query).scalar()
        return value

    def set(self, name: str, value: str, *, who: str = "service") -> None:
        """Keep a text; on record when it is another one than before."""
        with self._database.writing() as connection:
            before = self.get(name)
            if before == value:
                return
            row = {"name": name, "value": value, "at": self._database.clock()}
            self._database.upsert(connection, schema.facts, [row], ["name"])
            entry = AuditEntry("fact.changed", name, who, {"from": before, "to": value})
            self._audit.append_all(connection, [entry])

    def proof(self, company_db: str | None = None) -> GuardProof | None:
        """What `provision` last found out about a company database (or the one that it looked at last)."""
        table = schema.guard_proofs.c
        where: list[Any] = [table.company == self._database.company]
        if company_db is not None:
            where.append(table.company_db == company_db)
        query = select(schema.guard_proofs).where(*where).order_by(table.at.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return GuardProof(row.company_db, row.is_proved, row.detail, row.sap_version, row.at) if row else None

    def save_proof(
        self, company_db: str, *, is_proved: bool, detail: str = "", sap_version: str = "", who: str = "service"
    ) -> GuardProof:
        """Keep the verdict of `provision`; the newest one counts."""
        made = GuardProof(company_db, is_proved, detail, sap_version, self._database.clock())
        with self._database.writing() as connection:
            self._database.upsert(connection, schema.guard_proofs, [plain(made) | {"at": made.at}], ["company_db"])
            event = "guard.proved" if is_proved else "guard.disproved"
            self._audit.append_all(connection, [AuditEntry(event, company_db, who, plain(made))])
        return made
