"""`held` and `release`: what waits, what it is worth, what releases it, and what people decide."""

import pytest

from stampli_b1_assets_tests.fixtures.world import World, invoice_rows

DECIDE = ("--by", "Ada", "--note", "as the vendor says")


@pytest.fixture
def waiting(mixed: World, cycle) -> World:
    """A cycle after which two invoices wait for one account, and one file is refused."""
    cycle()
    return mixed


@pytest.fixture
def changed(world: World, bring) -> World:
    """An invoice of 100.00 that was posted, and came back with 110.00."""
    bring("a.csv", *invoice_rows("9001"))
    bring("b.csv", *invoice_rows("9001", invoice_amount="110.00"))
    return world


class TestHeld:
    def test_nothing_held_is_0(self, world, command):
        ran = command("held")
        assert (ran.code, ran.out, ran.err) == (0, "linden: nothing is held.\n", "")
        assert command("held", "--json").json == {"company": "linden", "causes": [], "decisions": []}

    def test_a_cause_has_its_money_and_the_action_that_releases_it(self, waiting, command):
        ran = command("held", "--json")
        assert ran.code == 1
        account, file = sorted(ran.json["causes"], key=lambda cause: cause["kind"], reverse=True)
        assert (account["reason"], account["code"], account["count"]) == ("UNMAPPED_GL_ACCOUNT", "006215", 2)
        assert account["amounts"] == {"USD": "100.50"}
        assert account["ids"] == ["9002", "9003"]
        assert "gl_accounts.csv" in account["action"]
        assert (file["kind"], file["outcome"], file["reason"], file["amounts"]) == ("file", "refused", "BAD_HEADER", {})

    def test_people_read_sentences(self, waiting, command):
        ran = command("held")
        assert ran.code == 1
        assert "linden: 3 documents wait for a person, 100.50 USD" in ran.out
        assert "2 invoices wait for 006215 (UNMAPPED_GL_ACCOUNT): 100.50 USD" in ran.out
        assert "  → Add a row for 006215 to gl_accounts.csv" in ran.out
        assert "    N-9002 (9002) 40.00 USD: " in ran.out
        assert "1 file is refused (BAD_HEADER)" in ran.out

    def test_what_was_mended_is_held_no_more(self, waiting, command, cycle):
        waiting.map("gl_accounts.csv", "006215,006200")
        (waiting.sandbox.folder / "sftp" / "outbound" / "broken.csv").unlink()
        assert cycle()["invoices"]["posted"] == 2
        assert command("held").code == 0

    def test_an_invoice_that_waits_for_more_than_one_thing_is_counted_under_the_first(self, world, bring, command):
        bring("a.csv", *invoice_rows("9002", gl_account="006215", department="NO-SUCH"))
        (cause,) = command("held", "--json").json["causes"]
        assert (cause["reason"], cause["released_alone"]) == ("UNMAPPED_GL_ACCOUNT", 0)
        assert cause["waiting"][0]["reasons"] == ["UNMAPPED_GL_ACCOUNT", "UNMAPPED_DIMENSION"]
        assert "1 of them for other reasons too" in command("held").out

    def test_at_most_ten_of_a_cause_are_named(self, world, bring, command):
        bring("a.csv", *(row for number in range(12) for row in invoice_rows(f"91{number:02}", gl_account="006215")))
        out = command("held").out
        assert out.count("USD: G/L account 006215") == 10
        assert "… and 2 more, which --json lists." in out


