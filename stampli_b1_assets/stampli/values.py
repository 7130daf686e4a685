"""From a cell's text to a value, or to words that say why not; every grammar is strict, there is no second guess."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from stampli_b1_assets.domain.money import money
from stampli_b1_assets.stampli.forms import Moments, Numbers
from stampli_b1_assets.stampli.text import looks_decoded_wrongly, shortened, word_key

MONEY_PRECISION, MONEY_SCALE = 28, 6
"""Money in frames is Decimal(28, 6): 22 digits before the point, 6 behind."""

_MEND = "Correct it in Stampli and export it again."
_INVISIBLE = {"\n": "a line break", "\r": "a line break", "\t": "a tab"}
_SPREADSHEET = "Take the file as Stampli wrote it, not as a spreadsheet saved it."
_SCIENTIFIC = re.compile(r"[0-9]([.,][0-9]+)?E\+[0-9]+", re.ASCII | re.IGNORECASE)
_SPREADSHEET_ERRORS = frozenset({"#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!"})
_DAY_NUMBER = re.compile(r"[1-9][0-9]{4}(?:[.,][0-9]+)?", re.ASCII)
_ISO_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NO_BREAK_SPACES = "\u00a0\u202f\u2009"


@dataclass(frozen=True)
class Unreadable:
    """Why a value could not be read: `problem` continues `Row 3, Due Date "x" …`; `action` is the remedy."""

    problem: str
    action: str = _MEND


Value = Decimal | date | datetime | str | None
Reader = Callable[[str], Value | Unreadable]
"""Reads a cell that is not empty."""


def read_code(text: str) -> str | Unreadable:
    """Text of one line: trimmed, NFC; nothing invisible in it, and not what a spreadsheet makes of numbers."""
    value = unicodedata.normalize("NFC", text).strip()
    if value.isascii() and value.isprintable():
        return _spreadsheet_damage(value) or value
    invisible = [one for one in value if unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp")]
    if invisible:
        return Unreadable(f"holds {_INVISIBLE.get(invisible[0], f'the invisible character U+{ord(invisible[0]):04X}')}")
    return value


def _spreadsheet_damage(value: str) -> Unreadable | None:
    if _SCIENTIFIC.fullmatch(value):
        return Unreadable("is a number as spreadsheets shorten them; its digits are lost", _SPREADSHEET)
    if value in _SPREADSHEET_ERRORS or (len(value) > 2 and not value.strip("#")):
        return Unreadable("is what a spreadsheet writes in place of a value", _SPREADSHEET)
    return None


def read_text(text: str) -> str:
    """Text for people: trimmed, NFC; CRLF and CR become LF, other control characters a space."""
    value = unicodedata.normalize("NFC", text)
    if not value.isprintable():
        value = value.replace("\r\n", "\n").replace("\r", "\n")
        value = "".join(" " if unicodedata.category(one) == "Cc" and one not in "\n\t" else one for one in value)
    return value.strip()


def read_name(text: str) -> str:
    """As `read_text`; empty for a name that was decoded wrongly, so that nobody writes it to SAP."""
    return "" if looks_decoded_wrongly(text) else read_text(text)


def type_reader(words: dict[str, str]) -> Reader:
    """Words for document types to Stampli's, compared without case and blanks; others are unreadable."""
    known = {_without_blanks(word): meaning for word, meaning in words.items()}

    def read(text: str) -> str | Unreadable:
        return known.get(_without_blanks(text)) or Unreadable(f"is none of {', '.join(words)}")

    return read


def _without_blanks(word: str) -> str:
    return "".join(unicodedata.normalize("NFC", word).casefold().split())


def status_reader(words: dict[str, str]) -> Reader:
    """Status words to Stampli's, compared without case, blanks and punctuation; others are kept as they are."""
    known = {word_key(word): meaning for word, meaning in words.items()}

    def read(text: str) -> str | Unreadable:
        return known.get(word_key(text)) or read_code(text)

    return read


