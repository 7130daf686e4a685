"""What waits is grouped by what releases it, with the money behind each cause."""

from decimal import Decimal

from stampli_b1_assets.reports.causes import Waiting, by_cause, held, of_rows, sentence, shown


def waiting(id_="1", **changes):
    values = {
        "kind": "invoice",
        "number": f"N-{id_}",
        "outcome": "held",
        "reasons": ("UNMAPPED_GL_ACCOUNT",),
        "detail": f"Account 006215 of {id_} is in no mapping.",
        "action": "Add a row for 006215 to gl_accounts.csv.",
        "code": "006215",
        "currency": "USD",
        "amount": Decimal("10.00"),
    }
    return Waiting(id=id_, **{**values, **changes})


class TestGrouping:
    def test_one_cause_for_one_code(self):
        (cause,) = by_cause([waiting("1"), waiting("2")])
        assert [one.id for one in cause.waiting] == ["1", "2"]
        assert cause.amounts == {"USD": Decimal("20.00")}

    def test_other_codes_reasons_kinds_and_outcomes_are_other_causes(self):
        found = by_cause(
            [
                waiting("1"),
                waiting("2", code="4711"),
                waiting("3", reasons=("INVALID_GL_ACCOUNT",)),
                waiting("4", kind="vendor"),
                waiting("5", outcome="conflict"),
            ]
        )
        assert len(found) == 5

    def test_bad_values_of_one_column_that_are_mended_in_other_ways_are_other_causes(self):
        as_one = {"reasons": ("BAD_VALUE",), "code": "Invoice Amount"}
        correct, take = "Correct it in Stampli.", "Take the file as Stampli wrote it."
        found = by_cause(
            [waiting("1", action=take, **as_one), *(waiting(id_, action=correct, **as_one) for id_ in ("2", "3"))]
        )
        assert [([one.id for one in cause.waiting], cause.action) for cause in found] == [
            (["2", "3"], correct), (["1"], take),
        ]  # fmt: skip

    def test_without_a_code_the_action_groups_whatever_id_it_names(self):
        found = by_cause(
            [
                waiting("71", code="", action="Release 71 with --action post-anyway."),
                waiting("72", code="", action="Release 72 with --action post-anyway."),
                waiting("73", code="", action="Have it exported again."),
            ]
        )
        assert [(len(cause.waiting), cause.action) for cause in found] == [
            (2, "Release ID with --action post-anyway."),
            (1, "Have it exported again."),
        ]

    def test_the_cause_with_the_most_waiting_comes_first(self):
        found = by_cause(
            [waiting("1", code="B"), waiting("2", code="C"), waiting("3", code="C"), waiting("4", code="A")]
        )
        assert [cause.code for cause in found] == ["C", "A", "B"]

    def test_currencies_are_never_added_up_and_unknown_amounts_count_in_number_only(self):
        (cause,) = by_cause(
            [
                waiting("1"),
                waiting("2", currency="EUR", amount=Decimal("-3.50")),
                waiting("3", amount=None),
                waiting("4", currency="", amount=Decimal(9)),
            ]
        )
        document = cause.document()
        assert document["count"] == 4
        assert document["amounts"] == {"EUR": "-3.50", "USD": "10.00"}
        assert document["waiting"][2]["amount"] is None

    def test_what_waits_for_more_than_one_thing_is_not_released_alone(self):
        (cause,) = by_cause([waiting("1"), waiting("2", reasons=("UNMAPPED_GL_ACCOUNT", "PERIOD_CLOSED"))])
        assert cause.document()["released_alone"] == 1
        assert sentence(cause.document()).endswith("; 1 of them for other reasons too")

    def test_rows_of_a_summary_have_neither_codes_nor_amounts(self):
        row = {
            "kind": "file",
            "id": "x.csv",
            "number": "",
            "outcome": "refused",
            "reasons": [],
            "detail": "No.",
            "action": "",
        }
        (cause,) = of_rows([row])
        assert (cause.reason, cause.amounts) == ("", {})


class TestSentences:
    def test_singular_and_plural(self):
        one, two = by_cause([waiting("1")])[0].document(), by_cause([waiting("1"), waiting("2")])[0].document()
        assert sentence(one) == "1 invoice waits for 006215 (UNMAPPED_GL_ACCOUNT): 10.00 USD"
        assert sentence(two) == "2 invoices wait for 006215 (UNMAPPED_GL_ACCOUNT): 20.00 USD"

    def test_conflicts_and_refusals(self):
        def of(**changes):
            return sentence(by_cause([waiting("1", code="", amount=None, **changes)])[0].document())

        assert (
            of(outcome="conflict", reasons=("PROBABLE_DUPLICATE",)) == "1 invoice is in conflict (PROBABLE_DUPLICATE)"
        )
        assert of(kind="file", outcome="refused", reasons=("EMPTY_FILE",)) == "1 file is refused (EMPTY_FILE)"
        assert of(kind="payment") == "1 payment waits (UNMAPPED_GL_ACCOUNT)"
        many = by_cause([waiting("1", outcome="refused"), waiting("2", outcome="refused")])[0].document()
        assert sentence(many).startswith("2 invoices are refused")
        many = by_cause([waiting("1", outcome="conflict"), waiting("2", outcome="conflict")])[0].document()
        assert sentence(many).startswith("2 invoices are in conflict")

    def test_an_id_that_is_its_number_is_said_once(self, seen):
        (cause,) = by_cause([waiting("x.csv", number="x.csv", amount=None)])
        lines = [seen(part) for part in shown(cause.document(), most=5)]
        assert lines[-1] == "    x.csv: Account 006215 of x.csv is in no mapping."

    def test_without_an_action_there_is_no_arrow(self, seen):
        (cause,) = by_cause([waiting("1", action="")])
        assert not any("→" in seen(part) for part in shown(cause.document(), most=5))

    def test_long_sentences_keep_their_indent(self, seen):
        long = "word " * 40
        (cause,) = by_cause([waiting("1", detail=long, action=long)])
        _, action, line = [seen(part) for part in shown(cause.document(), most=5)]
        assert action.splitlines()[0].startswith("  → word")
        assert all(text.startswith("    word") for text in action.splitlines()[1:])
        assert all(text.startswith("    ") and len(text) <= 80 for text in line.splitlines())


class TestHeld:
    def document(self, *rows, decisions=()):
        causes = [cause.document() for cause in by_cause(rows)]
        return {"company": "linden", "causes": causes, "decisions": list(decisions)}

    def test_the_head_has_all_the_money(self, seen):
        rows = (waiting("1"), waiting("2", code="X", currency="EUR", amount=Decimal("1234.50")))
        assert seen(held(self.document(*rows))).startswith(
            "linden: 2 documents wait for a person, 1,234.50 EUR, 10.00 USD\n"
        )
        assert seen(held(self.document(waiting("1", amount=None)))).startswith(
            "linden: 1 document waits for a person\n"
        )

    def test_decisions_stand_below_what_they_are_about(self, seen):
        decisions = (
            {"kind": "invoice", "id": "1", "action": "ignore", "by": "Ada", "is_effective": True},
            {"kind": "invoice", "id": "2", "action": "ignore", "by": "Ada", "is_effective": False},
        )
        lines = seen(held(self.document(waiting("1"), waiting("2"), decisions=decisions))).splitlines()
        assert lines[4] == "      ignore, decided by Ada: takes effect in the next sync."
        assert lines[6] == "      ignore, said by Ada: waits for a second person to say the same."
