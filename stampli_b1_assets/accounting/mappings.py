"""The five CSV files in which a finance person says which code of Stampli is which of SAP; all loaded, or none."""

import csv
import difflib
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from stampli_b1_assets.domain.reference_data import ReferenceData
from stampli_b1_assets.errors import MappingError

DIMENSION_FIELDS = ("department", "project", "class", "location")

_FILES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "vendors.csv": (("stampli_vendor_id",), "b1_card_code"),
    "gl_accounts.csv": (("stampli_gl_account",), "b1_account_code"),
    "dimensions.csv": (("stampli_field", "stampli_value"), "b1_code"),
    "tax_codes.csv": (("stampli_tax_code",), "b1_account_code"),
    "bank_accounts.csv": (("stampli_bank_account",), "b1_account_code"),
}
_VALIDITY = ("valid_from", "valid_to")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SPREADSHEET_NUMBER = re.compile(r"[0-9]+([.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)


@dataclass(frozen=True)
class MappingRow:
    """One row: what it maps, to what, when (both ends included), and where it stands."""

    key: tuple[str, ...]
    code: str
    valid_from: date
    valid_to: date
    file: str
    row: int

    @property
    def place(self) -> str:
        """File and row, for evidence."""
        return f"{self.file}, row {self.row}"


@dataclass(frozen=True)
class Mappings:
    """All mappings of a company; `fingerprint` is the hash of the five files' bytes."""

    fingerprint: str
    rows: Mapping[str, Mapping[tuple[str, ...], tuple[MappingRow, ...]]] = field(default_factory=dict)

    def card_code(self, vendor_id: str, on: date | None) -> MappingRow | None:
        """The row for a vendor."""
        return self._row("vendors.csv", (vendor_id,), on)

    def account(self, gl_account: str, on: date | None) -> MappingRow | None:
        """The row for a G/L account."""
        return self._row("gl_accounts.csv", (gl_account,), on)

    def dimension(self, field_name: str, value: str, on: date | None) -> MappingRow | None:
        """The row for a value of `department`, `project`, `class` or `location`."""
        return self._row("dimensions.csv", (field_name, value), on)

    def tax_account(self, tax_code: str, on: date | None) -> MappingRow | None:
        """The row that names a tax code's account."""
        return self._row("tax_codes.csv", (tax_code,), on)

    def bank_account(self, bank_account: str, on: date | None) -> MappingRow | None:
        """The row that names a bank account's account."""
        return self._row("bank_accounts.csv", (bank_account,), on)

    @cached_property
    def _vendor_ids(self) -> dict[str, set[str]]:
        ids: dict[str, set[str]] = {}
        for key, rows in self.rows.get("vendors.csv", {}).items():
            for row in rows:
                ids.setdefault(row.code, set()).add(key[0])
        return ids

    def vendor_ids(self, card_code: str) -> set[str]:
        """Stampli's ids that mean this supplier of SAP: its own code, and what rows map to it on any day."""
        return {card_code, *self._vendor_ids.get(card_code, ())}

    @cached_property
    def _by_code(self) -> dict[tuple[str, str], list[MappingRow]]:
        found: dict[tuple[str, str], list[MappingRow]] = {}
        for file, by_key in self.rows.items():
            for row in (row for rows in by_key.values() for row in rows):
                found.setdefault((file, row.code), []).append(row)
        return found

    def stampli_codes(self, file: str, code: str, on: date | None, field_name: str = "") -> list[str]:
        """Stampli's codes that a file maps to this one of SAP on a day; `field_name` for `dimensions.csv`."""
        rows = self._by_code.get((file, code), ())
        is_there = (row for row in rows if on is None or row.valid_from <= on <= row.valid_to)
        return [row.key[-1] for row in is_there if not field_name or row.key[0] == field_name]

    def missing_in(self, reference: ReferenceData) -> Iterator[str]:
        """Mapped codes that SAP does not have, with their place."""
        known = {
            "vendors.csv": reference.partners.keys(),
            "dimensions.csv": reference.rules.keys() | reference.projects.keys(),
        }
        accounts = reference.accounts.keys() | {account.format_code for account in reference.accounts.values()}
        for file, by_key in self.rows.items():
            for row in (row for rows in by_key.values() for row in rows):
                if row.code not in known.get(file, accounts):
                    yield f"{row.code} ({row.place})"

    def keys(self, file: str) -> Iterator[str]:
        """Stampli's codes that a file maps, for hints at a likely slip."""
        return (key[-1] for key in self.rows.get(file, {}))

    def _row(self, file: str, key: tuple[str, ...], on: date | None) -> MappingRow | None:
        rows = self.rows.get(file, {}).get(key, ())
        if on is None:  # an unknown day: nothing is out of date
            return max(rows, key=lambda row: row.valid_to, default=None)
        return next((row for row in rows if row.valid_from <= on <= row.valid_to), None)


def load_mappings(folder: Path) -> Mappings:
    """Load the five files of a folder. Raises `MappingError` naming file, row, column and remedy."""
    if not folder.is_dir():
        raise MappingError(
            f"The mappings folder {folder} does not exist.",
            "Create it, or correct `mappings_dir` in the configuration.",
        )
    digest = hashlib.sha256()
    rows = {}
    for file, (keys, code) in _FILES.items():
        raw = _read(folder / file, keys, code)
        digest.update(file.encode() + b"\0" + raw + b"\0")
        rows[file] = _parsed(file, raw, keys, code)
    return Mappings(digest.hexdigest(), rows)


def _read(path: Path, keys: Sequence[str], code: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        header = ",".join((*keys, code))
        raise MappingError(
            f"The mapping file {path.name} is missing.",
            f"Create it in {path.parent} with the header {header}.",
        ) from None
    except OSError as error:
        raise MappingError(
            f"The mapping file {path.name} cannot be read: {error.strerror}.", "Check its rights."
        ) from None


def _parsed(file: str, raw: bytes, keys: Sequence[str], code: str) -> dict[tuple[str, ...], tuple[MappingRow, ...]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MappingError(f"{file} is not UTF-8.", "Save it as “CSV UTF-8” in the spreadsheet.") from None
    if "\0" in text:
        raise MappingError(f"{file} holds NUL characters: it is no text file.", "Save it as “CSV UTF-8” again.")
    records = _records(file, text)
    header = [name.strip().casefold() for name in next(records, (0, []))[1]]
    _check_header(file, header, (*keys, code))
    found: dict[tuple[str, ...], tuple[MappingRow, ...]] = {}
    for number, cells in records:
        if not any(cell.strip() for cell in cells):
            continue
        row = _row(file, number, header, cells, keys, code)
        others = found.get(row.key, ())
        _check_overlap(row, others)
        found[row.key] = (*others, row)
    return found


def _records(file: str, text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, cells
    except csv.Error as error:
        raise MappingError(f"{file}, row {number + 1}: {error}.", "Mend the quotes in that row.") from None


def _check_header(file: str, header: Sequence[str], needed: Sequence[str]) -> None:
    for sign, word in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and sign in header[0]:
            raise MappingError(
                f"{file} is separated by {word}, not by commas.",
                "Save it as “CSV UTF-8 (comma delimited)”; where the spreadsheet has no such choice, replace "
                f"the {word} by commas in a text editor.",
            )
    missing = [name for name in needed if name not in header]
    if missing:
        raise MappingError(
            f"{file}, row 1: the column {missing[0]} is missing.", f"The header must have {', '.join(needed)}."
        )
    twice = [name for name in header if name and header.count(name) > 1]
    if twice:
        raise MappingError(f"{file}, row 1: the column {twice[0]} stands there twice.", "Delete one of them.")
    for name in set(header) - {*needed, *_VALIDITY}:
        meant = difflib.get_close_matches(name, _VALIDITY, n=1, cutoff=0.75)
        if meant:
            raise MappingError(
                f"{file}, row 1: the column {name} is not known.", f"Write {meant[0]}, or give it another name."
            )


def _row(
    file: str, number: int, header: Sequence[str], cells: Sequence[str], keys: Sequence[str], code: str
) -> MappingRow:
    if len(cells) != len(header):
        raise MappingError(
            f"{file}, row {number} has {len(cells)} cells, the header {len(header)}.",
            "Mend the row's commas and quotes.",
        )
    values = {name: unicodedata.normalize("NFC", cell.strip()) for name, cell in zip(header, cells, strict=True)}
    if "stampli_field" in keys:
        values["stampli_field"] = values["stampli_field"].casefold()
    for name in (*keys, code):
        _check_cell(file, number, name, values[name])
    valid_from = _date(file, number, "valid_from", values.get("valid_from", ""), date.min)
    valid_to = _date(file, number, "valid_to", values.get("valid_to", ""), date.max)
    if valid_to < valid_from:
        raise MappingError(f"{file}, row {number}, column valid_to lies before valid_from.", "Correct one of them.")
    return MappingRow(tuple(values[name] for name in keys), values[code], valid_from, valid_to, file, number)


def _check_cell(file: str, number: int, name: str, value: str) -> None:
    place = f"{file}, row {number}, column {name}"
    if not value:
        raise MappingError(f"{place} is empty.", "Fill it, or delete the row.")
    if name == "stampli_field" and value not in DIMENSION_FIELDS:
        raise MappingError(f"{place} is {value!r}.", f"Write one of {', '.join(DIMENSION_FIELDS)}.")
    if _SPREADSHEET_NUMBER.fullmatch(value):
        raise MappingError(
            f"{place} is {value}, a code that a spreadsheet has turned into a number.",
            "Format the column as text, and write the code again in full.",
        )
    if any(unicodedata.category(sign) == "Cc" for sign in value):
        raise MappingError(f"{place} holds a line break or another control character.", "Write the code on one line.")


def _date(file: str, number: int, column: str, text: str, default: date) -> date:
    if not text:
        return default
    try:  # the pattern comes first: Python alone would take 20260331 and 2026-W13-2
        return date.fromisoformat(text if _ISO_DATE.fullmatch(text) else "")
    except ValueError:
        raise MappingError(
            f"{file}, row {number}, column {column}: {text!r} is no date.", "Write it as 2026-03-31."
        ) from None


def _check_overlap(row: MappingRow, others: Sequence[MappingRow]) -> None:
    for other in others:
        if row.valid_from <= other.valid_to and other.valid_from <= row.valid_to:
            raise MappingError(
                f"{row.file}, row {row.row}: {' '.join(row.key)} is mapped in row {other.row} too, for the same days.",
                "Keep one row, or give both valid_from and valid_to that do not overlap.",
            )
