"""The proof of the guard: five cases on the live company, each undone at once.

(a) a guard row and its entry are posted together; (b) a refused entry takes its row back; (c) the same key is refused
a second time; (d) the same with the entry first; (e) of two at once exactly one is posted.
"""

import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stampli_b1_assets.b1.batch import ChangeSetResult, Fate, Operation
from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.b1.entries import ENTITY_SET, KEY_PROPERTY
from stampli_b1_assets.b1.guard import TABLE_SET, change_set, has_row
from stampli_b1_assets.b1.odata import keyed, text
from stampli_b1_assets.b1.refusals import already_exists, is_passing, refused_read
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.domain.journal_entry import JournalEntry, JournalLine
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused, B1Unusable

KEY_PREFIX = "proof-"
"""Keys of the test's entries; reconciling leaves them out."""
_NO_ACCOUNT = "~NOACCOUNT~"
_FALLBACK = "Posting falls back to look-up, intent, post and read back; ask SAP's support about change sets."
_AGAIN = "Run `stampli-b1 provision` again."
_BY_HAND = "Cancel or delete it in SAP by hand."
_MOST_ROWS = 3

Case = tuple[str, str, str]
"""Name, what is wrong (empty: nothing), what to do."""


@dataclass(frozen=True)
class Verdict:
    """`is_proved` is None when SAP could not be reached before the end."""

    cases: tuple[Case, ...]
    is_proved: bool | None
    refusal: str


