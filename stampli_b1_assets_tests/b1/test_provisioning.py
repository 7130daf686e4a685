"""Creating the guard, and the proof, on companies that keep their promises and on some that do not."""

import pytest

from stampli_b1_assets.b1 import master_data
from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.b1.guard import GuardState
from stampli_b1_assets.b1.provisioning import provision
from stampli_b1_assets.sandbox.running import Sandbox
from stampli_b1_assets.sandbox.service_layer import journal_entries
from stampli_b1_assets.sandbox.service_layer.refusal import Refusal


@pytest.fixture
def bare(tmp_path):
    """A company without the guard."""
    with Sandbox(tmp_path / "bare", with_samples=False) as sandbox:
        yield sandbox


@pytest.fixture
def run(settings, naps):
    def run(sandbox, *, account=None, dry_run=False):
        with B1(settings(sandbox.service_layer_url), sleep=naps) as b1:
            return provision(b1, b1.reference_data(), account=account, dry_run=dry_run)

    return run


def wrong(report):
    return [step.name for step in report.steps if not step.is_ok]


def left_behind(sandbox):
    """Entries of the test that nothing cancels, and guard rows."""
    open_entries = [
        row for row in sandbox.journal_entries() if not row.get("_cancelled_by") and row.get("StornoToTr") is None
    ]
    return open_entries, sandbox.store.all("U_STAMPLI_POSTED")


def test_a_dry_run_says_what_is_missing_and_writes_nothing(bare, run):
    report = run(bare, dry_run=True)
    assert wrong(report) == ["table STAMPLI_POSTED", "field StampliKey on OJDT"]
    assert report.is_proved is None
    assert "would be tried on account 001300 in period 2026-12" in report.steps[-1].detail
    assert {line.method for line in bare.application.log if "Service" not in line.path and "Log" not in line.path} == {
        "GET"
    }


def test_table_and_field_are_created_and_proved(bare, run):
    report = run(bare)
    assert wrong(report) == []
    assert report.is_proved is True
    assert report.refusal == "HTTP 400, code -2035: This entry already exists in the following tables (ODBC -2035)"
    assert [step.name[:3] for step in report.steps[2:7]] == ["(a)", "(b)", "(c)", "(d)", "(e)"]
    assert bare.store.get("UserTablesMD", "STAMPLI_POSTED")["TableType"] == "bott_NoObject"
    assert bare.store.get("UserFieldsMD", "OJDT.StampliKey")["Size"] == 50


def test_the_proof_posts_cents_in_the_latest_open_period_and_undoes_them(bare, run):
    run(bare)
    rows = bare.journal_entries()
    assert left_behind(bare) == ([], [])
    assert {row["ReferenceDate"] for row in rows} == {"2026-12-01"}
    assert {
        (line["AccountCode"], str(line["Debit"] + line["Credit"])) for row in rows for line in row["JournalEntryLines"]
    } == {("001300", "0.01")}
    assert all(row["U_StampliKey"].startswith("proof-") for row in rows if row.get("U_StampliKey"))


def test_a_second_run_is_harmless(bare, run):
    run(bare)
    report = run(bare)
    assert (wrong(report), report.is_proved) == ([], True)
    assert [step.detail for step in report.steps[:2]] == ["is there", "is there"]
    assert left_behind(bare) == ([], [])


def test_reversals_that_carry_the_key_too_are_left_alone(bare, run, monkeypatch):
    cancel = journal_entries.cancel

    def cancel_with_key(store, jdt_num):
        cancel(store, jdt_num)
        number = store.entry(jdt_num)["_cancelled_by"]
        store.add_entry({**store.entry(number), "U_StampliKey": store.entry(jdt_num)["U_StampliKey"]})

    monkeypatch.setattr(journal_entries, "cancel", cancel_with_key)
    report = run(bare)
    assert (wrong(report), report.is_proved) == ([], True)
    assert left_behind(bare) == ([], [])


@pytest.mark.parametrize(
    ("broken", "cases"),
    [
        ("change_set_not_atomic", ["(b)", "(d)"]),
        ("duplicate_guard_rows_accepted", ["(c)", "(d)", "(e)"]),
    ],
)
def test_a_company_whose_guard_does_not_protect_is_found_out(bare, run, broken, cases):
    bare.switch_on(broken)
    report = run(bare)
    assert report.is_proved is False
    assert [name[:3] for name in wrong(report)] == cases
    assert all("falls back" in step.action for step in report.steps if not step.is_ok)
    assert left_behind(bare) == ([], [])


def test_what_is_not_visible_before_a_restart_is_said(bare, run):
    bare.company.needs_restart = True
    for _ in range(2):  # also when both are there, and just not visible
        report = run(bare)
        assert report.is_proved is None
        assert wrong(report) == ["visible"]
        assert "Have the Service Layer restarted" in report.steps[-1].action
    bare.company.restart()
    assert run(bare).is_proved is True


