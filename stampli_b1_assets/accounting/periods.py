"""Where a date lies among SAP's posting periods."""

from collections.abc import Sequence
from datetime import date

from stampli_b1_assets.domain.reference_data import Period


def period_of(day: date, periods: Sequence[Period]) -> Period | None:
    """The period whose posting window holds the day."""
    return next((period for period in periods if period.posting_from <= day <= period.posting_to), None)


def next_open(day: date, periods: Sequence[Period]) -> date | None:
    """The first day of the next open period after the day's own."""
    later = [period.posting_from for period in periods if period.status.is_open and period.posting_from > day]
    return min(later, default=None)


def open_date(day: date, periods: Sequence[Period]) -> date | None:
    """The day itself when its period is open, else the first day of the next open one."""
    period = period_of(day, periods)
    return day if period is not None and period.status.is_open else next_open(day, periods)
