"""Picking up, 10 to 17: whom we talk to, names and contents that mean harm, and what we write ourselves."""

import csv
import gzip
import io
import json
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from stampli_b1_assets.cli.main import run
from stampli_b1_assets.errors import StampliUnusable
from stampli_b1_assets_tests.fixtures.world import csv_bytes, invoice_rows
from stampli_b1_assets_tests.hazards.outbox import files, refusals
from stampli_b1_assets_tests.hazards.story import NEIGHBOUR, counts, entries_of, neighbour_is_posted

HOSTILE_NAMES = (
    b"x\\..\\..\\windows.csv",
    b"a\\b.csv",
    b"a\nb.csv",
    b"a\rb.csv",
    b"\x1b[2Jclear.csv",
    b"a\x7f.csv",
    b"caf\xe9.csv",
    b"\xed\xb3\xa9.csv",
)


def xml_invoice(id_="9001", amount="100.00", memo="stone"):
    return (
        f'<Invoice id="{id_}" type="Invoice" status="Authorized for Payment"><Number>N-{id_}</Number>'
        '<Vendor id="V20010">Fernhill Groundworks Ltd</Vendor><InvoiceDate>2026-04-02</InvoiceDate>'
        "<PostingDate>2026-04-30</PostingDate><Currency>USD</Currency><Total>100.00</Total>"
        "<Lines><Line n='1'><GLAccount>001300</GLAccount><Department>PM</Department><Location>DEN</Location>"
        f"<Amount>{amount}</Amount><Memo>{memo}</Memo></Line></Lines></Invoice>"
    )


def xml(*invoices, before=""):
    return f"{before}<StampliExport>{''.join(invoices)}</StampliExport>".encode()


def only_refused(outbox, name, content):
    """The reason and the words with which this one is refused, while its neighbour is posted."""
    outbox.put(name, content)
    outbox.put("neighbour.csv", *NEIGHBOUR)
    summary = outbox.cycle()
    assert files(summary) == {"taken": 1, "refused": 1}
    assert counts(summary) == {"posted": 1}
    assert neighbour_is_posted(outbox.bench)
    assert len(outbox.bench.entries()) == 1
    assert files(outbox.cycle()) == {"known": 1, "refused": 1}
    (refused,) = summary["files"]["refused"]
    return refused["reason"], refused["detail"]


# --- 10 host keys -----------------------------------------------------------------------------------------------------


def test_pickup_10_a_changed_host_key_stops_everything_with_exit_code_2(world, capsys):
    world.put("a.csv", *invoice_rows("9001"))
    shown = world.sandbox.sftp.host_key_line
    world.sandbox.sftp.change_host_key()
    assert run(["sync", "--json"]) == 2
    said = capsys.readouterr().err
    assert said.count("ssh-rsa SHA256:") == 2
    assert "Ask whoever runs the server whether the key was changed; only then configure the new one." in said
    assert "Traceback" not in said
    assert world.environment["STAMPLI_SFTP_PASSWORD"] not in said
    assert world.sandbox.sftp.logins == []
    assert world.by_key() == {}
    assert shown in world.sandbox.config_path.read_text(encoding="utf-8")  # never learnt by itself
    assert run(["sync", "--json"]) == 2


def test_pickup_10_two_keys_are_pinned_for_a_rotation(outbox, configure):
    old = outbox.server.host_key_line
    outbox.server.change_host_key()
    new = outbox.server.host_key_line
    outbox.put("neighbour.csv", *NEIGHBOUR)
    with pytest.raises(StampliUnusable, match="showed the host key"):
        outbox.cycle()
    assert outbox.bench.entries() == []
    configure("stampli", host_keys=[old, new])
    outbox.cycle()
    assert neighbour_is_posted(outbox.bench)


# --- 11 hostile names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_pickup_11_a_hostile_name_is_refused_unread_and_hides_no_neighbour(outbox, name):
    (outbox.outbound / os.fsdecode(name)).write_bytes(csv_bytes(*invoice_rows("9001")))
    outbox.put("neighbour.csv", *NEIGHBOUR)
    before = outbox.everything()
    summary = outbox.cycle()
    assert files(summary) == {"taken": 1, "refused": 1}
    assert set(refusals(summary).values()) == {"BAD_NAME"}
    json.dumps(summary, default=str).encode("utf-8")
    assert neighbour_is_posted(outbox.bench)
    assert len(outbox.bench.entries()) == len(outbox.landed()) == 1
    assert outbox.everything() == before
    assert files(outbox.cycle()) == {"known": 1, "refused": 1}


