"""Suppliers of SAP that are one firm, and what a bill shows whichever of them it was booked under."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stampli_b1_assets.accounting.vendor_fields import plain_tax_id
from stampli_b1_assets.domain.journal_entry import JournalEntry, PostedEntry
from stampli_b1_assets.domain.reference_data import Partner


@dataclass(frozen=True)
class Bill:
    """The firm's tax id, the side that its line stands on, amount and date: equal for the same bill."""

    tax_id: str
    is_credit: bool
    currency: str
    amount: Decimal
    invoice_date: date


@dataclass(frozen=True)
class Firms:
    """CardCode → tax id, of suppliers whose tax id stands with another supplier too: doubled or merged partners."""

    tax_ids: Mapping[str, str]

    @classmethod
    def of(cls, partners: Mapping[str, Partner]) -> "Firms":
        """Tax ids are compared without punctuation; an empty one says nothing."""
        codes: dict[str, list[str]] = defaultdict(list)
        for code, partner in partners.items():
            if partner.is_supplier and (tax_id := plain_tax_id(partner.tax_id)):
                codes[tax_id].append(code)
        return cls({code: tax_id for tax_id, same in codes.items() if len(same) > 1 for code in same})

    def bill(self, entry: JournalEntry | PostedEntry) -> Bill | None:
        """`None` for an entry whose vendor has no double."""
        for line in entry.lines or ():
            if line.card_code in self.tax_ids and entry.tax_date is not None:
                debit, credit = (line.fc_debit, line.fc_credit) if line.fc_currency else (line.debit, line.credit)
                amount = credit or debit or Decimal(0)
                return Bill(self.tax_ids[line.card_code], bool(credit), line.fc_currency, amount, entry.tax_date)
        return None


def vendor_of(entry: JournalEntry | PostedEntry) -> str:
    """CardCode of the entry's vendor line; empty when it has none."""
    return next((line.card_code for line in entry.lines or () if line.card_code), "")
