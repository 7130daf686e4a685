"""Logins, sessions and their idle time; a user is locked after too many wrong passwords."""

import threading
import time
import uuid
from collections.abc import Callable

from stampli_b1_assets.sandbox.service_layer.refusal import Refusal

_WRONG_PASSWORDS_UNTIL_LOCKED = 5


class Sessions:
    """Sessions of one company. `clock` in seconds; `idle_minutes` as SAP's SessionTimeout."""

    def __init__(
        self,
        company_db: str,
        username: str,
        password: str,
        *,
        idle_minutes: int = 30,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._expected = (company_db, username, password)
        self._clock = clock
        self.idle_minutes = idle_minutes
        self._last_used: dict[str, float] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._wrong = 0
        self.logins = 0

    def log_in(self, company_db: str, username: str, password: str) -> str:
        """A new session's id."""
        if self._wrong >= _WRONG_PASSWORDS_UNTIL_LOCKED:
            raise Refusal(100000055, "User account is locked", 401)
        if (company_db, username, password) != self._expected:
            self._wrong += 1
            raise Refusal(-304, "Fail to get DB Credentials from SLD", 401)
        self._wrong = 0
        self.logins += 1
        session = str(uuid.uuid4())
        self._last_used[session] = self._clock()
        self._locks[session] = threading.Lock()
        return session

    def use(self, session: str) -> bool:
        """Whether the session lives; using it renews it."""
        last = self._last_used.get(session)
        if last is None or self._clock() - last > self.idle_minutes * 60:
            self.end(session)
            return False
        self._last_used[session] = self._clock()
        return True

    def lock(self, session: str) -> threading.Lock:
        """One session is served serially."""
        return self._locks.setdefault(session, threading.Lock())

    def end(self, session: str) -> None:
        """Log out."""
        self._last_used.pop(session, None)

    def end_all(self) -> None:
        """As a restart of the Service Layer does."""
        self._last_used.clear()
