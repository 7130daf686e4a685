"""Posting without a proved guard: each entry is sent once, and what is in doubt is only looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

from stampli_b1_assets.b1.entries import ENTITY_SET, to_sap
from stampli_b1_assets.b1.finding import find_by_key, find_same
from stampli_b1_assets.b1.guard import change_set
from stampli_b1_assets.b1.guarded import settle_existing
from stampli_b1_assets.b1.patience import Patience
from stampli_b1_assets.b1.poster import (
    NO_ANSWER,
    NO_EVIDENCE,
    NOT_SENT,
    Evidence,
    PostingMode,
    Sending,
    WriteResult,
    found,
    refused,
    unknown,
)
from stampli_b1_assets.b1.refusals import already_exists, is_passing, refusal
from stampli_b1_assets.b1.service_layer import ServiceLayer, SessionLost
from stampli_b1_assets.b1.wire import dumps
from stampli_b1_assets.domain.journal_entry import JournalEntry, PostedEntry
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused, B1Unusable

_MOST_TRIES = 3


@dataclass
class _Attempt:
    entry: JournalEntry
    was_sent: bool = False
    evidence: Evidence = NO_EVIDENCE


class UnguardedPosting:
    """Posts through one session, one entry after the other."""

    def __init__(
        self, session: ServiceLayer, patience: Patience, mode: PostingMode, sending: Sending = lambda _: None
    ) -> None:
        self._session = session
        self._patience = patience
        self._mode = mode
        self._sending = sending

    def post(self, entries: Sequence[JournalEntry]) -> dict[str, WriteResult]:
        """Results by key, one for each entry. Raises `B1Unusable` only when nothing was sent at all."""
        attempts = [_Attempt(entry) for entry in entries]
        done: dict[str, WriteResult] = {}
        try:
            for attempt in attempts:
                if self._patience.is_at_an_end:
                    break
                result = self._sent(attempt)
                if result is not None:
                    done[attempt.entry.key] = result
            self._look_up([one for one in attempts if one.was_sent and one.entry.key not in done], done)
        except B1Unusable:
            if not any(attempt.was_sent for attempt in attempts):
                raise
        for attempt in attempts:
            text = NO_ANSWER if attempt.was_sent else NOT_SENT
            done.setdefault(attempt.entry.key, unknown(attempt.entry, text, attempt.evidence))
        return done

    def _sent(self, attempt: _Attempt) -> WriteResult | None:
        """None: to be looked up. It is sent again only after a refusal, or a lost session, and a look-up."""
        for tries in range(1, _MOST_TRIES + 1):
            try:
                error = self._patience.connected(lambda: self._send(attempt))
            except SessionLost:
                error = None
            except B1OutcomeUnknown:
                return None
            else:
                if error is None:
                    self._patience.renew()
                    return None
                if not is_passing(error) or tries == _MOST_TRIES:
                    return self._refused(attempt, error)
            posted = self._find([attempt.entry]).get(attempt.entry.key)
            if posted is not None:
                return found(attempt.entry, posted, "committed", attempt.evidence)
            self._patience.pause(tries)
        return None

    def _send(self, attempt: _Attempt) -> B1Refused | None:
        """One request. Returns the refusal; raises `B1OutcomeUnknown`, or `B1Unusable` when it could not be sent."""
        self._sending(attempt.entry.key)
        try:
            send = self._send_pair if self._mode is PostingMode.UNPROVED else self._send_entry
            error = send(attempt)
        except B1Refused as refusal:
            error = refusal
        except B1OutcomeUnknown:
            attempt.was_sent = True
            raise
        attempt.was_sent = True
        return error

    def _send_pair(self, attempt: _Attempt) -> B1Refused | None:
        results, sent, received = self._session.batch([change_set(attempt.entry)], is_protected=False)
        attempt.evidence = Evidence.of(sent, received, results[0].status)
        return results[0].error

    def _send_entry(self, attempt: _Attempt) -> B1Refused | None:
        content = dumps(to_sap(attempt.entry, with_key=self._mode is not PostingMode.UNMARKED))
        answer = self._session.write_bytes("POST", ENTITY_SET, content)
        attempt.evidence = Evidence.of(content, answer.content, answer.status)
        return refusal(answer.status, answer.content) if answer.status >= 300 else None

    def _refused(self, attempt: _Attempt, error: B1Refused) -> WriteResult:
        self._patience.renew()
        if self._mode is PostingMode.UNPROVED and already_exists(error):
            settled = settle_existing(self._session, self._patience, attempt.entry, error, attempt.evidence)
            return settled or refused(attempt.entry, error, attempt.evidence)
        return refused(attempt.entry, error, attempt.evidence)

    def _look_up(self, attempts: Sequence[_Attempt], done: dict[str, WriteResult]) -> None:
        """Read back, for as long as SAP may still be at work on one of them."""
        waiting = {attempt.entry.key: attempt for attempt in attempts}
        for _ in self._patience.looks() if waiting else ():
            for key, posted in self._find([attempt.entry for attempt in waiting.values()]).items():
                attempt = waiting.pop(key)
                done[key] = found(attempt.entry, posted, "committed", attempt.evidence)
                self._patience.renew()
            if not waiting:
                return

    def _find(self, entries: Sequence[JournalEntry]) -> dict[str, PostedEntry]:
        if self._mode is PostingMode.UNMARKED:
            return find_same(self._session, entries)
        return find_by_key(self._session, [entry.key for entry in entries])
