"""What a status of Stampli means for posting."""

import re
from enum import Enum, auto

from stampli_b1_assets.accounting.believed import believed
from stampli_b1_assets.config.models import PostingSettings
from stampli_b1_assets.domain.invoice import Invoice

# Words found in a real export; besides the postable ones these are known.
_NOT_POSTABLE = (
    "Invoice Details Have Been Registered.",
    "Pending Approval",
    "Approved and Pending AP Authorization",
)
_CANCELLED = ("Canceled Invoice",)
_IGNORED_SIGNS = re.compile(r"[\W_]+")


class StatusKind(Enum):
    """What may be done with an invoice of that status."""

    POSTABLE = auto()
    NOT_POSTABLE = auto()
    CANCELLED = auto()
    UNKNOWN = auto()


def status_word(invoice: Invoice, settings: PostingSettings) -> StatusKind:
    """Compared without case, blanks and punctuation; a word in no list is never assumed to mean anything.

    A status that the reader found fault with (rows of one invoice that disagree) is unknown as well.
    """
    word = _plain(believed(invoice).status)
    if word in map(_plain, settings.postable_statuses):
        return StatusKind.POSTABLE
    if word in map(_plain, _CANCELLED):
        return StatusKind.CANCELLED
    if word in map(_plain, _NOT_POSTABLE):
        return StatusKind.NOT_POSTABLE
    return StatusKind.UNKNOWN


def _plain(text: str) -> str:
    return _IGNORED_SIGNS.sub("", text).casefold()