def test_a_user_without_the_right_is_told_so(bare, run, monkeypatch):
    served = bare.company.handle

    def handle(method, path, body, options):
        if method == "POST" and path == "UserFieldsMD":
            raise Refusal(-6006, "You are not permitted to perform this action", 403)
        return served(method, path, body, options)

    monkeypatch.setattr(bare.company, "handle", handle)
    report = run(bare)
    assert wrong(report) == ["field StampliKey on OJDT"]
    assert "not permitted" in report.steps[1].detail
    assert report.is_proved is None
    assert bare.journal_entries() == []


def test_a_table_of_another_type_is_refused(bare, run):
    run(bare)
    table = bare.store.get("UserTablesMD", "STAMPLI_POSTED")
    bare.store.put("UserTablesMD", "STAMPLI_POSTED", {**table, "TableType": "bott_MasterData"})
    report = run(bare)
    assert wrong(report) == ["type of the table"]
    assert report.is_proved is None


@pytest.mark.parametrize("account", ["600000", "200000", "006999", "NOSUCH"])
def test_an_account_that_takes_no_posting_is_not_tried(sandbox, run, account):
    report = run(sandbox, account=account)
    assert wrong(report) == ["self-test"]
    assert account in report.steps[-1].detail
    assert sandbox.journal_entries() == []


def test_the_account_can_be_chosen(sandbox, run):
    assert run(sandbox, account="006400").is_proved is True
    assert {line["AccountCode"] for row in sandbox.journal_entries() for line in row["JournalEntryLines"]} == {"006400"}


def test_without_an_open_period_nothing_is_tried(sandbox, run):
    for row in sandbox.store.all("_periods"):
        sandbox.store.put("_periods", row["PeriodCode"], {**row, "PeriodStatus": "ltLocked"})
    report = run(sandbox)
    assert (wrong(report), report.is_proved) == (["self-test"], None)
    assert "No posting period is open" in report.steps[-1].detail


def test_an_entry_that_a_rule_of_the_company_refuses_proves_nothing(sandbox, run, monkeypatch):
    served = master_data.account_of
    account = sandbox.store.get("ChartOfAccounts", "001300")
    sandbox.store.put("ChartOfAccounts", "001300", {**account, "DistributionRuleRelevant": "tYES"})

    monkeypatch.setattr(master_data, "account_of", lambda row: served({**row, "DistributionRuleRelevant": "tNO"}))
    report = run(sandbox, account="001300")
    assert (report.is_proved, wrong(report)) == (None, ["self-test"])
    assert "Distribution rule for dimension 1 missing" in report.steps[-2].detail
    assert report.steps[-2].action == "Name another account with --account."


@pytest.mark.parametrize("fault", ["gateway_502_before", "gateway_502_after", "cut_after"])
def test_a_case_without_an_answer_does_not_count_as_proof_and_leaves_nothing(sandbox, run, fault):
    sandbox.switch_on(fault, method="POST", path="$batch", after=1)
    report = run(sandbox)
    assert report.is_proved is False
    assert [name[:3] for name in wrong(report)] == ["(b)"]
    assert left_behind(sandbox) == ([], [])


def test_sap_going_away_in_the_middle_proves_nothing_and_names_what_is_left(sandbox, run):
    sandbox.switch_on("service_unavailable_503", times=10_000, after=40)
    report = run(sandbox)
    assert report.is_proved is None
    assert wrong(report)[-1] == "clean-up"
    assert "proof-" in report.steps[-1].detail


def test_an_entry_that_cannot_be_cancelled_is_named(sandbox, run, monkeypatch):
    served = sandbox.company.handle

    def handle(method, path, body, options):
        if path.endswith("/Cancel"):
            raise Refusal(-5002, "Transaction is reconciled")
        return served(method, path, body, options)

    monkeypatch.setattr(sandbox.company, "handle", handle)
    report = run(sandbox)
    assert (report.is_proved, wrong(report)) == (True, ["clean-up"])
    assert "Journal entry 5001: Transaction is reconciled" in report.steps[-1].detail


@pytest.mark.parametrize(
    ("provisioned", "hidden", "expected"),
    [
        (True, False, GuardState(True, True)),
        (True, True, GuardState(False, True)),
        (False, False, GuardState(False, False)),
    ],
)
def test_the_guard_is_looked_at(tmp_path, settings, naps, provisioned, hidden, expected):
    with (
        Sandbox(tmp_path / "s", provisioned=provisioned, with_samples=False) as sandbox,
        B1(settings(sandbox.service_layer_url), sleep=naps) as b1,
    ):
        sandbox.company.hides_user_tables = hidden
        assert b1.guard() == expected
