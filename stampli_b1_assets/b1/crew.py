"""Several sessions at once, when the backlog is worth their logins: SAP serves one session serially."""

import math
import queue
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from stampli_b1_assets.b1.guarded import BATCH, GuardedPosting
from stampli_b1_assets.b1.patience import Patience
from stampli_b1_assets.b1.poster import NOT_SENT, PostingMode, Sending, WriteResult, unknown
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.b1.unguarded import UnguardedPosting
from stampli_b1_assets.domain.journal_entry import JournalEntry
from stampli_b1_assets.errors import B1Unusable

_WORTH_A_LOGIN_SECONDS = 5.0  # a login takes 3-8 s (seen live)
_MOST_BATCHES_PER_SHARE = 4  # what is applied is read back once per share


class Posting(Protocol):
    """Posts a share of the entries through its own session."""

    def post(self, entries: Sequence[JournalEntry]) -> dict[str, WriteResult]:
        """Results by key; raises `B1Unusable` when nothing was sent at all."""


class Crew:
    """Posts a backlog: the first batch through the session that is there, to see how long SAP takes, then the rest.

    `new_session` opens another one; it is closed at the end. `sending` is called in the session's own thread.
    """

    def __init__(
        self,
        session: ServiceLayer,
        new_session: Callable[[], ServiceLayer],
        *,
        max_sessions: int,
        sending: Sending,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._new_session = new_session
        self._max_sessions = max_sessions
        self._sending = sending
        self._sleep = sleep
        self._clock = clock

    def post(self, entries: Sequence[JournalEntry], mode: PostingMode) -> list[WriteResult]:
        """Results in the order of the entries. Raises `B1Unusable` only when nothing was sent at all."""
        if not entries:
            return []
        self._session.log_in()
        posting, began = self._posting(self._session, mode), self._clock()
        done = posting.post(entries[:BATCH])
        seconds_each = (self._clock() - began) / min(BATCH, len(entries))
        rest = entries[BATCH:]
        count = sessions_worth(len(rest), seconds_each, self._max_sessions)
        shares = _shares(rest, count)
        if count == 1:
            done |= _work(posting, shares)
        else:
            done |= self._together(posting, shares, mode, count)
        return [done.get(entry.key) or unknown(entry, NOT_SENT) for entry in entries]

    def _posting(self, session: ServiceLayer, mode: PostingMode) -> Posting:
        patience = Patience(session.timeout_seconds, sleep=self._sleep, clock=self._clock)
        if mode is PostingMode.GUARDED:
            return GuardedPosting(session, patience)
        return UnguardedPosting(session, patience, mode, self._sending)

    def _together(
        self, posting: Posting, shares: "queue.SimpleQueue[Sequence[JournalEntry]]", mode: PostingMode, count: int
    ) -> dict[str, WriteResult]:
        done: dict[str, WriteResult] = {}
        with ThreadPoolExecutor(count) as pool:
            work = [pool.submit(_work, posting, shares)]
            work += [pool.submit(self._work_anew, shares, mode) for _ in range(count - 1)]
        for share in work:
            done |= share.result()
        return done

    def _work_anew(
        self, shares: "queue.SimpleQueue[Sequence[JournalEntry]]", mode: PostingMode
    ) -> dict[str, WriteResult]:
        with self._new_session() as session:
            try:
                session.log_in()
            except B1Unusable:  # no licence for one more: the others do its work
                return {}
            return _work(self._posting(session, mode), shares)


def sessions_worth(entries: int, seconds_each: float, most: int) -> int:
    """How many sessions to post with: one more for every so many seconds of work."""
    return max(1, min(most, math.ceil(entries * seconds_each / _WORTH_A_LOGIN_SECONDS)))


def _shares(entries: Sequence[JournalEntry], count: int) -> "queue.SimpleQueue[Sequence[JournalEntry]]":
    """Shares of whole batches, several for each session, so that none waits long for the last."""
    batches = math.ceil(len(entries) / BATCH)
    size = BATCH * max(1, min(_MOST_BATCHES_PER_SHARE, batches // (2 * count)))
    shares: queue.SimpleQueue[Sequence[JournalEntry]] = queue.SimpleQueue()
    for start in range(0, len(entries), size):
        shares.put(entries[start : start + size])
    return shares


def _work(posting: Posting, shares: "queue.SimpleQueue[Sequence[JournalEntry]]") -> dict[str, WriteResult]:
    """Take shares until none is left, or SAP cannot be reached."""
    done: dict[str, WriteResult] = {}
    while True:
        try:
            share = shares.get_nowait()
        except queue.Empty:
            return done
        try:
            done |= posting.post(share)
        except B1Unusable:
            return done
