"""What is in doubt: looked up by key, and settled by what SAP shows and how long ago the request left.

Settled where it was looked up, and nowhere else: a look is worth nothing for a request that may commit after it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from stampli_b1_assets.b1.poster import WITH_A_ROW
from stampli_b1_assets.domain.journal_entry import PostedEntry
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.ledger.records import IntentRecord
from stampli_b1_assets.pipeline.session import Session

_TIMEOUTS_UNTIL_LOST = 3
"""A request counts as lost only when it is this many time-outs old and still not in SAP."""


def look_up(session: Session, keys: Sequence[str]) -> dict[str, PostedEntry]:
    """Entries in SAP that carry one of the keys; what was in doubt about them is settled.

    None where SAP lacks the user field: nothing is settled then.
    """
    if not keys or not session.b1.guard().has_field:
        return {}
    old = long_ago(session, keys)
    shown = session.find_keys(keys)
    doubtful = session.ledger.intents.doubtful(keys)
    with_row = [key for key, intent in doubtful.items() if key in shown and intent.mode in WITH_A_ROW]
    committed = {key: session.b1.is_there_for_good(key) for key in with_row}
    found = {key: entry for key, entry in shown.items() if committed.get(key, True)}
    settle(session, keys, found, [intent for intent in old if committed.get(intent.key, False) is not None])
    return found


def long_ago(session: Session, keys: Iterable[str]) -> list[IntentRecord]:
    """Intents in doubt that are old enough to be lost if SAP does not show them; to be asked before the look-up."""
    now = session.workplace.clock()
    patience = timedelta(seconds=_TIMEOUTS_UNTIL_LOST * session.settings.b1.timeout_seconds)
    old = []
    for intent in session.ledger.intents.doubtful(keys).values():
        if intent.written_at > now:  # the clock was set back: its age is counted from now on
            session.ledger.intents.date(intent, now)
        elif now - intent.written_at >= patience:
            old.append(intent)
    return old


def settle(
    session: Session, keys: Iterable[str], found: Mapping[str, PostedEntry], old: Sequence[IntentRecord]
) -> None:
    """What SAP shows is committed; what is `old` and not there is lost; the rest stays in doubt."""
    for key in session.ledger.intents.doubtful(keys):
        if key in found:
            entry = found[key]
            session.ledger.intents.resolve(key, "committed", jdt_num=entry.jdt_num, doc_number=entry.number)
    for intent in old:
        if intent.key not in found:
            session.ledger.intents.give_up(intent)


def being_looked_up(what: str) -> Hold:
    """For what would be done with, were it not for a request of ours that may still commit."""
    return Hold(
        Reason.OUTCOME_UNKNOWN,
        f"{what} was being sent when SAP stopped answering; whether SAP took it is not known yet.",
        "Nothing to do: the next cycle looks it up in SAP before anything else.",
    )
