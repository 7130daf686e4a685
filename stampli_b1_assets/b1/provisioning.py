"""Create the guard in SAP, and prove on this very company that it protects: the five cases of the self-test."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stampli_b1_assets.b1.batch import ChangeSetResult, Fate, Operation
from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.b1.entries import ENTITY_SET, KEY_PROPERTY
from stampli_b1_assets.b1.guard import FIELD, FIELD_TABLE, TABLE, TABLE_SET, change_set, has_row
from stampli_b1_assets.b1.odata import text
from stampli_b1_assets.b1.refusals import already_exists
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.domain.journal_entry import JournalEntry, JournalLine
from stampli_b1_assets.domain.reference_data import Account, ReferenceData
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused, B1Unusable, StampliB1Error

_CENT = Decimal("0.01")
_WRONG_ACCOUNT = "~NOACCOUNT~"
_RESTART = "Have the Service Layer restarted (new tables and fields are invisible until then), and run this again."


@dataclass(frozen=True)
class ProvisionStep:
    """One step; `action` says what to do when it is not ok."""

    name: str
    is_ok: bool
    detail: str
    action: str = ""


@dataclass(frozen=True)
class ProvisionReport:
    """All steps; `is_proved` is None when nothing was proved or refuted (a dry run, or no visible guard)."""

    steps: tuple[ProvisionStep, ...]
    is_proved: bool | None


def provision(b1: B1, reference: ReferenceData, *, account: str | None, dry_run: bool) -> ProvisionReport:
    """Create what is missing and run the self-test on `account` (default: the first postable one).

    The test posts entries of 0.01 on both sides of that account in the latest open period, cancels them at once and
    deletes its guard rows. Safe to run again. Raises `B1Unusable`.
    """
    state = b1.guard(anew=True)
    steps = [
        _made(b1, f"table {TABLE}", state.has_table, dry_run=dry_run, create=_create_table),
        _made(b1, f"field {FIELD} on {FIELD_TABLE}", state.has_field, dry_run=dry_run, create=_create_field),
    ]
    if dry_run or not all(step.is_ok for step in steps):
        return ProvisionReport(tuple(steps), None)
    state = b1.guard(anew=True)
    if not (state.has_table and state.has_field):
        steps.append(ProvisionStep("visible", is_ok=False, detail="The guard is not visible yet.", action=_RESTART))
        return ProvisionReport(tuple(steps), None)
    chosen, day = _postable(reference, account), _latest_open_day(reference)
    if chosen is None or day is None:
        detail = "There is no account, or no open period, to try it on."
        action = "Name a postable account with --account, and open a period."
        steps.append(ProvisionStep("self-test", is_ok=False, detail=detail, action=action))
        return ProvisionReport(tuple(steps), None)
    test = _SelfTest(b1, chosen.code, day, reference.currencies.get(reference.local_currency, 2))
    proof = test.run()
    return ProvisionReport((*steps, *proof), all(step.is_ok for step in proof))


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
        action = "Let no user be logged in to the company meanwhile, give the user the right to create fields."
        return ProvisionStep(name, is_ok=False, detail=f"could not be created: {refusal.text}", action=action)
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
        "Size": 50,
        "Description": "Key of a posting from Stampli",
    }
    session.write("POST", "UserFieldsMD", body)


def _postable(reference: ReferenceData, code: str | None) -> Account | None:
    if code is not None:
        return reference.accounts.get(code)
    for account in reference.accounts.values():
        is_plain = not (account.is_title or account.is_control or account.is_blocked or account.is_frozen)
        is_free = not (account.required_dimensions or account.is_project_required or account.is_valid_range)
        if is_plain and is_free and account.currency in ("##", "", reference.local_currency):
            return account
    return None


def _latest_open_day(reference: ReferenceData) -> date | None:
    return max((period.posting_from for period in reference.periods if period.status.is_open), default=None)


class _SelfTest:
    """The five cases, with everything that they leave undone at the end."""

    def __init__(self, b1: B1, account: str, day: date, decimals: int) -> None:
        self._b1 = b1
        self._session = b1.session
        self._account = account
        self._day = day
        self._decimals = decimals
        self._keys: list[str] = []

    def run(self) -> list[ProvisionStep]:
        first = self._entry()
        cases: Sequence[tuple[str, Callable[[], str]]] = (
            ("(a) a guard row and its entry are posted together", lambda: self._together(first)),
            ("(b) a refused entry takes its guard row back", self._rolled_back),
            ("(c) the same key is refused a second time", lambda: self._refused_twice(first)),
            ("(d) the same holds with the entry first", lambda: self._reversed(first)),
            ("(e) of two at once exactly one is posted", self._at_once),
        )
        try:
            return [self._case(name, case) for name, case in cases]
        finally:
            self._clean_up()

    def _case(self, name: str, case: Callable[[], str]) -> ProvisionStep:
        """A case says what is wrong, or nothing."""
        try:
            wrong = case()
        except StampliB1Error as error:
            wrong = error.message
        if not wrong:
            return ProvisionStep(name, is_ok=True, detail="as it must be")
        action = "Posting falls back to look-up, intent, post and read back; ask SAP's support about change sets."
        return ProvisionStep(name, is_ok=False, detail=wrong, action=action)

    def _entry(self, account: str = "") -> JournalEntry:
        key = f"proof-{uuid.uuid4().hex}"
        self._keys.append(key)
        code = account or self._account
        lines = (JournalLine(account_code=code, debit=_CENT), JournalLine(account_code=self._account, credit=_CENT))
        return JournalEntry(
            key=key,
            reference_date=self._day,
            tax_date=self._day,
            due_date=self._day,
            memo="Proof of the Stampli guard",
            reference="proof",
            reference2=key,
            reference3="stampli-b1 provision",
            lines=lines,
            decimals=self._decimals,
        )

    def _send(self, operations: Sequence[Operation], session: ServiceLayer | None = None) -> ChangeSetResult:
        results, _, _ = (session or self._session).batch([operations], is_protected=False)
        return results[0]

    def _count(self, key: str) -> int:
        filter_ = f"{KEY_PROPERTY} eq {text(key)}"
        return len(self._session.get_all(ENTITY_SET, select=("JdtNum",), filter=filter_, orderby="JdtNum"))

    def _together(self, entry: JournalEntry) -> str:
        result = self._send(change_set(entry))
        if result.fate is not Fate.APPLIED:
            return f"SAP refused it: {result.error.text if result.error else 'no answer'}"
        return "" if self._count(entry.key) == 1 and has_row(self._session, entry.key) else "one of both is not there"

    def _rolled_back(self) -> str:
        entry = self._entry(_WRONG_ACCOUNT)
        if self._send(change_set(entry)).fate is Fate.APPLIED:
            return "SAP accepted an entry on an account that does not exist"
        return "the guard row stayed: change sets are not atomic here" if has_row(self._session, entry.key) else ""

    def _refused_twice(self, entry: JournalEntry) -> str:
        result = self._send(change_set(entry))
        if result.error is None:
            return "SAP accepted the same key twice: the table's key is not unique"
        if self._count(entry.key) != 1:
            return "the entry was posted a second time"
        return "" if already_exists(result.error) else f"refused with another code: {result.error.code}"

    def _reversed(self, first: JournalEntry) -> str:
        fresh = self._entry()
        if self._send(change_set(fresh)[::-1]).fate is not Fate.APPLIED or self._count(fresh.key) != 1:
            return "a new pair was not posted"
        self._send(change_set(first)[::-1])
        if self._count(first.key) != 1:
            return "the entry of a known key was posted a second time"
        bad = self._entry(_WRONG_ACCOUNT)
        self._send(change_set(bad)[::-1])
        return "a guard row stands without its entry" if has_row(self._session, bad.key) else ""

    def _at_once(self) -> str:
        entry = self._entry()
        with self._b1.new_session() as other, ThreadPoolExecutor(2) as pool:
            other.log_in()
            sent = [pool.submit(self._send, change_set(entry), session) for session in (self._session, other)]
            fates = sorted(one.result().fate.name for one in sent)
        if fates != [Fate.APPLIED.name, Fate.REFUSED.name] or self._count(entry.key) != 1:
            return f"two at once ended {' and '.join(fates).lower()}, with {self._count(entry.key)} entries"
        return ""

    def _clean_up(self) -> None:
        for key in self._keys:
            filter_ = f"{KEY_PROPERTY} eq {text(key)}"
            rows = self._session.get_all(ENTITY_SET, select=("JdtNum",), filter=filter_, orderby="JdtNum")
            self._undo(f"{ENTITY_SET}({row['JdtNum']})/Cancel" for row in rows)
            if has_row(self._session, key):
                self._undo([f"{TABLE_SET}('{key}')"], method="DELETE")

    def _undo(self, paths: Iterable[str], method: str = "POST") -> None:
        for path in paths:
            try:
                self._session.write(method, path)
            except (B1Refused, B1OutcomeUnknown) as error:
                raise B1Unusable(f"The test's {path} could not be undone: {error}", "Undo it in SAP by hand.") from None
