"""Both servers with the sample company, a ready configuration, mappings and exports, in one folder."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from stampli_b1_assets.sandbox.certificates import make_certificates
from stampli_b1_assets.sandbox.sample_company import COMPANY_DB, fill
from stampli_b1_assets.sandbox.service_layer.application import Application
from stampli_b1_assets.sandbox.service_layer.company import Company
from stampli_b1_assets.sandbox.service_layer.faults import BROKEN_COMPANIES, armed
from stampli_b1_assets.sandbox.service_layer.habits import HABITS
from stampli_b1_assets.sandbox.service_layer.server import SimulatorServer
from stampli_b1_assets.sandbox.service_layer.sessions import Sessions
from stampli_b1_assets.sandbox.service_layer.store import Store
from stampli_b1_assets.sandbox.sftp_server import SftpServer

SAMPLES = Path(__file__).parent / "samples"
USERNAME = "linden"
SFTP_PASSWORD = "sandbox-sftp"
B1_USERNAME = "stampli_bot"
B1_PASSWORD = "sandbox-b1"


class Sandbox:
    """A context manager. `folder` keeps everything: company.db, the SFTP root, keys, configuration, mappings.

    `faults` are names of `service_layer.faults` and `habits`; `provisioned` opens the company with the guard in place.
    """

    def __init__(
        self,
        folder: Path,
        *,
        https: bool = False,
        faults: Iterable[str] = (),
        provisioned: bool = False,
        with_samples: bool = True,
        dialect: str = "v2",
    ) -> None:
        self.folder = folder
        self._dialect = dialect
        self._with_samples = with_samples
        for name in ("sftp/outbound", "sftp/inbound", "mappings"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.store = self._open_company(provisioned=provisioned)
        self.company = Company(self.store)
        self.sessions = Sessions(COMPANY_DB, B1_USERNAME, B1_PASSWORD)
        self.application = Application(self.company, self.sessions)
        self._certificates = make_certificates(folder / "certificates") if https else None
        tls = self._certificates[1:] if self._certificates else None
        self.service_layer = SimulatorServer(self.application, tls=tls)
        self.sftp = SftpServer(
            folder / "sftp", username=USERNAME, password=SFTP_PASSWORD, host_key_file=folder / "host_key"
        )
        for name in faults:
            self.switch_on(name)

    # --- running -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen on free ports of loopback, and write the configuration that names them."""
        self.sftp.start()
        self.service_layer.start()
        self._write_configuration()
        if self._with_samples:
            self._copy_samples()

    def stop(self) -> None:
        """Stop both servers and close the company."""
        self.sftp.stop()
        self.service_layer.stop()
        self.store.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def service_layer_url(self) -> str:
        """`…/b1s/v2`, or v1."""
        return self.service_layer.url.replace("/v2", f"/{self._dialect}")

    @property
    def control_url(self) -> str:
        """The control endpoint's address."""
        return self.service_layer.control_url

    @property
    def config_path(self) -> Path:
        """The configuration file."""
        return self.folder / "stampli_b1.yaml"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the configuration names."""
        return {"STAMPLI_SFTP_PASSWORD": SFTP_PASSWORD, "B1_USERNAME": B1_USERNAME, "B1_PASSWORD": B1_PASSWORD}

    # --- what tests and people do ----------------------------------------------------------------------------------

    def put(self, name: str, content: bytes, *, mtime: int | None = None) -> Path:
        """Put a file into the outbound folder, as Stampli does."""
        path = self.folder / "sftp" / "outbound" / name
        path.write_bytes(content)
        if mtime is not None:
            os.utime(path, (mtime, mtime))
        return path

    def journal_entries(self) -> list[dict[str, Any]]:
        """Straight from the company's database."""
        return self.store.entries()

    def switch_on(self, name: str, **when: Any) -> None:
        """Arm a fault by name, or switch a lasting state of the company on."""
        if name in (*BROKEN_COMPANIES, *HABITS):
            self.application.switch(name)
        else:
            self.application.faults.arm(armed({"name": name, **when}))

    # --- files -----------------------------------------------------------------------------------------------------

    def _open_company(self, *, provisioned: bool) -> Store:
        path = self.folder / "company.db"
        is_new = not path.exists()
        store = Store(path)
        if is_new:
            fill(store, provisioned=provisioned)
        return store

    def _copy_samples(self) -> None:
        """Mappings and exports, unless they are there already: what a person changed is not overwritten."""
        for source in sorted((SAMPLES / "mappings").iterdir()):
            target = self.folder / "mappings" / source.name
            if not target.exists():
                target.write_bytes(source.read_bytes())
        for source in sorted((SAMPLES / "outbound").iterdir()):
            target = self.folder / "sftp" / "outbound" / source.name
            if not target.exists():
                self.put(source.name, source.read_bytes())

    def _write_configuration(self) -> None:
        authority = f"\n  ca_bundle: {self._certificates[0].relative_to(self.folder)}" if self._certificates else ""
        self.config_path.write_text(
            f"""\
# The sandbox's company; ports change at every start.
company: linden
stampli:
  host: 127.0.0.1
  port: {self.sftp.port}
  username: {USERNAME}
  password: ${{STAMPLI_SFTP_PASSWORD}}
  host_keys: ["{self.sftp.host_key_line}"]
  outbound_dir: /outbound
  inbound_dir: /inbound
  settle_seconds: 0
b1:
  service_layer_url: {self.service_layer_url}
  company_db: {COMPANY_DB}
  username: ${{B1_USERNAME}}
  password: ${{B1_PASSWORD}}{authority}
  timeout_seconds: 10
posting:
  local_currency: USD
  time_zone: America/Denver
mappings_dir: mappings
""",
            encoding="utf-8",
        )
