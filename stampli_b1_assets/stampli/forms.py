"""The models of a layout file: one form for each kind of file in each format."""

import codecs
import re
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from stampli_b1_assets.domain.invoice import InvoiceType
from stampli_b1_assets.stampli.kinds import FIELDS, FileKind, Level


def _several(value: object) -> object:
    """One word stands for a list of one."""
    return (value,) if isinstance(value, str) else value


_ONE_OR_SEVERAL = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
Words = Annotated[tuple[str, ...], BeforeValidator(_several), _ONE_OR_SEVERAL]


def _one_or_several_of(*words: str) -> WithJsonSchema:
    one = {"enum": list(words)}
    return WithJsonSchema({"anyOf": [one, {"type": "array", "items": one}]})


_DELIMITER = WithJsonSchema({"type": "string", "pattern": r"^(.|\\t|tab)$"})
_MINUS = _one_or_several_of("front", "behind", "parentheses")
_CONTROLS = _one_or_several_of("documents", "lines", "total", "-")


_DATE_PARTS = re.compile("YYYY|MMM|MM|M|DD|D")


class Part(BaseModel):
    """Base of all parts of a layout: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileFormat(StrEnum):
    """How the bytes are arranged."""

    CSV = "csv"
    RECORDS = "records"
    """CSV without a header row: the first cell of each row tells its record type."""
    XML = "xml"


class RowPart(StrEnum):
    """What a row of the frame brings of its document."""

    WHOLE = "whole"
    HEADER = "header"
    LINE = "line"


class Column(Part):
    """Where one field stands in the file."""

    name: Words = Field(
        (),
        description="CSV: the column's label, or several that it may have. XML: the path from the root element, "
        "such as `Invoice/Vendor/@id` or `Invoice/Lines/Line/Dim[@name=Department]`. Left out for `records`.",
    )
    required: bool = Field(False, description="The column must be there (BAD_HEADER) and filled (BAD_VALUE).")
    may_be_empty: bool = Field(False, description="With `required`: the column must be there, its value need not.")
    inherit: Words = Field((), description="Column or path that is taken where this one is empty: header to line.")
    constant: str | None = Field(None, description="A value for every row in place of a column.")
    extract: str | None = Field(
        None,
        description="Regular expression that the whole cell must match; its one group is the value: "
        "`([0-9]+) .*` takes `1300` of `1300 Site work`.",
    )
    empty_words: Words = Field((), description="Words that mean empty, such as `Not Assigned`.")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, (str, list)) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """With the short form: a label, or several, in place of the object."""
        whole = handler.resolve_ref_schema(handler(schema))
        label = {"type": "string"}
        return {"description": cls.__doc__, "anyOf": [label, {"type": "array", "items": label}, whole]}

    @field_validator("extract")
    @classmethod
    def _one_group(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                groups = re.compile(value).groups
            except re.error as error:
                raise ValueError(f"is no regular expression: {error}") from None
            if groups != 1:
                raise ValueError("needs exactly one group in parentheses, which is the value")
        return value

    @property
    def must_be_filled(self) -> bool:
        """Whether an empty value is a fault."""
        return self.required and not self.may_be_empty


class Numbers(Part):
    """The one way in which this file writes numbers; whatever does not match is BAD_VALUE."""

    decimal: Literal[".", ","] = Field(".", description="Decimal sign.")
    thousands: Words = Field(
        (), description="Signs between groups of three digits; left out: none. `nbsp` stands for no-break spaces."
    )
    minus: Annotated[tuple[Literal["front", "behind", "parentheses"], ...], BeforeValidator(_several), _MINUS] = Field(
        ("front",), description="Where a negative number carries its sign."
    )
    currency_signs: Words = Field((), description="Signs that may stand before or behind, such as `$`.")
    outer_blanks: bool = Field(False, description="Whether blanks around a number are allowed.")

    @model_validator(mode="after")
    def _signs_differ(self) -> Self:
        if self.decimal in self.thousands:
            raise ValueError(f"`decimal` and `thousands` are both {self.decimal!r}")
        return self


class Moments(Part):
    """How moments are written. ISO 8601 with a zone (`2026-03-31T23:41:52Z`) is always understood."""

    formats: Words = Field((), description="Further forms, such as `DD.MM.YYYY hh:mm`.")
    zone: str | None = Field(None, description="Time zone of those forms; without one they are BAD_VALUE.")

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError(f"{value!r} is no time zone such as Europe/Berlin")
        return value


class Recognition(Part):
    """By which columns a file of this form is known."""

    of: Words = Field(description="Column labels (XML: not used, the root element decides).")
    at_least: int = Field(1, ge=1, description="How many of them must be there.")
    without: Words = Field((), description="Labels that must not be there.")

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.at_least > max(1, len(self.of)):
            raise ValueError(f"`at_least` is {self.at_least}, and `of` has {len(self.of)} labels")
        return self


class TotalRow(Part):
    """A row that is no document but the total of the file; it is checked and never posted."""

    column: str = Field(description="The column that holds the word.")
    word: str = Field(description="The word, such as `Grand Total`.")
    amount: str | None = Field(None, description="The column that holds the sum.")
    sums: Literal["total", "line_amount"] = Field("total", description="What it is the sum of.")


class XmlShape(Part):
    """Where documents and lines stand in an XML file; names without namespace prefixes."""

    root: str = Field(description="Name of the root element, by which the form is known.")
    record: str = Field(description="Path of one document below the root, such as `Invoice`.")
    line: str | None = Field(
        None, description="Path of a line, such as `Invoice/Lines/Line`. None: one row a document."
    )
    count: str | None = Field(None, description="Path of the number of documents, such as `@invoiceCount`.")
    total: str | None = Field(None, description="Path of the sum of all totals, such as `@totalAmount`.")

    @model_validator(mode="after")
    def _line_within_record(self) -> Self:
        if self.line is not None and not self.line.startswith(f"{self.record}/"):
            raise ValueError(f"`line` is a path from the root element too, and begins with `record`: {self.record}/…")
        return self


class RecordTypes(Part):
    """Record types of a file without a header row: the fields of each, in order, after the type's word."""

    header_word: str = Field("H", description="First cell of a header record.")
    header: Words = Field(description="Fields of a header record; `-` for a cell that is not used.")
    line_word: str = Field("L", description="First cell of a line record.")
    line: Words = Field(description="Fields of a line record, `stampli_id` among them.")
    trailer_word: str | None = Field("T", description="First cell of the trailer; `null`: there is none.")
    trailer: Annotated[
        tuple[Literal["documents", "lines", "total", "-"], ...], BeforeValidator(_several), _CONTROLS
    ] = Field((), description="What the trailer's cells hold.")  # fmt: skip


