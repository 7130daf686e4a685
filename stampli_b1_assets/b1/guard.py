"""The guard: a user table whose key SAP's own database keeps unique, and a user field that finds the entry again."""

from dataclasses import dataclass

from stampli_b1_assets.b1.batch import Operation
from stampli_b1_assets.b1.entries import ENTITY_SET, KEY_PROPERTY, to_sap
from stampli_b1_assets.b1.finding import find_by_key
from stampli_b1_assets.b1.odata import keyed
from stampli_b1_assets.b1.refusals import NOT_FOUND, refused_read
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.domain.journal_entry import JournalEntry
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused

TABLE = "STAMPLI_POSTED"
TABLE_SET = f"U_{TABLE}"
FIELD = "StampliKey"
FIELD_TABLE = "OJDT"


@dataclass(frozen=True)
class GuardState:
    """What SAP shows of the guard now; whether it protects is only known after the proof of `provision`."""

    has_table: bool
    has_field: bool


def look(service: ServiceLayer) -> GuardState:
    """Ask for one row of each: what is not there, or not visible before a restart, is refused as unknown."""
    has_table = _answers(service, TABLE_SET, {"$select": "Code", "$top": "1"})
    has_field = _answers(service, ENTITY_SET, {"$select": "JdtNum", "$filter": f"{KEY_PROPERTY} eq '-'", "$top": "1"})
    return GuardState(has_table, has_field)


def _answers(service: ServiceLayer, path: str, options: dict[str, str]) -> bool:
    try:
        service.get(path, **options)
    except B1Refused:  # codes -1002, 200 and others, with 400 or 404, depending on the patch level
        return False
    return True


def change_set(entry: JournalEntry) -> list[Operation]:
    """The guard row first, so that a duplicate fails before any ledger work; then the entry. Name = Code: the table's
    default key has both (SDK UserKeysMD).
    """
    return [
        Operation("POST", TABLE_SET, {"Code": entry.key, "Name": entry.key}),
        Operation("POST", ENTITY_SET, to_sap(entry)),
    ]


def is_there_for_good(service: ServiceLayer, key: str) -> bool | None:
    """Whether an entry that SAP shows under this key is committed; None while that is not known.

    Some databases show what another transaction has written and may still roll back. A write to the guard row waits for
    that transaction's end, and the name that the row has anyway changes nothing. An entry that is still shown after
    that, though it has no row, stands without one (somebody deleted it).
    """
    try:
        service.write("PATCH", keyed(TABLE_SET, key), {"Name": key})
    except B1OutcomeUnknown:
        return None
    except B1Refused as refusal:  # whoever may not change rows is left with what the look-up showed
        return not _is_absent(refusal) or key in find_by_key(service, [key])
    return True


def has_row(service: ServiceLayer, key: str) -> bool:
    """Whether the guard row of this key is there. Raises `B1Unusable` when SAP does not say."""
    try:
        service.get(keyed(TABLE_SET, key))
    except B1Refused as refusal:
        if _is_absent(refusal):
            return False
        raise refused_read(f"the row {key} of {TABLE_SET}", refusal) from None
    return True


def _is_absent(refusal: B1Refused) -> bool:
    return refusal.status == 404 or refusal.code == NOT_FOUND
