"""Create and patch suppliers; what we do not own is never sent."""

from typing import Any

from stampli_b1_assets.b1.odata import string, text
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.errors import B1OutcomeUnknown, B1Refused

ENTITY_SET = "BusinessPartners"


def create(session: ServiceLayer, body: dict[str, Any]) -> str:
    """The new supplier's CardCode; in doubt, or refused as already there, it is looked up first."""
    code = string(body.get("CardCode"))
    try:
        answer = session.write("POST", ENTITY_SET, body)
    except (B1OutcomeUnknown, B1Refused) as error:
        if code and _is_there(session, code):
            return code
        if not code and isinstance(error, B1OutcomeUnknown):
            found = _by_name(session, string(body.get("CardName")), string(body.get("FederalTaxID")))
            if found:
                return found
        raise
    return string((answer or {}).get("CardCode")) or code


def patch(session: ServiceLayer, card_code: str, body: dict[str, Any]) -> None:
    """Change the given properties only. Repeating it would do no harm, but it is left to the next cycle."""
    session.write("PATCH", f"{ENTITY_SET}({text(card_code)})", body)


def _is_there(session: ServiceLayer, code: str) -> bool:
    try:
        session.get(f"{ENTITY_SET}({text(code)})", **{"$select": "CardCode"})
    except B1Refused:
        return False
    return True


def _by_name(session: ServiceLayer, name: str, tax_id: str) -> str:
    filter_ = f"CardName eq {text(name)} and CardType eq 'cSupplier'"
    rows = session.get_all(ENTITY_SET, select=("CardCode", "FederalTaxID"), orderby="CardCode", filter=filter_)
    same = [row for row in rows if string(row.get("FederalTaxID")) == tax_id]
    return string(same[-1]["CardCode"]) if same else ""
