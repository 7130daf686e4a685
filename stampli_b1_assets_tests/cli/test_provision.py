"""`provision`: the guard made in SAP, proved on the spot, and what the verdict changes afterwards."""

import datetime as dt

import pytest

from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets_tests.fixtures.world import World, invoice_rows

CREATED = ["table STAMPLI_POSTED", "field StampliKey on OJDT"]


@pytest.fixture
def bare(new_world) -> World:
    """A company without the guard."""
    return new_world(provisioned=False)


def proof(world: World):
    with world.workplace() as workplace:
        return workplace.ledger.proof(workplace.settings.b1.company_db)


def audited(world: World) -> list[str]:
    with world.workplace() as workplace:
        return [one.event for one in workplace.ledger.audit.export() if one.event in ("provision", "guard.proved")]


def guard_is_there(world: World) -> tuple[bool, bool]:
    store = world.sandbox.store
    return bool(store.get("UserTablesMD", "STAMPLI_POSTED")), bool(store.get("UserFieldsMD", "OJDT.StampliKey"))


class TestDryRun:
    def test_what_is_missing_is_only_told(self, bare, command):
        ran = command("provision", "--dry-run", "--json")
        assert (ran.code, ran.err) == (1, "")
        assert ran.json["is_proved"] is None
        assert [(step["name"], step["is_ok"]) for step in ran.json["steps"]] == [
            ("table STAMPLI_POSTED", False),
            ("field StampliKey on OJDT", False),
            ("self-test", True),
        ]
        assert all("without --dry-run" in step["action"] for step in ran.json["steps"][:2])
        assert guard_is_there(bare) == (False, False)
        assert bare.entries() == []
        assert audited(bare) == []

    def test_nothing_missing_is_0(self, new_world, command):
        world = new_world()
        ran = command("provision", "--dry-run")
        assert ran.code == 0
        assert "is there" in ran.out
        assert world.entries() == []
        assert proof(world) is None


class TestRun:
    def test_it_creates_and_proves(self, bare, command):
        ran = command("provision", "--json")
        assert (ran.code, ran.err) == (0, "")
        assert ran.json["is_proved"] is True
        assert [step["detail"] for step in ran.json["steps"][:2]] == ["created", "created"]
        assert all(step["is_ok"] for step in ran.json["steps"])
        assert guard_is_there(bare) == (True, True)
        assert proof(bare).is_proved
        assert audited(bare) == ["provision", "guard.proved"]

    def test_nothing_but_cancelled_entries_is_left_behind(self, bare, command):
        command("provision")
        assert bare.sandbox.store.all("U_STAMPLI_POSTED") == []
        entries = bare.entries()
        assert len(entries) % 2 == 0
        balance = {}
        for entry in entries:
            for line in entry["JournalEntryLines"]:
                balance[line["AccountCode"]] = balance.get(line["AccountCode"], 0) + line["Debit"] - line["Credit"]
        assert set(balance.values()) == {0}

    def test_again_is_harmless(self, bare, command):
        assert command("provision").code == 0
        ran = command("provision", "--json")
        assert ran.code == 0
        assert [step["detail"] for step in ran.json["steps"][:2]] == ["is there", "is there"]
        assert proof(bare).is_proved

    def test_people_read_a_table(self, bare, command):
        out = command("provision").out
        assert out.startswith("linden\n")
        assert "ok  table STAMPLI_POSTED" in out
        assert out.endswith("Everything works.\n")

    def test_the_account_that_is_named_is_used(self, bare, command):
        assert command("provision", "--account", "006400").code == 0
        accounts = {line["AccountCode"] for entry in bare.entries() for line in entry["JournalEntryLines"]}
        assert accounts == {"006400"}

    @pytest.mark.parametrize(("account", "says"), [("4711", "no account 4711"), ("200000", "does not take a posting")])
    def test_an_account_that_takes_no_posting_is_told(self, bare, command, account, says):
        ran = command("provision", "--account", account, "--json")
        assert ran.code == 1
        (failed,) = [step for step in ran.json["steps"] if not step["is_ok"]]
        assert says in failed["detail"]
        assert "--account" in failed["action"]
        assert proof(bare) is None


class TestUnfitCompanies:
    @pytest.mark.parametrize("fault", ["change_set_not_atomic", "duplicate_guard_rows_accepted"])
    def test_a_proof_that_fails_is_1_and_posting_falls_back(self, bare, command, fault):
        bare.sandbox.switch_on(fault)
        ran = command("provision", "--json")
        assert (ran.code, ran.err) == (1, "")
        assert ran.json["is_proved"] is False
        failed = [step for step in ran.json["steps"] if not step["is_ok"]]
        assert failed
        assert all(step["action"] for step in failed)
        assert proof(bare).is_proved is False
        bare.put("a.csv", *invoice_rows("9001"))
        assert bare.sync()["invoices"]["posted"] == 1
        assert list(bare.by_key().values()) == [1]

    def test_it_says_so_in_words(self, bare, command):
        bare.sandbox.switch_on("change_set_not_atomic")
        out = " ".join(command("provision").out.split())
        assert "2 steps do not work yet: (b) a refused entry takes its guard row back, (d) the same holds" in out
        assert "Posting falls back to look-up, intent, post and read back" in out

    def test_a_table_that_sap_does_not_show_is_told(self, bare, command):
        bare.sandbox.switch_on("user_table_missing")
        ran = command("provision", "--json")
        assert ran.code == 1
        assert ran.json["is_proved"] is None
        assert proof(bare) is None


def test_an_unreachable_sap_is_2(bare, command):
    bare.configure(lambda document: document["b1"].update(service_layer_url="http://127.0.0.1:1/b1s/v2"))
    ran = command("provision", "--json")
    assert ran.code == 2
    assert "cannot be reached" in ran.json["error"]
    assert len(ran.err.splitlines()) == 1


def test_a_company_of_another_currency_is_not_touched(bare, command):
    bare.configure(lambda document: document["posting"].update(local_currency="EUR"))
    assert command("provision").code == 2
    assert guard_is_there(bare) == (False, False)


def test_the_guard_is_relied_on_from_then_on(bare, command, monkeypatch):
    monkeypatch.setattr(Workplace, "today", lambda _: dt.date(2026, 5, 20))
    assert command("check").code == 1
    assert command("provision").code == 0
    assert command("check").code == 0
