"""A first layout for a file that nobody has described yet; a person checks it before anything is posted."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeVar

import yaml

from stampli_b1_assets.domain.invoice import InvoiceType
from stampli_b1_assets.errors import FileRefused, LayoutError
from stampli_b1_assets.stampli.forms import Moments, Numbers
from stampli_b1_assets.stampli.kinds import FIELDS, FileKind, Grammar
from stampli_b1_assets.stampli.propose_signs import signs_and_totals
from stampli_b1_assets.stampli.synonyms import FIELD_BY_LABEL
from stampli_b1_assets.stampli.text import begins_with_markup, encoding_of, shortened, word_key
from stampli_b1_assets.stampli.values import Reader, Unreadable, date_reader, moment_reader, number_reader, type_reader
from stampli_b1_assets.stampli.xml_sample import XmlSample, sample_of

_SAMPLE_ROWS = 1000
_ENCODINGS = ("utf-8", "utf-16", "cp1252")
_DATES = ("YYYY-MM-DD", "DD.MM.YYYY", "D.M.YYYY", "MM/DD/YYYY", "DD/MM/YYYY", "M/D/YYYY", "YYYYMMDD")
_ALL_MINUS = ("front", "behind", "parentheses")
_NUMBERS = (
    Numbers(),
    Numbers(minus=_ALL_MINUS),
    Numbers(thousands=(",",), minus=_ALL_MINUS, currency_signs=("$", "€", "£")),
    Numbers(decimal=",", minus=_ALL_MINUS),
    Numbers(decimal=",", thousands=(".",), minus=_ALL_MINUS, currency_signs=("€",)),
    Numbers(thousands=("'", "’", "nbsp"), minus=_ALL_MINUS),
    Numbers(decimal=",", thousands=("nbsp",), minus=_ALL_MINUS, currency_signs=("€",)),
)
_Choice = TypeVar("_Choice")
_IDENTITY = {FileKind.INVOICES: "stampli_id", FileKind.VENDORS: "vendor_id", FileKind.PAYMENTS: "payment_id"}
_NEEDED = {
    FileKind.INVOICES: "stampli_id type number vendor_id invoice_date currency total status "
    "line_number gl_account line_amount".split(),
    FileKind.VENDORS: "vendor_id name status".split(),
    FileKind.PAYMENTS: "payment_id payment_date status vendor_id currency stampli_invoice_id applied".split(),
}


@dataclass
class _Sample:
    """Some rows of the file: label (or path) → texts; `settings` say how it was read."""

    columns: dict[str, list[str]]
    settings: dict[str, object] = field(default_factory=dict)


def propose_layout(path: Path) -> str:
    """The YAML of a layout for this file, with comments on what was guessed and what is missing.

    Values are looked at in the first 1,000 rows. Raises `LayoutError` for a file that is no text or has no header.
    """
    try:
        sample = _sample(path)
    except FileRefused as refusal:
        raise LayoutError(refusal.message, refusal.remedy) from None
    kind, fields = _kind_and_fields(list(sample.columns))
    if not fields:
        labels = shortened(", ".join(sample.columns), 200)
        raise LayoutError(f"No column of {path.name} is known: {labels}.", "Write the layout by hand: docs/layouts.md.")
    doubts: list[str] = []
    form: dict[str, object] = {"kind": str(kind), **sample.settings}
    form |= _grammars(kind, fields, sample.columns, doubts)
    form |= _words(fields, sample.columns, doubts)
    if kind is FileKind.INVOICES:
        form |= signs_and_totals(fields, sample.columns, doubts)
    form["columns"] = {name: _column(kind, name, label) for name, label in fields.items()}
    unused = [label for label in sample.columns if label and label not in fields.values()]
    if unused:
        form["ignored"] = unused
        doubts.append(f"not used: {', '.join(unused)}")
    missing = [name for name in _NEEDED[kind] if name not in fields]
    if missing:
        doubts.append(f"missing, without which nothing is posted: {', '.join(missing)}")
    layout = {"name": "proposed", "description": f"Proposed for {path.name}.", "extends": "stampli_lines"}
    text = yaml.safe_dump({**layout, "forms": [form]}, sort_keys=False, allow_unicode=True, width=110)
    head = ["Proposed from the content of one file. Check every line before it is used, above all these:", *doubts]
    return "".join(f"# {shortened(line, 300)}\n" for line in head) + text


def _sample(path: Path) -> _Sample:
    codec = _codec(path)
    declared = codec.removesuffix("-sig")
    settings: dict[str, object] = {} if declared == "utf-8" else {"encoding": declared}
    if begins_with_markup(path, codec):
        found: XmlSample = sample_of(path, codec, _SAMPLE_ROWS)
        return _Sample(found.columns, {"format": "xml", **settings, "xml": found.shape()})
    with path.open(encoding=codec, newline="") as file:
        lines = list(islice(file, _SAMPLE_ROWS))
    delimiter = max(",;\t|", key=lambda sign: _consistency(lines, sign))
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error as error:
        raise LayoutError(f"{path.name} is no sound CSV: {error}.", "Mend the file first.") from None
    if not rows:
        raise LayoutError(f"{path.name} has no header.", "Give a file that has one.")
    if delimiter != ",":
        settings["delimiter"] = delimiter
    header = [label.strip() for label in rows[0]]
    whole = [row for row in rows[1:] if len(row) == len(header)]
    return _Sample({label: [row[index] for row in whole] for index, label in enumerate(header)}, settings)


def _codec(path: Path) -> str:
    refusal: FileRefused | None = None
    for encoding in _ENCODINGS:
        try:
            return encoding_of(path, path.name, encoding, None)
        except FileRefused as error:
            refusal = refusal or error
    assert refusal is not None
    raise refusal


def _consistency(lines: Sequence[str], delimiter: str) -> tuple[int, int]:
    """How many rows have as many cells as the header, when that is more than one; then how many cells."""
    try:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return (0, 0)
    width = widths[0] if widths else 0
    return (sum(one == width for one in widths), width) if width > 1 else (0, width)


def _kind_and_fields(labels: Sequence[str]) -> tuple[FileKind, dict[str, str]]:
    """The kind of which most columns are known, with field → label; the identity counts most."""
    found = {kind: _fields(kind, labels) for kind in (FileKind.PAYMENTS, FileKind.INVOICES, FileKind.VENDORS)}

    def weight(kind: FileKind) -> int:
        needed = sum(name in found[kind] for name in _NEEDED[kind])
        missing = len(_NEEDED[kind]) - needed
        return 3 * (_IDENTITY[kind] in found[kind]) + 2 * needed - missing + len(found[kind])

    kind = max(found, key=weight)
    return kind, found[kind]


def _fields(kind: FileKind, labels: Sequence[str]) -> dict[str, str]:
    """Field → label; an exact label of Stampli's goes before a synonym, an early column before a late one."""
    own = {word_key(one.label) for one in FIELDS[kind].values()}
    known = FIELD_BY_LABEL[kind]
    fields: dict[str, str] = {}
    for label in sorted(labels, key=lambda one: not own.intersection(_keys(one))):
        name = next((known[key] for key in _keys(label) if key in known), None)
        if name is not None:
            fields.setdefault(name, label)
    return {name: fields[name] for name in FIELDS[kind] if name in fields}


