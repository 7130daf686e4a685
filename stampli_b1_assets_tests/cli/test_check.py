"""`check`: every step that does not pass is told with what to do about it, and ends with 1, never with 2."""

import datetime as dt
import os

import pytest

from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets_tests.fixtures.world import World, invoice_rows

STEPS = [
    "configuration",
    "layout",
    "mappings",
    "ledger",
    "landing",
    "alerts",
    "SFTP login and host key",
    "outbound folder",
    "inbound folder",
    "new files",
    "Service Layer login",
    "reference data",
    "company",
    "local currency",
    "posting periods",
    "mapped codes",
    "guard",
]
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"


@pytest.fixture(autouse=True)
def day_of_the_sample_company(monkeypatch):
    """Its periods are those of one year."""
    monkeypatch.setattr(Workplace, "today", lambda _: dt.date(2026, 5, 20))


def setting(section, **values):
    def change(world: World) -> None:
        world.configure(lambda document: document.setdefault(section, {}).update(values))

    return change


def top(**values):
    return lambda world: world.configure(lambda document: document.update(values))


def rows(set_: str, key: str, **values):
    def change(world: World) -> None:
        store = world.sandbox.store
        store.put(set_, key, {**(store.get(set_, key) or {}), **values})

    return change


def without_folder(name: str):
    return lambda world: (world.sandbox.folder / "sftp" / name).rmdir()


FAILURES = {
    "SFTP not listening": (setting("stampli", port=1), "SFTP login and host key", "cannot be reached"),
    "host key changed": (setting("stampli", host_keys=[OTHER_KEY]), "SFTP login and host key", "host key"),
    "SFTP user": (setting("stampli", username="nobody"), "SFTP login and host key", "refused the login"),
    "no outbound folder": (without_folder("outbound"), "outbound folder", "/outbound"),
    "no inbound folder": (without_folder("inbound"), "inbound folder", "/inbound"),
    "SAP not listening": (
        setting("b1", service_layer_url="http://127.0.0.1:1/b1s/v2"),
        "Service Layer login",
        "cannot be reached",
    ),
    "SAP user": (setting("b1", username="nobody"), "Service Layer login", "refused the login"),
    "no such company": (setting("b1", company_db="OTHER"), "Service Layer login", "OTHER"),
    "other currency": (setting("posting", local_currency="EUR"), "local currency", "keeps its books in USD"),
    "period closed": (
        rows("_periods", "2026-05", PeriodStatus="ltLocked"),
        "posting periods",
        "9 open, but none for today, 2026-05-20.",
    ),
    "mapping faulty": (lambda world: world.map("gl_accounts.csv", "1300"), "mappings", "gl_accounts.csv"),
    "mapped account unknown": (
        lambda world: world.map("gl_accounts.csv", "1300,001399"),
        "mapped codes",
        "001399, which SAP does not have",
    ),
    "mapped account frozen": (
        lambda world: world.map("gl_accounts.csv", "6999,006999"),
        "mapped codes",
        "006999",
    ),
    "mapped vendor frozen": (lambda world: world.map("vendors.csv", "S-1,V20047"), "mapped codes", "V20047"),
    "mapped dimension unknown": (
        lambda world: world.map("dimensions.csv", "department,PM,NO-SUCH"),
        "mapped codes",
        "NO-SUCH",
    ),
    "mapped tax account unknown": (lambda world: world.map("tax_codes.csv", "VAT7,157699"), "mapped codes", "157699"),
    "bad alert": (
        top(alerts=["json://localhost/hush", "nonsense://hush"], allow_plaintext_secrets=True),
        "alerts",
        "Alert 2 of 2",
    ),
    "ledger unreachable": (top(ledger_url="postgresql://u@127.0.0.1:1/ledger"), "ledger", "The ledger"),
    "landing is a file": (top(landing_dir=os.devnull), "landing", "cannot be written to"),
    "no guard table": (
        lambda world: world.sandbox.switch_on("user_table_missing"),
        "guard",
        "Table STAMPLI_POSTED is missing",
    ),
}


