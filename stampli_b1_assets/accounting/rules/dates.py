"""Rules on dates and posting periods."""

from collections.abc import Iterator
from datetime import date

from stampli_b1_assets.accounting.draft import MOST_DAYS_AHEAD, Context, Draft
from stampli_b1_assets.accounting.periods import period_of
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.domain.reference_data import Period


def period_is_open(draft: Draft) -> Iterator[Hold]:
    """The posting date lies in an open period, or may move to one."""
    posting, period = draft.dates.posting, draft.period
    if posting is not None and period is not None and draft.posting_date is None:
        yield period_closed("Posting date", posting, period, draft.context)


def dates_are_not_absurd(draft: Draft) -> Iterator[Hold]:
    """Posting, invoice and due date are neither before `earliest_date` nor more than 366 days ahead."""
    dates = draft.dates
    for name, day in (("Posting date", dates.posting), ("Invoice date", dates.tax), ("Due date", dates.due)):
        if day is not None:
            yield from absurd(f"{name} {day} of invoice {draft.name}", day, draft.context)


def period_is_there(draft: Draft) -> Iterator[Hold]:
    """SAP has a period for the posting date."""
    posting = draft.dates.posting
    if posting is not None and draft.period is None:
        yield no_period(f"the posting date {posting} of invoice {draft.name}", posting)


def dates_fit_period(draft: Draft) -> Iterator[Hold]:
    """Due and invoice date lie in the windows that the period has for them (OFPR; SAP refuses others, seen live)."""
    day = draft.posting_date
    period = period_of(day, draft.context.reference.periods) if day else None
    if period is None:
        return
    windows = (
        ("due date", draft.dates.due, period.due_from, period.due_to),
        ("invoice date", draft.dates.tax, period.tax_from, period.tax_to),
    )
    for name, date_, first, last in windows:
        # A window equal to the posting window means that SAP did not name one of its own.
        has_own = (first, last) != (period.posting_from, period.posting_to)
        if date_ is not None and has_own and not first <= date_ <= last:
            yield Hold(
                Reason.DATE_OUT_OF_RANGE,
                f"Period {period.code} takes {name}s from {first} to {last} in SAP; that of invoice {draft.name} is "
                f"{date_}.",
                f"Widen the period's range of {name}s in SAP, or correct the date in Stampli.",
                str(date_),
            )


def period_closed(what: str, day: date, period: Period, context: Context) -> Hold:
    """A date in a closed period that may not move, or has nowhere to move to."""
    detail = f"{what} {day} lies in period {period.code}, which is closed in SAP"
    if context.settings.closed_period == "next_open":
        action = f"Open period {period.code} or a later one in SAP."
        return Hold(Reason.PERIOD_CLOSED, f"{detail}, and no later period is open.", action, period.code)
    action = f"Reopen period {period.code} in SAP, or let dates move on with `posting.closed_period: next_open`."
    return Hold(Reason.PERIOD_CLOSED, f"{detail}.", action, period.code)


def no_period(what: str, day: date) -> Hold:
    """A date in no period at all."""
    detail = f"SAP has no posting period for {what}."
    return Hold(
        Reason.DATE_OUT_OF_RANGE, detail, f"Create the period of {day} in SAP, or correct the date.", f"{day:%Y-%m}"
    )


def absurd(what: str, day: date, context: Context) -> Iterator[Hold]:
    """A date that nobody can mean."""
    earliest, latest = context.settings.earliest_date, context.latest_date
    if day < earliest:
        detail = f"{what} is before {earliest}, the earliest date that the settings allow."
    elif day > latest:
        detail = f"{what} is more than {MOST_DAYS_AHEAD} days ahead of today, {context.today}."
    else:
        return
    action = "Correct the date in Stampli and export it again."
    if day < earliest:
        action = "Correct the date in Stampli, or move `posting.earliest_date`."
    yield Hold(Reason.DATE_OUT_OF_RANGE, detail, action, str(day))
