"""The two systems as Dagster resources: Stampli's side (with the ledger), and the Service Layer session."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from stampli_b1_assets.config.loader import LoadedCompany, load_companies
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.workplace import Workplace

CYCLE_TAG = "stampli_b1/cycle"
"""Run tag that joins the runs of one `sync`; a run without it is a cycle of its own."""


class WorkplaceResource(dg.ConfigurableResource[object]):
    """Ledger, landing, layout and Stampli's SFTP server of each company; opened when first asked for."""

    config_path: str
    home: str
    _open: dict[str, Workplace] = PrivateAttr(default_factory=dict)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["WorkplaceResource"]:
        """Close the ledgers when the run ends."""
        del context
        try:
            yield self
        finally:
            self.close()

    def of(self, company: str) -> Workplace:
        """The company's workplace."""
        if company not in self._open:
            self._open[company] = open_workplace(Path(self.config_path), Path(self.home), company)
        return self._open[company]

    def close(self) -> None:
        """Close what was opened."""
        while self._open:
            self._open.popitem()[1].close()


class B1SessionResource(dg.ConfigurableResource[object]):
    """One Service Layer session per run: logged in at the first request, logged out when the run ends."""

    config_path: str
    home: str
    _sessions: dict[str, Session] = PrivateAttr(default_factory=dict)
    _stack: ExitStack = PrivateAttr(default_factory=ExitStack)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["B1SessionResource"]:
        """Log out and close when the run ends."""
        del context
        try:
            yield self
        finally:
            self.close()

    def session(self, company: str, run: dg.DagsterRun) -> Session:
        """The run's session with the company: its SAP facade, its master data read once, its ledger."""
        if company not in self._sessions:
            workplace = self._stack.enter_context(open_workplace(Path(self.config_path), Path(self.home), company))
            b1 = self._stack.enter_context(workplace.b1())
            cycle = run.tags.get(CYCLE_TAG, run.run_id)
            session = Session(workplace, b1, cycle)
            workplace.ledger.cycles.note_run(cycle, run.run_id)
            self._sessions[company] = session
        return self._sessions[company]

    def close(self) -> None:
        """Log out and close what was opened."""
        self._sessions.clear()
        self._stack.close()


def open_workplace(config_path: Path, home: Path, company: str) -> Workplace:
    """Load the configuration anew, as it is now, and open the company's workplace."""
    return Workplace.open(find_company(config_path, company), home)


def find_company(config_path: Path, company: str) -> LoadedCompany:
    """The company of that name; `KeyError` is a definition that outlived its configuration."""
    return {loaded.settings.company: loaded for loaded in load_companies(config_path, os.environ)}[company]
