"""Create and patch suppliers; what we do not own is never sent."""

from collections.abc import Callable
from typing import Any

from stampli_b1_assets.b1.odata import keyed, string, text
from stampli_b1_assets.b1.poster import PAUSES
from stampli_b1_assets.b1.refusals import NOT_FOUND, refused_read
from stampli_b1_assets.b1.service_layer import ServiceLayer, SessionLost
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused

ENTITY_SET = "BusinessPartners"


def create(session: ServiceLayer, body: dict[str, Any], sleep: Callable[[float], None]) -> str:
    """The new supplier's CardCode; in doubt, or refused as already there, it is looked up before anything else.

    Raises `B1Refused`, and `B1OutcomeUnknown` when it did not show up either.
    """
    try:
        return _created(session, body)
    except SessionLost:
        return _find(session, body) or _created(session, body)
    except B1Refused as refusal:
        code = string(body.get("CardCode"))
        if code and _find(session, body):
            return code
        raise refusal from None
    except B1OutcomeUnknown:
        for pause in (0, *PAUSES):
            sleep(pause)
            found = _find(session, body)
            if found:
                return found
        raise


def patch(session: ServiceLayer, card_code: str, body: dict[str, Any]) -> None:
    """Change the given properties only. Raises `B1Refused`, `B1OutcomeUnknown`."""
    path = keyed(ENTITY_SET, card_code)
    try:
        session.write("PATCH", path, body)
    except SessionLost:  # nothing was executed, and the same values twice do no harm
        session.write("PATCH", path, body)


def _created(session: ServiceLayer, body: dict[str, Any]) -> str:
    answer = session.write("POST", ENTITY_SET, body)
    code = string(answer.get("CardCode")) if isinstance(answer, dict) else ""
    return code or string(body.get("CardCode")) or _find(session, body)


def _find(session: ServiceLayer, body: dict[str, Any]) -> str:
    """By its code; one that SAP numbers, by name and tax id, the newest. Empty when it is not there."""
    code = string(body.get("CardCode"))
    if code:
        return code if _is_there(session, code) else ""
    name, tax_id = string(body.get("CardName")), string(body.get("FederalTaxID"))
    filter_ = f"CardName eq {text(name)} and CardType eq 'cSupplier'"
    try:
        rows = session.get_all(ENTITY_SET, select=("CardCode", "FederalTaxID"), orderby="CardCode", filter=filter_)
    except B1Refused as refusal:
        raise refused_read("business partners", refusal) from None
    same = [row for row in rows if string(row.get("FederalTaxID")) == tax_id]
    return string(same[-1]["CardCode"]) if same else ""


def _is_there(session: ServiceLayer, code: str) -> bool:
    try:
        session.get(keyed(ENTITY_SET, code), **{"$select": "CardCode"})
    except B1Refused as refusal:
        if refusal.status == 404 or refusal.code == NOT_FOUND:
            return False
        raise refused_read(f"business partner {code}", refusal) from None
    return True
