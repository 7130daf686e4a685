"""`sync` and `plan`: summaries for people and machines, exit codes, several companies."""

import csv
import json

import pytest
import yaml

from stampli_b1_assets.sandbox.service_layer.faults import ArmedFault
from stampli_b1_assets_tests.fixtures.world import invoice_rows

KEYS = {"company", "files", "invoices", "amounts", "vendors", "payments", "needs_a_person", "runs", "seconds", "audit"}


def test_all_well_is_0_and_told_to_people(world, command):
    world.put("a.csv", *invoice_rows("9001"))
    ran = command("sync")
    assert (ran.code, ran.err) == (0, "")
    assert "1 file seen: 1 taken." in ran.out
    assert "100.00 USD" in ran.out
    assert "Nothing needs a person." in ran.out
    with world.workplace() as workplace:
        head = workplace.ledger.audit.head()
    assert f"Audit trail: {head.sequence - 1}:" in ran.out or f"Audit trail: {head}" in ran.out


def test_the_document_is_the_only_thing_on_standard_output(mixed, command):
    ran = command("sync", "--json")
    document = ran.json
    assert ran.code == 1
    assert set(document) >= KEYS
    assert document["invoices"] == {"seen": 3, "posted": 1, "already_posted": 0, "held": 2, "conflict": 0, "ignored": 0}
    assert document["amounts"]["USD"]["held"] == "100.50"
    assert document["files"]["refused"][0]["file"] == "broken.csv"
    assert isinstance(document["seconds"], (int, float))


def test_what_waits_is_grouped_by_cause(mixed, command):
    ran = command("sync")
    assert ran.code == 1
    assert "3 documents need a person:" in ran.out
    assert "2 invoices wait (UNMAPPED_GL_ACCOUNT)" in ran.out
    assert "1 file is refused (BAD_HEADER)" in ran.out


@pytest.fixture
def inbound(world):
    """Stampli's inbound folder on the server; acknowledgements are switched on."""
    world.configure(lambda document: document.update(publish={"acknowledgements": True}))
    return world.sandbox.folder / "sftp" / "inbound"


def test_stampli_is_told_of_each_invoice_when_that_is_switched_on(world, command, inbound):
    world.put("a.csv", *invoice_rows("9001"), *invoice_rows("9002", gl_account="4711"))
    assert (command("sync").code, command("sync").code) == (1, 1)
    files = sorted(inbound.iterdir())
    told = [list(csv.DictReader(file.read_text(encoding="utf-8").splitlines())) for file in files]
    results = [{row["Stampli Invoice ID"]: row["Result"] for row in rows} for rows in told]
    assert results == [{"9001": "posted", "9002": "held"}, {"9002": "held"}]


def test_an_inbound_folder_that_is_gone_stops_nothing_and_stampli_is_told_later(world, command, inbound):
    inbound.rmdir()
    world.put("a.csv", *invoice_rows("9001"))
    ran = command("sync", "--json")
    assert (ran.code, ran.json["invoices"]["posted"]) == (0, 1)
    assert ran.err.startswith("linden: Stampli was not told what became of its invoices. The folder /inbound")
    inbound.mkdir()
    assert command("sync").code == 0
    (file,) = inbound.iterdir()
    assert b"9001,N-9001,posted,JournalEntry," in file.read_bytes()


def test_stampli_is_given_sap_s_lists_when_they_have_changed(world, command):
    world.configure(lambda document: document.update(publish={"purchase_orders": True, "reference_data": True}))
    folder = world.sandbox.folder / "sftp" / "inbound"
    assert command("sync").code == 0
    kinds = {file.name.partition("_2")[0] for file in folder.iterdir()}
    assert kinds == {"purchase_orders", "vendors", "gl_accounts", "dimensions"}
    files = sorted(folder.iterdir())
    assert command("sync").code == 0
    assert sorted(folder.iterdir()) == files


