"""Who is told what, and that nobody is told the same thing every quarter of an hour."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import apprise
import dagster as dg

from stampli_b1_assets.reports.alert import causes, headline
from stampli_b1_assets.reports.words import counted

_REMINDED_AFTER = timedelta(hours=24)
_STOPPED = "stopped/"

Row = Mapping[str, str]


def send(urls: Sequence[str], title: str, body: str, kind: apprise.NotifyType = apprise.NotifyType.WARNING) -> bool:
    """Tell every Apprise URL; `False` when one of them could not be told. URLs hold secrets and are never logged."""
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    told = apprise.Apprise()
    for url in urls:
        told.add(url)
    # Named as text, so that mail, whose default is HTML, keeps the line breaks and vendors' names stay harmless.
    text = apprise.NotifyFormat.TEXT
    return bool(told.notify(title=title, body=body, notify_type=kind, body_format=text)) if urls else True


class Teller:
    """Sends a company's alerts and remembers for a day, with Dagster's instance, what was told.

    What an automatic run meets again is told once a day; a run that a person launched tells everything. Each method
    answers whether everybody could be told; what could not be delivered is told next time.
    """

    def __init__(
        self,
        company: str,
        urls: Sequence[str],
        instance: dg.DagsterInstance,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._company = company
        self._urls = urls
        self._storage = instance.daemon_cursor_storage
        self._key = f"stampli_b1/told/{company}"
        self._clock = clock

    def documents(self, rows: Sequence[Row], number: int, footing: str, *, only_news: bool) -> bool:
        """What is held or in conflict; `rows` may be fewer than the `number` of documents."""
        facts = [f"{row['kind']}/{row['id']}/{row['outcome']}/{row['reason']}" for row in rows]
        news = self._news(facts) if only_news else set(facts)
        fresh = [row for row, fact in zip(rows, facts, strict=True) if fact in news]
        if not fresh:
            return True
        hidden = number - len(fresh)
        more = f"{counted(hidden, 'document')} more: `stampli-b1 held` lists all." if hidden else ""
        body = "\n\n".join(part for part in (causes(fresh), more, footing) if part)
        return self._tell(headline(self._company, len(fresh)), body, news)

    def stopped(self, where: str, kind: str, sentence: str, *, only_news: bool) -> bool:
        """A system that cannot be used, or a fault of this program, ended the work of `where`."""
        fact = f"{_STOPPED}{where}/{kind}"
        if only_news and not self._news([fact]):
            return True
        title = f"{self._company}: the Stampli → SAP cycle stopped"
        return self._tell(title, f"{sentence}\n\nWhere: {where}", {fact}, apprise.NotifyType.FAILURE)

    def works(self, where: str) -> bool:
        """`where` did its work; told only when it was told to have stopped."""
        told = self._told()
        mended = {fact for fact in told if fact.startswith(f"{_STOPPED}{where}/")}
        if not mended:
            return True
        body = f"{where} did its work again. What waited for it is taken up by itself."
        is_told = send(self._urls, f"{self._company}: the cycle goes on again", body, apprise.NotifyType.SUCCESS)
        if is_told:
            self._remember({fact: when for fact, when in told.items() if fact not in mended})
        return is_told

    def died(self, run: dg.DagsterRun, message: str) -> bool:
        """The process of a run ended without finishing it."""
        body = (
            f"Run {run.run_id} of {run.job_name} ended without finishing: {message}\n\n"
            "Nothing is lost: the next cycle looks up in SAP what was being sent, and goes on."
        )
        return send(self._urls, f"{self._company}: a run died", body, apprise.NotifyType.FAILURE)

    def _tell(
        self, title: str, body: str, facts: Iterable[str], kind: apprise.NotifyType = apprise.NotifyType.WARNING
    ) -> bool:
        is_told = send(self._urls, title, body, kind)
        if is_told and self._urls:
            self._remember(self._told() | dict.fromkeys(facts, self._clock()))
        return is_told

    def _news(self, facts: Iterable[str]) -> set[str]:
        return set(facts) - self._told(within=_REMINDED_AFTER).keys()

    def _told(self, within: timedelta | None = None) -> dict[str, datetime]:
        """Fact → when it was told; for a stop also when that was long ago, for its end is to be told."""
        kept = self._storage.get_cursor_values({self._key}).get(self._key) or "{}"
        told = {fact: datetime.fromisoformat(when) for fact, when in json.loads(kept).items()}
        return told if within is None else {f: when for f, when in told.items() if self._clock() - when < within}

    def _remember(self, told: Mapping[str, datetime]) -> None:
        """Facts that would be told again anyway are forgotten, so that this stays small."""
        oldest = self._clock() - _REMINDED_AFTER
        kept = {fact: when for fact, when in told.items() if when > oldest or fact.startswith(_STOPPED)}
        self._storage.set_cursor_values({self._key: json.dumps({f: when.isoformat() for f, when in kept.items()})})