def number_reader(grammar: Numbers) -> Reader:
    """Numbers in the file's one grammar, as exact `Decimal`s that fit `Decimal(28, 6)`."""
    pattern = re.compile(_body_pattern(grammar), re.ASCII)

    def read(text: str) -> Decimal | Unreadable:
        is_negative, body = _sign_and_body(text.strip() if grammar.outer_blanks else text, grammar)
        match = pattern.fullmatch(body)
        if match is None:
            return _no_number(text, grammar)
        whole = re.sub("[^0-9]", "", match["whole"])
        fraction = match["fraction"] or ""
        misfit = _misfit(whole, fraction)
        if misfit is not None:
            return misfit
        point = "." if fraction else ""
        value = money(f"{'-' if is_negative else ''}{whole}{point}{fraction[:MONEY_SCALE]}")
        return value or abs(value)  # no -0.00

    return read


def _body_pattern(grammar: Numbers) -> str:
    signs = re.escape("".join(_NO_BREAK_SPACES if one == "nbsp" else one for one in grammar.thousands))
    grouped = rf"[0-9]{{1,3}}(?P<sign>[{signs}])[0-9]{{3}}(?:(?P=sign)[0-9]{{3}})*|" if signs else ""
    return rf"(?P<whole>{grouped}[0-9]+)(?:{re.escape(grammar.decimal)}(?P<fraction>[0-9]+))?"


def _sign_and_body(text: str, grammar: Numbers) -> tuple[bool, str]:
    """Whether the number is negative, and what is left without minus and currency sign; each may stand once."""
    if "parentheses" in grammar.minus and text.startswith("(") and text.endswith(")"):
        return True, _without_currency(text[1:-1], grammar)
    bare = _without_currency(text, grammar)
    if "front" in grammar.minus and bare.startswith("-"):
        rest = bare[1:]
    elif "behind" in grammar.minus and bare.endswith("-"):
        rest = bare[:-1]
    else:
        return False, bare
    return True, _without_currency(rest, grammar) if bare == text else rest


def _without_currency(text: str, grammar: Numbers) -> str:
    for sign in sorted(grammar.currency_signs, key=len, reverse=True):
        if text.startswith(sign):
            return text.removeprefix(sign).lstrip(" \u00a0")
        if text.endswith(sign):
            return text.removesuffix(sign).rstrip(" \u00a0")
    return text


def _no_number(text: str, grammar: Numbers) -> Unreadable:
    if _SCIENTIFIC.fullmatch(text.strip()):
        return Unreadable("is a number as spreadsheets shorten them; its digits are lost", _SPREADSHEET)
    if text.strip() in _SPREADSHEET_ERRORS or not text.strip("# "):
        return Unreadable("is what a spreadsheet writes in place of a value", _SPREADSHEET)
    example = f"1951{grammar.decimal}00"
    if text != text.strip():
        return Unreadable(f"has blanks around it, and no number of this file's layout has, such as {example}")
    return Unreadable(f"is no number in the form of this file's layout, such as {example}")


def _misfit(whole: str, fraction: str) -> Unreadable | None:
    """By digits, since `Decimal.normalize` rounds to 28 of them."""
    if len(fraction.rstrip("0")) > MONEY_SCALE:
        return Unreadable(f"has more than {MONEY_SCALE} decimals")
    if len(whole.lstrip("0")) > MONEY_PRECISION - MONEY_SCALE:
        return Unreadable("is too large for an amount of money")
    return None


def date_reader(formats: tuple[str, ...], zone: tzinfo | None) -> Reader:
    """Plain dates, never shifted; a moment with a zone becomes the date in `zone`."""
    patterns = [_date_pattern(one) for one in formats]

    def read(text: str) -> date | Unreadable:
        for pattern in patterns:
            match = pattern.fullmatch(text)
            if match is not None:
                return _calendar_date(match)
        moment = _iso_moment(text)
        if isinstance(moment, datetime):
            return _no_date(text, formats) if zone is None else _date_in(moment, zone)
        return moment or _no_date(text, formats)

    return read


