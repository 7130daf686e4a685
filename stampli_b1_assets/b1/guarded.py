"""Posting behind the proved guard: SAP's own database refuses a key the second time, so sending again is safe."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from stampli_b1_assets.b1.batch import ChangeSetResult, Fate
from stampli_b1_assets.b1.finding import find_by_key
from stampli_b1_assets.b1.guard import change_set, has_row, is_there_for_good
from stampli_b1_assets.b1.patience import Patience
from stampli_b1_assets.b1.poster import (
    NO_ANSWER,
    NO_EVIDENCE,
    NOT_SENT,
    PAUSES,
    Evidence,
    WriteResult,
    found,
    refused,
    unknown,
)
from stampli_b1_assets.b1.refusals import already_exists, is_passing
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.domain.journal_entry import JournalEntry
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused, B1Unusable

BATCH = 10
"""Most change sets in one batch: it stops at the first that fails, so small ones lose little."""
_MOST_TRIES = 4


@dataclass
class _Attempt:
    """One entry on its way. `is_alone`: sent in a batch of its own, so that it cannot drag others down."""

    entry: JournalEntry
    tries: int = 0
    is_alone: bool = False
    was_in_doubt: bool = False
    evidence: Evidence = NO_EVIDENCE

    @property
    def was_sent(self) -> bool:
        return self.was_in_doubt or self.evidence is not NO_EVIDENCE


class GuardedPosting:
    """Posts through one session, batch after batch."""

    def __init__(self, session: ServiceLayer, patience: Patience) -> None:
        self._session = session
        self._patience = patience
        self._size = BATCH
        self._done: dict[str, WriteResult] = {}
        self._applied: list[_Attempt] = []

    def post(self, entries: Sequence[JournalEntry]) -> dict[str, WriteResult]:
        """Results by key, one for each entry. Raises `B1Unusable` only when nothing was sent at all."""
        self._done, self._applied = {}, []
        attempts = [_Attempt(entry) for entry in entries]
        try:
            self._send_all(deque(attempts))
            self._confirm()
        except B1Unusable:
            if not any(attempt.was_sent for attempt in attempts):
                raise
        for attempt in attempts:
            text = NO_ANSWER if attempt.was_sent else NOT_SENT
            self._done.setdefault(attempt.entry.key, unknown(attempt.entry, text, attempt.evidence))
        return self._done

    def _send_all(self, queue: deque[_Attempt]) -> None:
        while queue and not self._patience.is_at_an_end:
            few = [queue.popleft()]
            while queue and len(few) < self._size and not (few[0].is_alone or queue[0].is_alone):
                few.append(queue.popleft())
            self._patience.pause(few[0].tries)
            queue.extend(self._round(few))

    def _round(self, few: Sequence[_Attempt]) -> list[_Attempt]:
        """One batch; returns what must be sent again."""
        change_sets = [change_set(attempt.entry) for attempt in few]
        try:
            results, sent, received = self._patience.connected(
                lambda: self._session.batch(change_sets, is_protected=True)
            )
        except B1OutcomeUnknown:
            self._size = max(1, len(few) // 2)  # SAP may need longer for so many than a request may take
            return self._in_doubt(few)
        except B1Refused as refusal:  # the batch as a whole, such as one that is too large: nothing was executed
            return self._refused(few[0], refusal) if len(few) == 1 else _alone(few)
        self._size = min(BATCH, self._size + 1)
        again: list[_Attempt] = []
        for attempt, result in zip(few, results, strict=True):
            if result.fate is not Fate.NOT_EXECUTED:
                attempt.evidence = Evidence.of(sent, received, result.status)
            again += self._sorted(attempt, result)
        return again

    def _sorted(self, attempt: _Attempt, result: ChangeSetResult) -> list[_Attempt]:
        if result.fate is Fate.APPLIED:
            self._applied.append(attempt)
            self._patience.renew()
            return []
        if result.fate is Fate.NOT_EXECUTED:
            return [attempt]
        if result.error is None:
            return self._in_doubt([attempt])
        return self._refused(attempt, result.error)

    def _refused(self, attempt: _Attempt, error: B1Refused) -> list[_Attempt]:
        self._patience.renew()
        attempt.tries += 1
        exists = already_exists(error)
        if exists and (result := self._existing(attempt, error)) is not None:
            self._done[attempt.entry.key] = result
            return []
        if (exists or is_passing(error)) and attempt.tries < _MOST_TRIES:
            return _alone([attempt])
        self._done[attempt.entry.key] = refused(attempt.entry, error, attempt.evidence)
        return []

    def _existing(self, attempt: _Attempt, error: B1Refused) -> WriteResult | None:
        result = settle_existing(self._session, self._patience, attempt.entry, error, attempt.evidence)
        if result is not None and result.posted is not None and attempt.was_in_doubt:
            return found(attempt.entry, result.posted, "committed", attempt.evidence)  # our own first try
        return result

    def _in_doubt(self, few: Sequence[_Attempt]) -> list[_Attempt]:
        """Look them up, and send what is not there again, one by one: one of them may be what made SAP fail."""
        for attempt in few:
            attempt.was_in_doubt = True
            attempt.tries += 1
        existing = find_by_key(self._session, [attempt.entry.key for attempt in few])
        again = []
        for attempt in few:
            posted = existing.get(attempt.entry.key)
            if posted is not None and is_there_for_good(self._session, attempt.entry.key):
                self._done[attempt.entry.key] = found(attempt.entry, posted, "committed", attempt.evidence)
                self._patience.renew()
            elif attempt.tries < _MOST_TRIES:
                again.append(attempt)
        return _alone(again)

    def _confirm(self) -> None:
        """What SAP says it applied counts when it is found under its key."""
        waiting = {attempt.entry.key: attempt for attempt in self._applied}
        for pause in (0, *PAUSES):
            if not waiting:
                return
            self._patience.sleep(pause)
            for key, posted in find_by_key(self._session, list(waiting)).items():
                attempt = waiting.pop(key)
                self._done[key] = found(attempt.entry, posted, "committed", attempt.evidence)


def _alone(attempts: Sequence[_Attempt]) -> list[_Attempt]:
    for attempt in attempts:
        attempt.is_alone = True
    return list(attempts)


def settle_existing(
    session: ServiceLayer, patience: Patience, entry: JournalEntry, error: B1Refused, evidence: Evidence
) -> WriteResult | None:
    """A row of this key is there already: so must be its entry, at once, or when another's transaction ends.

    None: there is no such row, for that transaction was rolled back, or something else exists already.
    """
    posted = None
    for _ in patience.looks():
        posted = find_by_key(session, [entry.key]).get(entry.key)
        if posted is not None and is_there_for_good(session, entry.key):
            return found(entry, posted, "already_there", evidence)
        if not has_row(session, entry.key):
            return None
    if posted is not None:
        return unknown(entry, evidence=evidence)
    contradiction = B1Refused(error.status, error.code, "The guard row stands in SAP without its journal entry.")
    return refused(entry, contradiction, evidence, "guard_contradiction")
