"""One company on a bench: ledger, landing, simulator and folder in a directory, driven step by step."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.config.loader import LoadedCompany, load_companies
from stampli_b1_assets.config.models import Company as Settings
from stampli_b1_assets.ledger.ledger import Ledger
from stampli_b1_assets.pipeline.cycle import run_cycle
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.summary import cycle_document
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets.sandbox.running import B1_PASSWORD, B1_USERNAME, SAMPLES
from stampli_b1_assets.sandbox.sample_company import COMPANY_DB, fill
from stampli_b1_assets.sandbox.service_layer.application import Application
from stampli_b1_assets.sandbox.service_layer.company import Company
from stampli_b1_assets.sandbox.service_layer.sessions import Sessions
from stampli_b1_assets.sandbox.service_layer.store import Store
from stampli_b1_assets.stampli.layout import load_layout
from stampli_b1_assets.stampli.sftp import StampliSftp
from stampli_b1_assets_tests.simulation.clock import VirtualClock
from stampli_b1_assets_tests.simulation.folder import FolderClient, OutboundFolder
from stampli_b1_assets_tests.simulation.transport import InProcessTransport

TIMEOUT_SECONDS = 10.0
_ENVIRONMENT = {"STAMPLI_SFTP_PASSWORD": "none", "B1_PASSWORD": B1_PASSWORD}
_CONFIGURATION = f"""
company: linden
stampli:
  host: folder
  username: linden
  password: ${{STAMPLI_SFTP_PASSWORD}}
  host_keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
  settle_seconds: 0
b1:
  service_layer_url: http://127.0.0.1:1/b1s/v2
  company_db: {COMPANY_DB}
  username: {B1_USERNAME}
  password: ${{B1_PASSWORD}}
  timeout_seconds: {TIMEOUT_SECONDS}
posting:
  time_zone: America/Denver
  closed_period: hold
"""
_PAYS = "  payments: {post: true, clearing_account: '101900'}\n"


class Crash(BaseException):
    """The process dies here."""


class Bench:
    """Everything of one company, below one directory; `cycle` runs a whole cycle without Dagster."""

    def __init__(
        self, directory: Path, *, is_guarded: bool = True, provisioned: bool = True, pays: bool = False
    ) -> None:
        self.directory = directory
        self.clock = VirtualClock()
        self.folder = OutboundFolder()
        shutil.copytree(SAMPLES / "mappings", directory / "mappings")
        (directory / "company.yaml").write_text(_CONFIGURATION + _PAYS * pays, encoding="utf-8")
        (directory / "home").mkdir()
        self.store = _filled_store(directory / "sap.db", provisioned=provisioned)
        self.company = Company(self.store)
        self.sessions = Sessions(COMPANY_DB, B1_USERNAME, B1_PASSWORD, clock=self.clock.seconds)
        self.application = Application(self.company, self.sessions, sleep=self.clock.sleep)
        self.transport = InProcessTransport(self.application, TIMEOUT_SECONDS, self.clock)
        self.loaded: LoadedCompany = load_companies(directory / "company.yaml", _ENVIRONMENT)[0]
        self.is_guarded = is_guarded
        self.is_provisioned = provisioned
        self._open_ledger()

    def new_ledger(self) -> None:
        """An empty ledger, as after its loss; with the proof of the guard, when this company has one."""
        self._opened.close()
        self._open_ledger()

    def _open_ledger(self) -> None:
        for file in (self.directory / "home").glob("ledger.db*"):
            file.unlink()
        shutil.copy(_empty_ledger(), self.directory / "home" / "ledger.db")
        self._opened = Workplace.open(self.loaded, self.directory / "home", clock=self.clock)
        if self.is_guarded:
            with self.workplace() as workplace:
                workplace.ledger.save_proof(COMPANY_DB, is_proved=True)

    def configure(self, section: str, **values: Any) -> None:
        """Change the company's settings; the ledger stays."""
        path = self.directory / "company.yaml"
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        document.setdefault(section, {}).update(values)
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        self.reload()

    def reload(self) -> None:
        """The settings anew, after their file was changed; the ledger stays."""
        self.loaded = load_companies(self.directory / "company.yaml", _ENVIRONMENT)[0]
        layout = load_layout(self.loaded.layout, self.directory)
        self._opened = replace(self._opened, company=self.loaded, layout=layout)

    def close(self) -> None:
        self._opened.close()
        self.store.close()

    def workplace(self) -> Workplace:
        """A process's view: everything made anew, but for the engine, whose compiled statements are worth keeping."""
        ledger = Ledger(self._opened.ledger._database.engine, self.loaded.settings.company, self.clock)
        return replace(self._opened, ledger=ledger, connect_b1=self._b1, connect_stampli=self._stampli)

    def _b1(self, settings: Settings) -> B1:
        return B1(settings.b1, transport=self.transport, sleep=self.clock.sleep, clock=self.clock.seconds)

    def _stampli(self, settings: Settings) -> StampliSftp:
        return FolderClient(settings.stampli, self.folder)

    @contextmanager
    def session(self, cycle: str) -> Iterator[Session]:
        with self.workplace() as workplace, workplace.b1() as b1:
            yield Session(workplace, b1, cycle)

    def cycle(self, name: str) -> dict[str, Any]:
        """One cycle and its summary."""
        with self.session(name) as session:
            session.workplace.mappings()
            discovery = run_cycle(session)
            return cycle_document(session.workplace, name, discovery, seconds=0)

    def ledger(self) -> Ledger:
        return self.workplace().ledger

    def entries(self) -> list[dict[str, Any]]:
        return self.store.entries()


@cache
def _empty_ledger() -> Path:
    """Migrating takes longer than a cycle, and is not what is tested here."""
    import tempfile

    path = Path(tempfile.mkdtemp(prefix="empty-ledger-")) / "ledger.db"
    Ledger.open(f"sqlite:///{path}", "linden").close()
    return path


@cache
def _template(provisioned: bool) -> Path:
    import tempfile

    path = Path(tempfile.mkdtemp(prefix="sap-template-")) / "sap.db"
    store = Store(path)
    fill(store, provisioned=provisioned)
    store.close()
    return path


def _filled_store(path: Path, *, provisioned: bool) -> Store:
    for source in _template(provisioned).parent.iterdir():
        shutil.copy(source, path.with_name(source.name))
    return Store(path)