def _date_pattern(form: str) -> re.Pattern[str]:
    pieces = {
        "YYYY": r"(?P<year>[0-9]{4})",
        "MMM": rf"(?P<name>(?i:{'|'.join(_MONTHS)}))",
        "MM": r"(?P<month>[0-9]{2})",
        "DD": r"(?P<day>[0-9]{2})",
        "M": r"(?P<month>[0-9]{1,2})",
        "D": r"(?P<day>[0-9]{1,2})",
        "hh": r"(?P<hour>[0-9]{2})",
        "mm": r"(?P<minute>[0-9]{2})",
        "ss": r"(?P<second>[0-9]{2})",
    }
    parts = re.split("(YYYY|MMM|MM|DD|M|D|hh|mm|ss)", form)
    return re.compile("".join(pieces.get(part) or re.escape(part) for part in parts), re.ASCII)


def _calendar_date(match: re.Match[str]) -> date | Unreadable:
    numbers = _numbers(match)
    try:
        return date(numbers["year"], numbers["month"], numbers["day"])
    except ValueError:
        return Unreadable("is no day of the calendar")


def _numbers(match: re.Match[str]) -> dict[str, int]:
    """The parts of a date or moment; the name of a month is its number."""
    parts = match.groupdict()
    name = parts.pop("name", None)
    numbers = {part: int(text) for part, text in parts.items()}
    return numbers if name is None else {**numbers, "month": _MONTHS.index(name.casefold()) + 1}


def _date_in(moment: datetime, zone: tzinfo) -> date | Unreadable:
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return Unreadable("lies outside of the calendar")


def _no_date(text: str, formats: tuple[str, ...]) -> Unreadable:
    if _DAY_NUMBER.fullmatch(text):
        meant = date(1899, 12, 30) + timedelta(days=int(re.split("[.,]", text)[0]))
        return Unreadable(f"is a date as spreadsheets count days (it would be {meant})", _SPREADSHEET)
    return Unreadable(f"is no date in the form {' or '.join(formats)}")


def moment_reader(formats: tuple[str, ...], moments: Moments, zone: tzinfo | None) -> Reader:
    """Moments in UTC: ISO 8601 with a zone, or the layout's own form in the zone that it declares.

    A plain date (in one of `formats`) is the beginning of that day in `zone`, so that it stays that date there.
    """
    patterns = [_date_pattern(one) for one in moments.formats]
    own_zone = ZoneInfo(moments.zone) if moments.zone else None
    plain = [_date_pattern(one) for one in formats]

    def read(text: str) -> datetime | Unreadable:
        found = _iso_moment(text) or _declared_moment(text, patterns, own_zone) or _beginning_of_day(text, plain, zone)
        return found or Unreadable("is no moment with a zone, such as 2026-03-31T23:41:52Z")

    return read


def _iso_moment(text: str) -> datetime | Unreadable | None:
    match = _ISO_MOMENT.fullmatch(text)
    if match is None:
        return None
    if match["zone"] is None:
        return Unreadable("is a moment without a time zone")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return Unreadable("is no moment of the calendar")


def _declared_moment(text: str, patterns: list[re.Pattern[str]], zone: tzinfo | None) -> datetime | Unreadable | None:
    for pattern in patterns:
        match = pattern.fullmatch(text)
        if match is None:
            continue
        if zone is None:
            return Unreadable("is a moment without a time zone")
        try:
            return datetime(**_numbers(match), tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError, TypeError):
            return Unreadable("is no moment of the calendar")
    return None


def _beginning_of_day(text: str, patterns: list[re.Pattern[str]], zone: tzinfo | None) -> datetime | Unreadable | None:
    if zone is None:
        return None
    for pattern in patterns:
        match = pattern.fullmatch(text)
        if match is not None:
            day = _calendar_date(match)
            if isinstance(day, Unreadable):
                return day
            try:
                return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
            except OverflowError:
                return Unreadable("lies outside of the calendar")
    return None


def quoted(text: str) -> str:
    """A cell's text for a sentence."""
    return f'"{shortened(text)}"'
