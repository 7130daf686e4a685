"""Stampli's codes in SAP: what the mapping says, else the code itself if SAP knows it; or why it cannot be used."""

from dataclasses import dataclass, field
from datetime import date

from stampli_b1_assets.accounting.mappings import MappingRow, Mappings
from stampli_b1_assets.config.models import PostingSettings
from stampli_b1_assets.domain.invoice import InvoiceLine
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.domain.reference_data import ALL_CURRENCIES, Account, ReferenceData

_FIELD_NAMES = {"department": "Department", "project": "Project", "class_": "Class", "location": "Location"}


@dataclass(frozen=True)
class Desk:
    """What looking a code up needs: the mappings, SAP's master data, the settings, and the day that counts."""

    mappings: Mappings
    reference: ReferenceData
    settings: PostingSettings
    on: date | None
    currency: str


@dataclass
class LineCodes:
    """The codes of one entry line, as far as they could be found."""

    account: Account | None = None
    dimensions: dict[str, str] = field(default_factory=dict)
    project: str = ""
    holds: list[Hold] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)


def line_codes(line: InvoiceLine, desk: Desk) -> LineCodes:
    """Account, dimensions and project of one coding line."""
    codes = LineCodes()
    codes.account = gl_account(line.gl_account, desk, codes)
    for name in _FIELD_NAMES:
        value = getattr(line, name)
        property_ = getattr(desk.settings.dimensions, name)
        if value and property_:
            _dimension(name, value, property_, desk, codes)
    if codes.account is not None:
        codes.holds += _needed_dimensions(codes.account, codes)
    return codes


def gl_account(code: str, desk: Desk, codes: LineCodes) -> Account | None:
    """The account for a G/L code of Stampli; holds say why there is none."""
    row = desk.mappings.account(code, desk.on)
    if row is not None:
        return mapped_account(row, desk, codes, what=f"G/L account {code}")
    account = _known_account(code, desk.reference)
    if account is None or desk.settings.unmapped == "hold":
        codes.holds.append(_unmapped_account(code, desk))
        return None
    codes.trace.append(f"G/L account {code}: {account.code} in SAP, not mapped")
    return _usable(account, desk, codes)


def mapped_account(row: MappingRow, desk: Desk, codes: LineCodes, *, what: str) -> Account | None:
    """The account that a mapping row names."""
    codes.trace.append(f"{what}: {row.code} ({row.place})")
    account = _known_account(row.code, desk.reference)
    if account is None:
        detail = f"{row.place} gives {what} the account {row.code}, which SAP does not have."
        action = f"Correct {row.file}, or create account {row.code} in SAP."
        codes.holds.append(Hold(Reason.INVALID_GL_ACCOUNT, detail, action, row.code))
        return None
    return _usable(account, desk, codes)


def account_by_code(code: str, desk: Desk, codes: LineCodes, *, what: str) -> Account | None:
    """An account that the settings name."""
    account = _known_account(code, desk.reference)
    if account is None:
        detail = f"The {what} is account {code}, which SAP does not have."
        codes.holds.append(Hold(Reason.INVALID_GL_ACCOUNT, detail, "Correct the configuration.", code))
        return None
    return _usable(account, desk, codes)


def _known_account(code: str, reference: ReferenceData) -> Account | None:
    """By code, else by the format code that people see in a segmented chart of accounts."""
    account = reference.accounts.get(code)
    if account is None and code:
        account = next((one for one in reference.accounts.values() if one.format_code == code), None)
    return account


def _unmapped_account(code: str, desk: Desk) -> Hold:
    if desk.settings.unmapped == "hold":
        detail = f"No mapping names G/L account {code}, and the settings ask for one (`unmapped: hold`)."
    else:
        detail = f"G/L account {code} is in no mapping, and SAP has no account of that code."
    twin = next((one for one in desk.reference.accounts if one.lstrip("0") == code.lstrip("0") and one != code), None)
    if twin is not None:
        detail += f" SAP has {twin}: were leading zeros lost in a spreadsheet?"
    action = f"Add a row for {code} to gl_accounts.csv, or correct the coding in Stampli."
    return Hold(Reason.UNMAPPED_GL_ACCOUNT, detail, action, code)


