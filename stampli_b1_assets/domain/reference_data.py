"""SAP's master data as one run reads it: what may be posted to, when, and in which currency."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

ALL_CURRENCIES = "##"
"""SAP's sign for "every currency" on accounts and partners."""


@dataclass(frozen=True)
class Account:
    """A G/L account (`ChartOfAccounts`). `is_title`: ActiveAccount tNO; `is_control`: LockManualTransaction tYES."""

    code: str
    name: str
    format_code: str = ""
    is_title: bool = False
    is_control: bool = False
    is_blocked: bool = False
    """BlockManualPosting = tYES."""
    is_frozen: bool = False
    """FrozenFor = tYES (with `frozen_from`/`frozen_to`), or ValidFor = tNO with FrozenFor = tYES: inactive."""
    frozen_from: date | None = None
    frozen_to: date | None = None
    is_valid_range: bool = False
    """ValidFor = tYES: usable only within `valid_from`/`valid_to`, where these are given."""
    valid_from: date | None = None
    valid_to: date | None = None
    currency: str = ALL_CURRENCIES
    required_dimensions: frozenset[int] = frozenset()
    """Dimensions 1..5 that SAP demands on this account (DistributionRule…Relevant)."""
    is_project_required: bool = False


@dataclass(frozen=True)
class Address:
    """One address of a partner; name, type and row number are what SAP needs to update it in place."""

    name: str
    type: str
    row_num: int | None
    street: str = ""
    city: str = ""
    state: str = ""
    zip_code: str = ""
    country: str = ""


@dataclass(frozen=True)
class Partner:
    """A supplier (`BusinessPartners`, CardType cSupplier)."""

    card_code: str
    name: str
    tax_id: str = ""
    email: str = ""
    phone: str = ""
    currency: str = ALL_CURRENCIES
    is_supplier: bool = True
    """False: the code exists in SAP as a customer or lead."""
    is_frozen: bool = False
    frozen_from: date | None = None
    frozen_to: date | None = None
    is_valid_range: bool = False
    valid_from: date | None = None
    valid_to: date | None = None
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True)
class DistributionRule:
    """A distribution rule (cost centres have one of their own code), in dimension 1..5."""

    code: str
    dimension: int
    is_active: bool = True
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True)
class Project:
    """A project (`Projects`)."""

    code: str
    is_active: bool = True
    valid_from: date | None = None
    valid_to: date | None = None


class PeriodStatus(StrEnum):
    """SAP's PeriodStatusEnum. Only `ltUnlocked` and `ltUnlockedExceptSales` take our journal entries."""

    UNLOCKED = "ltUnlocked"
    UNLOCKED_EXCEPT_SALES = "ltUnlockedExceptSales"
    CLOSING = "ltPeriodClosing"
    LOCKED = "ltLocked"

    @property
    def is_open(self) -> bool:
        """Whether a journal entry of ours is accepted."""
        return self in (PeriodStatus.UNLOCKED, PeriodStatus.UNLOCKED_EXCEPT_SALES)


@dataclass(frozen=True)
class Period:
    """A posting period with its three windows (posting, due, tax date), both ends included."""

    code: str
    status: PeriodStatus
    posting_from: date
    posting_to: date
    due_from: date
    due_to: date
    tax_from: date
    tax_to: date


@dataclass(frozen=True)
class ReferenceData:
    """Everything read from SAP at the start of a run. Keys are codes, as SAP spells them."""

    company_db: str
    company_name: str
    version: str
    local_currency: str
    currencies: Mapping[str, int]
    """Code → decimals."""
    accounts: Mapping[str, Account]
    partners: Mapping[str, Partner]
    rules: Mapping[str, DistributionRule]
    projects: Mapping[str, Project]
    periods: tuple[Period, ...]
    rates: Mapping[tuple[str, date], Decimal] = field(default_factory=dict)
    """(currency, posting date) → SAP's rate: local = foreign x rate."""
    supplier_series: int | None = None
    """Default numbering series for suppliers; None when there is none."""
    fingerprint: str = ""
    """Hash over all of it; a change may release holds."""

    @cached_property
    def accounts_by_format_code(self) -> Mapping[str, Account]:
        """Accounts by the code that people see in a segmented chart, where SAP has one."""
        return {account.format_code: account for account in self.accounts.values() if account.format_code}