def test_lists_that_sap_refuses_are_told_and_stop_nothing(world, command):
    world.configure(lambda document: document.update(publish={"purchase_orders": True}))
    world.sandbox.application.faults.arm(ArmedFault("not_permitted_403", path="PurchaseOrders", times=9))
    world.put("a.csv", *invoice_rows("9001"))
    ran = command("sync", "--json")
    assert (ran.code, ran.json["invoices"]["posted"]) == (0, 1)
    assert ran.err.startswith("linden: Stampli was not given SAP's lists. ")
    assert "authorisation" in ran.err


def test_a_second_sync_posts_nothing_twice(mixed, command):
    command("sync")
    again = command("sync", "--json").json
    assert again["invoices"]["posted"] == 0
    assert again["invoices"]["held"] == 2
    assert sorted(mixed.by_key().values()) == [1]


class TestSeveralCompanies:
    @pytest.fixture
    def folder(self, world, tmp_path):
        """The world's company, and another one whose SFTP server nobody runs."""
        world.put("a.csv", *invoice_rows("9001"))
        folder = tmp_path / "companies"
        folder.mkdir()
        document = yaml.safe_load(world.sandbox.config_path.read_text(encoding="utf-8"))
        document["mappings_dir"] = str(world.sandbox.folder / "mappings")
        (folder / "linden.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
        document["company"] = "birch"
        document["stampli"]["port"] = 1
        document["ledger_url"] = "sqlite:///birch.db"
        (folder / "birch.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
        return folder

    def test_one_that_cannot_be_used_does_not_stop_the_other(self, folder, command):
        ran = command("sync", "--config", folder, "--json")
        assert ran.code == 2
        birch, linden = ran.json
        assert birch["company"] == "birch"
        assert "cannot be reached" in birch["error"]
        assert linden["invoices"]["posted"] == 1
        assert ran.err.startswith("birch: Stampli's SFTP server 127.0.0.1, port 1, cannot be reached")

    def test_one_is_chosen_by_name(self, folder, command):
        assert command("sync", "--config", folder, "--company", "linden", "--json").json["company"] == "linden"

    def test_an_unknown_name_is_told_with_the_known_ones(self, folder, command):
        ran = command("held", "--config", folder, "--company", "oak")
        assert ran.code == 2
        assert "Choose one of birch, linden." in ran.err

    @pytest.mark.parametrize("words", [("evidence", "1"), ("audit", "export"), ("layout", "show")], ids=" ".join)
    def test_commands_about_one_thing_want_one_company(self, folder, command, words):
        ran = command(*words, "--config", folder)
        assert ran.code == 2
        assert "--company" in ran.err

    def test_a_company_that_only_asks_its_ledger_is_told_beside_the_other(self, folder, command):
        assert [one["company"] for one in json.loads(command("held", "--config", folder, "--json").out)] == [
            "birch",
            "linden",
        ]


class TestWhatNobodyThoughtOf:
    @pytest.fixture
    def faulty(self, world, monkeypatch):
        """A cycle with a fault of this program in it."""

        def fault(_):
            raise KeyError("gone")

        monkeypatch.setattr("stampli_b1_assets.defs.sync.find_work", fault)
        return world

    def test_has_its_document_and_no_traceback(self, faulty, command):
        ran = command("sync", "--json")
        assert ran.code == 2
        assert ran.json["error"].startswith("Something went wrong that this program does not know: KeyError: 'gone'")
        assert "(defs/sync.py, line " in ran.json["error"]
        assert ran.json["company"] == "linden"
        assert ran.err == f"{ran.json['error']} {ran.json['remedy']}\n"

    def test_is_shown_whole_to_those_who_ask(self, faulty, command, monkeypatch):
        monkeypatch.setenv("STAMPLI_B1_TRACEBACK", "1")
        ran = command("sync", "--json")
        assert "Traceback (most recent call last)" in ran.err
        assert ran.json["error"]

    def test_has_a_document_outside_of_every_company_too(self, world, command, monkeypatch):
        def fault(*_):
            raise ZeroDivisionError

        monkeypatch.setattr("stampli_b1_assets.cli.common.load_companies", fault)
        ran = command("held", "--json")
        assert ran.code == 2
        assert "ZeroDivisionError" in ran.json["error"]
        assert ran.json["remedy"]