class Form(Part):
    """One kind of file in one format."""

    kind: FileKind = Field(description="invoices, vendors or payments.")
    format: FileFormat = Field(FileFormat.CSV, description="csv, records (first cell tells the type) or xml.")
    part: RowPart = Field(
        RowPart.WHOLE, description="`header` and `line` for two files that are joined by the Stampli id."
    )
    encoding: str = Field("utf-8", description="Python's name of the encoding; UTF-8 with or without byte order mark.")
    fallback_encoding: str | None = Field(None, description="Taken for files that are not text in `encoding`.")
    delimiter: Annotated[str, _DELIMITER] = Field(
        ",", min_length=1, max_length=1, description="Between the cells; `\\t` or `tab` for a tab."
    )
    quote: str | None = Field('"', min_length=1, max_length=1, description="Around cells; `null`: no quoting.")
    comment: str | None = Field(None, description="Rows that begin with this are left out.")
    skip_rows: int = Field(0, ge=0, description="Rows above the header, such as a title.")
    blank_rows: Literal["refuse", "skip"] = Field(
        "refuse", description="What blank lines between rows mean; those at the end are always harmless."
    )
    total_row: TotalRow | None = Field(None, description="A grand total among the rows.")
    xml: XmlShape | None = Field(None, description="Needed with `format: xml`.")
    records: RecordTypes | None = Field(None, description="Needed with `format: records`.")
    recognise: Recognition | None = Field(
        None, description="By which columns it is known; left out: two of the required ones."
    )
    columns: dict[str, Column] = Field(description="Field by field, where it stands; see the list of fields.")
    ignored: Words = Field((), description="Further columns that are known and kept, but not used.")
    numbers: Numbers = Field(default_factory=Numbers, description="How numbers are written.")
    dates: Words = Field(("YYYY-MM-DD",), description="How dates are written, of `YYYY`, `MM`, `M`, `DD`, `D`.")
    moments: Moments = Field(default_factory=Moments, description="How moments are written.")
    types: dict[str, InvoiceType] = Field(
        default_factory=lambda: {str(one): one for one in InvoiceType},
        description="Words for Invoice and Credit Memo; compared without case and blanks.",
    )
    statuses: dict[str, str] = Field(
        default_factory=dict,
        description="The file's status words in Stampli's; others are taken as they are.",
    )
    credit_memos: Literal["negative", "positive", "by_sign"] = Field(
        "negative",
        description="`positive`: the type alone says it, amounts are not negative. "
        "`by_sign`: a negative total says it, there is no type.",
    )
    tax: Literal["added", "included", "own_line"] = Field(
        "added",
        description="`added`: line amounts are net. `included`: they hold their tax. "
        "`own_line`: tax stands on lines of its own, which `line_type` names.",
    )
    tax_line_words: Words = Field(("Tax",), description="Words in `line_type` that mark a tax line.")

    @field_validator("encoding", "fallback_encoding")
    @classmethod
    def _known_codec(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            return codecs.lookup(value).name
        except LookupError:
            raise ValueError(f"{value!r} is no encoding such as utf-8 or cp1252") from None

    @field_validator("delimiter", mode="before")
    @classmethod
    def _tab(cls, value: object) -> object:
        return "\t" if value in ("\\t", "tab") else value

    @field_validator("dates")
    @classmethod
    def _whole_dates(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            parts = sorted(part[0] for part in _DATE_PARTS.findall(one))
            if parts != ["D", "M", "Y"] or any(sign.isalpha() for sign in _DATE_PARTS.sub("", one)):
                raise ValueError(f"{one!r} does not name year (YYYY), month (MM, M or MMM) and day (DD or D) once each")
        return value

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        known = FIELDS[self.kind]
        cells = (*self.records.header, *self.records.line) if self.records else ()
        strangers = sorted({*self.columns, *cells} - {*known, "-"})
        if strangers:
            raise ValueError(f"{', '.join(strangers)} is no field; fields of {self.kind} are {', '.join(known)}")
        if self.format is not FileFormat.RECORDS:
            placeless = [field for field, one in self.columns.items() if not one.name and one.constant is None]
            if placeless:
                raise ValueError(f"`columns`: {', '.join(placeless)} has neither `name` nor `constant`")
        return self

    @model_validator(mode="after")
    def _shape_of_its_format(self) -> Self:
        if (self.format is FileFormat.XML) != (self.xml is not None):
            raise ValueError("`xml` goes with `format: xml`")
        if (self.format is FileFormat.RECORDS) != (self.records is not None):
            raise ValueError("`records` goes with `format: records`")
        if self.tax == "own_line" and "line_type" not in self.columns:
            raise ValueError("`tax: own_line` needs the column `line_type`")
        if self.tax == "own_line" and not self.tax_line_words:
            raise ValueError("`tax: own_line` needs `tax_line_words`, else no line is a tax line")
        return self

    @model_validator(mode="after")
    def _fields_of_its_part(self) -> Self:
        """A file of headers has no line fields, and one of lines only these; the Stampli id joins them."""
        identity = "payment_id" if self.kind is FileKind.PAYMENTS else "stampli_id"
        if self.part is RowPart.WHOLE:
            return self
        level = Level.HEADER if self.part is RowPart.HEADER else Level.LINE
        misplaced = [name for name in self.columns if name != identity and FIELDS[self.kind][name].level is not level]
        if misplaced:
            strangers = ", ".join(misplaced)
            raise ValueError(f"`part: {self.part}` goes with fields of that level only, not with {strangers}")
        if identity not in self.columns:
            raise ValueError(f"`part: {self.part}` needs the column `{identity}`, which joins both files")
        return self

    @property
    def title(self) -> str:
        """For messages: `invoices (csv)`."""
        part = "" if self.part is RowPart.WHOLE else f", {self.part}s"
        return f"{self.kind} ({self.format}{part})"
