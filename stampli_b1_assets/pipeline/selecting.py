"""Which invoices and vendors of the files are work in this run."""

from collections.abc import Iterator, Sequence
from itertools import islice

from stampli_b1_assets.accounting.vendors import vendors_of_invoices
from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.domain.vendor import Vendor, VendorOutcome
from stampli_b1_assets.ledger.records import FileState, VendorRecord
from stampli_b1_assets.pipeline.reading import FileContent
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.verdict import invoice_id
from stampli_b1_assets.stampli.frames import Vendors, vendors_together
from stampli_b1_assets.stampli.kinds import FileKind
from stampli_b1_assets.stampli.scratch import Seen

_WINDOW = 5_000  # vendors of invoices that are looked at together


def open_invoices(session: Session, content: FileContent) -> Iterator[Invoice]:
    """All invoices of a file that is new; of one that was done before, those still open that it brought last."""
    if content.record.state != FileState.DONE:
        yield from content.invoices
        return
    still_open = {record.stampli_id for record in session.ledger.invoices.open_in(content.record.partition)}
    if still_open:
        yield from (invoice for invoice in content.invoices if invoice_id(invoice) in still_open)


def vendors_to_sync(session: Session, files: Sequence[FileContent]) -> Iterator[list[Vendor]]:
    """Those of all files of vendors that are new, and of others those still open; some thousand rows at a time.

    All rows of a vendor come together. Where the settings say so, vendors follow that only invoices name: when the
    files' own are through, so that what a file of vendors says of one is not lost.
    """
    brought = [_open_vendors(session, content) for content in files]
    yield from vendors_together([vendors for vendors in brought if vendors is not None])
    if session.settings.posting.new_vendors == "from_invoice":
        named = _named_by_invoices(session, files)
        while some := list(islice(named, _WINDOW)):
            yield _left_to_invoices(session, some)


def _open_vendors(session: Session, content: FileContent) -> Vendors | None:
    if content.vendors is None or content.record.state != FileState.DONE:
        return content.vendors
    still_open = {record.row_key for record in session.ledger.vendors.open_in(content.record.partition)}
    return content.vendors.only(still_open) if still_open else None


def _named_by_invoices(session: Session, files: Sequence[FileContent]) -> Iterator[Vendor]:
    """Each once, as the first of the invoices names it."""
    with Seen() as seen:
        for content in files:
            for vendor in vendors_of_invoices(open_invoices(session, content), session.context()):
                if seen.add(vendor.vendor_id):
                    yield vendor


def _left_to_invoices(session: Session, vendors: Sequence[Vendor]) -> list[Vendor]:
    """Without those that a file of vendors brought and that are not in SAP: they wait for a person, or for SAP to be
    looked up, or are inactive in Stampli.
    """
    known = session.ledger.vendors.get_many(vendor.vendor_id for vendor in vendors)
    kinds = {partition: _kind(session, partition) for partition in {record.partition for record in known.values()}}

    def is_settled(record: VendorRecord) -> bool:
        is_open = record.outcome == VendorOutcome.HELD or not record.card_code
        return is_open and kinds[record.partition] == FileKind.VENDORS

    return [one for one in vendors if one.vendor_id not in known or not is_settled(known[one.vendor_id])]


def _kind(session: Session, partition: str) -> str:
    file = session.ledger.files.by_partition(partition)
    return file.kind if file else ""
