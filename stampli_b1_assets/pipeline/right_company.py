"""That SAP opened the company that is meant: not a test company for the live one, nor the other way round."""

from stampli_b1_assets.config.models import Company
from stampli_b1_assets.domain.reference_data import ReferenceData
from stampli_b1_assets.errors import ConfigurationError
from stampli_b1_assets.ledger.ledger import Ledger

_FACT = "sap company"
"""Under this name the ledger remembers where its entries went: database and local currency."""


def check_company(ledger: Ledger, settings: Company, reference: ReferenceData) -> None:
    """Raises `ConfigurationError` when SAP's company is not that of the settings, or not that of the ledger's entries.

    With the ledger of a test company, every invoice tried there would count as posted in the live one.
    """
    expected = settings.posting.local_currency
    if expected is not None and expected != reference.local_currency:
        raise ConfigurationError(
            f"`posting.local_currency` is {expected}, but the local currency of {reference.company_db} "
            f"in SAP is {reference.local_currency}.",
            "Correct the setting, or check that `b1.company_db` names the right company.",
        )
    known = ledger.facts.get(_FACT)
    if known is not None and known != fingerprint(reference):
        raise ConfigurationError(
            f"The ledger of {settings.company} has entries that were posted to {known}, but `b1.company_db` opens "
            f"{fingerprint(reference)}: a test and a live company must not be confused.",
            "Correct `b1.company_db` and `b1.service_layer_url`; or, for another SAP company, write a new name under "
            "`company`, which begins a ledger of its own.",
        )


def remember_company(ledger: Ledger, reference: ReferenceData) -> None:
    """Before anything is sent: this is the company that the ledger is about."""
    ledger.facts.set(_FACT, fingerprint(reference))


def fingerprint(reference: ReferenceData) -> str:
    """Database and local currency: what does not change in the life of a company that has entries."""
    return f"{reference.company_db.upper()} ({reference.local_currency})"
