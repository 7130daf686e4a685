"""Every row of the mappings against SAP, before any invoice needs it."""

from collections.abc import Callable, Iterator
from datetime import date

from stampli_b1_assets.accounting.accounts import mapped_account
from stampli_b1_assets.accounting.desk import Desk, Notes
from stampli_b1_assets.accounting.dimensions import Coded, dimension_code
from stampli_b1_assets.accounting.mappings import MappingRow, Mappings
from stampli_b1_assets.accounting.suppliers import supplier_of
from stampli_b1_assets.config.models import PostingSettings
from stampli_b1_assets.domain.reference_data import ReferenceData


def faulty_rows(
    mappings: Mappings, reference: ReferenceData, settings: PostingSettings, today: date
) -> Iterator[tuple[str, str]]:
    """What SAP does not have or will not post to today, and what mends it; by the very rules that invoices meet.

    Rows that are not valid today are passed over.
    """
    desk = Desk(mappings, reference, settings, on=today, currency="")
    for file, by_key in mappings.rows.items():
        lookup = _LOOKUPS.get(file, _account)
        for row in (row for rows in by_key.values() for row in rows if row.valid_from <= today <= row.valid_to):
            notes = lookup(row, desk)
            yield from ((hold.detail, hold.action) for hold in notes.holds)


def _account(row: MappingRow, desk: Desk) -> Notes:
    notes = Notes()
    mapped_account(row, desk, notes, what=row.key[-1])
    return notes


def _vendor(row: MappingRow, desk: Desk) -> Notes:
    return supplier_of(row.key[-1], "", desk).notes


def _dimension(row: MappingRow, desk: Desk) -> Notes:
    """A field that the settings send nowhere needs no code."""
    field, value = row.key
    wanted = desk.settings.dimensions
    target = {
        "department": wanted.department,
        "project": wanted.project,
        "class": wanted.class_,
        "location": wanted.location,
    }.get(field)
    notes = Notes()
    if target:
        dimension_code(Coded(field, value, target), desk, notes)
    return notes


_LOOKUPS: dict[str, Callable[[MappingRow, Desk], Notes]] = {"vendors.csv": _vendor, "dimensions.csv": _dimension}