class TestRelease:
    @pytest.fixture
    def twin(self, world, bring):
        """A posted invoice, and a probable duplicate of it that waits."""
        bring("a.csv", *invoice_rows("9001", invoice_number="INV-7"))
        bring("b.csv", *invoice_rows("9002", invoice_number="inv 07"))
        return world

    def test_a_duplicate_that_is_none_is_posted_by_the_next_cycle(self, twin, command, cycle):
        ran = command("release", "9002", "--action", "post-anyway", *DECIDE)
        assert (ran.code, ran.out) == (0, "9002: post-anyway takes effect in the next sync.\n")
        assert "post-anyway, decided by Ada: takes effect in the next sync." in command("held").out
        assert len(twin.entries()) == 1
        assert cycle()["invoices"]["posted"] == 1
        assert len(twin.entries()) == 2
        assert command("held").code == 0

    def test_what_is_ignored_waits_no_more(self, waiting, command, cycle):
        ran = command("release", "9002", "9003", "--action", "ignore", *DECIDE, "--json")
        decided = [{"id": id_, "action": "ignore", "is_effective": True} for id_ in ("9002", "9003")]
        assert (ran.code, ran.json) == (0, {"company": "linden", "decisions": decided})
        invoices = cycle()["invoices"]
        assert (invoices["seen"], invoices["held"], invoices["ignored"]) == (2, 0, 2)
        assert [cause["kind"] for cause in command("held", "--json").json["causes"]] == ["file"]

    def test_a_reversal_waits_for_a_second_different_person(self, changed, command, cycle):
        first = command("release", "9001", "--action", "reverse-and-repost", *DECIDE)
        assert first.code == 1
        assert first.out == "9001: reverse-and-repost is noted, and waits for a second person to say the same.\n"
        assert "reverse-and-repost, said by Ada: waits for a second person to say the same." in command("held").out
        assert cycle()["invoices"]["conflict"] == 1
        again = command("release", "9001", "--action", "reverse-and-repost", *DECIDE)
        assert (again.code, again.out) == (2, "")
        assert "Ada" in again.err
        assert len(changed.entries()) == 1
        second = command("release", "9001", "--action", "reverse-and-repost", "--by", "Grace", "--note", "agreed")
        assert second.code == 0
        assert cycle()["invoices"]["posted"] == 1
        assert sorted(changed.by_key().values()) == [1, 1, 1]

    @pytest.mark.parametrize(
        ("ids", "action", "says"),
        [
            (["4711"], "retry", "No invoice, payment or vendor 4711 was ever seen."),
            (["9001"], "retry", "Invoice 9001 is posted: there is nothing to release."),
            (["9002"], "post-anyway", "is only for PROBABLE_DUPLICATE"),
            (["9002", "4711"], "ignore", "No invoice, payment or vendor 4711 was ever seen."),
        ],
    )
    def test_what_does_not_fit_is_refused_and_nothing_is_decided(self, waiting, command, ids, action, says):
        ran = command("release", *ids, "--action", action, *DECIDE, "--json")
        assert ran.code == 2
        assert says in ran.err
        assert ran.json["error"] + " " + ran.json["remedy"] == ran.err.strip()
        assert command("held", "--json").json["decisions"] == []

    def test_who_approved_it_in_stampli_may_not_release_it(self, waiting, command):
        ran = command("release", "9002", "--action", "ignore", "--by", "M.Reyes@Linden.example", "--note", "mine")
        assert ran.code == 2
        assert "approved invoice 9002 in Stampli, and may not release it too." in ran.err

    def test_the_note_and_the_login_are_on_record(self, waiting, command, monkeypatch):
        monkeypatch.setattr("getpass.getuser", lambda: "alovelace")
        command("release", "9002", "--action", "ignore", "--by", "Ada", "--note", "paid by card")
        with waiting.workplace() as workplace:
            records = [one for one in workplace.ledger.audit.export() if one.event.startswith("decision")]
        assert [record.who for record in records] == ["Ada", "Ada"]
        assert "paid by card" in records[0].data
        assert "alovelace" in records[1].data

    def test_a_container_that_knows_no_user_may_decide_too(self, waiting, command, monkeypatch):
        def nobody():
            raise KeyError

        monkeypatch.setattr("getpass.getuser", nobody)
        assert command("release", "9002", "--action", "retry", *DECIDE).code == 0
