"""`layout`: what a layout says, what it makes of a file, one proposed for an unknown file, and drift."""

import re
from pathlib import Path

import pytest
import yaml

from stampli_b1_assets_tests.fixtures.world import COLUMNS, csv_bytes, invoice_rows


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """An empty folder without any configuration."""
    monkeypatch.delenv("STAMPLI_B1_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def export(tmp_path):
    path = tmp_path / "export.csv"
    path.write_bytes(csv_bytes(*invoice_rows("9001"), *invoice_rows("9002", invoice_date="02.04.2026")))
    return path


class TestShow:
    def test_before_there_is_any_configuration(self, nowhere, command):
        ran = command("layout", "show")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith("stampli_lines: ")
        assert "Stampli Invoice ID (required): Stampli's invoice id: the invoice's identity" in ran.out
        assert ran.out.splitlines()[-1].startswith("Built in: ")

    def test_json_has_every_form(self, nowhere, command):
        document = command("layout", "show", "--json").json
        assert document["layout"]["name"] == "stampli_lines"
        assert {form["kind"] for form in document["layout"]["forms"]} == {"invoices", "vendors", "payments"}
        assert "stampli_lines" in document["built_in"]

    def test_the_company_s_own(self, world, export, command):
        proposed = command("layout", "propose", export).out
        (world.sandbox.folder / "own.yaml").write_text(proposed.replace("name: proposed", "name: own"))
        world.configure(lambda document: document["stampli"].update(layout="own.yaml"))
        assert command("layout", "show", "--json").json["layout"]["name"] == "own"

    def test_one_that_is_not_there_is_2(self, nowhere, command):
        ran = command("layout", "show", "--layout", "nowhere.yaml", "--json")
        assert ran.code == 2
        assert "nowhere.yaml" in ran.json["error"]

    def test_a_configuration_that_was_named_must_be_there(self, nowhere, command):
        ran = command("layout", "show", "--config", "missing.yaml")
        assert (ran.code, ran.out) == (2, "")
        assert "There is no configuration at missing.yaml." in ran.err


class TestTest:
    def test_faults_are_told_by_row(self, nowhere, export, command):
        ran = command("layout", "test", export)
        assert ran.code == 1
        assert ran.out.startswith(
            "invoices (csv): 2 rows, 1 with faults; 2 invoices of 200.00 USD; Authorized for Payment (2)\n"
        )
        assert "stampli_id 9001" in ran.out
        assert "02.04.2026" in ran.out

    def test_json(self, nowhere, export, command):
        ran = command("layout", "test", export, "--json")
        assert ran.code == 1
        assert (ran.json["file"], ran.json["faulty"], ran.json["unknown_columns"]) == ("export.csv", 1, [])
        assert [bool(row["faults"]) for row in ran.json["rows"]] == [False, True]
        assert ran.json["rows"][0]["values"]["invoice_date"] == "2026-04-02"

    def test_a_sound_file_is_0_and_unknown_columns_are_told(self, nowhere, command):
        row = invoice_rows("9001")[0]
        header, line = csv_bytes(row).decode().splitlines()
        (nowhere / "more.csv").write_text(f"{header},Colour\n{line},blue\n")
        ran = command("layout", "test", "more.csv")
        assert ran.code == 0
        assert "1 row, 0 with faults; 1 invoice of 100.00 USD; Authorized for Payment (1); not used: Colour" in ran.out

    def test_what_is_wrong_with_a_whole_document_is_told_beside_its_rows(self, nowhere, command):
        (first,) = invoice_rows("9001", line_amount="60.00")
        (other,) = invoice_rows("9002", invoice_amount="20.00", line_amount="10.00")
        rows = [
            *invoice_rows("9000", line_amount="99.00"),
            first,
            {**first, "Currency": "EUR", "Line #": "2"},
            other,
            {**other, "Line Amount": "10.00"},
        ]
        (nowhere / "a.csv").write_bytes(csv_bytes(*rows))
        document = command("layout", "test", "a.csv", "--json").json
        assert [len(row["faults"]) for row in document["rows"]] == [1, 0, 1, 0, 1]
        faults = [fault for row in document["rows"] for fault in row["faults"]]
        assert faults == [
            "Invoice 9000 totals 100.00, but its lines come to 99.00 and its tax to 0.00 (TOTALS_DISAGREE).",
            'Currency is "USD" in row 3 and "EUR" in row 4 of the same document.',
            "Line 1 of invoice 9002 stands in rows 5 and 6.",
        ]
        assert (document["documents"], document["faulty"]) == (3, 3)

    def test_what_would_hold_an_invoice_whatever_sap_has_is_told(self, nowhere, command):
        rows = [
            invoice_rows("9001", posting_date="")[0],
            invoice_rows("9002", invoice_type="Credit Memo")[0],
            invoice_rows("9003", posting_date="", invoice_status="Pending Approval")[0],
        ]
        (nowhere / "a.csv").write_bytes(csv_bytes(*rows))
        document = command("layout", "test", "a.csv", "--json").json
        assert [fault for row in document["rows"] for fault in row["faults"]] == [
            "Posting Date of invoice 9001 is empty (BAD_VALUE).",
            "Invoice 9002 is of type Credit Memo, and its total of 100.00 USD is positive (BAD_VALUE).",
        ]

    def test_a_status_in_no_list_is_told_as_the_company_s_settings_say(self, world, command, tmp_path):
        (tmp_path / "a.csv").write_bytes(csv_bytes(*invoice_rows("9001", invoice_status="Released")))
        told = command("layout", "test", tmp_path / "a.csv")
        assert "the status Released (1) is in no list" in " ".join(told.out.split())
        world.configure(lambda document: document["posting"].update(postable_statuses=["Released"]))
        assert "in no list" not in command("layout", "test", tmp_path / "a.csv").out

    def test_vendors_and_payments_are_counted_too(self, nowhere, command):
        (nowhere / "v.csv").write_text("Vendor ID,Vendor Name,Status\nV1,One,Active\n")
        assert "1 row, 0 with faults; 1 vendor; Active (1)" in command("layout", "test", "v.csv").out
        labels = "Payment ID,Payment Date,Status,Vendor ID,Currency,Payment Amount,Stampli Invoice ID,Applied Amount"
        (nowhere / "p.csv").write_text(f"{labels}\nP1,2026-04-01,Cleared,V1,USD,5.00,9001,5.00\n")
        assert "1 payment of 5.00 USD; Cleared (1)" in command("layout", "test", "p.csv").out

    def test_of_a_long_file_a_person_sees_the_first_rows_and_those_with_faults(self, nowhere, command, monkeypatch):
        monkeypatch.setattr("stampli_b1_assets.pipeline.trying._MOST_ROWS", 2)
        bad = {"invoice_date": "02.04.2026"}
        rows = [invoice_rows(str(9000 + n), **bad if n in {3, 5, 6} else {})[0] for n in range(8)]
        (nowhere / "long.csv").write_bytes(csv_bytes(*rows))
        ran = command("layout", "test", "long.csv")
        assert ran.code == 1
        told = " ".join(ran.out.split())
        assert "8 rows, 3 with faults; 8 invoices of 800.00 USD" in told
        assert "4 rows shown, the first ones and of the others those with faults" in told
        assert [id_ for id_ in range(9000, 9008) if f"stampli_id {id_}" in told] == [9000, 9001, 9003, 9005]
        document = command("layout", "test", "long.csv", "--json").json
        assert [bool(row["faults"]) for row in document["rows"]] == [n in {3, 5, 6} for n in range(8)]

    def test_a_column_that_is_no_status_is_told_in_few_words(self, nowhere, command):
        rows = [invoice_rows(str(9000 + n), invoice_status=f"Word {n}")[0] for n in range(14)]
        (nowhere / "odd.csv").write_bytes(csv_bytes(*rows))
        told = " ".join(command("layout", "test", "odd.csv").out.split())
        assert "Word 9 (1) and 4 other words" in told
        assert told.count("is in no list") == 10
        assert "so are 4 other words: is this the column of the status?" in told

    def test_the_company_s_cap_holds(self, world, command, tmp_path):
        world.configure(lambda document: document["stampli"].update(max_file_mb=1))
        (tmp_path / "large.csv").write_bytes(csv_bytes(*invoice_rows("9001", memo="m" * 1_000_000)))
        assert command("layout", "test", tmp_path / "large.csv", "--json").json["refused"]["reason"] == "TOO_LARGE"

    def test_a_file_that_would_be_refused_is_1(self, nowhere, command):
        (nowhere / "odd.csv").write_text("Colour,Shape\nblue,round\n")
        ran = command("layout", "test", "odd.csv")
        assert ran.code == 1
        assert ran.out.startswith("odd.csv would be refused, UNKNOWN_KIND: ")
        document = command("layout", "test", "odd.csv", "--json").json
        assert (document["file"], document["refused"]["reason"]) == ("odd.csv", "UNKNOWN_KIND")

    @pytest.mark.parametrize(("zone", "day"), [("UTC", "2026-04-02"), ("Asia/Tokyo", "2026-04-03")])
    def test_moments_become_dates_in_the_zone(self, nowhere, command, zone, day):
        (nowhere / "a.csv").write_bytes(csv_bytes(*invoice_rows("9001", invoice_date="2026-04-02T20:00:00Z")))
        document = command("layout", "test", "a.csv", "--zone", zone, "--json").json
        assert document["rows"][0]["values"]["invoice_date"] == day

    def test_the_company_s_zone_holds_by_itself(self, world, command, tmp_path):
        path = tmp_path / "a.csv"
        path.write_bytes(csv_bytes(*invoice_rows("9001", invoice_date="2026-04-02T03:00:00Z")))
        document = command("layout", "test", path, "--json").json
        assert document["rows"][0]["values"]["invoice_date"] == "2026-04-01"

    @pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc"])
    def test_no_such_zone_is_2(self, nowhere, export, command, zone):
        ran = command("layout", "test", export, "--zone", zone)
        assert (ran.code, ran.out) == (2, "")
        assert f"{zone!r} is no time zone such as America/Denver." in ran.err


class TestPropose:
    def test_the_proposal_reads_the_file_it_was_made_from(self, nowhere, command):
        header = ",".join({"GL Account": "Konto", "Invoice Amount": "Betrag"}.get(name, name) for name in COLUMNS)
        line = csv_bytes(*invoice_rows("9001")).decode().splitlines()[1]
        (nowhere / "odd.csv").write_text(f"{header}\n{line}\n")
        ran = command("layout", "propose", "odd.csv")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith("# Proposed from the content of one file. Check every line")
        assert yaml.safe_load(ran.out)["forms"][0]["kind"] == "invoices"
        assert command("layout", "propose", "odd.csv", "--json").json == {"file": "odd.csv", "layout": ran.out}

    def test_nothing_is_applied(self, nowhere, export, command):
        command("layout", "propose", export)
        assert sorted(path.name for path in nowhere.iterdir()) == ["export.csv"]

    def test_what_is_no_table_is_told(self, nowhere, command):
        (nowhere / "empty.csv").write_bytes(b"")
        ran = command("layout", "propose", "empty.csv", "--json")
        assert ran.code == 2
        assert "Traceback" not in ran.err
        assert ran.json["error"]


class TestDrift:
    def test_before_two_files_of_a_kind(self, world, command):
        ran = command("layout", "drift")
        assert (ran.code, ran.out) == (0, "linden: there are no two files of one kind to compare yet.\n")

    def test_the_same_columns(self, world, bring, command):
        bring("a.csv", *invoice_rows("9001"))
        bring("b.csv", *invoice_rows("9002"))
        ran = command("layout", "drift")
        assert (ran.code, ran.out) == (0, "invoices: a.csv → b.csv. The columns are the same.\n")

    def test_a_column_that_came_is_1(self, world, bring, cycle, command):
        bring("a.csv", *invoice_rows("9001"))
        header, line = csv_bytes(*invoice_rows("9002")).decode().splitlines()
        world.sandbox.put("b.csv", f"{header},Colour\n{line},blue\n".encode())
        assert cycle()["invoices"]["posted"] == 1
        ran = command("layout", "drift", "--json")
        assert ran.code == 1
        (one,) = ran.json["drifts"]
        assert (one["kind"], one["previous"], one["current"]) == ("invoices", "a.csv", "b.csv")
        assert one["drift"]["added"] == ["Colour"]
        assert one["sentence"] == "The export's columns changed: Colour is new."
        assert "invoices: a.csv → b.csv. The export's columns changed: Colour is new." in command("layout", "drift").out

    def test_a_column_that_is_called_otherwise_is_told_of_the_file_that_is_refused_for_it(
        self, world, bring, cycle, command
    ):
        bring("monday.csv", *invoice_rows("9001"))
        tuesday = (
            csv_bytes(*invoice_rows("9002")).replace(b"Invoice Amount", b"Invoice Amt").replace(b",Class,", b",Pool,")
        )
        world.sandbox.put("tuesday.csv", tuesday)
        assert [one["reason"] for one in cycle()["files"]["refused"]] == ["BAD_HEADER"]
        ran = command("layout", "drift")
        assert ran.code == 1
        told = " ".join(ran.out.split())
        assert (
            "monday.csv → tuesday.csv. The export's columns changed: Invoice Amount seems to be called Invoice Amt"
            in told
        )
        assert "Pool is new; Class is gone." in told

    def test_an_element_of_xml_that_came_is_1(self, world, cycle, command):
        line = "<Line n='1'><GLAccount>001300</GLAccount><Amount>10.00</Amount></Line>"
        for number, more in ((1, ""), (2, "<Colour>blue</Colour>")):
            document = (
                f"<StampliExport><Invoice id='900{number}' type='Invoice' status='Paid Invoice'><Number>N</Number>"
                f"<Vendor id='V20010'>Fernhill</Vendor><InvoiceDate>2026-04-02</InvoiceDate><Currency>USD</Currency>"
                f"<Total>10.00</Total>{more}<Lines>{line}</Lines></Invoice></StampliExport>"
            )
            world.sandbox.put(f"{number}.xml", document.encode())
            cycle()
        ran = command("layout", "drift")
        assert ran.code == 1
        assert "invoices: 1.xml → 2.xml. The export's columns changed: Invoice/Colour is new." in ran.out

    def test_files_that_left_landing_are_not_compared(self, world, bring, command):
        for name, id_ in (("a.csv", "9001"), ("b.csv", "9002"), ("c.csv", "9003")):
            bring(name, *invoice_rows(id_))
        first, *others = sorted((one for one in (world.home / "landing").rglob("*") if one.is_file()), key=_id_in)
        others[1].unlink()
        assert "invoices: a.csv → b.csv. The columns are the same." in command("layout", "drift").out
        first.unlink()
        ran = command("layout", "drift")
        assert (ran.code, ran.out) == (0, "linden: there are no two files of one kind to compare yet.\n")


def _id_in(path: Path) -> int:
    return int(re.findall(r"900\d", path.read_text())[0])
