"""What becomes of every invoice, vendor, payment and file: outcomes, reasons, holds."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Every invoice that is seen ends in exactly one of these."""

    POSTED = "posted"
    ALREADY_POSTED = "already_posted"
    HELD = "held"
    CONFLICT = "conflict"
    IGNORED = "ignored"


class Reason(StrEnum):
    """Why something is held or in conflict, in order of precedence: the first that applies is `reason`."""

    UNKNOWN_STATUS = "UNKNOWN_STATUS"
    BAD_VALUE = "BAD_VALUE"
    REPEATED_LINE = "REPEATED_LINE"
    TOTALS_DISAGREE = "TOTALS_DISAGREE"
    UNKNOWN_VENDOR = "UNKNOWN_VENDOR"
    INVALID_VENDOR = "INVALID_VENDOR"
    UNMAPPED_GL_ACCOUNT = "UNMAPPED_GL_ACCOUNT"
    INVALID_GL_ACCOUNT = "INVALID_GL_ACCOUNT"
    UNMAPPED_DIMENSION = "UNMAPPED_DIMENSION"
    INVALID_DIMENSION = "INVALID_DIMENSION"
    UNMAPPED_TAX_CODE = "UNMAPPED_TAX_CODE"
    UNKNOWN_CURRENCY = "UNKNOWN_CURRENCY"
    NO_EXCHANGE_RATE = "NO_EXCHANGE_RATE"
    PERIOD_CLOSED = "PERIOD_CLOSED"
    DATE_OUT_OF_RANGE = "DATE_OUT_OF_RANGE"
    B1_REJECTED = "B1_REJECTED"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    CANCELLED_AFTER_POSTING = "CANCELLED_AFTER_POSTING"
    CHANGED_AFTER_POSTING = "CHANGED_AFTER_POSTING"
    PROBABLE_DUPLICATE = "PROBABLE_DUPLICATE"

    @property
    def precedence(self) -> int:
        """Place in the contract's list, from 0."""
        return list(Reason).index(self)

    @property
    def is_conflict(self) -> bool:
        """Whether it makes the outcome `conflict` instead of `held`."""
        return self in _CONFLICTS


_CONFLICTS = frozenset({Reason.CANCELLED_AFTER_POSTING, Reason.CHANGED_AFTER_POSTING, Reason.PROBABLE_DUPLICATE})


class RefusalReason(StrEnum):
    """Why a whole file cannot be read."""

    EMPTY_FILE = "EMPTY_FILE"
    NOT_TEXT = "NOT_TEXT"
    UNKNOWN_KIND = "UNKNOWN_KIND"
    BAD_HEADER = "BAD_HEADER"
    BROKEN_CSV = "BROKEN_CSV"
    BROKEN_XML = "BROKEN_XML"
    FORBIDDEN_XML = "FORBIDDEN_XML"
    CONTROL_TOTAL = "CONTROL_TOTAL"
    TOO_LARGE = "TOO_LARGE"
    BAD_NAME = "BAD_NAME"


_EXPORT_AGAIN = "Have the file exported and uploaded again, whole; this one stays in landing."
_LAYOUT = "Have the file exported in the form of the layout, or correct the layout; this one stays in landing."
_REFUSED_ACTIONS: dict[str, str] = {
    RefusalReason.NOT_TEXT: _LAYOUT,
    RefusalReason.UNKNOWN_KIND: _LAYOUT,
    RefusalReason.BAD_HEADER: _LAYOUT,
    RefusalReason.FORBIDDEN_XML: "Ask where the file comes from, and have plain XML exported; it stays in landing.",
    RefusalReason.TOO_LARGE: "Have it exported in smaller pieces; the size of files is `stampli.max_file_mb`.",
    RefusalReason.BAD_NAME: "Have the file sent under a plain name, and this one taken out of the folder.",
}


def refused_action(reason: str) -> str:
    """What mends a refused file of this reason."""
    return _REFUSED_ACTIONS.get(reason, _EXPORT_AGAIN)


@dataclass(frozen=True)
class Hold:
    """One thing that keeps an invoice (vendor, payment) from being posted.

    `detail` is a sentence in an accountant's words, `action` what mends it. `code` is the
    missing or faulty code (account, dimension, vendor …), by which holds are grouped by cause.
    """

    reason: Reason
    detail: str
    action: str
    code: str = ""


def in_order(holds: list[Hold]) -> list[Hold]:
    """Holds in the contract's order of reasons; those of one reason keep their order."""
    return sorted(holds, key=lambda hold: hold.reason.precedence)


def outcome_of(holds: list[Hold]) -> Outcome:
    """`conflict` when the first reason is one, else `held`."""
    return Outcome.CONFLICT if in_order(holds)[0].reason.is_conflict else Outcome.HELD
