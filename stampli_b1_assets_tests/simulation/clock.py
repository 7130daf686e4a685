"""Time that passes only when somebody sleeps."""

from datetime import UTC, datetime, timedelta


class VirtualClock:
    """Moments in UTC; seconds since the start for those who count them."""

    def __init__(self, start: datetime = datetime(2026, 5, 4, 8, tzinfo=UTC)) -> None:
        self._start = self.now = start

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return (self.now - self._start).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
