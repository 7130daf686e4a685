"""Of each vendor, what was brought and how new it is: a decision counts for it, and nothing older replaces it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Two columns that earlier rows have no value for."""
    op.add_column("vendors", sa.Column("content_hash", sa.Text(), server_default="", nullable=False))
    op.add_column("vendors", sa.Column("modified_at", sa.Text(), nullable=True))