@pytest.mark.parametrize("name", ["..\\..\\windows.csv", "..csv", "~\\a.csv"])
def test_pickup_11_a_hostile_name_that_looks_temporary_is_passed_over(outbox, name):
    outbox.put(name, *invoice_rows("9001"))
    outbox.put("neighbour.csv", *NEIGHBOUR)
    assert files(outbox.cycle()) == {"taken": 1}
    assert len(outbox.bench.entries()) == len(outbox.landed()) == 1
    assert neighbour_is_posted(outbox.bench)


def test_pickup_11_a_strange_but_harmless_name_is_only_a_label(outbox):
    names = [
        "-rf.csv",
        "$(reboot).csv",
        "'; DROP TABLE files; --.csv",
        "Rechnung März – 請求.csv",
        "con.csv",
    ]
    for number, name in enumerate(names):
        outbox.put(name, *invoice_rows(f"900{number}"))
    assert files(outbox.cycle()) == {"taken": 5}
    assert {entry["Reference3"] for entry in outbox.bench.entries()} == set(names)
    for path in outbox.landed():
        assert set(path.parent.name + path.name) <= set("0123456789abcdef")


def test_pickup_11_sub_folders_and_links_are_not_followed(outbox):
    outside = outbox.server.root / "secret.csv"
    outside.write_bytes(csv_bytes(*invoice_rows("9001")))
    (outbox.outbound / "link.csv").symlink_to(outside)
    (outbox.outbound / "loop").symlink_to(outbox.outbound)
    (outbox.outbound / "folder.csv").mkdir()
    (outbox.outbound / "folder.csv" / "below.csv").write_bytes(csv_bytes(*invoice_rows("9002")))
    os.mkfifo(outbox.outbound / "fifo.csv")
    outbox.put("neighbour.csv", *NEIGHBOUR)
    assert files(outbox.cycle()) == {"taken": 1}
    assert len(outbox.bench.entries()) == 1
    assert neighbour_is_posted(outbox.bench)


# --- 12 and 13 sizes --------------------------------------------------------------------------------------------------


def test_pickup_12_a_file_that_is_too_large_is_refused_unread(outbox, configure):
    configure("stampli", max_file_mb=1)
    reason, words = only_refused(outbox, "big.csv", csv_bytes(*invoice_rows("9001")).ljust(1_000_001))
    assert reason == "TOO_LARGE"
    assert "stampli.max_file_mb" in words
    assert len(outbox.landed()) == 1


def test_pickup_12_a_file_of_just_the_limit_is_taken_and_a_raised_limit_takes_the_other(outbox, configure):
    configure("stampli", max_file_mb=1)
    whole = csv_bytes(*invoice_rows("9001", memo="x" * 90_000))
    rest = csv_bytes(
        *[row for n in range(20_000, 30_000) for row in invoice_rows(str(n), invoice_status="Canceled Invoice")]
    )
    outbox.put("good.csv", whole)
    outbox.put("big.csv", rest)
    assert len(rest) > 10**6
    assert refusals(outbox.cycle()) == {"big.csv": "TOO_LARGE"}
    configure("stampli", max_file_mb=3)
    assert counts(outbox.cycle()) == {"ignored": 10_000}


def packed():
    bomb = b"0" * 30_000_000
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.csv", csv_bytes(*invoice_rows("9001")))
        file.writestr("../../outside.csv", bomb)
    return {"a.csv.gz": gzip.compress(bomb), "a.zip": archive.getvalue(), "a.csv": archive.getvalue()}


@pytest.mark.parametrize(("name", "content"), packed().items(), ids=packed())
def test_pickup_12_nothing_is_unpacked(outbox, name, content):
    assert only_refused(outbox, name, content)[0] == "NOT_TEXT"


def test_pickup_13_a_file_of_zero_bytes_waits_and_is_then_refused(outbox, configure):
    configure("stampli", settle_seconds=30)
    outbox.put("a.csv", b"", mtime=outbox.now())
    outbox.put("neighbour.csv", *NEIGHBOUR)
    assert files(outbox.cycle()) == {"taken": 1, "unsettled": 1}
    assert refusals(outbox.cycle(seconds_later=30)) == {"a.csv": "EMPTY_FILE"}
    outbox.put("a.csv", *invoice_rows("9001"), mtime=outbox.now())
    assert files(outbox.cycle()) == {"known": 1, "unsettled": 1}
    assert counts(outbox.cycle(seconds_later=30)) == {"posted": 1}
    assert neighbour_is_posted(outbox.bench)


