"""How long posting goes on when SAP does not answer: pauses, tries to connect, and when to stop for this run."""

import itertools
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from stampli_b1_assets.b1.poster import PAUSES
from stampli_b1_assets.errors import B1Unusable

_T = TypeVar("_T")
_TIMEOUTS_WITHOUT_SUCCESS = 10
_TIMEOUTS_IN_DOUBT = 2
"""A request that SAP still works on is waited for this long; later it is left to the next cycle."""
_LONGEST_PAUSE = 10.0


class Patience:
    """One per session. `clock` in seconds; `sleep` is passed in by tests."""

    def __init__(
        self,
        timeout_seconds: float,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.timeout_seconds = timeout_seconds
        self.sleep = sleep
        self._clock = clock
        self._last_success = clock()

    def renew(self) -> None:
        """SAP said what became of an entry."""
        self._last_success = self._clock()

    @property
    def is_at_an_end(self) -> bool:
        """Whether nothing was settled for so long that the rest is left to the next cycle."""
        return self._clock() - self._last_success > _TIMEOUTS_WITHOUT_SUCCESS * self.timeout_seconds

    def pause(self, tries: int) -> None:
        """Wait before try number `tries` + 1: longer each time."""
        self.sleep(PAUSES[min(tries, len(PAUSES)) - 1] if tries else 0)

    def looks(self) -> Iterator[None]:
        """Look at once, and again after longer and longer pauses, for as long as SAP may still be at work."""
        waited = 0.0
        for pause in itertools.chain((0.0,), PAUSES, itertools.repeat(_LONGEST_PAUSE)):
            self.sleep(pause)
            waited += pause
            yield
            if waited >= _TIMEOUTS_IN_DOUBT * self.timeout_seconds:
                return

    def connected(self, send: Callable[[], _T]) -> _T:
        """Repeat what could not even be sent, as long as that may pass; raises `B1Unusable`."""
        for pause in PAUSES:
            try:
                return send()
            except B1Unusable as error:
                if not error.is_passing:
                    raise
                self.sleep(pause)
        return send()
