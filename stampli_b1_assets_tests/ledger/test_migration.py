"""The tables: made once, by whoever comes first, and never by an older version."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from stampli_b1_assets.errors import LedgerUnusable
from stampli_b1_assets.ledger import schema
from stampli_b1_assets.ledger.database import engine_for
from stampli_b1_assets.ledger.ledger import Ledger
from stampli_b1_assets.ledger.migration import config, migrate, revision
from stampli_b1_assets.ledger.urls import ledger_url


@pytest.fixture
def engine(url):
    made = engine_for(ledger_url(url))
    yield made
    made.dispose()


def test_the_schema_knows_the_newest_migration():
    assert ScriptDirectory.from_config(config()).get_current_head() == schema.HEAD


def test_the_migrations_make_the_tables_of_the_schema(engine):
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": schema.VERSION_TABLE})
        assert compare_metadata(context, schema.metadata) == []
        assert revision(connection) == schema.HEAD
        assert set(inspect(connection).get_table_names()) == {*schema.metadata.tables, schema.VERSION_TABLE}


def test_constraints_and_defaults_are_those_of_the_schema(engine, url, tmp_path):
    """What alembic does not compare: primary keys, uniqueness, defaults, indexes."""
    migrate(engine)
    with engine.connect() as connection:
        found = inspect(connection)
        for table in schema.metadata.sorted_tables:
            primary = [column.name for column in table.primary_key.columns]
            assert found.get_pk_constraint(table.name)["constrained_columns"] == primary
            defaults = {column["name"]: column["default"] is not None for column in found.get_columns(table.name)}
            for column in table.columns:
                is_counted = column.name == "id"  # PostgreSQL's sequences are defaults too
                assert is_counted or defaults[column.name] == (column.server_default is not None), column
            names = {index["name"] for index in found.get_indexes(table.name)}
            assert {index.name for index in table.indexes} <= names


def test_a_ledger_of_an_earlier_version_keeps_its_vendors(engine, url):
    migrate(engine)
    with engine.begin() as connection:
        for name in ("content_hash", "modified_at"):
            connection.execute(text(f"ALTER TABLE vendors DROP COLUMN {name}"))
        connection.execute(text(f"UPDATE {schema.VERSION_TABLE} SET version_num = '0002'"))
        connection.execute(
            text(
                "INSERT INTO vendors (company, vendor_key, vendor_id, row_key, name, outcome, partition, updated_at) "
                "VALUES ('northwind', 'V1', 'V1', 'V1', 'One', 'held', 'p', '2026-05-01T00:00:00.000000Z')"
            )
        )
    with Ledger.open(url, "northwind") as ledger:
        (vendor,) = ledger.vendors.open()
        assert (vendor.name, vendor.content_hash, vendor.modified_at) == ("One", "", None)


def test_to_open_again_changes_nothing(url, invoice):
    with Ledger.open(url, "northwind") as ledger:
        ledger.invoices.save([invoice()], cycle="c1")
    with Ledger.open(url, "northwind") as ledger:
        assert ledger.invoices.get("1") is not None
        assert ledger.audit.verify() == 2


def test_a_newer_ledger_is_left_alone(url, sql):
    Ledger.open(url, "northwind").close()
    sql(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(LedgerUnusable, match=r"newer version .*'9999'.*Install that version"):
        Ledger.open(url, "northwind")
    assert sql(f"SELECT version_num FROM {schema.VERSION_TABLE}") == [("9999",)]


def test_a_migration_that_fails_leaves_nothing(engine, monkeypatch):
    def fail(*_args, **_given):
        raise InterruptedError

    monkeypatch.setattr(op, "create_index", fail)
    with pytest.raises(InterruptedError):
        migrate(engine)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []


def test_sqlite_is_in_the_mode_for_readers_beside_a_writer(tmp_path):
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db", "northwind") as ledger:
        with ledger._database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        with ledger.transaction():
            ledger.audit.append("e", "s", "w", {})
            with Ledger.open(f"sqlite:///{tmp_path}/ledger.db", "northwind") as reader:
                assert reader.audit.verify() == 0


@pytest.mark.slow
def test_processes_that_open_an_empty_ledger_at_once_all_succeed(url):
    program = (
        "import sys; from stampli_b1_assets.ledger.ledger import Ledger\n"
        "with Ledger.open(sys.argv[1], 'northwind') as ledger: ledger.audit.append('e', 's', 'w', {})"
    )
    opening = [subprocess.Popen([sys.executable, "-c", program, url]) for _ in range(5)]
    assert [process.wait() for process in opening] == [0] * 5
    with Ledger.open(url, "northwind") as ledger:
        assert ledger.audit.verify() == 5


def test_migrations_come_with_the_package():
    folder = Path(schema.__file__).parent / "migrations"
    assert (folder / "env.py").is_file()
    assert list((folder / "versions").glob("0*.py"))
    assert (folder / "versions" / "__init__.py").is_file()
