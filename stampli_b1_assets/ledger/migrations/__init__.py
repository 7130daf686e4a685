"""Alembic's migrations of the ledger: one file per step, never changed once it was released."""
