"""Grammars of single values: what is taken, and in which words the rest is named."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from stampli_b1_assets.stampli.forms import Moments, Numbers
from stampli_b1_assets.stampli.text import looks_decoded_wrongly
from stampli_b1_assets.stampli.values import (
    Unreadable,
    date_reader,
    moment_reader,
    number_reader,
    read_code,
    read_name,
    read_text,
    status_reader,
    type_reader,
)

PLAIN = number_reader(Numbers())
EUROPEAN = number_reader(Numbers(decimal=",", thousands=(".",), minus=("front", "behind")))
SCREEN = number_reader(Numbers(thousands=(",",), minus=("front", "parentheses"), currency_signs=("$", "US$")))
SWISS = number_reader(Numbers(thousands=("'", "’", "nbsp")))


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", "0"), ("-0.00", "0.00"), ("1951.00", "1951.00"), ("-0.5", "-0.5"), ("007", "7"), ("1.0000000", "1.000000")],
)
def test_plain_numbers(text, value):
    read = PLAIN(text)
    assert isinstance(read, Decimal)
    assert read.as_tuple() == Decimal(value).as_tuple()


@pytest.mark.parametrize(
    "text",
    [
        *("1,951.00", "1.951,00", "1e3", "1E+3", "NaN", "Infinity", "1_000", "+5", ".5", "5.", "--5", "5-", "(5)"),
        *("$5", " 5", "5 ", "５", "٣", "−5", "1 000", "0x1", "1.2.3", "", "-", "five", "1\n", "5\u200b"),
        *("0.0000001", "1" + "0" * 22),
    ],
)
def test_everything_else_is_no_plain_number(text):
    assert isinstance(PLAIN(text), Unreadable)


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (EUROPEAN, "2.380,00", "2380.00"),
        (EUROPEAN, "1.234.567,8", "1234567.8"),
        (EUROPEAN, "2380,00", "2380.00"),
        (EUROPEAN, "119,00-", "-119.00"),
        (EUROPEAN, "-119,00", "-119.00"),
        (SCREEN, "$1,951.00", "1951.00"),
        (SCREEN, "($250.00)", "-250.00"),
        (SCREEN, "-$5.00", "-5.00"),
        (SCREEN, "$-5.00", "-5.00"),
        (SCREEN, "US$ 5", "5"),
        (SCREEN, "5.00 $", "5.00"),
        (SWISS, "1’951.50", "1951.50"),
        (SWISS, "1\u00a0951", "1951"),
        (SWISS, "1\u202f951", "1951"),
        (number_reader(Numbers(outer_blanks=True)), " 5.00 ", "5.00"),
    ],
)
def test_other_grammars(reader, text, value):
    assert reader(text) == Decimal(value)


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (EUROPEAN, "2,380.00"),
        (EUROPEAN, "2.38"),
        (EUROPEAN, "23.80,00"),
        (EUROPEAN, "2.3800,00"),
        (EUROPEAN, "-5,00-"),
        (EUROPEAN, "1.000 000,0"),
        (SCREEN, "$$5"),
        (SCREEN, "$5$"),
        (SCREEN, "-$-5"),
        (SCREEN, "(-5)"),
        (SCREEN, "-(5)"),
        (SCREEN, "(5"),
        (SCREEN, "()"),
        (SCREEN, "$"),
        (SWISS, "1'951’000"),
        (SWISS, "19'51"),
    ],
)
def test_no_second_guess(reader, text):
    assert isinstance(reader(text), Unreadable)


@pytest.mark.parametrize("text", ["1.18E+10", "4.6e+3", "#REF!", "#N/A", "########"])
def test_a_spreadsheet_is_named(text):
    for reader in (PLAIN, read_code):
        fault = reader(text)
        assert isinstance(fault, Unreadable)
        assert "spreadsheet" in fault.problem + fault.action


DENVER = ZoneInfo("America/Denver")
DATE = date_reader(("YYYY-MM-DD",), DENVER)


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (DATE, "2026-03-31", date(2026, 3, 31)),
        (DATE, "2028-02-29", date(2028, 2, 29)),
        (DATE, "2026-04-01T02:30:00Z", date(2026, 3, 31)),
        (DATE, "2026-04-01T02:30:00+14:00", date(2026, 3, 31)),
        (date_reader(("DD.MM.YYYY",), None), "31.03.2026", date(2026, 3, 31)),
        (date_reader(("D.M.YYYY", "YYYY-MM-DD"), None), "1.4.2026", date(2026, 4, 1)),
        (date_reader(("MM/DD/YYYY",), None), "03/04/2026", date(2026, 3, 4)),
        (date_reader(("D-MMM-YYYY",), None), "3-APR-2026", date(2026, 4, 3)),
        (date_reader(("DD MMM YYYY",), None), "31 may 2026", date(2026, 5, 31)),
    ],
)
def test_dates(reader, text, value):
    assert reader(text) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-02-30", "calendar"),
        ("31.03.2026", "YYYY-MM-DD"),
        ("2026-3-1", "YYYY-MM-DD"),
        ("20260301", "YYYY-MM-DD"),
        ("２０２６-03-01", "YYYY-MM-DD"),
        (" 2026-03-01", "YYYY-MM-DD"),
        ("2026-03-31T10:00:00", "without a time zone"),
        ("2026-03-31 10:00", "without a time zone"),
        ("2026-13-31T10:00:00Z", "calendar"),
        ("46108", "it would be 2026-03-27"),
        ("0000-01-01", "calendar"),
    ],
)
def test_what_is_no_date(text, words):
    fault = DATE(text)
    assert isinstance(fault, Unreadable)
    assert words in fault.problem


def test_moment_is_no_date_without_a_zone_to_place_it():
    assert isinstance(date_reader(("YYYY-MM-DD",), None)("2026-04-01T02:30:00Z"), Unreadable)


MOMENT = moment_reader(("YYYY-MM-DD",), Moments(formats=("DD.MM.YYYY hh:mm",), zone="Europe/Berlin"), DENVER)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-03-31T23:41:52Z", datetime(2026, 3, 31, 23, 41, 52, tzinfo=UTC)),
        ("2026-03-31T23:41:52.123456Z", datetime(2026, 3, 31, 23, 41, 52, 123456, tzinfo=UTC)),
        ("2026-03-31 23:41+02:00", datetime(2026, 3, 31, 21, 41, tzinfo=UTC)),
        ("31.03.2026 10:00", datetime(2026, 3, 31, 8, 0, tzinfo=UTC)),
        ("2026-03-31", datetime(2026, 3, 31, 6, 0, tzinfo=UTC)),
    ],
)
def test_moments(text, value):
    assert MOMENT(text) == value


@pytest.mark.parametrize(
    "text", ["2026-03-31T23:41:52", "2026-03-31T25:00:00Z", "0001-01-01T00:00:00+14:00", "soon", "32.03.2026 10:00"]
)
def test_what_is_no_moment(text):
    assert isinstance(MOMENT(text), Unreadable)


def test_moments_of_a_layout_without_zone_and_plain_dates_without_company_zone():
    reader = moment_reader(("YYYY-MM-DD",), Moments(formats=("DD.MM.YYYY hh:mm",)), None)
    assert isinstance(reader("31.03.2026 10:00"), Unreadable)
    assert isinstance(reader("2026-03-31"), Unreadable)


def test_types_are_compared_without_case_and_blanks_only():
    read = type_reader({"Invoice": "Invoice", "Credit Memo": "Credit Memo"})
    assert [read(text) for text in ("INVOICE", " creditmemo ", "Credit  Memo")] == ["Invoice", *["Credit Memo"] * 2]
    assert all(isinstance(read(text), Unreadable) for text in ("Credit-Memo", "Credit", "Invoices"))


def test_statuses_are_translated_and_unknown_ones_kept():
    read = status_reader({"Zur Zahlung freigegeben": "Authorized for Payment"})
    assert read("ZUR ZAHLUNG, freigegeben!") == "Authorized for Payment"
    assert read(" In Klärung ") == "In Klärung"


def test_blanks_around_a_number_are_named():
    for text in (" 100.00", "100.00\n", "\u00a05"):
        fault = PLAIN(text)
        assert isinstance(fault, Unreadable)
        assert fault.problem.startswith("has blanks around it")


@pytest.mark.parametrize("text", ["45012", "46108.5"])
def test_days_as_spreadsheets_count_them_are_told(text):
    fault = DATE(text)
    assert isinstance(fault, Unreadable)
    assert "as spreadsheets count days (it would be 20" in fault.problem


def test_codes_are_text():
    assert read_code(" 001300 ") == "001300"
    assert read_code("Cafe\u0301") == "Café"
    assert read_code("2026/04-7") == "2026/04-7"
    for text, sign in (
        ("001300\u200b", "U+200B"),
        ("a\nb", "a line break"),
        ("\u202e1", "U+202E"),
        ("a\x07", "U+0007"),
    ):
        fault = read_code(text)
        assert isinstance(fault, Unreadable)
        assert sign in fault.problem


def test_texts_keep_line_breaks_of_one_kind():
    assert read_text(" a\r\nb\rc\nd\x07e\tf ") == "a\nb\nc\nd e\tf"


@pytest.mark.parametrize("text", ["MÃ¼ller", "Oâ€™Neil", "Ã†rÃ¸ VÃ¦rft", "Ð\x9fÑ\x80Ð¸Ð²ÐµÑ‚"])
def test_wrongly_decoded_names_are_found(text):
    assert looks_decoded_wrongly(text)
    assert read_name(text) == ""


@pytest.mark.parametrize(
    "text", ["Müller", "NESTLÉ®", "«CAFÉ»", "Ångström", "São João", "Größe", "日本", "Ã", "O’Neil"]
)
def test_sound_names_are_left_alone(text):
    assert not looks_decoded_wrongly(text)
