"""Rules on tax."""

from collections.abc import Iterator

from stampli_b1_assets.accounting.draft import Draft
from stampli_b1_assets.domain.outcome import Hold

_COLUMNS = frozenset({"Tax Amount", "Line Tax Amount", "Tax Code"})


def tax_can_be_posted(draft: Draft) -> Iterator[Hold]:
    """Every tax has one code, every code an account that SAP posts to."""
    if not draft.faulty & _COLUMNS:
        yield from draft.taxes.notes.holds
