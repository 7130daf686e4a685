"""Triggers that refuse to change what is past: audit records, and postings that SAP has."""

from alembic import op

revision = "0002"
down_revision = "0001"

_AUDIT_REFUSAL = "the audit trail is append-only"
_INTENT_REFUSAL = "a committed posting stays as it is"


def upgrade() -> None:
    """Make the triggers, in the words of each database."""
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def _sqlite_triggers() -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
            f"BEGIN SELECT RAISE(ABORT, '{_AUDIT_REFUSAL}'); END"
        )
    op.execute(
        "CREATE TRIGGER intents_committed_once BEFORE UPDATE ON intents WHEN OLD.status = 'committed' "
        "AND (NEW.status <> 'committed' OR NEW.key <> OLD.key OR NEW.company <> OLD.company "
        "OR (OLD.jdt_num IS NOT NULL AND NEW.jdt_num IS NOT OLD.jdt_num)) "
        f"BEGIN SELECT RAISE(ABORT, '{_INTENT_REFUSAL}'); END"
    )
    op.execute(
        "CREATE TRIGGER intents_no_delete BEFORE DELETE ON intents WHEN OLD.status = 'committed' "
        f"BEGIN SELECT RAISE(ABORT, '{_INTENT_REFUSAL}'); END"
    )


def _postgresql_triggers() -> None:
    for name, refusal in (("audit_refuse", _AUDIT_REFUSAL), ("intents_refuse", _INTENT_REFUSAL)):
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{refusal}'; END $$"
        )
    op.execute(
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
    )
    op.execute("CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit EXECUTE FUNCTION audit_refuse()")
    op.execute(
        "CREATE TRIGGER intents_committed_once BEFORE UPDATE ON intents FOR EACH ROW WHEN (OLD.status = 'committed' "
        "AND (NEW.status <> 'committed' OR NEW.key <> OLD.key OR NEW.company <> OLD.company "
        "OR (OLD.jdt_num IS NOT NULL AND NEW.jdt_num IS DISTINCT FROM OLD.jdt_num))) "
        "EXECUTE FUNCTION intents_refuse()"
    )
    op.execute(
        "CREATE TRIGGER intents_no_delete BEFORE DELETE ON intents FOR EACH ROW WHEN (OLD.status = 'committed') "
        "EXECUTE FUNCTION intents_refuse()"
    )
