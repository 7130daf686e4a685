"""Rules on the vendor."""

from collections.abc import Iterator

from stampli_b1_assets.accounting.draft import Draft
from stampli_b1_assets.domain.outcome import Hold


def supplier_can_be_posted_to(draft: Draft) -> Iterator[Hold]:
    """SAP knows the vendor as a supplier, and posts to it on that day in that currency."""
    if draft.invoice.vendor_id:
        yield from draft.supplier.notes.holds
