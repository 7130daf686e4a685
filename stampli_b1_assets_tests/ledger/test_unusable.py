"""A database that cannot be used: one sentence, what to do, and never a password."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import URL

from stampli_b1_assets.errors import LedgerUnusable
from stampli_b1_assets.ledger import database
from stampli_b1_assets.ledger.ledger import Ledger
from stampli_b1_assets.ledger.urls import ledger_url, shown

SECRET = "hunter2"


def refusal(url: str, **given) -> LedgerUnusable:
    with pytest.raises(LedgerUnusable) as refused:
        Ledger.open(url, "northwind", **given)
    assert refused.value.remedy
    assert SECRET not in str(refused.value)
    assert SECRET not in repr(refused.value)
    assert refused.value.__cause__ is None
    return refused.value


class TestUrls:
    @pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
    def test_postgresql_is_spoken_to_by_psycopg2(self, scheme):
        url = ledger_url(f"{scheme}://ann:{SECRET}@db.example.com:5433/ledger?sslmode=require")
        assert url.drivername == "postgresql+psycopg2"
        assert (url.host, url.port, url.password, url.query["sslmode"]) == ("db.example.com", 5433, SECRET, "require")
        assert shown(url) == "PostgreSQL database ledger on db.example.com"

    def test_a_relative_file_is_relative_to_home(self, tmp_path):
        assert ledger_url("sqlite:///ledger.db", tmp_path).database == str(tmp_path / "ledger.db")
        assert ledger_url(f"sqlite:///{tmp_path}/x.db", Path("/elsewhere")).database == f"{tmp_path}/x.db"

    @pytest.mark.parametrize("url", ["", "ledger.db", f"postgresql//ann:{SECRET}@host/db", f"ann:{SECRET}@host"])
    def test_what_is_no_address(self, url):
        assert "cannot be read" in refusal(url).message

    @pytest.mark.parametrize("url", [f"mysql://ann:{SECRET}@host/db", "oracle://host", "duckdb:///x"])
    def test_other_databases(self, url):
        assert "cannot live in" in refusal(url).message

    @pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
    def test_a_database_in_memory(self, url):
        assert "outlives this process" in refusal(url).message


def test_a_folder_that_is_missing(tmp_path):
    refused = refusal("sqlite:///data/ledger.db", home=tmp_path)
    assert refused.message == f"The ledger's folder {tmp_path}/data does not exist."


def test_a_folder_in_the_place_of_the_file(tmp_path):
    (tmp_path / "ledger.db").mkdir()
    assert "unable to open" in refusal("sqlite:///ledger.db", home=tmp_path).message


@pytest.mark.parametrize(
    "content", [b"Invoice Number,Amount\n" * 100, b"\0" * 4096, b"SQLite format 3\0" + b"x" * 5000]
)
def test_a_file_that_is_no_database(tmp_path, content):
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    assert str(path) in refusal(f"sqlite:///{path}").message
    assert path.read_bytes() == content


_READER = """
import os, sys
from stampli_b1_assets.errors import LedgerUnusable
from stampli_b1_assets.ledger.ledger import Ledger

Ledger.open(sys.argv[2], "northwind").close()  # loads everything while this user still may
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    with Ledger.open(sys.argv[1], "northwind") as ledger:
        ledger.audit.append("e", "s", "w", {})
except LedgerUnusable as error:
    print(error)
"""


@pytest.mark.parametrize(("mode", "says"), [(0o444, "readonly"), (0o000, "unable to open")])
def test_a_file_that_may_not_be_written_or_read(mode, says):
    """Root may do anything, so that another user tries in root's place."""
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        folder = Path(name)
        path = folder / "ledger.db"
        Ledger.open(f"sqlite:///{path}", "northwind").close()
        path.chmod(mode)
        folder.chmod(0o555)
        with tempfile.TemporaryDirectory() as other:
            command = [sys.executable, "-c", _READER, f"sqlite:///{path}", f"sqlite:///{other}/ledger.db"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        folder.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert str(path) in done.stdout
    assert says in done.stdout


def test_a_server_that_is_not_there():
    refused = refusal(f"postgresql://ann:{SECRET}@127.0.0.1:1/ledger")
    assert "PostgreSQL database ledger on 127.0.0.1" in refused.message


@pytest.mark.postgresql
class TestPostgresql:
    def test_a_database_that_is_missing(self, postgresql_server):
        assert 'database "nowhere" does not exist' in refusal(postgresql_server.url("nowhere")).message

    def test_a_user_that_is_missing(self, postgresql_server):
        url = postgresql_server.url("postgres").replace("postgres@", f"ann:{SECRET}@")
        assert 'role "ann" does not exist' in refusal(url).message

    def test_a_user_without_rights(self, postgresql_url, postgresql_server):
        with Ledger.open(postgresql_url, "northwind") as ledger, ledger._database.writing() as connection:
            connection.exec_driver_sql("CREATE ROLE reader LOGIN")
        assert "permission denied" in refusal(postgresql_url.replace("postgres@", "reader@")).message


def test_a_database_that_fails_in_the_middle(ledger, invoice, sql):
    sql("DROP TABLE cycle_events")
    before = ledger.audit.head()
    with pytest.raises(LedgerUnusable, match="cycle_events") as refused:
        ledger.invoices.save([invoice()], cycle="c1")
    assert "INSERT" not in str(refused.value)
    assert ledger.invoices.get("1") is None
    assert ledger.audit.head() == before


def test_a_ledger_that_another_process_keeps_busy(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    url = f"sqlite:///{tmp_path}/ledger.db"
    with Ledger.open(url, "northwind") as first, Ledger.open(url, "northwind") as second:
        with (
            first.transaction(),
            pytest.raises(LedgerUnusable, match=r"locked.*Another process is writing"),
            second.transaction(),
        ):
            pass
        second.audit.append("e", "s", "w", {})


def test_repr_of_an_address_hides_the_password():
    url = ledger_url(f"postgresql://ann:{SECRET}@host/db")
    assert isinstance(url, URL)
    assert SECRET not in repr(url)
    assert SECRET not in str(url)
