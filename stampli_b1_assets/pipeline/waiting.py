"""Everything that waits for a person now, as the ledger has it; no network is asked."""

from collections.abc import Iterator, Sequence
from typing import Any

from stampli_b1_assets.domain.outcome import Hold, refused_action
from stampli_b1_assets.ledger.decisions import kind_and_id
from stampli_b1_assets.ledger.records import FileRecord, FileState
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets.reports.causes import Waiting, by_cause


def held_document(workplace: Workplace) -> dict[str, Any]:
    """What `held` prints: the causes, and the decisions that are not carried out yet."""
    causes = by_cause(waiting(workplace))
    return {
        "company": workplace.settings.company,
        "causes": [cause.document() for cause in causes],
        "decisions": list(_decisions(workplace)),
    }


def waiting(workplace: Workplace) -> Iterator[Waiting]:
    """Refused files that still lie on the server; invoices, vendors and payments that are held or in conflict."""
    ledger = workplace.ledger
    for record in _refused_files(workplace):
        action = refused_action(record.reason)
        yield Waiting("file", record.name, "", "refused", (record.reason,), record.detail, action)
    for vendor in ledger.vendors.open():
        yield _waiting("vendor", vendor.subject_id, vendor.name, vendor.outcome, vendor.holds)
    for invoice in ledger.invoices.open():
        money = {"currency": invoice.currency, "amount": invoice.amount}
        yield _waiting("invoice", invoice.stampli_id, invoice.number, invoice.outcome, invoice.holds, **money)
    for payment in ledger.payments.open():
        money = {"currency": payment.currency, "amount": payment.amount}
        yield _waiting("payment", payment.payment_id, "", payment.outcome, payment.holds, **money)


def _waiting(kind: str, id_: str, number: str, outcome: str, holds: Sequence[Hold], **money: Any) -> Waiting:
    reasons = tuple(dict.fromkeys(str(hold.reason) for hold in holds))
    first = holds[0] if holds else None
    detail, action, code = (first.detail, first.action, first.code) if first else ("", "", "")
    return Waiting(kind, id_, number, str(outcome), reasons, detail, action, code, **money)


def _refused_files(workplace: Workplace) -> Iterator[FileRecord]:
    """A file that was replaced by another of its name, or that the last cycle did not see any more, needs nobody."""
    records = list(workplace.ledger.files.all().values())
    newest = {record.name: record.mtime for record in sorted(records, key=lambda record: record.mtime)}
    last = workplace.ledger.cycles.last_finished()
    for record in records:
        if record.state != FileState.REFUSED or newest[record.name] > record.mtime:
            continue
        if last is not None and record.taken_at is not None and record.taken_at < last[1]:
            seen = {refused["file"] for refused in last[2].get("files", {}).get("refused", ())}
            if record.name not in seen:
                continue
        yield record


def _decisions(workplace: Workplace) -> Iterator[dict[str, Any]]:
    """Those that count for what waits now; one lapses when the content that it was made for changes."""
    ledger = workplace.ledger
    contents = {("vendor", one.subject_id): one.content_hash for one in ledger.vendors.open()}
    contents |= {("invoice", one.stampli_id): one.content_hash for one in ledger.invoices.open()}
    contents |= {("payment", one.payment_id): one.content_hash for one in ledger.payments.open()}
    for one in [*ledger.decisions.pending(), *ledger.decisions.all_effective()]:
        kind, id_ = kind_and_id(one.stampli_id)
        if contents.get((kind, id_)) != one.content_hash:
            continue
        yield {
            "kind": kind,
            "id": id_,
            "action": one.action,
            "by": one.by,
            "at": one.at.isoformat(),
            "is_effective": one.is_effective,
        }
