"""G/L accounts: the one that a code of Stampli means in SAP, and whether SAP posts to it."""

from stampli_b1_assets.accounting.desk import Desk, Notes, dated_hint, twin_hint, within
from stampli_b1_assets.accounting.mappings import MappingRow
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.domain.reference_data import ALL_CURRENCIES, Account, ReferenceData

GL_FILE = "gl_accounts.csv"


def gl_account(code: str, desk: Desk, notes: Notes) -> Account | None:
    """The account for a G/L code of Stampli, also when SAP will not post to it; `notes` says why not."""
    row = desk.mappings.account(code, desk.on)
    if row is not None:
        return mapped_account(row, desk, notes, what=f"G/L account {code}")
    account = _known_account(code, desk.reference)
    if account is None or desk.settings.unmapped == "hold":
        notes.holds.append(_unmapped(code, desk, is_known=account is not None))
        return account
    notes.trace.append(f"G/L account {code}: {account.code} (in SAP, not mapped)")
    notes.holds += _refusals(account, desk, f"map {code} to another account in {GL_FILE}")
    return account


def mapped_account(row: MappingRow, desk: Desk, notes: Notes, *, what: str) -> Account | None:
    """The account that a mapping row names, also when SAP will not post to it."""
    notes.trace.append(f"{what}: {row.code} ({row.place})")
    account = _known_account(row.code, desk.reference)
    if account is None:
        detail = f"{row.place} gives {what} the account {row.code}, which SAP does not have."
        detail += twin_hint(row.code, desk.reference.accounts, "SAP has")
        action = f"Correct that row of {row.file}, or create account {row.code} in SAP."
        notes.holds.append(Hold(Reason.INVALID_GL_ACCOUNT, detail, action, row.code))
    else:
        notes.holds += _refusals(account, desk, f"name another account in {row.place}")
    return account


def settings_account(code: str, desk: Desk, notes: Notes, *, key: str) -> Account | None:
    """The account that the settings name under `key`, also when SAP will not post to it."""
    notes.trace.append(f"{key}: {code}")
    account = _known_account(code, desk.reference)
    if account is None:
        detail = f"`{key}` names account {code}, which SAP does not have."
        detail += twin_hint(code, desk.reference.accounts, "SAP has")
        action = f"Correct `{key}` in the configuration, or create account {code} in SAP."
        notes.holds.append(Hold(Reason.INVALID_GL_ACCOUNT, detail, action, code))
    else:
        notes.holds += _refusals(account, desk, f"name another account in `{key}`")
    return account


def lacking_dimensions(account: Account, given: set[int], *, has_project: bool) -> list[Hold]:
    """A hold when SAP demands dimensions or a project on this account that the line does not bring."""
    lacking = [f"dimension {number}" for number in sorted(account.required_dimensions - given)]
    if account.is_project_required and not has_project:
        lacking.append("a project")
    if not lacking:
        return []
    detail = f"{_named(account)} needs {' and '.join(lacking)} in SAP, and the line has none."
    action = "Code the line in full in Stampli, or take the demand off the account in SAP."
    return [Hold(Reason.INVALID_GL_ACCOUNT, detail, action, account.code)]


def _known_account(code: str, reference: ReferenceData) -> Account | None:
    """By code, else by the format code that people see in a segmented chart (Service Layer guide, ChartOfAccounts)."""
    if not code:
        return None
    return reference.accounts.get(code) or reference.accounts_by_format_code.get(code)


def _unmapped(code: str, desk: Desk, *, is_known: bool) -> Hold:
    add = f"Add a row for {code} to {GL_FILE}"
    if is_known:
        detail = f"No mapping names G/L account {code}, and the settings ask for one (`unmapped: hold`)."
        detail += dated_hint(GL_FILE, (code,), desk)
        return Hold(Reason.UNMAPPED_GL_ACCOUNT, detail, f"{add}.", code)
    detail = f"G/L account {code} is in no mapping, and SAP has no account of that code."
    detail += (
        dated_hint(GL_FILE, (code,), desk)
        or twin_hint(code, desk.reference.accounts, "SAP has")
        or twin_hint(code, desk.mappings.keys(GL_FILE), f"{GL_FILE} has")
    )
    return Hold(Reason.UNMAPPED_GL_ACCOUNT, detail, f"{add}, create the account in SAP, or recode it in Stampli.", code)


def _refusals(account: Account, desk: Desk, otherwise: str) -> list[Hold]:
    """Why SAP would not post to the account, with what mends it; empty when it would."""
    why, mend = _why_not(account, desk)
    if not why:
        return []
    action = f"{mend}, or {otherwise}." if mend else f"{otherwise[0].upper()}{otherwise[1:]}."
    return [Hold(Reason.INVALID_GL_ACCOUNT, f"{_named(account)} {why}.", action, account.code)]


def _why_not(account: Account, desk: Desk) -> tuple[str, str]:  # noqa: PLR0911 - one return per cause reads best
    code = account.code
    if account.is_title:
        return "is a title in SAP's chart of accounts and takes no postings", ""
    if account.is_control:
        return "is a control account in SAP: only business partners post to it", ""
    if account.is_blocked:
        return "is blocked for manual posting in SAP", f"Unblock {code} in SAP"
    if account.is_frozen and within(desk.on, account.frozen_from, account.frozen_to):
        return "is inactive in SAP", f"Activate {code} in SAP"
    if account.is_valid_range and not within(desk.on, account.valid_from, account.valid_to):
        return f"is not valid in SAP on {desk.on}", f"Extend the validity of {code} in SAP"
    if desk.currency and account.currency not in (ALL_CURRENCIES, "", desk.currency):
        detail = f"takes only {account.currency} in SAP, and the document is in {desk.currency}"
        return detail, f"Let {code} take every currency in SAP"
    return "", ""


def _named(account: Account) -> str:
    return f"Account {account.code} {account.name}".rstrip()