def test_all_well_is_0_and_every_step_is_told(world, command):
    ran = command("check", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["is_ok"] is True
    assert [step["name"] for step in ran.json["steps"]] == STEPS
    found = {step["name"]: step["detail"] for step in ran.json["steps"]}
    assert found["company"] == "Linden Trading Inc (LINDEN_DEMO)"
    assert found["posting periods"] == "10 open, 2026-05 is today's"
    assert found["Service Layer login"] == "version 1000280"
    assert found["outbound folder"] == "/outbound: 0 files"
    assert found["guard"].endswith("The guard is proved: SAP's own database refuses a second posting.")


def test_people_read_a_table(world, command):
    ran = command("check")
    assert ran.code == 0
    assert [line for line in ran.out.splitlines() if line.startswith("ok  posting periods")]
    assert ran.out.endswith("Everything works.\n")
    assert [line for line in ran.out.splitlines() if line != line.rstrip()] == []


@pytest.mark.parametrize("case", FAILURES)
def test_what_does_not_pass_is_told_with_a_remedy(world, command, case):
    change, name, says = FAILURES[case]
    change(world)
    ran = command("check", "--json")
    assert (ran.code, ran.err) == (1, "")
    failed = {step["name"]: step for step in ran.json["steps"] if not step["is_ok"] and step["is_tried"]}
    assert name in failed
    assert says in failed[name]["detail"] + failed[name]["action"]
    assert all(step["action"] for step in failed.values())
    assert [step["name"] for step in ran.json["steps"]] == STEPS
    assert "hush" not in ran.out


def test_a_folder_that_overflows_and_a_silence_are_steps_that_do_not_pass(world, command, monkeypatch):
    for name in ("a", "b"):
        world.put(f"{name}.csv", *invoice_rows(name))
    world.sync()
    found = {step["name"]: step for step in command("check", "--json").json["steps"]}
    assert found["new files"]["is_ok"]
    setting("stampli", alarm_files=2, alarm_hours=1)(world)
    now = Workplace.open

    def later(*arguments, **options):
        return now(*arguments, **options, clock=lambda: dt.datetime.now(dt.UTC) + dt.timedelta(hours=2))

    monkeypatch.setattr(Workplace, "open", later)
    ran = command("check", "--json")
    found = {step["name"]: step for step in ran.json["steps"] if not step["is_ok"]}
    assert (ran.code, list(found)) == (1, ["outbound folder", "new files"])
    assert "holds 2 files" in found["outbound folder"]["detail"]
    assert "No new file was taken" in found["new files"]["detail"]
    assert "stampli.alarm_hours" in found["new files"]["action"]


def test_what_hangs_on_a_failure_is_not_tried(world, command):
    setting("b1", service_layer_url="http://127.0.0.1:1/b1s/v2")(world)
    document = command("check", "--json").json
    untried = [step["name"] for step in document["steps"] if not step["is_tried"]]
    assert untried == STEPS[STEPS.index("reference data") :]
    ran = command("check")
    assert "–   guard" in ran.out
    assert "no  Service Layer login" in ran.out
    assert "→ " in ran.out
    assert ran.out.endswith("1 step does not work yet: Service Layer login.\n")


def test_without_the_ledger_everything_else_is_tried(world, command):
    top(ledger_url="postgresql://u@127.0.0.1:1/ledger")(world)
    ran = command("check")
    assert ran.code == 1
    assert ran.out.endswith("2 steps do not work yet: ledger, guard.\n")
    assert "Whether it was proved stands in the ledger, which cannot be used." in " ".join(ran.out.split())


def test_a_home_that_cannot_be_made_is_a_step(world, command, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(world.sandbox.config_path / "home"))
    ran = command("check", "--json")
    assert ran.code == 1
    (step,) = [step for step in ran.json["steps"] if step["name"] == "ledger"]
    assert "DAGSTER_HOME" in step["detail"] + step["action"]


def test_rows_of_mappings_that_are_not_valid_today_are_passed_over(world, command):
    path = world.sandbox.folder / "mappings" / "gl_accounts.csv"
    path.write_text("stampli_gl_account,b1_account_code,valid_from,valid_to\n1300,001399,2020-01-01,2020-12-31\n")
    assert command("check").code == 0


def test_at_most_five_faults_of_mappings_are_told_at_once(world, command):
    for number in range(7):
        world.map("gl_accounts.csv", f"1{number},00139{number}")
    (step,) = [step for step in command("check", "--json").json["steps"] if not step["is_ok"]]
    assert step["detail"].count("which SAP does not have") == 5
    assert step["detail"].endswith(" And 2 more.")


class TestGuard:
    def guard(self, command):
        ran = command("check", "--json")
        assert ran.code == 1
        return ran.json["steps"][-1]

    def test_not_proved_yet(self, new_world, command):
        new_world()
        step = self.guard(command)
        assert "not proved here yet" in step["detail"]
        assert step["action"] == "Run `stampli-b1 provision` at a quiet hour."

    def test_nothing_there(self, new_world, command):
        new_world(provisioned=False)
        step = self.guard(command)
        assert "Table STAMPLI_POSTED is missing, field StampliKey of OJDT is missing." in step["detail"]
        assert "stampli-b1 provision" in step["action"]

    def test_proof_failed(self, new_world, command):
        world = new_world()
        with world.workplace() as workplace:
            workplace.ledger.save_proof(workplace.settings.b1.company_db, is_proved=False)
        step = self.guard(command)
        assert "not relied on" in step["detail"]
        assert "Its proof failed" in step["action"]


def test_several_companies_are_checked_each(world, command, tmp_path):
    folder = tmp_path / "companies"
    folder.mkdir()
    text = world.sandbox.config_path.read_text(encoding="utf-8")
    text = text.replace("mappings_dir: mappings", f"mappings_dir: {world.sandbox.folder / 'mappings'}")
    (folder / "linden.yaml").write_text(text)
    birch = text.replace("company: linden", "company: birch").replace("USD", "EUR")
    (folder / "birch.yaml").write_text(birch + "ledger_url: sqlite:///birch.db\n")
    ran = command("check", "--config", folder, "--json")
    assert ran.code == 1
    assert [(one["company"], one["is_ok"]) for one in ran.json] == [("birch", False), ("linden", True)]
