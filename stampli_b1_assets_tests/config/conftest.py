"""A complete company file, and a way to load variations of it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from stampli_b1_assets.config.loader import LoadedCompany, load_companies
from stampli_b1_assets.errors import ConfigurationError

MINIMAL = """\
company: northwind
stampli:
  host: sftp.example.com
  username: northwind
  password: ${SFTP_PASSWORD}
  host_keys: ["ssh-ed25519 AAAA"]
b1:
  service_layer_url: https://b1.example.com:50000/b1s/v2
  company_db: NORTHWIND
  username: ${B1_USERNAME}
  password: ${B1_PASSWORD}
"""

COMPLETE = """\
company: northwind
stampli:
  host: sftp.example.com
  port: 2222
  username: northwind
  private_key_file: keys/stampli
  private_key_passphrase: ${KEY_PASSPHRASE}
  known_hosts_file: known_hosts
  outbound_dir: /outbound
  inbound_dir: /inbound
  company_code: "007"
  layout: layouts/mine.yaml
  settle_seconds: 0
  poll_seconds: 60
  max_file_mb: 20
  archive: /archive
b1:
  service_layer_url: https://b1.example.com:50000/b1s/v1/
  company_db: NORTHWIND
  username: ${B1_USERNAME}
  password: ${B1_PASSWORD}
  ca_bundle: certs/b1.pem
  timeout_seconds: 30
  max_sessions: 2
posting:
  local_currency: USD
  time_zone: America/Denver
  postable_statuses: [Paid Invoice]
  posting_date: invoice_date
  closed_period: next_open
  unmapped: hold
  new_vendors: hold
  earliest_date: 2021-02-03
  rounding: {account: "999900", tolerance: "0.05"}
  dimensions: {department: CostingCode5, project: ProjectCode, class: null, location: CostingCode3}
  payments: {post: true, clearing_account: "108000"}
publish: {purchase_orders: true, acknowledgements: true, reference_data: true}
approvals: {second_person: [retry, post-anyway]}
partition_days: 10
mappings_dir: maps
ledger_url: postgresql://ledger:${LEDGER_PASSWORD}@db.example.com/ledger
landing_dir: land
alerts: ["mailto://alerts:${MAIL_PASSWORD}@example.com"]
allow_plaintext_secrets: false
"""

ENVIRONMENT = {
    "SFTP_PASSWORD": "sftp-secret",
    "B1_USERNAME": "manager",
    "B1_PASSWORD": "b1-secret",
    "KEY_PASSPHRASE": "key-secret",
    "LEDGER_PASSWORD": "ledger-secret",
    "MAIL_PASSWORD": "mail-secret",
}

Load = Callable[..., LoadedCompany]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads one company file from its text."""

    def from_text(text: str, environment: Mapping[str, str] = ENVIRONMENT) -> LoadedCompany:
        file = tmp_path / "company.yaml"
        file.write_text(text, encoding="utf-8")
        (company,) = load_companies(file, environment)
        return company

    return from_text


@pytest.fixture
def refusal(load: Load) -> Callable[..., str]:
    """Loads one company file from its text, and gives the message of its refusal."""

    def of_text(text: str, environment: Mapping[str, str] = ENVIRONMENT) -> str:
        with pytest.raises(ConfigurationError) as refused:
            load(text, environment)
        return str(refused.value)

    return of_text


@pytest.fixture
def minimal() -> str:
    return MINIMAL


@pytest.fixture
def complete() -> str:
    return COMPLETE


@pytest.fixture
def environment() -> dict[str, str]:
    return dict(ENVIRONMENT)
