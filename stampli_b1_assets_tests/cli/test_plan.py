"""`plan` says what `sync` is about to do: the same counts, money, holds and refused files, with nothing written."""

from typing import Any

from stampli_b1_assets_tests.fixtures.world import invoice_rows

_COUNTED = ("invoices", "amounts", "payments")


def test_the_plan_shows_entries_and_writes_nothing(mixed, command):
    ran = command("plan")
    assert ran.code == 1
    assert "nothing was written to SAP" in ran.out
    assert "Fernhill Groundworks Ltd N-9001 (9001): posted on 2026-04-30" in ran.out
    assert "would be posted" in ran.out
    assert "1 file is refused (BAD_HEADER)" in ran.out
    assert mixed.entries() == []
    with mixed.workplace() as workplace:
        assert workplace.ledger.invoices.all() == []


def test_the_plan_of_local_files_asks_stampli_for_nothing(world, command, tmp_path):
    world.put("a.csv", *invoice_rows("9001"))
    file = world.sandbox.folder / "sftp" / "outbound" / "a.csv"
    world.configure(lambda document: document["stampli"].update(port=1))
    document = command("plan", file, "--json").json
    assert document["invoices"]["posted"] == 1
    lines = document["entries"][0]["entry"]["JournalEntryLines"]
    assert [(line.get("AccountCode"), line.get("ShortName")) for line in lines] == [("001300", None), (None, "V20010")]
    assert sum(line.get("Debit", 0) for line in lines) == sum(line.get("Credit", 0) for line in lines)


def in_lines(*amounts: str) -> list[dict[str, str]]:
    """Invoice 9001 with lines of these amounts, its total always 100.00."""
    rows = []
    for number, amount in enumerate(amounts, 1):
        rows += invoice_rows("9001", line_no=str(number), line_amount=amount)
    return rows


def in_order(document: dict[str, Any]) -> list[dict[str, Any]]:
    """What needs a person, by kind and id."""
    return sorted(document["needs_a_person"], key=lambda one: (one["kind"], one["id"]))


def planned_and_done(command, cycle) -> tuple[dict[str, Any], dict[str, Any]]:
    plan = command("plan", "--json").json
    done = cycle()
    return plan, {**done, "refused": done["files"]["refused"]}


def test_a_plan_posts_what_a_new_file_makes_whole(world, command, bring):
    bring("half.csv", *in_lines("60.00"))
    world.put("whole.csv", *in_lines("60.00", "40.00"))
    plan = command("plan", "--json").json
    assert plan["needs_a_person"] == []
    assert plan["invoices"] == {"seen": 1, "posted": 1, "already_posted": 0, "held": 0, "conflict": 0, "ignored": 0}


def test_a_plan_counts_as_the_cycle_does(mixed, command, cycle, bring):
    bring("a.csv", *invoice_rows("9004"), *invoice_rows("9005", gl_account="777"))
    mixed.put("b.csv", *invoice_rows("9004", invoice_amount="101.00"), *invoice_rows("9006"))
    plan, done = planned_and_done(command, cycle)
    assert {name: plan[name] for name in _COUNTED} == {name: done[name] for name in _COUNTED}
    assert in_order(plan) == in_order(done)


def test_a_plan_refuses_by_name_and_size_as_the_cycle_does(world, command, cycle):
    world.configure(lambda document: document["stampli"].update(max_file_mb=1))
    world.sandbox.put("big.csv", b"x" * 1_000_001, mtime=1_777_000_000)
    world.sandbox.put("back\\slash.csv", b"x", mtime=1_777_000_060)
    world.sandbox.put("short.csv", b"Stampli Invoice ID,Line #,GL Account\n1,2,3\n", mtime=1_777_000_120)
    plan, done = planned_and_done(command, cycle)
    assert [one["reason"] for one in plan["refused"]] == ["TOO_LARGE", "BAD_NAME", "BAD_HEADER"]
    assert plan["refused"] == done["refused"]
    assert plan["needs_a_person"] == done["needs_a_person"]


def test_a_plan_gives_no_number_to_an_entry_that_is_not_there_yet(world, command):
    world.put("a.csv", *invoice_rows("9001", invoice_number="77"), *invoice_rows("9002", invoice_number="077"))
    twin = command("plan", "--json").json["needs_a_person"][0]
    assert twin["reason"] == "PROBABLE_DUPLICATE"
    assert "Stampli invoice 9001 (number 77, planned here too)" in twin["detail"]


def test_a_plan_tells_a_cancellation_of_what_is_only_planned(world, command):
    world.put("a.csv", *invoice_rows("9001"), mtime=1_777_000_000)
    world.put("b.csv", *invoice_rows("9001", invoice_status="Canceled Invoice"), mtime=1_777_000_060)
    told = command("plan", "--json").json["needs_a_person"][0]
    assert told["detail"] == "Invoice N-9001 is cancelled in Stampli, but the entry planned here would stand in SAP."
