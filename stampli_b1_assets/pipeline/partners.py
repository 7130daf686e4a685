"""Keep SAP's suppliers in step with Stampli's vendors: plan, create or patch, record."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from stampli_b1_assets.accounting.identity import vendor_hash
from stampli_b1_assets.accounting.vendors import VendorPlan, plan_vendors
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.domain.reference_data import Partner
from stampli_b1_assets.domain.vendor import Vendor, VendorOutcome
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused
from stampli_b1_assets.ledger.decisions import vendor_subject
from stampli_b1_assets.ledger.records import FileState, VendorRecord
from stampli_b1_assets.pipeline.checkpoints import Checkpoint, passed
from stampli_b1_assets.pipeline.reading import FileContent
from stampli_b1_assets.pipeline.selecting import vendors_to_sync
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.stampli.kinds import FileKind

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


Tell = Callable[[SyncedPartner], None]


def sync_partners(session: Session, files: Sequence[FileContent], tell: Tell = lambda _: None) -> None:
    """Create and patch what differs, for the vendors of new files and for the held ones of files tried again.

    `tell` hears of each. Raises `B1Unusable` or `LedgerUnusable`, after what was done by then was put on record; what
    SAP refuses is held, and stops nothing else.
    """
    home = {content.record.sha256: content.record.partition for content in files}
    brought: set[str] = set()
    for vendors in vendors_to_sync(session, files):
        brought |= _sync_some(session, vendors, home, tell)
    _close_what_is_over(session, files, brought)
    passed(Checkpoint.PARTNERS_SAVED)


def _sync_some(session: Session, vendors: Sequence[Vendor], home: Mapping[str, str], tell: Tell) -> set[str]:
    """All rows of some vendors; gives the keys of those that are held."""
    known = session.ledger.vendors.get_many(vendor.key for vendor in vendors)
    decisions = session.ledger.decisions.effective([vendor_subject(vendor.key) for vendor in vendors])
    session.recall_card_codes(vendor.vendor_id for vendor in vendors)
    synced: list[SyncedPartner] = []
    try:
        for plan in plan_vendors(vendors, session.context()):
            wanted = _unless_over(plan, known.get(plan.vendor.key), decisions)
            done = _carry_out(session, wanted)
            synced.append(done)
            tell(done)
    finally:
        _learn(session, synced)
        records = [_record(done, home, known.get(done.plan.vendor.key)) for done in synced]
        session.ledger.vendors.save(records, cycle=session.cycle)
    return {done.plan.vendor.key for done in synced if done.outcome == VendorOutcome.HELD}


def _unless_over(plan: VendorPlan, known: VendorRecord | None, decisions: Mapping[tuple[str, str], str]) -> VendorPlan:
    """Nothing is done for a row that is older than what came before, nor for what a person said to leave alone."""
    vendor = plan.vendor
    if known is not None and _is_older(vendor, known):
        held = known.holds if known.outcome == VendorOutcome.HELD else ()
        note = f"{vendor.file_name} is older than what Stampli brought before, and changes nothing."
        return VendorPlan(vendor, "held" if held else "unchanged", known.card_code, holds=held, notes=(note,))
    if decisions.get((vendor_subject(vendor.key), vendor_hash(vendor))) == "ignore":
        card_code = known.card_code if known else ""
        return VendorPlan(vendor, "unchanged", card_code, notes=("Ignored, as a person decided.",))
    return plan


def _is_older(vendor: Vendor, known: VendorRecord) -> bool:
    return vendor.modified_at is not None and known.modified_at is not None and vendor.modified_at < known.modified_at


def _close_what_is_over(session: Session, files: Sequence[FileContent], held: AbstractSet[str]) -> None:
    """Held vendors that these files bring no more.

    Those of a file that cannot be read any more are counted on. Over are vendors that no open invoice waits for now,
    and rows without an id of a file of which a newer one has come.
    """
    ledger = session.ledger
    newer = {content.record.name for content in files if content.vendors is not None and not _was_done(content)}
    settled: list[VendorRecord] = []
    for content in files:
        still_open = [one for one in ledger.vendors.open_in(content.record.partition) if one.subject_id not in held]
        if content.is_remembered and content.record.kind == FileKind.VENDORS:
            settled += still_open
        elif content.record.kind == FileKind.INVOICES:
            settled += [_over(one, "No open invoice waits for it any more.") for one in still_open]
    nameless = [one for one in ledger.vendors.open() if not one.vendor_id] if newer else []
    replaced = [one for one in nameless if one.file_name in newer and one.subject_id not in held]
    settled += [_over(one, "A newer file of this name was read.") for one in replaced]
    if settled:
        ledger.vendors.save(settled, cycle=session.cycle)


def _was_done(content: FileContent) -> bool:
    return content.record.state == FileState.DONE


def _over(record: VendorRecord, note: str) -> VendorRecord:
    return replace(record, outcome=VendorOutcome.UNCHANGED, holds=(), notes=(note,))


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


def _record(done: SyncedPartner, home: Mapping[str, str], known: VendorRecord | None) -> VendorRecord:
    vendor = done.plan.vendor
    if known is not None and _is_older(vendor, known):
        return replace(known, outcome=done.outcome)
    return VendorRecord(
        row_key=vendor.key,
        vendor_id=vendor.vendor_id,
        name=vendor.name,
        outcome=done.outcome,
        card_code=done.card_code,
        holds=done.holds,
        partition=home.get(vendor.file_sha256, ""),
        file_name=vendor.file_name,
        notes=done.plan.notes,
        content_hash=vendor_hash(vendor),
        modified_at=vendor.modified_at,
    )
