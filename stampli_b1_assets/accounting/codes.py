"""The codes of one coding line in SAP: account, dimensions, project."""

from dataclasses import dataclass, field

from stampli_b1_assets.accounting.accounts import gl_account, lacking_dimensions
from stampli_b1_assets.accounting.desk import Desk, Notes
from stampli_b1_assets.accounting.dimensions import PROJECT, coded_fields, dimension_code
from stampli_b1_assets.domain.invoice import InvoiceLine
from stampli_b1_assets.domain.reference_data import Account


@dataclass
class LineCodes:
    """What could be found, also what SAP will not post to; `notes.holds` says whether the line can be posted."""

    account: Account | None = None
    dimensions: dict[str, str] = field(default_factory=dict)
    """SAP's property → code."""
    project: str = ""
    notes: Notes = field(default_factory=Notes)
    is_whole: bool = True
    """Whether SAP knows every code of the line."""


def line_codes(line: InvoiceLine, desk: Desk) -> LineCodes:
    """Look up the codes of one line. An empty account is no matter of codes: the values' own rule says so."""
    codes = LineCodes()
    if line.gl_account:
        codes.account = gl_account(line.gl_account, desk, codes.notes)
    fields = coded_fields(line, desk)
    for coded in fields:
        code = dimension_code(coded, desk, codes.notes)
        codes.is_whole = codes.is_whole and bool(code)
        if coded.target == PROJECT:
            codes.project = code
        elif code:
            codes.dimensions[coded.target] = code
    if codes.account is not None:
        given = {coded.number for coded in fields if coded.number is not None}
        has_project = any(coded.target == PROJECT for coded in fields)
        codes.notes.holds += lacking_dimensions(codes.account, given, has_project=has_project)
    codes.is_whole = codes.is_whole and codes.account is not None
    return codes
