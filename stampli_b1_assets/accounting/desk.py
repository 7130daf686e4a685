"""What looking a code up takes, and what it finds: holds and a trace of which row of which mapping gave what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from stampli_b1_assets.accounting.mappings import Mappings
from stampli_b1_assets.config.models import PostingSettings
from stampli_b1_assets.domain.outcome import Hold
from stampli_b1_assets.domain.reference_data import ReferenceData


@dataclass(frozen=True)
class Desk:
    """The mappings, SAP's master data, the settings, the day that counts and the document's currency.

    `on` is the posting date (None: unknown, then nothing is out of date); `currency` is "" when it cannot be read.
    `card_codes` gives the CardCode of vendors that SAP numbered by itself, `held_vendors` why a vendor waits itself.
    """

    mappings: Mappings
    reference: ReferenceData
    settings: PostingSettings
    on: date | None
    currency: str
    card_codes: Mapping[str, str] = field(default_factory=dict)
    held_vendors: Mapping[str, Hold] = field(default_factory=dict)


@dataclass
class Notes:
    """Gathered while looking up: why something cannot be posted to, and where each code came from."""

    holds: list[Hold] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)


def within(day: date | None, first: date | None, last: date | None) -> bool:
    """Whether a day lies between two dates, both included; an open end has no limit, an unknown day lies anywhere."""
    return day is None or ((first is None or first <= day) and (last is None or day <= last))


def twin_of(code: str, known: Iterable[str]) -> str:
    """A code that differs only in leading zeros or capital letters, for messages only; "" when there is none.

    Codes are text: a twin is named to the person and never taken in place of the code itself.
    """
    plain = _plain(code)
    return next((one for one in known if one != code and _plain(one) == plain), "") if plain else ""


def twin_hint(code: str, known: Iterable[str], where: str) -> str:
    """A sentence that names the twin; "" when there is none."""
    twin = twin_of(code, known)
    return f" {where} {twin}: were leading zeros or capital letters lost on the way?" if twin else ""


def dated_hint(file: str, key: tuple[str, ...], desk: Desk) -> str:
    """A sentence that names a row of a mapping that is not valid on the day; "" when there is none."""
    row = next(iter(desk.mappings.rows.get(file, {}).get(key, ())), None)
    return f" {row.place} names it, but not for {desk.on}." if row else ""


def _plain(code: str) -> str:
    return code.casefold().lstrip("0")