def test_pickup_13_a_header_alone_is_a_good_file_without_invoices(outbox):
    outbox.put("a.csv", csv_bytes())
    summary = outbox.cycle()
    assert files(summary) == {"taken": 1}
    assert summary["invoices"]["seen"] == 0
    assert summary["needs_a_person"] == []


# --- 14 and 15 XML ----------------------------------------------------------------------------------------------------


@pytest.fixture
def listener():
    """(address, requests): an HTTP server that nobody should ask for anything."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


LAUGHS = "<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 9))


@pytest.mark.parametrize(
    "declaration",
    [
        f"<!DOCTYPE StampliExport [{LAUGHS}]>",
        '<!DOCTYPE StampliExport [<!ENTITY a8 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE StampliExport [<!ENTITY a8 SYSTEM "{address}/entity">]>',
        '<!DOCTYPE StampliExport SYSTEM "{address}/export.dtd">',
        '<!DOCTYPE StampliExport [<!ENTITY % a SYSTEM "{address}/parameter"> %a;]>',
        "<!DOCTYPE StampliExport>",
    ],
    ids=["laughs", "file", "http", "dtd", "parameter", "bare"],
)
def test_pickup_14_a_document_type_is_refused_and_nothing_is_expanded_or_fetched(outbox, listener, declaration):
    address, asked = listener
    before = declaration.replace("{address}", address)
    memo = "&a8;" if "a8" in declaration else "stone"
    reason, words = only_refused(outbox, "bomb.xml", xml(xml_invoice(memo=memo), before=before))
    assert reason == "FORBIDDEN_XML"
    assert "root:" not in words
    assert asked == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (xml(xml_invoice(memo="&bomb;")), "FORBIDDEN_XML"),
        (xml("<?php x ?>", xml_invoice()), "FORBIDDEN_XML"),
        (b"<StampliExport>" + b"<a>" * 40 + b"</a>" * 40 + b"</StampliExport>", "TOO_LARGE"),
        (xml(xml_invoice(memo="x" * 100_001)), "TOO_LARGE"),
        (xml(xml_invoice()).decode().encode("utf-16"), "NOT_TEXT"),
    ],
    ids=["entity", "instruction", "depth", "value", "encoding"],
)
def test_pickup_14_what_else_may_harm_in_xml_is_refused(outbox, content, expected):
    assert only_refused(outbox, "a.xml", content)[0] == expected


def test_pickup_14_sound_xml_is_posted(outbox):
    outbox.put("a.xml", xml("<!-- drawn on Monday -->", xml_invoice()))
    assert counts(outbox.cycle()) == {"posted": 1}
    assert len(entries_of(outbox.bench, "9001")) == 1


@pytest.mark.parametrize(
    "amount", ["1<!-- x -->00.00", "1<b/>00.00", "<b>100.00</b>", "1<?x?>00.00", "100.00<!-- x -->"]
)
def test_pickup_15_a_value_that_parsers_read_differently_is_refused(outbox, amount):
    reason, words = only_refused(outbox, "a.xml", xml(xml_invoice(amount=amount)))
    assert reason == "FORBIDDEN_XML"
    assert "Amount" in words or "processing instruction" in words


# --- 16 formulas ------------------------------------------------------------------------------------------------------

FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1+1")


def test_pickup_16_a_formula_reaches_sap_verbatim_and_a_spreadsheet_as_text(world, capsys):
    name = "=HYPERLINK(1).csv"
    world.put(name, *invoice_rows("=9001", invoice_number="+44", memo="@SUM(1)", vendor_name="=1+1"))
    assert run(["sync", "--json"]) == 0
    (entry,) = [one for one in world.entries() if one["U_StampliKey"]]
    assert (entry["Reference"], entry["Reference2"], entry["Reference3"]) == ("+44", "=9001", name)
    assert entry["JournalEntryLines"][0]["LineMemo"] == "@SUM(1)"
    capsys.readouterr()
    assert run(["audit", "export", "--format", "csv"]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\0"))]
    assert f"'{name}" in cells
    assert "'=9001" in cells


# --- 17 what we write -------------------------------------------------------------------------------------------------


def test_pickup_17_what_we_write_is_never_seen_half(outbox):
    whole = {bytes([sign]) * 300_000 for sign in b"ab"}

    def write():
        with outbox.bench.workplace().stampli() as stampli:
            for content in [*whole] * 3:
                stampli.write_inbound("rates.csv", content)

    inbound, seen = outbox.server.root / "inbound", set()
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not writing.done():
            seen |= {path.read_bytes() for path in inbound.glob("[!.]*")}
        writing.result()
    assert seen
    assert seen <= whole
    assert [path.name for path in inbound.iterdir()] == ["rates.csv"]