def _keys(label: str) -> list[str]:
    """A label as it is; of an XML path also its last part, with and without the element around it."""
    if label.startswith("@"):
        return [word_key(label)]
    parts = [part.rpartition("=")[2].rstrip("]") for part in label.replace("@name", "name").split("/")]
    return [word_key(label), *(word_key("".join(parts[-count:])) for count in (2, 1) if len(parts) > 1)]


def _column(kind: FileKind, name: str, label: str) -> object:
    return {"name": label, "required": True} if name in _NEEDED[kind] else label


def _grammars(
    kind: FileKind, fields: Mapping[str, str], columns: Mapping[str, list[str]], doubts: list[str]
) -> dict[str, object]:
    """The strictest grammars that read all values of the sample."""
    texts: dict[Grammar, list[str]] = {}
    for name, label in fields.items():
        cells = [text for text in columns[label] if text.strip()]
        texts.setdefault(FIELDS[kind][name].grammar, []).extend(cells)
    chosen: dict[str, object] = {}
    numbers = _best({one: number_reader(one) for one in _NUMBERS}, texts.get(Grammar.MONEY, []), "numbers", doubts)
    if numbers != Numbers():
        chosen["numbers"] = numbers.model_dump(mode="json", exclude_defaults=True)
    plain = texts.get(Grammar.DATE, [])
    dates = _best({form: date_reader((form,), None) for form in _DATES}, plain, "dates", doubts)
    if dates != _DATES[0]:
        chosen["dates"] = dates
    twins = [form for form in _DATES if plain and _unread(date_reader((form,), None), plain) == 0]
    if len(twins) > 1 and {"MM/DD/YYYY", "DD/MM/YYYY"} <= set(twins):
        doubts.append("dates fit MM/DD/YYYY and DD/MM/YYYY alike: only you can know which it is")
    moments = texts.get(Grammar.MOMENT, [])
    if _unread(moment_reader((dates,), Moments(), None), moments):
        doubts.append("moments have no zone: say in `moments` how they are written and in which zone")
    return chosen


def _best(
    readers: Mapping[_Choice, Reader], texts: Sequence[str], what: str, doubts: list[str]
) -> _Choice:  # fmt: skip
    choice = min(readers, key=lambda one: _unread(readers[one], texts))
    unread = _unread(readers[choice], texts)
    if unread:
        doubts.append(f"{what}: {unread} of {len(texts)} values fit no form that is known here")
    return choice


def _unread(reader: Reader, texts: Iterable[str]) -> int:
    return sum(isinstance(reader(text), Unreadable) for text in texts)


def _words(fields: Mapping[str, str], columns: Mapping[str, list[str]], doubts: list[str]) -> dict[str, object]:
    """Types and statuses that occur; unknown words are left for a person to translate."""
    found: dict[str, object] = {}
    known = {str(one): str(one) for one in InvoiceType}
    types = Counter(text.strip() for text in columns.get(fields.get("type", ""), []) if text.strip())
    strange = [word for word in types if isinstance(type_reader(known)(word), Unreadable)]
    if strange:
        guesses = {word: _type_guess(word) for word in strange}
        found["types"] = {**guesses, **{word: word for word in known if word in types}}
        doubts.append(f"types: {', '.join(f'{word} taken for {meaning}' for word, meaning in guesses.items())}")
    statuses = Counter(text.strip() for text in columns.get(fields.get("status", ""), []) if text.strip())
    if statuses:
        doubts.append(f"status words that occur: {', '.join(statuses)}; translate others than Stampli's in `statuses`")
    return found


def _type_guess(word: str) -> str:
    is_credit = any(sign in word_key(word) for sign in ("credit", "cm", "gutschrift", "avoir"))
    return str(InvoiceType.CREDIT_MEMO if is_credit else InvoiceType.INVOICE)
