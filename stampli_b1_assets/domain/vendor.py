"""Stampli's vendor as one row of a vendor file brings it."""

from dataclasses import dataclass
from datetime import datetime

from stampli_b1_assets.domain.invoice import Fault


@dataclass(frozen=True)
class Vendor:
    """All text, empty = none (an empty value never empties SAP's). `modified_at` is `Last Modified` in UTC."""

    vendor_id: str
    name: str
    status: str
    tax_id: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    modified_at: datetime | None = None
    row: int = 0
    faults: tuple[Fault, ...] = ()
    file_name: str = ""
    file_sha256: str = ""

    @property
    def key(self) -> str:
        """What it is known by: its id, or file and row when it has none."""
        return self.vendor_id or f"{self.file_name}#{self.row}"


class VendorOutcome:
    """What became of a vendor; the keys of `vendors` in the summary."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    HELD = "held"
