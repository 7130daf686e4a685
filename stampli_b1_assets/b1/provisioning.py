"""Create the guard in SAP, table and field, and have it proved on this very company."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.b1.guard import FIELD, FIELD_TABLE, TABLE
from stampli_b1_assets.b1.odata import keyed
from stampli_b1_assets.b1.refusals import already_exists
from stampli_b1_assets.b1.self_test import SelfTest
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.domain.reference_data import ALL_CURRENCIES, Account, Period, ReferenceData
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused, B1Unusable

_NO_OBJECT = ("bott_NoObject", 0, "0")
_KEY_SIZE = 50
_RESTART = "Have the Service Layer restarted (it shows new tables and fields only then), and run this again."
_RIGHTS = (
    "Let nobody else be logged in to the company, use a user who may define tables and fields, and run this again."
)


@dataclass(frozen=True)
class ProvisionStep:
    """One step; `action` says what to do when it is not ok."""

    name: str
    is_ok: bool
    detail: str
    action: str = ""


@dataclass(frozen=True)
class ProvisionReport:
    """All steps; `is_proved` is None when nothing was proved or refuted: a dry run, no visible guard, SAP out of reach.

    `refusal` is how this server refuses a second posting: status, code and text, to be recognised later.
    """

    steps: tuple[ProvisionStep, ...]
    is_proved: bool | None
    refusal: str = ""


def provision(b1: B1, reference: ReferenceData, *, account: str | None, dry_run: bool) -> ProvisionReport:
    """Create what is missing and run the self-test on `account` (default: the first that takes postings).

    The test posts entries of one cent on both sides of that account in the latest open period, cancels them at once
    and deletes its guard rows. Safe to run again. Raises `B1Unusable` when SAP cannot be asked at all.
    """
    state = b1.guard(anew=True)
    steps = [
        _made(b1, f"table {TABLE}", state.has_table, dry_run=dry_run, create=_create_table),
        _made(b1, f"field {FIELD} on {FIELD_TABLE}", state.has_field, dry_run=dry_run, create=_create_field),
    ]
    if state.has_table:
        steps += _table_type(b1)
    place = _place(reference, account)
    if isinstance(place, ProvisionStep):
        return ProvisionReport((*steps, place), None)
    chosen, period = place
    if dry_run:
        detail = f"would be tried on account {chosen.code} in period {period.code}"
        return ProvisionReport((*steps, ProvisionStep("self-test", is_ok=True, detail=detail)), None)
    if not all(step.is_ok for step in steps):
        return ProvisionReport(tuple(steps), None)
    state = b1.guard(anew=True)
    if not (state.has_table and state.has_field):
        missing = " and ".join(
            name
            for name, is_there in ((f"table {TABLE}", state.has_table), (f"field {FIELD}", state.has_field))
            if not is_there
        )
        detail = f"The Service Layer does not show the {missing} yet."
        return ProvisionReport((*steps, ProvisionStep("visible", is_ok=False, detail=detail, action=_RESTART)), None)
    decimals = reference.currencies.get(reference.local_currency, 2)
    test = SelfTest(b1, chosen.code, _day_in(period), decimals)
    return _report(steps, test)


def _report(steps: list[ProvisionStep], test: SelfTest) -> ProvisionReport:
    verdict = test.run()
    cases = [
        ProvisionStep(name, is_ok=not wrong, detail=wrong or "as it must be", action=action)
        for name, wrong, action in verdict.cases
    ]
    return ProvisionReport((*steps, *cases), verdict.is_proved, verdict.refusal)


# --- what is created ----------------------------------------------------------------------------------------------


def _made(b1: B1, name: str, is_there: bool, *, dry_run: bool, create: Callable[[ServiceLayer], None]) -> ProvisionStep:
    if is_there:
        return ProvisionStep(name, is_ok=True, detail="is there")
    if dry_run:
        action = "Run `stampli-b1 provision` without --dry-run."
        return ProvisionStep(name, is_ok=False, detail="is missing and would be created", action=action)
    try:
        create(b1.session)
    except B1Refused as refusal:
        if already_exists(refusal):
            return ProvisionStep(name, is_ok=True, detail="is there, not visible yet")
        detail = f"could not be created: {refusal.text} (code {refusal.code})"
        return ProvisionStep(name, is_ok=False, detail=detail, action=_RIGHTS)
    except B1OutcomeUnknown as unknown:
        return ProvisionStep(name, is_ok=False, detail=unknown.message, action="Run this again.")
    return ProvisionStep(name, is_ok=True, detail="created")


def _create_table(session: ServiceLayer) -> None:
    body = {"TableName": TABLE, "TableDescription": "Posted from Stampli", "TableType": "bott_NoObject"}
    session.write("POST", "UserTablesMD", body)


def _create_field(session: ServiceLayer) -> None:
    body = {
        "TableName": FIELD_TABLE,
        "Name": FIELD,
        "Type": "db_Alpha",
        "SubType": "st_None",
        "Size": _KEY_SIZE,
        "Description": "Key of a posting from Stampli",
    }
    session.write("POST", "UserFieldsMD", body)


def _table_type(b1: B1) -> list[ProvisionStep]:
    """A table of another type has no key of ours. Not every user may ask; the self-test decides in the end."""
    try:
        row = b1.session.get(keyed("UserTablesMD", TABLE))
    except (B1Refused, B1Unusable):
        return []
    if row.get("TableType", _NO_OBJECT[0]) in _NO_OBJECT:
        return []
    detail = f"{TABLE} is a table of type {row['TableType']}, not bott_NoObject."
    action = f"Rename or delete that table in SAP; this one needs the name {TABLE}."
    return [ProvisionStep("type of the table", is_ok=False, detail=detail, action=action)]


# --- where it is tried --------------------------------------------------------------------------------------------


def _place(reference: ReferenceData, code: str | None) -> tuple[Account, Period] | ProvisionStep:
    period = max(
        (one for one in reference.periods if one.status.is_open), key=lambda one: one.posting_from, default=None
    )
    if period is None:
        return _nowhere("No posting period is open in SAP.", "Open a posting period.")
    day, local = _day_in(period), reference.local_currency
    if code is None:
        account = next((one for one in reference.accounts.values() if _takes_postings(one, day, local)), None)
        if account is None:
            return _nowhere("SAP has no account that takes a posting by itself.", "Name one with --account.")
        return account, period
    account = reference.accounts.get(code) or next(
        (one for one in reference.accounts.values() if one.format_code == code), None
    )
    if account is None:
        return _nowhere(f"SAP has no account {code}.", "Name a postable account with --account.")
    if not _takes_postings(account, day, local):
        detail = f"Account {code} {account.name} does not take a posting by itself on {day}."
        return _nowhere(detail, "Name an active account without required dimensions with --account.")
    return account, period


def _nowhere(detail: str, action: str) -> ProvisionStep:
    return ProvisionStep("self-test", is_ok=False, detail=detail, action=action)


def _takes_postings(account: Account, day: date, local_currency: str) -> bool:
    is_plain = not (account.is_title or account.is_control or account.is_blocked or account.is_frozen)
    is_free = not (account.required_dimensions or account.is_project_required)
    is_valid = not account.is_valid_range or ((account.valid_from or day) <= day <= (account.valid_to or day))
    return is_plain and is_free and is_valid and account.currency in (ALL_CURRENCIES, "", local_currency)


def _day_in(period: Period) -> date:
    """A day of the posting window; within the other two windows as well, where they leave one."""
    first = max(period.posting_from, period.due_from, period.tax_from)
    return first if first <= period.posting_to else period.posting_from
