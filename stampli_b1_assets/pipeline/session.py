"""One run's view of the world: the cycle, SAP's facade, its master data read once, and what assessing needs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from stampli_b1_assets.accounting.assess import Context, rate_needed
from stampli_b1_assets.accounting.payments import payment_rate_needed
from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.b1.poster import PostingMode
from stampli_b1_assets.config.models import Company
from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.domain.journal_entry import PostedEntry
from stampli_b1_assets.domain.payment import Payment
from stampli_b1_assets.domain.reference_data import ReferenceData
from stampli_b1_assets.ledger.ledger import Ledger
from stampli_b1_assets.pipeline.right_company import check_company
from stampli_b1_assets.pipeline.workplace import Workplace

_CARD_CODE_LENGTH = 15
LEASE_PATIENCE_SECONDS = 900
"""How long a run waits for another process that works on the same company."""


@dataclass
class Session:
    """Work on one company in one run. Reads SAP's master data at first use and keeps it for the run."""

    workplace: Workplace
    b1: B1
    cycle: str
    who: str = "service"
    has_written: bool = False
    """Whether a write was sent to SAP in this run."""
    warnings: list[str] = field(default_factory=list)
    """What an accountant may want to know of what was posted in this run."""
    _reference: ReferenceData | None = None
    _card_codes: dict[str, str] = field(default_factory=dict)
    _asked_rates: set[tuple[str, date]] = field(default_factory=set)

    @property
    def ledger(self) -> Ledger:
        """The company's ledger."""
        return self.workplace.ledger

    @property
    def settings(self) -> Company:
        """The company file's settings."""
        return self.workplace.settings

    @property
    def reference(self) -> ReferenceData:
        """SAP's master data, read once; raises `B1Unusable`, or `ConfigurationError` when it is another company's."""
        if self._reference is None:
            reference = self.b1.reference_data()
            check_company(self.ledger, self.settings, reference)
            self._reference = reference
        return self._reference

    @reference.setter
    def reference(self, reference: ReferenceData) -> None:
        self._reference = reference

    def context(self) -> Context:
        """What `assess` needs besides the invoice."""
        held = self.ledger.vendors.open()
        return Context(
            company_db=self.settings.b1.company_db,
            settings=self.settings.posting,
            mappings=self.workplace.mappings(),
            reference=self.reference,
            today=self.workplace.today(),
            card_codes=self._card_codes,
            held_vendors={one.vendor_id: one.holds[0] for one in held if one.vendor_id and one.holds},
        )

    def note_card_code(self, vendor_id: str, card_code: str) -> None:
        """Remember which CardCode SAP numbered for a vendor whose id is too long to be one."""
        if card_code and card_code != vendor_id:
            self._card_codes[vendor_id] = card_code

    def recall_all_card_codes(self) -> None:
        """Of every vendor that SAP numbered in any cycle."""
        self.recall_card_codes(self.ledger.vendors.ids_longer_than(_CARD_CODE_LENGTH))

    def recall_card_codes(self, vendor_ids: Iterable[str]) -> None:
        """Ask the ledger for the CardCodes that SAP numbered for these vendors in earlier cycles."""
        unknown = {id_ for id_ in vendor_ids if len(id_) > _CARD_CODE_LENGTH} - self._card_codes.keys()
        if unknown:
            for record in self.ledger.vendors.get_many(unknown).values():
                self.note_card_code(record.vendor_id, record.card_code)

    def fetch_rates(self, invoices: Iterable[Invoice]) -> None:
        """Ask SAP for the exchange rates that these invoices need and that were not asked for in this run."""
        context = self.context()
        needed = {rate_needed(invoice, context) for invoice in invoices}
        self._fetch({pair for pair in needed if pair is not None})

    def fetch_payment_rates(self, payments: Iterable[Payment]) -> None:
        """The same for payments."""
        context = self.context()
        needed = {payment_rate_needed(payment, context) for payment in payments}
        self._fetch({pair for pair in needed if pair is not None})

    def _fetch(self, wanted: set[tuple[str, date]]) -> None:
        unasked = wanted - self._asked_rates
        if unasked:
            rates = {**self.reference.rates, **self.b1.rates(sorted(unasked))}
            self._asked_rates |= unasked
            self.reference = replace(self.reference, rates=rates)

    def find_keys(self, keys: Sequence[str]) -> dict[str, PostedEntry]:
        """Entries in SAP that carry one of the keys; none where SAP lacks the user field."""
        return self.b1.posted_by_key(keys) if keys and self.b1.guard().has_field else {}

    def posting_mode(self) -> PostingMode:
        """How entries are posted now: what SAP shows of the guard, and what its proof said."""
        guard = self.b1.guard()
        if not guard.has_field:
            return PostingMode.UNMARKED
        if not guard.has_table:
            return PostingMode.FALLBACK
        proof = self.ledger.proof(self.settings.b1.company_db)
        if proof is None:
            return PostingMode.UNPROVED
        return PostingMode.GUARDED if proof.is_proved else PostingMode.FALLBACK
