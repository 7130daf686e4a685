"""Post entries and find out what became of each: committed only when SAP shows the entry under its key."""

import hashlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from stampli_b1_assets.b1.batch import ChangeSetResult, Fate
from stampli_b1_assets.b1.entries import ENTITY_SET, to_sap
from stampli_b1_assets.b1.finding import find_by_key, find_by_reference
from stampli_b1_assets.b1.guard import change_set, has_row
from stampli_b1_assets.b1.refusals import already_exists, is_passing
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.b1.wire import dumps
from stampli_b1_assets.domain.journal_entry import JournalEntry, PostedEntry
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused, B1Unusable

_BATCH = 10  # a batch stops at the first change set that fails: small ones lose little
_ROUNDS = 6
_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)  # seconds between looks at what is in doubt
_WORTH_A_SESSION = 40  # entries; a login costs 3-8 s (seen live)


class PostingMode(StrEnum):
    """How far the guard may be relied on."""

    GUARDED = "guarded"
    UNPROVED = "unproved"
    """Table and field are there, but their proof is not known: the row is sent, and nothing is re-sent blindly."""
    FALLBACK = "fallback"
    UNMARKED = "unmarked"
    """Not even the user field: an entry is found by the Stampli id in Reference2."""


Status = Literal["committed", "already_there", "refused", "unknown", "guard_contradiction"]


@dataclass(frozen=True)
class WriteResult:
    """What became of one entry; `code` and `text` are SAP's own when it refused."""

    entry: JournalEntry
    status: Status
    posted: PostedEntry | None = None
    code: str = ""
    text: str = ""
    http_status: int | None = None
    request_sha256: str = ""
    response_sha256: str = ""


