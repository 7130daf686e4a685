"""What nobody would notice because nothing happens: no file for days, or a folder that only fills."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from stampli_b1_assets.pipeline.workplace import Workplace


@dataclass(frozen=True)
class Silence:
    """No new file since `since`; `times` counts how often the expected time has gone by."""

    since: datetime
    times: int
    sentence: str


SILENCE_ACTION = (
    "See whether Stampli exports, whether `stampli-b1 check` passes, and whether the sensor (or the timer of `sync`) "
    "runs; `stampli.alarm_hours` says how long a silence is expected."
)
CROWD_ACTION = "Clear the folder, or let clean files be moved away with `stampli.archive`."


def silence(workplace: Workplace) -> Silence | None:
    """Told when no new file has been taken for `stampli.alarm_hours`; before its first cycle no company is silent."""
    hours = workplace.settings.stampli.alarm_hours
    since = workplace.ledger.files.last_taken_at() or workplace.ledger.cycles.first_started_at()
    if not hours or since is None:
        return None
    times = (workplace.clock() - since) // timedelta(hours=hours)
    if times < 1:
        return None
    where = f"{workplace.settings.stampli.outbound_dir} on {workplace.settings.stampli.host}"
    return Silence(since, times, f"No new file was taken from {where} since {since:%Y-%m-%d %H:%M} UTC.")


def crowd(workplace: Workplace, seen: int) -> str:
    """A sentence when the folder holds `stampli.alarm_files` or more; empty otherwise."""
    most, folder = workplace.settings.stampli.alarm_files, workplace.settings.stampli.outbound_dir
    if seen < most:
        return ""
    return f"{folder} holds {seen:,} files; an alert is set at {most:,}, for listing them takes ever longer."
