"""Rules on codes: accounts, dimensions and projects of every line, and the rounding account."""

from collections.abc import Iterator

from stampli_b1_assets.accounting.draft import Draft
from stampli_b1_assets.domain.outcome import Hold


def codes_can_be_posted_to(draft: Draft) -> Iterator[Hold]:
    """SAP knows the codes of every posted line and posts to them; each hold once, however many lines have it."""
    yield from dict.fromkeys(hold for codes in draft.codes for hold in codes.notes.holds)


def rounding_account_can_be_posted_to(draft: Draft) -> Iterator[Hold]:
    """The account of the rounding line, when this invoice needs one."""
    _, notes = draft.rounding_account
    yield from notes.holds
