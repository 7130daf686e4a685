"""What arrives at a configured address: once, readable, without secrets, whichever way a run was launched."""

import dagster as dg
import pytest

from stampli_b1_assets.defs.build import build_defs
from stampli_b1_assets.defs.home import open_instance
from stampli_b1_assets.defs.orphans import OWNER_TAG
from stampli_b1_assets.defs.telling import Teller
from stampli_b1_assets.errors import StampliB1Error
from stampli_b1_assets_tests.fixtures.mailbox import Mailbox
from stampli_b1_assets_tests.fixtures.world import World, invoice_rows

POSTED = dg.AssetKey(["linden", "posted_journal_entries"])


@pytest.fixture
def world(world: World, mailbox: Mailbox) -> World:
    """A world whose alerts come to the mailbox."""
    world.configure(lambda document: document.update(alerts=[mailbox.url], allow_plaintext_secrets=True))
    return world


def launched_by_a_person(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    (key,) = instance.get_dynamic_partitions("linden_files")
    job = build_defs().resolve_implicit_global_asset_job_def()
    return job.execute_in_process(instance=instance, partition_key=key, asset_selection=[POSTED], raise_on_error=False)


def test_a_held_invoice_is_told_with_its_cause_its_remedy_and_its_file(world: World, mailbox: Mailbox) -> None:
    world.put("april.csv", *invoice_rows("9001", gl_account="4711"), *invoice_rows("9002", gl_account="4711"))
    document = world.sync()
    (mail,) = mailbox.mails
    assert mail["title"] == "linden: 2 documents need a person"
    assert mail["type"] == "warning"
    paragraphs = mail["message"].split("\n\n")
    assert paragraphs[0].splitlines()[0] == "2 invoices wait (UNMAPPED_GL_ACCOUNT)"
    assert paragraphs[0].splitlines()[1].startswith("→ Add a row for 4711 to gl_accounts.csv")
    assert paragraphs[0].splitlines()[2].startswith("   N-9001 (9001): G/L account 4711 is in no mapping")
    assert paragraphs[1].splitlines()[0] == "Files: april.csv"
    assert document["runs"][0] in paragraphs[1]
    assert "Audit trail: " in paragraphs[1]


def test_what_waits_is_not_told_again_in_every_cycle(world: World, mailbox: Mailbox) -> None:
    world.put("a.csv", *invoice_rows("9001", gl_account="4711"))
    world.sync()
    world.sync()
    assert mailbox.titles == ["linden: 1 document needs a person"]
    world.put("b.csv", *invoice_rows("9002", gl_account="4712"))
    world.sync()
    assert len(mailbox.mails) == 2
    assert "4712" in mailbox.mails[1]["message"]
    assert "4711" not in mailbox.mails[1]["message"]


def test_a_run_that_a_person_launched_tells_everything(world: World, mailbox: Mailbox) -> None:
    world.put("a.csv", *invoice_rows("9001", gl_account="4711"))
    world.sync()
    with open_instance() as instance:
        assert not launched_by_a_person(instance).success
    assert mailbox.titles == ["linden: 1 document needs a person"] * 2


def test_what_could_not_be_delivered_is_told_next_time(world: World, mailbox: Mailbox) -> None:
    mailbox.is_open = False
    world.put("a.csv", *invoice_rows("9001", gl_account="4711"))
    world.sync()
    mailbox.is_open = True
    world.sync()
    assert mailbox.titles == ["linden: 1 document needs a person"]


def test_a_system_that_is_down_and_works_again_is_told_once_each(world: World, mailbox: Mailbox) -> None:
    world.put("a.csv", *invoice_rows("9001"))
    world.configure(lambda document: document["b1"].update(company_db="OTHER"))
    for _ in range(2):
        with pytest.raises(StampliB1Error):
            world.sync()
    assert mailbox.titles == ["linden: the Stampli → SAP cycle stopped"]
    assert mailbox.mails[0]["type"] == "failure"
    world.configure(lambda document: document["b1"].update(company_db="LINDEN_DEMO"))
    world.sync()
    world.sync()
    assert mailbox.titles[1:] == ["linden: the cycle goes on again"]
    assert mailbox.mails[1]["type"] == "success"


def test_a_clean_cycle_tells_nobody_anything(world: World, mailbox: Mailbox) -> None:
    world.put("a.csv", *invoice_rows("9001"))
    world.sync()
    assert mailbox.mails == []


def test_no_secret_is_in_an_alert_or_in_the_log(world: World, mailbox: Mailbox) -> None:
    world.put("a.csv", *invoice_rows("9001", gl_account="4711"))
    mailbox.is_open = False
    world.sync()
    mailbox.is_open = True
    world.sync()
    secrets = ["mailbox-secret", *(value for name, value in world.sandbox.environment.items() if "PASSWORD" in name)]
    with open_instance() as instance:
        logs = "\n".join(str(entry) for run in instance.get_runs() for entry in instance.all_logs(run.run_id))
    assert "An alert could not be delivered" in logs
    assert not [secret for secret in secrets if secret in logs + str(mailbox.mails)]


def tick(instance: dg.DagsterInstance, name: str) -> str:
    """One evaluation of a sensor; its skip message."""
    definitions = build_defs()
    resources = {"stampli": (definitions.resources or {})["stampli"]}
    with dg.build_sensor_context(instance=instance, sensor_name=name, resources=resources) as context:
        return definitions.resolve_sensor_def(name).evaluate_tick(context).skip_message or ""


def test_a_folder_that_the_sensor_cannot_look_at_is_told_once_and_so_is_its_return(
    world: World, mailbox: Mailbox
) -> None:
    world.configure(lambda document: document["stampli"].update(outbound_dir="/nowhere"))
    with open_instance() as instance:
        for _ in range(3):
            assert "/nowhere" in tick(instance, "linden_stampli_files")
        world.configure(lambda document: document["stampli"].update(outbound_dir="/outbound"))
        for _ in range(2):
            tick(instance, "linden_stampli_files")
    assert mailbox.titles == ["linden: the Stampli → SAP cycle stopped", "linden: the cycle goes on again"]
    assert "/nowhere" in mailbox.mails[0]["message"]


class TestRunsThatDied:
    """A hook does not fire when its process dies."""

    @pytest.fixture(autouse=True)
    def instance(self, world: World) -> dg.DagsterInstance:
        with open_instance() as instance:
            self.sensor = build_defs().resolve_sensor_def("linden_run_failures")
            self.cursor: str | None = None
            self.tick(instance)  # the first one only looks where the events end
            yield instance

    def tick(self, instance: dg.DagsterInstance) -> None:
        with dg.build_sensor_context(
            instance=instance, cursor=self.cursor, repository_def=build_defs().get_repository_def()
        ) as context:
            self.sensor.evaluate_tick(context)
            self.cursor = context.cursor

    def died(self, instance: dg.DagsterInstance, job_name: str, asset: str | None = None) -> dg.DagsterRun:
        definitions = build_defs()
        job = definitions.resolve_implicit_global_asset_job_def() if asset else definitions.resolve_job_def(job_name)
        selection = frozenset({dg.AssetKey([*asset.split("/")])}) if asset else None
        run = instance.create_run_for_job(job, asset_selection=selection, status=dg.DagsterRunStatus.STARTED)
        instance.report_run_failed(run, "Its worker is gone.")
        return run

    @pytest.mark.parametrize(
        ("job_name", "asset"),
        [
            pytest.param("linden_new_files", None, id="launched by the sensor"),
            pytest.param("__ASSET_JOB", "linden/posted_journal_entries", id="launched in the UI"),
        ],
    )
    def test_one_is_told_once(
        self, instance: dg.DagsterInstance, mailbox: Mailbox, job_name: str, asset: str | None
    ) -> None:
        run = self.died(instance, job_name, asset)
        self.tick(instance)
        self.tick(instance)
        (mail,) = mailbox.mails
        assert mail["title"] == "linden: a run died"
        assert run.run_id in mail["message"]
        assert "Its worker is gone." in mail["message"]

    def test_one_whose_step_failed_is_told_by_the_hook_alone(
        self, instance: dg.DagsterInstance, world: World, mailbox: Mailbox
    ) -> None:
        world.put("a.csv", *invoice_rows("9001", gl_account="4711"))
        world.sync()
        self.tick(instance)
        assert mailbox.titles == ["linden: 1 document needs a person"]

    def test_a_sync_that_died_is_told_by_the_next(
        self, instance: dg.DagsterInstance, world: World, mailbox: Mailbox
    ) -> None:
        job = build_defs().resolve_job_def("linden_new_files")
        instance.create_run_for_job(job, tags={OWNER_TAG: _dead_process()}, status=dg.DagsterRunStatus.STARTED)
        world.sync()
        assert mailbox.titles == ["linden: a run died"]


def _dead_process() -> str:
    from stampli_b1_assets.defs.orphans import owner

    host, _, _ = owner().rsplit(":", 2)
    return f"{host}:999999999:1"


def test_a_long_list_names_five_of_each_cause_and_counts_the_rest() -> None:
    rows = [
        {"kind": "invoice", "id": str(number), "number": f"N-{number}", "outcome": "held", "reason": "PERIOD_CLOSED",
         "detail": "It is closed.", "action": "Open it."}
        for number in range(8)
    ]  # fmt: skip
    mailbox = Mailbox()
    with dg.instance_for_test() as instance:
        teller = Teller("linden", [mailbox.url], instance)
        assert teller.documents(rows, 250, "Files: a.csv", only_news=True)
    mailbox.close()
    assert mailbox.titles == ["linden: 8 documents need a person"]
    message = mailbox.mails[0]["message"]
    assert message.count("It is closed.") == 5
    assert "… and 3 more" in message
    assert "242 documents more: `stampli-b1 held` lists all." in message
