"""Departments, projects, classes and locations: SAP's distribution rules and projects that they mean."""

from dataclasses import dataclass

from stampli_b1_assets.accounting.desk import Desk, Notes, dated_hint, twin_hint, within
from stampli_b1_assets.domain.invoice import InvoiceLine
from stampli_b1_assets.domain.outcome import Hold, Reason

PROJECT = "ProjectCode"
DIMENSIONS_FILE = "dimensions.csv"


@dataclass(frozen=True)
class Coded:
    """One coding field of a line: the word in `dimensions.csv`, Stampli's value, and SAP's property (`target`)."""

    field: str
    value: str
    target: str

    @property
    def what(self) -> str:
        """For messages: `Project P-0110`."""
        return f"{self.field.capitalize()} {self.value}"

    @property
    def number(self) -> int | None:
        """Dimension 1..5; None for a project."""
        return None if self.target == PROJECT else int(self.target.removeprefix("CostingCode") or "1")


def coded_fields(line: InvoiceLine, desk: Desk) -> list[Coded]:
    """The filled coding fields of a line that the settings send to SAP."""
    wanted = desk.settings.dimensions
    fields = [
        ("department", line.department, wanted.department),
        ("project", line.project, wanted.project),
        ("class", line.class_, wanted.class_),
        ("location", line.location, wanted.location),
    ]
    return [Coded(name, value, property_) for name, value, property_ in fields if value and property_]


def dimension_code(coded: Coded, desk: Desk, notes: Notes) -> str:
    """SAP's code, also when SAP will not post to it; "" when there is none. `notes` says why not."""
    row = desk.mappings.dimension(coded.field, coded.value, desk.on)
    code = row.code if row else coded.value
    is_known = code in (desk.reference.projects if coded.target == PROJECT else desk.reference.rules)
    if row is None and (not is_known or desk.settings.unmapped == "hold"):
        notes.holds.append(_unmapped(coded, desk, is_known=is_known))
        return code if is_known else ""
    notes.trace.append(f"{coded.what}: {code} ({row.place if row else 'in SAP, not mapped'})")
    why, mend = _why_no_project(code, desk) if coded.target == PROJECT else _why_no_rule(code, coded, desk)
    if why:
        where = f"correct {row.place}" if row else f"map {coded.value} to another code in {DIMENSIONS_FILE}"
        place = row.place if row else DIMENSIONS_FILE
        subject = coded.what if code == coded.value else f"{coded.what} is {code} by {place}, which"
        detail = f"{subject} {why}."
        notes.holds.append(Hold(Reason.INVALID_DIMENSION, detail, f"{mend}, or {where}.", code))
    return code if is_known else ""


def _unmapped(coded: Coded, desk: Desk, *, is_known: bool) -> Hold:
    add = f"Add a row for {coded.field},{coded.value} to {DIMENSIONS_FILE}"
    if is_known:
        detail = f"No mapping names {coded.what}, and the settings ask for one (`unmapped: hold`)."
        detail += dated_hint(DIMENSIONS_FILE, (coded.field, coded.value), desk)
        return Hold(Reason.UNMAPPED_DIMENSION, detail, f"{add}.", coded.value)
    kind = "project" if coded.target == PROJECT else "distribution rule"
    codes = desk.reference.projects if coded.target == PROJECT else desk.reference.rules
    detail = f"{coded.what} is in no mapping, and SAP has no {kind} of that code."
    detail += dated_hint(DIMENSIONS_FILE, (coded.field, coded.value), desk) or twin_hint(coded.value, codes, "SAP has")
    return Hold(Reason.UNMAPPED_DIMENSION, detail, f"{add}, or create {kind} {coded.value} in SAP.", coded.value)


def _why_no_project(code: str, desk: Desk) -> tuple[str, str]:
    project = desk.reference.projects.get(code)
    if project is None:
        return "is no project that SAP has", f"Create project {code} in SAP"
    if not project.is_active:
        return "is a project that is inactive in SAP", f"Activate project {code} in SAP"
    if not within(desk.on, project.valid_from, project.valid_to):
        return f"is a project that is not valid in SAP on {desk.on}", f"Extend the validity of project {code} in SAP"
    return "", ""


def _why_no_rule(code: str, coded: Coded, desk: Desk) -> tuple[str, str]:
    rule = desk.reference.rules.get(code)
    if rule is None:
        return "is no distribution rule that SAP has", f"Create distribution rule {code} in SAP"
    if rule.dimension != coded.number:
        why = f"belongs to dimension {rule.dimension} in SAP, and the settings send it to dimension {coded.number}"
        return why, f"Correct `posting.dimensions.{coded.field}`"
    if not rule.is_active:
        return "is a distribution rule that is inactive in SAP", f"Activate distribution rule {code} in SAP"
    if not within(desk.on, rule.effective_from, rule.effective_to):
        return f"is not effective in SAP on {desk.on}", f"Extend the validity of distribution rule {code} in SAP"
    return "", ""