class SelfTest:
    """Runs once. Amounts are the smallest of the local currency, on both sides of one account."""

    def __init__(self, b1: B1, account: str, day: date, decimals: int) -> None:
        self._b1 = b1
        self._session = b1.session
        self._account = account
        self._day = day
        self._decimals = decimals
        self._keys: list[str] = []
        self._settled: set[int] = set()
        self._left_behind: list[str] = []
        self._refusal = ""

    def run(self) -> Verdict:
        """All five cases, and the clean-up, whatever happens."""
        first = self._entry()
        todo: Sequence[tuple[str, Callable[[], str]]] = (
            ("(a) a guard row and its entry are posted together", lambda: self._together(first)),
            ("(b) a refused entry takes its guard row back", self._rolled_back),
            ("(c) the same key is refused a second time", lambda: self._refused_twice(first)),
            ("(d) the same holds with the entry first", lambda: self._entry_first(first)),
            ("(e) of two at once exactly one is posted", self._at_once),
        )
        cases: list[Case] = []
        is_proved: bool | None = None
        try:
            for name, case in todo:
                cases.append(self._case(name, case))
            is_proved = not any(wrong for _, wrong, _ in cases)
        except B1Unusable as error:
            cases.append(("self-test", f"Nothing was proved: {error.message}", error.remedy or _AGAIN))
        cases.append(self._clean_up())
        return Verdict(tuple(cases), is_proved, self._refusal)

    def _case(self, name: str, case: Callable[[], str]) -> Case:
        """A case says what is wrong, or nothing; what it posted is cancelled at once."""
        try:
            wrong = case()
        except B1Refused as error:
            wrong = f"SAP refused the whole batch: {error.text} (code {error.code})"
        except B1OutcomeUnknown as error:
            wrong = error.message
        finally:
            self._cancel_all()
        return name, wrong, _FALLBACK if wrong else ""

    # --- the cases ----------------------------------------------------------------------------------------------

    def _together(self, entry: JournalEntry) -> str:
        result = self._send(change_set(entry))
        if result.fate is Fate.REFUSED:  # by a rule of the company: that says nothing about the guard
            raise B1Unusable(f"SAP did not accept the entry: {_said(result)}.", "Name another account with --account.")
        return "" if self._has_both(entry.key) else f"SAP does not show both afterwards ({_said(result)})"

    def _rolled_back(self) -> str:
        entry = self._entry(_NO_ACCOUNT)
        if self._send(change_set(entry)).fate is Fate.APPLIED:
            return f"SAP accepted an entry on the account {_NO_ACCOUNT}, which does not exist"
        return self._only_together(entry.key)

    def _refused_twice(self, entry: JournalEntry) -> str:
        result = self._send(change_set(entry))
        if result.fate is Fate.APPLIED:
            return "SAP accepted the same key twice: the table's key is not unique"
        self._refusal = _said(result)
        if self._open_entries(entry.key):
            return "SAP refused the row, but posted the entry a second time: change sets are not atomic here"
        if result.error is None or not already_exists(result.error):
            return f"refused, but not as a duplicate: {_said(result)}"
        return ""

    def _entry_first(self, known: JournalEntry) -> str:
        fresh = self._entry()
        if self._send(change_set(fresh)[::-1]).fate is not Fate.APPLIED or not self._has_both(fresh.key):
            return "a new pair was not posted together"
        if self._send(change_set(known)[::-1]).fate is Fate.APPLIED or self._open_entries(known.key):
            return "the entry of a known key was posted a second time: change sets are not atomic here"
        bad = self._entry(_NO_ACCOUNT)
        self._send(change_set(bad)[::-1])
        return self._only_together(bad.key)

    def _at_once(self) -> str:
        entry = self._entry()
        with self._b1.new_session() as other, ThreadPoolExecutor(2) as pool:
            other.log_in()
            start = threading.Barrier(2)

            def send(session: ServiceLayer) -> ChangeSetResult:
                start.wait()
                return self._send(change_set(entry), session)

            results = list(pool.map(send, (self._session, other)))
        applied = [result for result in results if result.fate is Fate.APPLIED]
        refused = [one.error for one in results if one.error and (already_exists(one.error) or is_passing(one.error))]
        if len(applied) == 1 and len(refused) == 1 and self._has_both(entry.key):
            return ""
        return f"two at once ended: {'; '.join(map(_said, results))}; {len(self._open_entries(entry.key))} entries"

    def _only_together(self, key: str) -> str:
        if has_row(self._session, key):
            return "the guard row of a refused entry stayed: change sets are not atomic here"
        return "a refused entry was posted all the same" if self._open_entries(key) else ""

    def _has_both(self, key: str) -> bool:
        return len(self._open_entries(key)) == 1 and has_row(self._session, key)

    # --- what they need -----------------------------------------------------------------------------------------

    def _entry(self, account: str = "") -> JournalEntry:
        key = f"{KEY_PREFIX}{uuid.uuid4().hex}"
        self._keys.append(key)
        amount = Decimal(1).scaleb(-self._decimals)
        return JournalEntry(
            key=key,
            reference_date=self._day,
            tax_date=self._day,
            due_date=self._day,
            memo="Proof of the Stampli guard, cancelled at once",
            reference="proof",
            reference2="",
            reference3="stampli-b1 provision",
            lines=(
                JournalLine(account_code=account or self._account, debit=amount),
                JournalLine(account_code=self._account, credit=amount),
            ),
            decimals=self._decimals,
        )

    def _send(self, operations: Sequence[Operation], session: ServiceLayer | None = None) -> ChangeSetResult:
        results, _, _ = (session or self._session).batch([operations], is_protected=False)
        return results[0]

    def _numbers(self, key: str) -> set[int]:
        filter_ = f"{KEY_PROPERTY} eq {text(key)}"
        try:
            rows = self._session.get_all(ENTITY_SET, select=("JdtNum",), filter=filter_, orderby="JdtNum")
        except B1Refused as refusal:
            raise refused_read("journal entries", refusal) from None
        return {int(row["JdtNum"]) for row in rows}

    def _open_entries(self, key: str) -> set[int]:
        """Entries of the key that were not cancelled yet, and do not cancel another."""
        return self._numbers(key) - self._settled

    # --- undoing ------------------------------------------------------------------------------------------------

    def _cancel_all(self) -> None:
        for key in self._keys:
            for number in sorted(self._open_entries(key)):
                self._undo("POST", f"{keyed(ENTITY_SET, number)}/Cancel", f"Journal entry {number}")
                self._settled |= {number, *self._numbers(key)}  # the reversal may carry the key too

    def _clean_up(self) -> Case:
        name = "clean-up"
        try:
            self._cancel_all()
            for key in self._keys:
                for _ in range(_MOST_ROWS):
                    if has_row(self._session, key):
                        self._undo("DELETE", keyed(TABLE_SET, key), f"Row {key} of {TABLE_SET}")
        except B1Unusable as error:
            keys = ", ".join(self._keys)
            return name, f"could not be finished: {error.message} What was tried has the keys {keys}.", _BY_HAND
        wrong = "; ".join(self._left_behind)
        return name, wrong, _BY_HAND if wrong else ""

    def _undo(self, method: str, path: str, what: str) -> None:
        for _ in range(2):  # cancelling twice is refused, deleting twice finds nothing: both do no harm
            try:
                self._b1.session.write(method, path)
            except B1OutcomeUnknown:
                continue
            except B1Refused as refusal:
                self._left_behind.append(f"{what}: {refusal.text} (code {refusal.code})")
            return


def _said(result: ChangeSetResult) -> str:
    if result.error is None:
        return {Fate.APPLIED: "applied", Fate.UNKNOWN: f"HTTP {result.status}"}.get(result.fate, "no answer")
    return f"HTTP {result.error.status}, code {result.error.code}: {result.error.text}"
