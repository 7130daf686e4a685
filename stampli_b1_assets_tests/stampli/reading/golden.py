"""What comes of every sample, as JSON beside it; and what the documentation of layouts takes from the code.

`make golden` writes all of it anew.
"""

import json
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from stampli_b1_assets.errors import FileRefused
from stampli_b1_assets.stampli.frames import (
    INVOICE_IDENTITY,
    HeadersWithLines,
    invoices_from,
    payments_from,
    vendors_from,
)
from stampli_b1_assets.stampli.kinds import FIELDS
from stampli_b1_assets.stampli.layout import layout_schema, load_layout
from stampli_b1_assets.stampli.reader import FileKind, ParsedFile, read_export
from stampli_b1_assets.stampli.rows import Rows

HERE = Path(__file__).parent
DOCS = HERE.parents[2] / "docs"
FIELDS_BEGIN, FIELDS_END = "<!-- fields: kept in step by a test -->", "<!-- end of fields -->"
SAMPLES = HERE / "samples"
LAYOUTS = {
    "two_headers.csv": "stampli_two_files",
    "two_lines.csv": "stampli_two_files",
    "records.txt": "stampli_records",
    "screen.csv": "stampli_screen",
    "flat.xml": "stampli_flat_xml",
    "european.csv": "stampli_european",
}


def sample_names() -> list[str]:
    return sorted(path.name for path in SAMPLES.iterdir())


def golden_path(name: str) -> Path:
    return HERE / "golden" / f"{name}.json"


def outcome(name: str) -> str:
    """The domain values of a sample, its warnings and unknown columns; or its refusal."""
    try:
        parsed = read_sample(name)
    except FileRefused as refusal:
        document: object = {"refused": refusal.reason, "message": refusal.message, "remedy": refusal.remedy}
    else:
        document = {
            "kind": parsed.kind,
            "unknown_columns": parsed.unknown_columns,
            "warnings": parsed.warnings,
            "values": [asdict(one) for one in values_of(parsed.kind, parsed.rows.whole())],
        }
    return json.dumps(document, indent=1, ensure_ascii=False, default=str) + "\n"


def read_sample(name: str) -> ParsedFile:
    layout = load_layout(LAYOUTS.get(name, "stampli_lines"), HERE)
    return read_export(SAMPLES / name, name, layout, max_bytes=1_000_000, zone=ZoneInfo("America/New_York"))


def values_of(kind: FileKind, frame: pl.DataFrame) -> list:
    if kind is FileKind.VENDORS:
        return vendors_from(frame, file_name="sample")
    if kind is FileKind.PAYMENTS:
        return payments_from(frame, file_name="sample", file_sha256="")
    return invoices_from(frame, company_code=None, file_name="sample", file_sha256="")


def joined_outcome() -> str:
    """The two files of `stampli_two_files` together."""
    headers, lines = (Rows.of(read_sample(f"two_{part}.csv").rows.whole()) for part in ("headers", "lines"))
    [frame] = HeadersWithLines(headers, [lines]).documents(INVOICE_IDENTITY)
    values = [asdict(one) for one in values_of(FileKind.INVOICES, frame)]
    return json.dumps(values, indent=1, ensure_ascii=False, default=str) + "\n"


def with_fields(page: str) -> str:
    """The page with the tables of fields as they are."""
    before, _, rest = page.partition(FIELDS_BEGIN)
    _, _, after = rest.partition(FIELDS_END)
    return before + FIELDS_BEGIN + "\n\n" + "\n\n".join(map(field_table, FileKind)) + "\n\n" + FIELDS_END + after


def field_table(kind: FileKind) -> str:
    head = "| field | column in `stampli_lines` | read as | level | is |\n| --- | --- | --- | --- | --- |"
    rows = (
        f"| `{name}` | {field.label} | {field.grammar} | {field.level} | {field.description} |"
        for name, field in FIELDS[kind].items()
    )
    return "\n".join([f"### {kind}", "", head, *rows])


def main(golden: Path = HERE / "golden", docs: Path = DOCS) -> None:
    for name in sample_names():
        (golden / f"{name}.json").write_text(outcome(name), "utf-8")
    (golden / "two_files_joined.json").write_text(joined_outcome(), "utf-8")
    (docs / "layout.schema.json").write_text(layout_schema(), "utf-8")
    page = (DOCS / "layouts.md").read_text("utf-8")
    (docs / "layouts.md").write_text(with_fields(page), "utf-8")


if __name__ == "__main__":
    main()
