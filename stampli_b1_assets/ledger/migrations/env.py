"""Runs the migrations on the connection (and in the transaction) that `ledger.migration` hands over."""

from alembic import context

from stampli_b1_assets.ledger import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    version_table=schema.VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
