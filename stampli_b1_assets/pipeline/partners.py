"""Keep SAP's suppliers in step with Stampli's vendors: plan, create or patch, record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from stampli_b1_assets.accounting.vendors import VendorPlan, plan_vendors, vendors_of_invoices
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.domain.reference_data import Partner
from stampli_b1_assets.domain.vendor import Vendor, VendorOutcome
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused
from stampli_b1_assets.ledger.records import FileState, VendorRecord
from stampli_b1_assets.pipeline.checkpoints import Checkpoint, passed
from stampli_b1_assets.pipeline.reading import FileContent
from stampli_b1_assets.pipeline.selecting import open_invoices
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


def sync_partners(session: Session, files: Sequence[FileContent]) -> list[SyncedPartner]:
    """Create and patch what differs, for the vendors of new files and for the held ones of files tried again.

    Raises `B1Unusable` or `LedgerUnusable`; what SAP refuses is held, and stops nothing else.
    """
    vendors = _work(session, files)
    session.recall_card_codes(vendor.vendor_id for vendor in vendors)
    context = session.context()
    synced = [_carry_out(session, plan) for plan in plan_vendors(vendors, context)]
    home = {content.record.name: content.record.partition for content in files}
    session.ledger.vendors.save([_record(done, home) for done in synced], cycle=session.cycle)
    passed(Checkpoint.PARTNERS_SAVED)
    return synced


def _work(session: Session, files: Sequence[FileContent]) -> list[Vendor]:
    vendors: list[Vendor] = []
    for content in files:
        brought = list(content.vendors)
        if content.record.state == FileState.DONE:
            still_open = {record.row_key for record in session.ledger.vendors.open_in(content.record.partition)}
            brought = [vendor for vendor in brought if row_key(vendor) in still_open]
        if session.settings.posting.new_vendors == "from_invoice":
            brought += vendors_of_invoices(open_invoices(session, content), session.context())
        vendors += brought
    return vendors


def row_key(vendor: Vendor) -> str:
    """What the ledger knows a vendor by: its id, or file and row when it has none."""
    return vendor.vendor_id or f"{vendor.file_name}#{vendor.row}"


def _carry_out(session: Session, plan: VendorPlan) -> SyncedPartner:
    try:
        if plan.outcome == "create":
            session.has_written = True
            card_code = session.b1.create_vendor(plan.changes)
            passed(Checkpoint.PARTNER_WRITTEN)
            _learn(session, plan, card_code)
            return SyncedPartner(plan, VendorOutcome.CREATED, card_code)
        if plan.outcome == "update":
            session.b1.patch_vendor(plan.card_code, plan.changes)
            return SyncedPartner(plan, VendorOutcome.UPDATED, plan.card_code)
    except B1Refused as refusal:
        return SyncedPartner(plan, VendorOutcome.HELD, plan.card_code, (_refused(plan, refusal),))
    except B1OutcomeUnknown:
        return SyncedPartner(plan, VendorOutcome.HELD, plan.card_code, (_IN_DOUBT,))
    return SyncedPartner(plan, plan.outcome, plan.card_code, plan.holds)


def _learn(session: Session, plan: VendorPlan, card_code: str) -> None:
    """A vendor that was created is master data for the invoices of this very run."""
    session.note_card_code(plan.vendor.vendor_id, card_code)
    partner = Partner(card_code, plan.vendor.name, plan.vendor.tax_id, plan.vendor.email, plan.vendor.phone)
    session.reference = replace(session.reference, partners={**session.reference.partners, card_code: partner})


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
        row_key=row_key(vendor),
        vendor_id=vendor.vendor_id,
        name=vendor.name,
        outcome=done.outcome,
        card_code=done.card_code,
        holds=done.holds,
        partition=home.get(vendor.file_name, ""),
        file_name=vendor.file_name,
        notes=done.plan.notes,
    )


def held(synced: Iterable[SyncedPartner]) -> list[SyncedPartner]:
    """Those that need a person."""
    return [done for done in synced if done.outcome == VendorOutcome.HELD]
