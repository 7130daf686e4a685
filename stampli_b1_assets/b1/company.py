"""The facade that a run uses: one company database behind one Service Layer."""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Self

import httpx

from stampli_b1_assets.b1 import finding, guard, partners
from stampli_b1_assets.b1.crew import Crew
from stampli_b1_assets.b1.entries import ENTITY_SET
from stampli_b1_assets.b1.odata import keyed
from stampli_b1_assets.b1.poster import PostingMode, Sending, WriteResult
from stampli_b1_assets.b1.purchase_orders import read_open_orders
from stampli_b1_assets.b1.reference_data import read_rates, read_reference_data
from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.config.models import B1Settings
from stampli_b1_assets.domain.journal_entry import JournalEntry, PostedEntry
from stampli_b1_assets.domain.purchase_order import PurchaseOrder
from stampli_b1_assets.domain.reference_data import ReferenceData


class B1:
    """A context manager: logged in at the first request, logged out at the end.

    Every method raises `B1Unusable` when SAP cannot be used. `transport`, `sleep` (seconds) and `clock` (seconds) are
    passed in by tests.
    """

    def __init__(
        self,
        settings: B1Settings,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.sleep = sleep
        self._transport = transport
        self._clock = clock
        self._sessions: list[ServiceLayer] = []
        self.session = self.new_session()
        self._guard: guard.GuardState | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def new_session(self) -> ServiceLayer:
        """Another session, not logged in yet; whoever asks for it closes it."""
        session = ServiceLayer(self.settings, transport=self._transport, sleep=self.sleep)
        self._sessions.append(session)
        return session

    def close(self) -> None:
        """Log out."""
        self.session.close()

    @property
    def logins(self) -> int:
        """Logins so far, of all sessions."""
        return sum(session.logins for session in self._sessions)

    # --- reads ------------------------------------------------------------------------------------------------

    def reference_data(self) -> ReferenceData:
        """Everything but exchange rates."""
        return read_reference_data(self.session, self.settings)

    def rates(self, wanted: Iterable[tuple[str, date]]) -> dict[tuple[str, date], Decimal]:
        """SAP's exchange rates, local = foreign × rate; absent where SAP has none."""
        return read_rates(self.session, wanted)

    def open_orders(self, local_currency: str) -> list[PurchaseOrder]:
        """Open purchase orders with their lines."""
        return read_open_orders(self.session, local_currency)

    def guard(self, *, anew: bool = False) -> guard.GuardState:
        """What SAP shows of the guard; asked once a run."""
        if self._guard is None or anew:
            self._guard = guard.look(self.session)
        return self._guard

    def posted_by_key(self, keys: Sequence[str]) -> dict[str, PostedEntry]:
        """Entries that carry one of the keys, without lines. Needs the user field."""
        return finding.find_by_key(self.session, keys)

    def is_there_for_good(self, key: str) -> bool | None:
        """Whether the entry that SAP shows under the key stays, as far as the guard's table tells; None: not known."""
        return not self.guard().has_table or guard.is_there_for_good(self.session, key)

    def posted_by_reference(self, stampli_ids: Sequence[str]) -> dict[str, list[PostedEntry]]:
        """Entries whose Reference2 is a Stampli id, without lines, oldest first."""
        return finding.find_by_reference(self.session, stampli_ids)

    def entries_by_reference_number(self, numbers: Sequence[str]) -> list[PostedEntry]:
        """Entries whose Reference is a vendor's number, with lines."""
        return finding.find_by_number(self.session, numbers)

    def entries_with_a_key(self, month: str = "") -> list[PostedEntry]:
        """Entries that carry any key, of a month (`YYYY-MM`) or all time, without lines."""
        return finding.find_keyed(self.session, month)

    def reversals(self, entries: Iterable[PostedEntry]) -> dict[int, int]:
        """JdtNum → JdtNum of the entry that undid it in SAP (Cancel, or by hand); best effort, see `finding`."""
        return finding.find_reversals(self.session, entries)

    def read_entry(self, jdt_num: int) -> PostedEntry:
        """One entry with its lines."""
        return finding.read_entry(self.session, jdt_num)

    def read_entries(self, jdt_nums: Iterable[int]) -> dict[int, PostedEntry]:
        """Entries with their lines, by JdtNum, many at once."""
        return finding.read_entries(self.session, jdt_nums)

    # --- writes -----------------------------------------------------------------------------------------------

    def post(
        self, entries: Sequence[JournalEntry], mode: PostingMode, *, sending: Sending = lambda _: None
    ) -> list[WriteResult]:
        """Post; results in the order of the entries. Raises `B1Unusable` only when nothing was sent at all.

        `sending` is called right before each request of a mode in which only its age makes another one safe.
        """
        crew = Crew(
            self.session,
            self.new_session,
            max_sessions=self.settings.max_sessions,
            sending=sending,
            sleep=self.sleep,
            clock=self._clock,
        )
        return crew.post(entries, mode)

    def cancel(self, jdt_num: int) -> None:
        """Have SAP post the reverse of an entry. Raises `B1Refused` (reversed before, paid), `B1OutcomeUnknown`."""
        self.session.write("POST", f"{keyed(ENTITY_SET, jdt_num)}/Cancel")

    def create_vendor(self, body: dict[str, Any]) -> str:
        """Create a supplier; its CardCode. Raises `B1Refused`, `B1OutcomeUnknown`."""
        return partners.create(self.session, body, self.sleep)

    def patch_vendor(self, card_code: str, body: dict[str, Any]) -> None:
        """Change the given properties of a supplier. Raises `B1Refused`, `B1OutcomeUnknown`."""
        partners.patch(self.session, card_code, body)