def _usable(account: Account, desk: Desk, codes: LineCodes) -> Account | None:
    why = _why_not(account, desk)
    if not why:
        return account
    detail = f"Account {account.code} {account.name} {why}."
    action = "Map another account in gl_accounts.csv, or change the account in SAP."
    codes.holds.append(Hold(Reason.INVALID_GL_ACCOUNT, detail, action, account.code))
    return None


def _why_not(account: Account, desk: Desk) -> str:  # noqa: PLR0911 - one return per cause reads best
    if account.is_title:
        return "is a title in SAP's chart of accounts and cannot be posted to"
    if account.is_control:
        return "is a control account in SAP: only business partners post to it"
    if account.is_blocked:
        return "is blocked for manual posting in SAP"
    if account.is_frozen and within(desk.on, account.frozen_from, account.frozen_to):
        return "is inactive in SAP"
    if account.is_valid_range and not within(desk.on, account.valid_from, account.valid_to):
        return f"is not valid in SAP on {desk.on}"
    if account.currency not in (ALL_CURRENCIES, "", desk.currency, desk.reference.local_currency):
        return f"takes only {account.currency} in SAP, and the invoice is in {desk.currency}"
    return ""


def within(day: date | None, first: date | None, last: date | None) -> bool:
    """Whether a day lies between two dates, both included; an open end has no limit."""
    return day is None or ((first is None or first <= day) and (last is None or day <= last))


def _dimension(name: str, value: str, property_: str, desk: Desk, codes: LineCodes) -> None:
    field_name = name.rstrip("_")
    row = desk.mappings.dimension(field_name, value, desk.on)
    code = row.code if row else value
    what = f"{_FIELD_NAMES[name]} {value}"
    is_known = code in (desk.reference.projects if property_ == "ProjectCode" else desk.reference.rules)
    if row is None and (not is_known or desk.settings.unmapped == "hold"):
        codes.holds.append(_unmapped_dimension(what, field_name, value))
        return
    codes.trace.append(f"{what}: {code} ({row.place if row else 'in SAP, not mapped'})")
    why = _why_no_project(code, desk) if property_ == "ProjectCode" else _why_no_rule(code, property_, desk)
    if why:
        detail = f"{what}: {code} {why}."
        action = f"Map {value} to another code in dimensions.csv, or change {code} in SAP."
        codes.holds.append(Hold(Reason.INVALID_DIMENSION, detail, action, code))
    elif property_ == "ProjectCode":
        codes.project = code
    else:
        codes.dimensions[property_] = code


def _unmapped_dimension(what: str, field_name: str, value: str) -> Hold:
    return Hold(
        Reason.UNMAPPED_DIMENSION,
        f"{what} is in no mapping, and SAP does not have it (or the settings ask for a mapping).",
        f"Add a row {field_name},{value} to dimensions.csv, or create {value} in SAP.",
        value,
    )


def _why_no_project(code: str, desk: Desk) -> str:
    project = desk.reference.projects.get(code)
    if project is None:
        return "is a project that SAP does not have"
    if not project.is_active:
        return "is a project that is inactive in SAP"
    if not within(desk.on, project.valid_from, project.valid_to):
        return f"is a project that is not valid in SAP on {desk.on}"
    return ""


def _why_no_rule(code: str, property_: str, desk: Desk) -> str:
    rule = desk.reference.rules.get(code)
    wanted = _dimension_number(property_)
    if rule is None:
        return "is a distribution rule that SAP does not have"
    if rule.dimension != wanted:
        return f"belongs to dimension {rule.dimension} in SAP, and the settings put it into dimension {wanted}"
    if not rule.is_active:
        return "is inactive in SAP"
    if not within(desk.on, rule.effective_from, rule.effective_to):
        return f"is not effective in SAP on {desk.on}"
    return ""


def _dimension_number(property_: str) -> int:
    return int(property_.removeprefix("CostingCode") or "1")


def _needed_dimensions(account: Account, codes: LineCodes) -> list[Hold]:
    given = {_dimension_number(property_) for property_ in codes.dimensions}
    lacking = [f"dimension {number}" for number in sorted(account.required_dimensions - given)]
    if account.is_project_required and not codes.project:
        lacking.append("a project")
    if not lacking:
        return []
    detail = f"Account {account.code} {account.name} needs {' and '.join(lacking)}, which the line does not have."
    action = "Code the line in full in Stampli, or change the account in SAP."
    return [Hold(Reason.INVALID_GL_ACCOUNT, detail, action, account.code)]
