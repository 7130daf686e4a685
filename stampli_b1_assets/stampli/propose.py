"""A first layout for a file that nobody has described yet; a person checks it before anything is posted."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from stampli_b1_assets.errors import FileRefused, LayoutError
from stampli_b1_assets.stampli.forms import Form, RowPart
from stampli_b1_assets.stampli.kinds import FIELDS, FileKind, Level
from stampli_b1_assets.stampli.layout import Layout, built_in_names, load_layout
from stampli_b1_assets.stampli.propose_records import record_types
from stampli_b1_assets.stampli.propose_sample import Sample, sample_from
from stampli_b1_assets.stampli.propose_signs import signs_and_totals
from stampli_b1_assets.stampli.propose_values import EXTRACT, grammars, has_names_beside_codes, words
from stampli_b1_assets.stampli.reader import ExportFile, open_export
from stampli_b1_assets.stampli.synonyms import FIELDS_BY_LABEL, path_keys
from stampli_b1_assets.stampli.text import shortened, word_key

_MOST_BYTES = 10**12
_FIRST = "stampli_lines"
_IDENTITY = {FileKind.INVOICES: "stampli_id", FileKind.VENDORS: "vendor_id", FileKind.PAYMENTS: "payment_id"}
_NEEDED = {
    FileKind.INVOICES: "stampli_id type number vendor_id invoice_date currency total status "
    "line_number gl_account line_amount".split(),
    FileKind.VENDORS: "vendor_id name status".split(),
    FileKind.PAYMENTS: "payment_id payment_date status vendor_id currency stampli_invoice_id applied".split(),
}


def propose_layout(path: Path) -> str:
    """The YAML of a layout for this file, with comments on what was guessed and what is missing.

    The forms of a built-in layout where one reads the file; else what the first 1,000 rows look like. Raises
    `LayoutError` for a file that is no text or has no header.
    """
    doubts: list[str] = []
    try:
        sample = sample_from(path)
        forms = _built_in(path, doubts) or [_guessed(path, sample, doubts)]
    except FileRefused as refusal:
        raise LayoutError(refusal.message, refusal.remedy) from None
    layout = {"name": "proposed", "description": f"Proposed for {path.name}.", "extends": _FIRST, "forms": forms}
    text = yaml.safe_dump(layout, sort_keys=False, allow_unicode=True, width=110)
    head = ["Proposed from the content of one file. Check every line before it is used, above all these:", *doubts]
    return "".join(f"# {shortened(line, 300)}\n" for line in head) + text


# --- a built-in layout that fits -------------------------------------------------------------------------------------


def _built_in(path: Path, doubts: list[str]) -> list[dict[str, Any]]:
    """The forms of the first built-in layout that reads the file; none when there is none."""
    for name in sorted(built_in_names(), key=lambda one: one != _FIRST):
        layout = load_layout(name, Path())
        export = _opened(path, layout)
        if export is None:
            continue
        unknown = export.source.unknown_columns
        doubts.append(f"the built-in layout {name} reads this file: `layout: {name}` is all that is needed")
        if unknown:
            doubts.append(f"not used: {', '.join(unknown)}")
        return [_dumped(form, unknown) for form in _forms_with(export.form, layout)]
    return []


def _opened(path: Path, layout: Layout) -> ExportFile | None:
    """The file, when the layout knows its form and reads a first row without a fault in what stands there."""
    try:
        export = open_export(path, path.name, layout, max_bytes=_MOST_BYTES)
        frame = next(export.frames(), None)
    except FileRefused:
        return None
    if frame is None:
        return export
    fields = FIELDS[export.form.kind]
    constant = {fields[name].label for name, one in export.form.columns.items() if one.constant is not None}
    moments = {field.label for field in fields.values() if field.grammar in ("date", "moment")}
    faulty = sum(
        any(fault["column"] not in constant | moments for fault in faults) for faults in frame["faults"].to_list()
    )
    return export if faulty < frame.height else None


def _forms_with(form: Form, layout: Layout) -> list[Form]:
    """Headers and lines in files of their own belong together."""
    return [form] if form.part is RowPart.WHOLE else [one for one in layout.forms if one.kind is form.kind]


def _dumped(form: Form, unknown: Sequence[str]) -> dict[str, Any]:
    """As a person would write it: without what is usual, one word in place of a list of one."""
    document: dict[str, Any] = _plain(form.model_dump(mode="json", exclude_defaults=True))
    columns = document["columns"]
    document["columns"] = {name: one["name"] if set(one) == {"name"} else one for name, one in columns.items()}
    if unknown:
        document["ignored"] = [*form.ignored, *unknown]
    return document


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return _plain(value[0]) if len(value) == 1 and isinstance(value[0], str) else [_plain(one) for one in value]
    return value


# --- a guess ---------------------------------------------------------------------------------------------------------


def _guessed(path: Path, sample: Sample, doubts: list[str]) -> dict[str, Any]:
    if sample.rows:
        return _of_records(sample, doubts)
    kind, fields = _kind_and_fields(sample)
    if kind is FileKind.VENDORS and sample.line:
        sample = sample.without_lines()
        fields = _fields(kind, sample)
    if not fields:
        labels = shortened(", ".join(sample.columns), 200)
        raise LayoutError(f"No column of {path.name} is known: {labels}.", "Write the layout by hand: docs/layouts.md.")
    form: dict[str, Any] = {"kind": str(kind), **sample.settings, **_part(kind, fields, doubts)}
    form |= _values(kind, fields, sample.columns, doubts)
    form["columns"] = {name: _column(kind, name, label, sample.columns[label]) for name, label in fields.items()}
    unused = [label for label in sample.columns if label and label not in fields.values()]
    if unused:
        form["ignored"] = unused
        doubts.append(f"not used: {', '.join(unused)}")
    _tell_what_is_missing(kind, fields, form.get("part", ""), doubts)
    return form


def _of_records(sample: Sample, doubts: list[str]) -> dict[str, Any]:
    shape, columns = record_types(sample.rows, doubts)
    fields = {name: name for name in columns}
    form: dict[str, Any] = {"kind": str(FileKind.INVOICES), "format": "records", **sample.settings}
    form |= _values(FileKind.INVOICES, fields, columns, doubts)
    form["records"] = shape
    form["columns"] = {name: {"required": True} for name in _NEEDED[FileKind.INVOICES] if name in columns}
    _tell_what_is_missing(FileKind.INVOICES, fields, "", doubts)
    return form


def _values(
    kind: FileKind, fields: Mapping[str, str], columns: Mapping[str, list[str]], doubts: list[str]
) -> dict[str, Any]:  # fmt: skip
    found = grammars(kind, fields, columns, doubts)
    if kind is not FileKind.INVOICES:
        return found
    return found | words(fields, columns, doubts) | signs_and_totals(fields, columns, found.get("numbers"), doubts)


def _part(kind: FileKind, fields: Mapping[str, str], doubts: list[str]) -> dict[str, str]:
    """Only headers, or only lines: the other half seems to come in a file of its own."""
    levels = {FIELDS[kind][name].level for name in fields if name != _IDENTITY[kind]}
    if kind is not FileKind.INVOICES or len(levels) != 1 or _IDENTITY[kind] not in fields:
        return {}
    part = "header" if levels == {Level.HEADER} else "line"
    doubts.append(f"only {part}s are here: add a form for the file with the other half (`part`)")
    return {"part": part}


def _tell_what_is_missing(kind: FileKind, fields: Mapping[str, str], part: str, doubts: list[str]) -> None:
    wanted = [name for name in _NEEDED[kind] if not part or FIELDS[kind][name].level == part or name == _IDENTITY[kind]]
    missing = [name for name in wanted if name not in fields]
    if missing:
        doubts.append(f"missing, without which nothing is posted: {', '.join(missing)}")


def _kind_and_fields(sample: Sample) -> tuple[FileKind, dict[str, str]]:
    """The kind of which most columns are known, with field → label; the identity counts most."""
    found = {kind: _fields(kind, sample) for kind in (FileKind.PAYMENTS, FileKind.INVOICES, FileKind.VENDORS)}

    def weight(kind: FileKind) -> int:
        needed = sum(name in found[kind] for name in _NEEDED[kind])
        missing = len(_NEEDED[kind]) - needed
        return 3 * (_IDENTITY[kind] in found[kind]) + 2 * needed - missing + len(found[kind])

    kind = max(found, key=weight)
    return kind, found[kind]


def _fields(kind: FileKind, sample: Sample) -> dict[str, str]:
    """Field → label; Stampli's own label goes before a synonym, one that says little last, an early column first."""
    own = {word_key(one.label) for one in FIELDS[kind].values()}
    labels = sorted(sample.columns, key=lambda one: not own.intersection(path_keys(one)))
    specific, generic = FIELDS_BY_LABEL[kind]
    fields: dict[str, str] = {}
    for known in (specific, generic):
        for label in (one for one in labels if one not in fields.values()):
            names = [name for key in path_keys(label) for name in known.get(key, ())]
            is_sure = known is specific
            names = [one for one in names if sample.may_hold(label, FIELDS[kind][one].level, is_sure=is_sure)]
            name = next((one for one in names if one not in fields), None)
            if name == "vendor_name" and "vendor_id" not in fields and _are_codes(sample.columns[label]):
                name = "vendor_id"
            if name is not None:
                fields[name] = label
    return {name: fields[name] for name in FIELDS[kind] if name in fields}


def _are_codes(texts: Sequence[str]) -> bool:
    return bool(texts) and all(any(sign.isdigit() for sign in text) and " " not in text.strip() for text in texts)


def _column(kind: FileKind, name: str, label: str, texts: Sequence[str]) -> object:
    column: dict[str, object] = {"name": label}
    if name in _NEEDED[kind]:
        column["required"] = True
    if name == "gl_account" and has_names_beside_codes(texts):
        column["extract"] = EXTRACT
    return column if len(column) > 1 else label