class Poster:
    """Posts through one session, or several when the backlog is worth their logins."""

    def __init__(
        self,
        session: ServiceLayer,
        more_sessions: Callable[[], ServiceLayer],
        *,
        max_sessions: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._session = session
        self._more_sessions = more_sessions
        self._max_sessions = max_sessions
        self._sleep = sleep

    def post(self, entries: Sequence[JournalEntry], mode: PostingMode) -> list[WriteResult]:
        """Results in the order of the entries. Never raises for what was sent: that is `unknown` at worst."""
        count = min(self._max_sessions, max(1, len(entries) // _WORTH_A_SESSION))
        if count == 1:
            return self._post_share(self._session, entries, mode)
        extra = [self._more_sessions() for _ in range(count - 1)]
        sessions = [self._session, *extra]
        try:
            with ThreadPoolExecutor(count) as pool:
                shares = [entries[place::count] for place in range(count)]
                done = pool.map(self._post_share, sessions, shares, [mode] * count)
                by_key = {result.entry.key: result for results in done for result in results}
        finally:
            for session in extra:
                session.close()
        return [by_key[entry.key] for entry in entries]

    def _post_share(
        self, session: ServiceLayer, entries: Sequence[JournalEntry], mode: PostingMode
    ) -> list[WriteResult]:
        size = _BATCH if mode is PostingMode.GUARDED else 1
        results: list[WriteResult] = []
        for start in range(0, len(entries), size):
            few = entries[start : start + size]
            if mode is PostingMode.GUARDED:
                results += self._guarded(session, few)
            else:
                results += [self._once(session, entry, mode) for entry in few]
        return results

    # --- with the guard: sending again is safe -----------------------------------------------------------------

    def _guarded(self, session: ServiceLayer, entries: Sequence[JournalEntry]) -> list[WriteResult]:
        """Send, look up, and send again what is not there: SAP's database refuses a second time by itself."""
        done: dict[str, WriteResult] = {}
        pending = list(entries)
        for attempt in range(_ROUNDS):
            if attempt:
                self._sleep(_PAUSES[min(attempt, len(_PAUSES)) - 1])
            try:
                pending = self._guarded_round(session, pending, done)
            except B1Unusable as error:
                if not error.is_passing:
                    break
            if not pending:
                break
        for entry in pending:
            done.setdefault(entry.key, WriteResult(entry, "unknown", text="SAP did not say what became of it."))
        return [done[entry.key] for entry in entries]

    def _guarded_round(
        self, session: ServiceLayer, pending: list[JournalEntry], done: dict[str, WriteResult]
    ) -> list[JournalEntry]:
        """One batch; returns what must be sent again."""
        try:
            answers, sent, received = session.batch([change_set(entry) for entry in pending], is_protected=True)
        except B1OutcomeUnknown:
            found = find_by_key(session, [entry.key for entry in pending])
            done.update(_committed(pending, found, "", ""))
            return [entry for entry in pending if entry.key not in found]
        except B1Refused as refusal:  # the batch as a whole: nothing of it was executed
            done.update({entry.key: _refused(entry, refusal, "", "") for entry in pending})
            return []
        hashes = (_sha256(sent), _sha256(received))
        return self._sorted_out(session, list(zip(pending, answers, strict=True)), done, hashes)

    def _sorted_out(
        self,
        session: ServiceLayer,
        answered: Sequence[tuple[JournalEntry, ChangeSetResult]],
        done: dict[str, WriteResult],
        hashes: tuple[str, str],
    ) -> list[JournalEntry]:
        applied = [entry for entry, answer in answered if answer.fate is Fate.APPLIED]
        again = [entry for entry, answer in answered if answer.fate is Fate.NOT_EXECUTED]
        found = find_by_key(session, [entry.key for entry in applied])
        done.update(_committed(applied, found, *hashes))
        again += [entry for entry in applied if entry.key not in found]
        for entry, answer in answered:
            if answer.fate is not Fate.REFUSED or answer.error is None:
                continue
            if already_exists(answer.error):
                done[entry.key] = self._exists(session, entry, answer.error, hashes)
            elif is_passing(answer.error):
                again.append(entry)
                done[entry.key] = _refused(entry, answer.error, *hashes)  # stands if it never gets better
            else:
                done[entry.key] = _refused(entry, answer.error, *hashes)
        for entry in again:
            if done.get(entry.key) is None or done[entry.key].status != "refused":
                done.pop(entry.key, None)
        return again

    def _exists(
        self, session: ServiceLayer, entry: JournalEntry, error: B1Refused, hashes: tuple[str, str]
    ) -> WriteResult:
        """A guard row of this key is there: so must be its entry, at once or as soon as another has committed it."""
        for pause in (0.0, *_PAUSES):
            if pause:
                self._sleep(pause)
            found = find_by_key(session, [entry.key])
            if found:
                return WriteResult(entry, "already_there", found[entry.key], *_evidence(hashes))
        if not has_row(session, entry.key):  # something else exists already, or the row was rolled back meanwhile
            return _refused(entry, error, *hashes)
        text = "The guard row stands in SAP without its journal entry."
        return replace(_refused(entry, error, *hashes), status="guard_contradiction", text=text)

    # --- without it: once, and then only looking -----------------------------------------------------------------

    def _once(self, session: ServiceLayer, entry: JournalEntry, mode: PostingMode) -> WriteResult:
        hashes = ("", "")
        try:
            if mode is PostingMode.UNPROVED:
                answers, sent, received = session.batch([change_set(entry)], is_protected=False)
                hashes = (_sha256(sent), _sha256(received))
                error = answers[0].error
                if error is not None:
                    is_row = already_exists(error)
                    return self._exists(session, entry, error, hashes) if is_row else _refused(entry, error, *hashes)
            else:
                body = to_sap(entry, with_key=mode is not PostingMode.UNMARKED)
                answer = session.write("POST", ENTITY_SET, body)
                hashes = (_sha256(dumps(body)), _sha256(dumps(answer)))
        except B1Refused as refusal:
            return _refused(entry, refusal, *hashes)
        except B1OutcomeUnknown:
            pass
        except B1Unusable as error:
            return WriteResult(entry, "unknown", text=error.message)
        return self._looked_up(session, entry, mode, hashes)

    def _looked_up(
        self, session: ServiceLayer, entry: JournalEntry, mode: PostingMode, hashes: tuple[str, str]
    ) -> WriteResult:
        """Read back; what does not show up for a while stays in doubt until the next cycle."""
        for pause in (0.0, *_PAUSES):
            if pause:
                self._sleep(pause)
            try:
                posted = _find(session, entry, mode)
            except B1Unusable:
                continue
            if posted is not None:
                return WriteResult(entry, "committed", posted, *_evidence(hashes))
        return WriteResult(entry, "unknown", text="SAP did not say what became of it.")


def _find(session: ServiceLayer, entry: JournalEntry, mode: PostingMode) -> PostedEntry | None:
    if mode is not PostingMode.UNMARKED:
        return find_by_key(session, [entry.key]).get(entry.key)
    entries = find_by_reference(session, [entry.reference2]).get(entry.reference2, [])
    return next((replace(one, key=entry.key) for one in entries if one.memo == entry.memo), None)


def _committed(
    entries: Sequence[JournalEntry], found: dict[str, PostedEntry], request: str, response: str
) -> dict[str, WriteResult]:
    return {
        entry.key: WriteResult(entry, "committed", found[entry.key], *_evidence((request, response)))
        for entry in entries
        if entry.key in found
    }


def _refused(entry: JournalEntry, error: B1Refused, request: str, response: str) -> WriteResult:
    return WriteResult(entry, "refused", None, error.code, error.text, error.status, request, response)


def _evidence(hashes: tuple[str, str]) -> tuple[str, str, int | None, str, str]:
    return "", "", None, *hashes


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
