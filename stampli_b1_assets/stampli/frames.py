"""From frames to domain values: rows of a file to invoices, vendors and payments."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

import polars as pl

from stampli_b1_assets.domain.invoice import Fault, FaultKind, Invoice, InvoiceLine, InvoiceType
from stampli_b1_assets.domain.money import fixed, iso_decimals, significant_decimals
from stampli_b1_assets.domain.payment import Application, Payment
from stampli_b1_assets.domain.vendor import Vendor
from stampli_b1_assets.stampli.forms import RowPart
from stampli_b1_assets.stampli.kinds import FIELDS, FileKind, Level
from stampli_b1_assets.stampli.rows import Rows
from stampli_b1_assets.stampli.schemas import SCHEMAS
from stampli_b1_assets.stampli.text import shortened, word_key

INVOICE_SCHEMA = SCHEMAS[FileKind.INVOICES]
VENDOR_SCHEMA = SCHEMAS[FileKind.VENDORS]
PAYMENT_SCHEMA = SCHEMAS[FileKind.PAYMENTS]

Row = Mapping[str, Any]

_HEADERS = {
    kind: [name for name, field in fields.items() if field.level is Level.HEADER] for kind, fields in FIELDS.items()
}
# Rows without a Stampli id belong together when they name the same document; NUL is in no text of a file.
_WITHOUT_ID = pl.format("\0{}\0{}\0{}", "number", "vendor_id", "vendor_name")
INVOICE_IDENTITY = pl.when(pl.col("stampli_id") != "").then("stampli_id").otherwise(_WITHOUT_ID)
_PAYMENT_IDENTITY = pl.when(pl.col("payment_id") != "").then("payment_id").otherwise(pl.format("\0{}", "row"))
_AGAIN = "Correct it in Stampli and export it again."


def invoices_from(
    frame: pl.DataFrame, *, company_code: str | None, file_name: str, file_sha256: str
) -> list[Invoice]:  # fmt: skip
    """Invoices in order of their first row; rows need not be neighbours, nor come from one frame.

    Rows of another Company Code are left out when `company_code` is set; a row without one is then a fault, since
    it may be another company's. Rows that bring lines without any header (files of lines) make no invoice.
    """
    return [
        _invoice(rows, company_code, file_name, file_sha256)
        for rows in _documents(frame, INVOICE_IDENTITY, company_code)
        if any(row["part"] != RowPart.LINE for row in rows)
    ]


@dataclass(frozen=True)
class Invoices:
    """The invoices of one file, made anew each time that they are gone through: memory holds some at a time."""

    rows: "Rows | HeadersWithLines"
    company_code: str | None
    file_name: str
    file_sha256: str

    def __iter__(self) -> Iterator[Invoice]:
        """In the order of their first rows."""
        for frame in self.rows.documents(INVOICE_IDENTITY):
            yield from invoices_from(
                frame, company_code=self.company_code, file_name=self.file_name, file_sha256=self.file_sha256
            )


@dataclass(frozen=True)
class Payments:
    """The payments of one file, as `Invoices`."""

    rows: Rows
    company_code: str | None
    file_name: str
    file_sha256: str

    def __iter__(self) -> Iterator[Payment]:
        """In the order of their first rows."""
        for frame in self.rows.documents(_PAYMENT_IDENTITY):
            yield from payments_from(
                frame, company_code=self.company_code, file_name=self.file_name, file_sha256=self.file_sha256
            )


@dataclass(frozen=True)
class HeadersWithLines:
    """Headers and lines that came in files of their own.

    `lines` are files of lines in the order in which they came; an invoice's lines are those of the last one that has
    any. Lines of invoices that `headers` does not have are left out.
    """

    headers: Rows
    lines: Sequence[Rows]

    def documents(self, identity: pl.Expr) -> Iterator[pl.DataFrame]:
        """Pieces as of `Rows`: headers, and below them their lines."""
        for headers in self.headers.documents(identity):
            yield self._joined(headers)

    def _joined(self, headers: pl.DataFrame) -> pl.DataFrame:
        wanted = headers["stampli_id"].unique().to_list()
        kept: list[pl.DataFrame] = []
        for rows in reversed(self.lines):
            is_wanted = (pl.col("part") == str(RowPart.LINE)) & pl.col("stampli_id").is_in(wanted)
            found = rows.frame.filter(is_wanted).collect(engine="streaming")
            kept.append(found)
            settled = set(found["stampli_id"])
            wanted = [id_ for id_ in wanted if id_ not in settled]
        return pl.concat([headers.filter(pl.col("part") != str(RowPart.LINE)), *reversed(kept)])


@dataclass(frozen=True)
class Vendors:
    """The vendors of one file; `vendors_together` makes them."""

    rows: Rows
    company_code: str | None
    file_name: str
    file_sha256: str

    def only(self, keys: Collection[str]) -> "Vendors":
        """Those that are known by one of these keys; see `Vendor.key`."""
        return replace(self, rows=self.rows.where(self._key.is_in(list(keys))))

    def keyed(self, place: int) -> pl.LazyFrame:
        """The rows with `Vendor.key` as `_key`, and the place of their file among others as `_file`."""
        return self.rows.frame.with_columns(self._key.alias("_key"), pl.lit(place).alias("_file"))

    @property
    def _key(self) -> pl.Expr:
        without_id = pl.format("{}#{}", pl.lit(self.file_name), "row")
        return pl.when(pl.col("vendor_id") != "").then("vendor_id").otherwise(without_id)


def vendors_together(files: Sequence[Vendors]) -> Iterator[list[Vendor]]:
    """Some 10,000 rows of several files at a time, and all rows of a vendor together.

    Vendors come in the order of their first rows, a vendor's rows in that of the files.
    """
    if not files:
        return
    parts = [file.rows for file in files]
    keyed = pl.concat([file.keyed(place) for place, file in enumerate(files)])
    all_rows = Rows(keyed, sum(rows.height for rows in parts), parts)
    for frame in all_rows.documents(pl.col("_key")):
        together: list[Vendor] = []
        for of_file in frame.partition_by("_file", maintain_order=True):
            file = files[of_file["_file"][0]]
            together += vendors_from(
                of_file,
                file_name=file.file_name,
                file_sha256=file.file_sha256,
                company_code=file.company_code,
            )
        yield together


def vendors_from(
    frame: pl.DataFrame, *, file_name: str, file_sha256: str = "", company_code: str | None = None
) -> list[Vendor]:
    """One vendor per row, in the file's order; one without id has `vendor_id` "" and a fault.

    Rows of another Company Code are left out when `company_code` is set; most files of vendors have no such column.
    """
    return [
        Vendor(
            **{name: row[name] for name in _HEADERS[FileKind.VENDORS] if name != "company_code"},
            row=row["row"],
            faults=tuple(_faults(row)),
            file_name=file_name,
            file_sha256=file_sha256,
        )
        for row in frame.iter_rows(named=True)
        if not _is_foreign(row, company_code)
    ]


def payments_from(
    frame: pl.DataFrame, *, file_name: str, file_sha256: str, company_code: str | None = None
) -> list[Payment]:  # fmt: skip
    """Payments in order of their first row, with one application per row; `company_code` as for vendors."""
    return [_payment(rows, file_name, file_sha256) for rows in _documents(frame, _PAYMENT_IDENTITY, company_code)]


def _documents(frame: pl.DataFrame, identity: pl.Expr, company_code: str | None) -> Iterator[list[Row]]:
    """The rows of one document after the other, in the order of their first rows; memory holds one at a time."""
    first_row = pl.col("_index").min().over("_identity")
    ordered = frame.with_columns(identity.alias("_identity")).with_row_index("_index").sort(first_row, "_index")
    for _, rows in groupby(ordered.iter_rows(named=True), key=itemgetter("_identity")):
        ours: list[Row] = [row for row in rows if not _is_foreign(row, company_code)]
        if ours:
            yield ours


def _is_foreign(row: Row, company_code: str | None) -> bool:
    code = row["company_code"]
    return bool(code) and bool(company_code) and code.casefold() != (company_code or "").strip().casefold()


def _invoice(rows: Sequence[Row], company_code: str | None, file_name: str, file_sha256: str) -> Invoice:
    headers = [row for row in rows if row["part"] != RowPart.LINE]
    lines = [row for row in rows if row["part"] != RowPart.HEADER]
    first = headers[0]
    faults = [fault for row in rows for fault in _faults(row)]
    faults += _disagreements(headers, FileKind.INVOICES)
    faults += _repeated_lines(lines)
    if company_code and not first["company_code"]:
        faults.append(_without_company(first, company_code))
    currency = first["currency"]
    return Invoice(
        **{name: first[name] for name in _HEADERS[FileKind.INVOICES] if name not in ("type", "total", "tax")},
        type=InvoiceType(first["type"]) if first["type"] else None,
        total=_money(first["total"], currency),
        tax=_money(first["tax"], currency),
        lines=tuple(_line(row, currency) for row in lines),
        faults=tuple(dict.fromkeys(faults)),
        file_name=file_name,
        file_sha256=file_sha256,
    )


def _line(row: Row, currency: str) -> InvoiceLine:
    return InvoiceLine(
        number=row["line_number"],
        gl_account=row["gl_account"],
        amount=_money(row["line_amount"], currency),
        department=row["department"],
        project=row["project"],
        class_=row["class"],
        location=row["location"],
        memo=row["memo"],
        tax_code=row["tax_code"],
        tax_amount=_money(row["line_tax_amount"], currency),
        row=row["row"],
    )


def _payment(rows: Sequence[Row], file_name: str, file_sha256: str) -> Payment:
    first = rows[0]
    currency = first["currency"]
    names = [name for name in _HEADERS[FileKind.PAYMENTS] if name not in ("amount", "company_code")]
    faults = [fault for row in rows for fault in _faults(row)]
    return Payment(
        **{name: first[name] for name in names},
        amount=_money(first["amount"], currency),
        applications=tuple(
            Application(
                stampli_invoice_id=row["stampli_invoice_id"],
                invoice_number=row["invoice_number"],
                applied=_money(row["applied"], currency),
                discount=_money(row["discount"], currency),
                row=row["row"],
            )
            for row in rows
        ),
        faults=(*faults, *_disagreements(rows, FileKind.PAYMENTS)),
        file_name=file_name,
        file_sha256=file_sha256,
    )


def _money(amount: Decimal | None, currency: str) -> Decimal | None:
    """Frames hold six decimals; people and hashes see those of the currency, or more where they carry value."""
    if amount is None:
        return None
    return fixed(amount, max(iso_decimals(currency), significant_decimals(amount)))


def _faults(row: Row) -> Iterable[Fault]:
    for fault in row["faults"]:
        yield Fault(FaultKind(fault["kind"]), row["row"], fault["column"], fault["detail"], fault["action"])


def _disagreements(rows: Sequence[Row], kind: FileKind) -> Iterable[Fault]:
    """Header values that differ between the rows of one document: nobody can say which one is right."""
    for before, row in pairwise(rows):
        for name in (one for one in _HEADERS[kind] if FIELDS[kind][one].decides):
            if before[name] != row[name] and not _is_same_word(name, before[name], row[name]):
                label = FIELDS[kind][name].label
                ours, theirs = (_shown(one[name]) for one in (before, row))
                yield Fault(
                    FaultKind.BAD_VALUE,
                    row["row"],
                    label,
                    f"{label} is {ours} in row {before['row']} and {theirs} in row {row['row']} of the same document.",
                    _AGAIN,
                )


def _is_same_word(name: str, one: object, other: object) -> bool:
    return name == "status" and word_key(str(one)) == word_key(str(other))


def _shown(value: object) -> str:
    if value is None or value == "":
        return "empty"
    if isinstance(value, Decimal):
        return format(fixed(value, max(2, significant_decimals(value))), "f")
    return str(value) if isinstance(value, date) else f'"{shortened(str(value))}"'


def _repeated_lines(rows: Sequence[Row]) -> Iterable[Fault]:
    first_rows: dict[str, int] = {}
    for row in rows:
        number = row["line_number"]
        if not number:
            continue
        key = number.casefold().lstrip("0") or "0"
        if key in first_rows:
            yield Fault(
                FaultKind.REPEATED_LINE,
                row["row"],
                FIELDS[FileKind.INVOICES]["line_number"].label,
                f"Line {number} of invoice {row['stampli_id']} stands in rows {first_rows[key]} and {row['row']}.",
                "See in Stampli whether the line was entered twice, and export the invoice again.",
            )
        first_rows.setdefault(key, row["row"])


def _without_company(row: Row, company_code: str) -> Fault:
    return Fault(
        FaultKind.BAD_VALUE,
        row["row"],
        FIELDS[FileKind.INVOICES]["company_code"].label,
        f"Row {row['row']}: Company Code is empty, so that nobody can say whether it belongs to {company_code}.",
        "Export it with its Company Code, or leave `stampli.company_code` out when the folder has one company only.",
    )
