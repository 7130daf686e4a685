"""What keeps a payment from being posted, besides its content: SAP has it, its invoices, a twin, SAP's refusal."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from stampli_b1_assets.accounting.identity import posting_key
from stampli_b1_assets.b1.poster import WriteResult
from stampli_b1_assets.domain.journal_entry import JournalEntry, PostedEntry
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.domain.payment import Payment
from stampli_b1_assets.errors import B1Unusable
from stampli_b1_assets.ledger.records import PaymentRecord
from stampli_b1_assets.pipeline.session import Session

_RELEASE = "`stampli-b1 release {id} --action {action} --by NAME --note TEXT`"


def found_by_id(session: Session, payments: Sequence[Payment], keys: Sequence[str]) -> dict[str, PostedEntry]:
    """Payments that SAP has, by key, where it lacks the user field.

    The payment's id in Reference2 is all there is: what carries it and has the vendor on the payment's side is the
    payment (an invoice of the same id has the vendor on the other).
    """
    by_id = session.b1.posted_by_reference([payment.payment_id for payment in payments])
    whole = session.b1.read_entries([entry.jdt_num for entries in by_id.values() for entry in entries])
    found = {}
    for payment, key in zip(payments, keys, strict=True):
        entries = [whole[one.jdt_num] for one in by_id.get(payment.payment_id, ()) if one.jdt_num in whole]
        posted = next((one for one in entries if _is_on_the_side_of(payment, one)), None)
        if posted is not None:
            found[key] = replace(posted, key=key)
    return found


def _is_on_the_side_of(payment: Payment, entry: PostedEntry) -> bool:
    """The vendor is debited by a payment, credited by one that is negative."""
    sign = -1 if payment.amount is not None and payment.amount < 0 else 1
    return any(sign * (debited or local) > 0 for _, local, debited in _vendor_amounts(entry))


def waiting_for_invoices(session: Session, payments: Sequence[Payment]) -> dict[str, Hold]:
    """By payment id: a payment waits until every invoice that it is applied to is in SAP."""
    ids = sorted({one.stampli_invoice_id for payment in payments for one in payment.applications})
    known = session.ledger.invoices.get_many(ids)
    in_sap = {id_ for id_, record in known.items() if record.jdt_num}
    revisions = {id_: known[id_].revision if id_ in known else 0 for id_ in ids if id_ not in in_sap}
    company_db = session.settings.b1.company_db
    keys = {posting_key(company_db, "invoice", id_, revision): id_ for id_, revision in revisions.items()}
    in_sap |= {keys[key] for key in session.find_keys(list(keys))}
    holds = {}
    for payment in payments:
        missing = [one.stampli_invoice_id for one in payment.applications if one.stampli_invoice_id not in in_sap]
        if missing:
            holds[payment.payment_id] = Hold(
                Reason.BAD_VALUE,
                f"Payment {payment.payment_id} is applied to invoice {', '.join(dict.fromkeys(missing))}, "
                "which is not in SAP.",
                "Nothing to do if the invoice is still to come: the payment is tried again in every cycle. If it was "
                f"entered in SAP by hand, {_RELEASE.format(id=payment.payment_id, action='post-anyway')}.",
                ", ".join(missing),
            )
    return holds


def made_in_sap(session: Session, ready: Sequence[tuple[Payment, JournalEntry]]) -> dict[str, Hold]:
    """By payment id: an entry with the same reference, vendor and amount that did not come from this payment."""
    references = sorted({entry.reference for _, entry in ready})
    entries = session.b1.entries_by_reference_number(references) if references else []
    holds = {}
    for payment, entry in ready:
        twin = next((one for one in entries if _is_twin(entry, one)), None)
        if twin is not None:
            holds[payment.payment_id] = Hold(
                Reason.PROBABLE_DUPLICATE,
                f"Payment {payment.payment_id} ({entry.reference}) seems to be in SAP: journal entry {twin.number} of "
                f"{twin.reference_date} has the same reference, vendor and amount.",
                f"If it is another payment, {_RELEASE.format(id=payment.payment_id, action='post-anyway')}; "
                "if it is the same, `--action ignore`.",
            )
    return holds


def _is_twin(ours: JournalEntry, theirs: PostedEntry) -> bool:
    if theirs.reference != ours.reference or theirs.reference2 == ours.reference2:
        return False
    return bool(_vendor_amounts(ours) & _vendor_amounts(theirs))


def _vendor_amounts(entry: JournalEntry | PostedEntry) -> set[tuple[str, Decimal, Decimal]]:
    """CardCode with its debit less credit, local and foreign."""
    zero = Decimal(0)
    return {
        (
            line.card_code,
            (line.debit or zero) - (line.credit or zero),
            (line.fc_debit or zero) - (line.fc_credit or zero),
        )
        for line in entry.lines or ()
        if line.card_code
    }


def changed(record: PaymentRecord) -> Hold:
    """Posted, and exported again with other content."""
    return Hold(
        Reason.CHANGED_AFTER_POSTING,
        f"Payment {record.payment_id} was posted as journal entry {record.doc_number} and comes back changed; "
        f"it is {record.amount} {record.currency} now.",
        "Compare both. Void the payment in Stampli and pay anew, or correct the entry in SAP and "
        f"{_RELEASE.format(id=record.payment_id, action='ignore')}.",
    )


def came_back(record: PaymentRecord) -> Hold:
    """Voided and reversed, and exported again as if it were paid."""
    return Hold(
        Reason.CHANGED_AFTER_POSTING,
        f"Payment {record.payment_id} was reversed in SAP when Stampli voided it, and comes back as not voided.",
        "If it was paid after all, pay it anew in Stampli, under a new number, or enter it in SAP by hand; then "
        f"{_RELEASE.format(id=record.payment_id, action='ignore')}.",
    )


def cut_off(record: PaymentRecord, error: B1Unusable) -> Hold:
    """SAP went away in the middle."""
    return Hold(
        Reason.OUTCOME_UNKNOWN,
        f"SAP stopped answering before payment {record.payment_id} was done with: {error.message}",
        "Nothing to do: the next cycle looks it up in SAP, and posts it if it is not there.",
    )


def not_posted(payment_id: str, result: WriteResult | None) -> Hold:
    """Refused by SAP, or in doubt."""
    if result is not None and result.status == "refused":
        return Hold(
            Reason.B1_REJECTED,
            f"SAP did not accept payment {payment_id}: {result.text} (code {result.code}).",
            "Mend what SAP's text names; it is tried again in the next cycle.",
            result.code,
        )
    return Hold(
        Reason.OUTCOME_UNKNOWN,
        f"Payment {payment_id} was being sent when SAP stopped answering.",
        "Nothing to do: the next cycle looks it up first.",
    )
