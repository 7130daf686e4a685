"""Keep SAP's suppliers in step with Stampli's vendors: plan, create or patch, record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from stampli_b1_assets.accounting.vendors import VendorPlan, plan_vendors
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.domain.reference_data import Partner
from stampli_b1_assets.domain.vendor import VendorOutcome
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused
from stampli_b1_assets.ledger.records import VendorRecord
from stampli_b1_assets.pipeline.checkpoints import Checkpoint, passed
from stampli_b1_assets.pipeline.reading import FileContent
from stampli_b1_assets.pipeline.selecting import vendors_to_sync
from stampli_b1_assets.pipeline.session import Session

_IN_DOUBT = Hold(
    Reason.OUTCOME_UNKNOWN,
    "SAP did not say whether the vendor was written.",
    "Nothing to do: the next cycle looks it up first.",
)


@dataclass(frozen=True)
class SyncedPartner:
    """What became of one vendor; `outcome` is a value of `VendorOutcome`."""

    plan: VendorPlan
    outcome: str
    card_code: str
    holds: tuple[Hold, ...] = ()


def sync_partners(
    session: Session, files: Sequence[FileContent], tell: Callable[[SyncedPartner], None] = lambda _: None
) -> None:
    """Create and patch what differs, for the vendors of new files and for the held ones of files tried again.

    `tell` hears of each. Raises `B1Unusable` or `LedgerUnusable`, after what was done by then was put on record; what
    SAP refuses is held, and stops nothing else.
    """
    home = {content.record.name: content.record.partition for content in files}
    for vendors in vendors_to_sync(session, files):
        session.recall_card_codes(vendor.vendor_id for vendor in vendors)
        synced: list[SyncedPartner] = []
        try:
            for plan in plan_vendors(vendors, session.context()):
                done = _carry_out(session, plan)
                synced.append(done)
                tell(done)
        finally:
            _learn(session, synced)
            session.ledger.vendors.save([_record(done, home) for done in synced], cycle=session.cycle)
    _count_remembered(session, files)
    passed(Checkpoint.PARTNERS_SAVED)


def _count_remembered(session: Session, files: Sequence[FileContent]) -> None:
    """Held vendors of files that cannot be read any more: nobody can try them, and they are not forgotten."""
    for content in files:
        if content.is_remembered:
            still_open = session.ledger.vendors.open_in(content.record.partition)
            session.ledger.vendors.save(still_open, cycle=session.cycle)


def _carry_out(session: Session, plan: VendorPlan) -> SyncedPartner:
    try:
        if plan.outcome == "create":
            session.has_written = True
            card_code = session.b1.create_vendor(plan.changes)
            passed(Checkpoint.PARTNER_WRITTEN)
            return SyncedPartner(plan, VendorOutcome.CREATED, card_code)
        if plan.outcome == "update":
            session.b1.patch_vendor(plan.card_code, plan.changes)
            return SyncedPartner(plan, VendorOutcome.UPDATED, plan.card_code)
    except B1Refused as refusal:
        return SyncedPartner(plan, VendorOutcome.HELD, plan.card_code, (_refused(plan, refusal),))
    except B1OutcomeUnknown:
        return SyncedPartner(plan, VendorOutcome.HELD, plan.card_code, (_IN_DOUBT,))
    return SyncedPartner(plan, plan.outcome, plan.card_code, plan.holds)


def _learn(session: Session, synced: Sequence[SyncedPartner]) -> None:
    """Vendors that were created are master data for the invoices of this very run."""
    partners = {}
    for done in synced:
        if done.outcome == VendorOutcome.CREATED:
            vendor, code = done.plan.vendor, done.card_code
            session.note_card_code(vendor.vendor_id, code)
            partners[code] = Partner(code, vendor.name, vendor.tax_id, vendor.email, vendor.phone)
    if partners:
        session.reference = replace(session.reference, partners={**session.reference.partners, **partners})


def _refused(plan: VendorPlan, refusal: B1Refused) -> Hold:
    return Hold(
        Reason.B1_REJECTED,
        f"SAP did not accept vendor {plan.vendor.vendor_id} {plan.vendor.name}: {refusal.text} (code {refusal.code}).",
        "Mend the vendor in Stampli or the setting in SAP that the text names; it is tried again by itself.",
        refusal.code,
    )


def _record(done: SyncedPartner, home: dict[str, str]) -> VendorRecord:
    vendor = done.plan.vendor
    return VendorRecord(
        row_key=vendor.key,
        vendor_id=vendor.vendor_id,
        name=vendor.name,
        outcome=done.outcome,
        card_code=done.card_code,
        holds=done.holds,
        partition=home.get(vendor.file_name, ""),
        file_name=vendor.file_name,
        notes=done.plan.notes,
    )
