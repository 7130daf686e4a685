"""SAP's suppliers, accounts and dimensions as Stampli's lists: the codes that an invoice may be coded with.

Each code is looked up as it will be when an invoice brings it. What hangs on the invoice (an account's currency, the
dimensions that it needs) cannot be told beforehand.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stampli_b1_assets.accounting.accounts import GL_FILE, gl_account
from stampli_b1_assets.accounting.desk import Desk, Notes
from stampli_b1_assets.accounting.dimensions import DIMENSIONS_FILE, PROJECT, Coded, dimension_code
from stampli_b1_assets.accounting.suppliers import VENDORS_FILE, supplier_of
from stampli_b1_assets.domain.reference_data import Partner


@dataclass(frozen=True)
class Listed:
    """One code of Stampli's, and what SAP calls it."""

    code: str
    name: str


@dataclass(frozen=True)
class ListedVendor:
    """One vendor of Stampli's, and SAP's supplier; whether invoices of it would be posted."""

    vendor_id: str
    partner: Partner
    is_active: bool


def vendors(desk: Desk) -> Iterator[ListedVendor]:
    """SAP's suppliers, also those that it will not post to."""
    numbered = _numbered_by_sap(desk)
    for code, partner in desk.reference.partners.items():
        if partner.is_supplier:
            for vendor_id in codes_for(VENDORS_FILE, code, desk) or [numbered.get(code, code)]:
                found = supplier_of(vendor_id, partner.name, desk)
                yield ListedVendor(vendor_id, partner, is_active=not found.notes.holds)


def vendor_id_for(card_code: str, desk: Desk) -> str:
    """The one that Stampli knows a supplier by; SAP's own code where no row gives it, or several do."""
    mapped = codes_for(VENDORS_FILE, card_code, desk) or [_numbered_by_sap(desk).get(card_code, card_code)]
    return mapped[0] if len(mapped) == 1 else card_code


def _numbered_by_sap(desk: Desk) -> dict[str, str]:
    """CardCode → vendor id, of vendors whose id is too long to be a CardCode."""
    return {code: id_ for id_, code in desk.card_codes.items()}


def accounts(desk: Desk) -> Iterator[Listed]:
    """The G/L accounts that would be posted to."""
    for account in desk.reference.accounts.values():
        shown = account.format_code or account.code
        mapped = {one: None for code in (account.code, shown) for one in codes_for(GL_FILE, code, desk)}
        for stampli_code in mapped or [shown]:
            notes = Notes()
            if gl_account(stampli_code, desk, notes) is account and not notes.holds:
                yield Listed(stampli_code, account.name)


def dimension(field: str, target: str, desk: Desk) -> Iterator[Listed]:
    """Values of `department`, `project`, `class` or `location` that would be posted, with SAP's code as name."""
    number = Coded(field, "", target).number
    known: Iterable[str] = (
        desk.reference.projects
        if target == PROJECT
        else [rule.code for rule in desk.reference.rules.values() if rule.dimension == number]
    )
    for code in known:
        for value in codes_for(DIMENSIONS_FILE, code, desk, field) or [code]:
            notes = Notes()
            if dimension_code(Coded(field, value, target), desk, notes) == code and not notes.holds:
                yield Listed(value, code)


def codes_for(file: str, code: str, desk: Desk, field: str = "") -> list[str]:
    """Stampli's codes that mappings give to a code of SAP's on the desk's day."""
    return desk.mappings.stampli_codes(file, code, desk.on, field)


def code_for(file: str, code: str, desk: Desk, field: str = "") -> str:
    """The one that Stampli knows a code of SAP's by; SAP's own where no row gives it, or several do."""
    mapped = codes_for(file, code, desk, field)
    return mapped[0] if len(mapped) == 1 else code
