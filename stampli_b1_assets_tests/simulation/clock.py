"""Time that passes only when somebody sleeps."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class VirtualClock:
    """Moments in UTC; seconds since the start for those who count them."""

    def __init__(self, start: datetime = datetime(2026, 5, 4, 8, tzinfo=UTC)) -> None:
        self._start = self.now = start
        self._alarms: list[tuple[datetime, Callable[[], object]]] = []

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return (self.now - self._start).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        due = [alarm for alarm in self._alarms if alarm[0] <= self.now]
        self._alarms = [alarm for alarm in self._alarms if alarm[0] > self.now]
        for _, action in due:
            action()

    def at(self, seconds: float, action: Callable[[], object]) -> None:
        """Let something happen so many seconds from now."""
        self._alarms.append((self.now + timedelta(seconds=seconds), action))
