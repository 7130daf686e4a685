"""One company opened for work: its settings, ledger, landing, layout, and clients of both systems."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Self

from stampli_b1_assets.accounting.mappings import Mappings, load_mappings
from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.config.loader import LoadedCompany, landing_dir, ledger_url
from stampli_b1_assets.config.models import Company
from stampli_b1_assets.ledger.ledger import Ledger
from stampli_b1_assets.stampli.landing import Landing
from stampli_b1_assets.stampli.layout import Layout, load_layout
from stampli_b1_assets.stampli.sftp import StampliSftp

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Now, as a UTC moment."""
    return datetime.now(UTC)


@dataclass
class Workplace:
    """Opens what needs no network at once, and hands out clients of Stampli and SAP; a context manager.

    `connect_b1` and `connect_stampli` are the seams for tests: how clients are made from the settings.
    """

    company: LoadedCompany
    ledger: Ledger
    landing: Landing
    layout: Layout
    clock: Clock = utc_now
    connect_b1: Callable[[Company], B1] = field(default=lambda settings: B1(settings.b1))
    connect_stampli: Callable[[Company], StampliSftp] = field(default=lambda settings: StampliSftp(settings.stampli))
    _mappings: Mappings | None = None

    @classmethod
    def open(cls, company: LoadedCompany, home: Path, *, clock: Clock = utc_now) -> Self:
        """Open the ledger and landing below `home` (DAGSTER_HOME) and load the layout.

        Raises `ConfigurationError` (layout) or `LedgerUnusable`.
        """
        layout = load_layout(company.layout, company.config_file.parent)
        ledger = Ledger.open(ledger_url(company, home), company.settings.company, clock=clock)
        return cls(company, ledger, Landing(landing_dir(company, home)), layout, clock)

    @property
    def settings(self) -> Company:
        """The company file's settings."""
        return self.company.settings

    def today(self) -> date:
        """Today in the company's time zone."""
        return self.clock().astimezone(self.settings.posting.zone).date()

    def mappings(self) -> Mappings:
        """The mappings, loaded once as a whole; raises `MappingError`."""
        if self._mappings is None:
            self._mappings = load_mappings(self.company.mappings_dir)
        return self._mappings

    def stampli(self) -> StampliSftp:
        """A new client of Stampli's SFTP server, not connected yet."""
        return self.connect_stampli(self.settings)

    def b1(self) -> B1:
        """A new facade of SAP, not logged in yet."""
        return self.connect_b1(self.settings)

    def close(self) -> None:
        """Close the ledger."""
        self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
