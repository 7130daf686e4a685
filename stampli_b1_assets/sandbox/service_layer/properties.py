"""Which properties each type has: SAP's own names, and the user fields that were made visible."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from stampli_b1_assets.sandbox.service_layer.refusal import unknown_property

TYPES = {
    "JournalEntries": "JournalEntry",
    "BusinessPartners": "BusinessPartner",
    "ChartOfAccounts": "ChartOfAccount",
    "DistributionRules": "DistributionRule",
    "ProfitCenters": "ProfitCenter",
    "Projects": "Project",
    "Currencies": "Currency",
    "Dimensions": "Dimension",
    "VatGroups": "VatGroup",
    "BusinessPlaces": "BusinessPlace",
    "UserTablesMD": "UserTablesMD",
    "UserFieldsMD": "UserFieldMD",
    "PurchaseOrders": "Document",
}


@cache
def _known() -> dict[str, dict[str, str]]:
    file = Path(__file__).with_name("properties.json")
    known: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return known


def names_of(type_: str) -> frozenset[str]:
    """SAP's own property names of a type."""
    return frozenset(_known()[type_])


def check_body(body: dict[str, Any], type_: str, user_fields: frozenset[str] = frozenset()) -> None:
    """Refuse a property that the type does not have; lines and addresses are checked by their own types."""
    known = _known()[type_]
    for name in body:
        if name not in known and name not in user_fields:
            raise unknown_property(name, type_)
