"""What a company file means: defaults, paths, folders."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from stampli_b1_assets.config.loader import landing_dir, ledger_url, load_companies
from stampli_b1_assets.errors import ConfigurationError


def test_what_is_left_out_has_its_default(load, minimal):
    settings = load(minimal).settings
    assert (settings.stampli.port, settings.stampli.layout, settings.stampli.settle_seconds) == (
        22,
        "stampli_lines",
        30,
    )
    assert settings.posting.postable_statuses == ("Authorized for Payment", "Paid Invoice")
    assert settings.posting.rounding is None
    assert settings.approvals.second_person == ("reverse-and-repost",)
    assert (settings.partition_days, settings.alerts) == (400, ())


def test_every_setting_is_taken_over(load, complete):
    settings = load(complete).settings
    assert settings.stampli.company_code == "007"
    assert settings.stampli.private_key_passphrase.get_secret_value() == "key-secret"
    assert settings.b1.service_layer_url == "https://b1.example.com:50000/b1s/v1"
    assert settings.b1.username == "manager"
    assert settings.posting.earliest_date == date(2021, 2, 3)
    assert settings.posting.rounding.tolerance == Decimal("0.05")
    assert settings.posting.dimensions.class_ is None
    assert settings.posting.payments.clearing_account == "108000"
    assert settings.ledger_url == "postgresql://ledger:ledger-secret@db.example.com/ledger"


def test_files_hang_on_the_configuration_and_data_on_the_home(load, complete, minimal, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    company = load(complete)
    assert company.settings.stampli.private_key_file == tmp_path / "keys/stampli"
    assert company.settings.stampli.known_hosts_file == tmp_path / "known_hosts"
    assert company.settings.b1.ca_bundle == tmp_path / "certs/b1.pem"
    assert company.mappings_dir == tmp_path / "maps"
    assert company.config_file == tmp_path / "company.yaml"
    assert company.layout == "layouts/mine.yaml"
    assert landing_dir(company, Path("/home_of_it")) == Path("/home_of_it/land")
    assert ledger_url(load(minimal), Path("/home_of_it")) == "sqlite:////home_of_it/ledger.db"


@pytest.mark.parametrize("url", ["sqlite:////data/ledger.db", "postgresql://someone@db/ledger"])
def test_an_absolute_ledger_stays_where_it_is(load, minimal, url):
    assert ledger_url(load(f"{minimal}ledger_url: {url}\n"), Path("/elsewhere")) == url


def test_absolute_paths_stay(load, minimal):
    company = load(f"{minimal}mappings_dir: /maps\nlanding_dir: /landing\n")
    assert company.mappings_dir == Path("/maps")
    assert landing_dir(company, Path("/elsewhere")) == Path("/landing")


def test_the_hash_is_of_the_text_not_of_the_secrets(load, minimal, environment):
    first = load(minimal)
    assert load(minimal, {**environment, "B1_PASSWORD": "new"}).text_sha256 == first.text_sha256
    assert load(minimal + "# a remark\n").text_sha256 != first.text_sha256


def test_byte_order_mark_and_windows_line_ends_do_no_harm(load, minimal):
    assert load("\ufeff" + minimal.replace("\n", "\r\n")).settings == load(minimal).settings


class TestFolders:
    def test_every_yaml_file_is_one_company(self, tmp_path, minimal, environment):
        for name in ("b.yaml", "a.yaml"):
            (tmp_path / name).write_text(minimal.replace("company: northwind", f"company: {name[0]}"))
        (tmp_path / "notes.txt").write_text("no company")
        (tmp_path / ".a.yaml").write_text("an editor's left-over")
        (tmp_path / "folder.yaml").mkdir()
        assert [one.settings.company for one in load_companies(tmp_path, environment)] == ["a", "b"]

    def test_two_of_one_name_are_refused(self, tmp_path, minimal, environment):
        for name in ("a.yaml", "b.yaml"):
            (tmp_path / name).write_text(minimal)
        with pytest.raises(ConfigurationError, match=r"a\.yaml and b\.yaml both describe the company 'northwind'"):
            load_companies(tmp_path, environment)

    def test_faults_of_all_files_are_told(self, tmp_path, minimal, environment):
        (tmp_path / "a.yaml").write_text(minimal + "pots: 1\n")
        (tmp_path / "b.yaml").write_text("- a list\n")
        with pytest.raises(ConfigurationError, match=r"(?s)a\.yaml, line 12: .*\n.*b\.yaml holds no settings"):
            load_companies(tmp_path, environment)

    def test_an_empty_folder_is_refused(self, tmp_path):
        with pytest.raises(ConfigurationError, match=r"has no \*\.yaml file"):
            load_companies(tmp_path, {})

    def test_what_is_not_there_is_named_with_the_ways_to_name_it(self, tmp_path):
        with pytest.raises(ConfigurationError, match=r"no configuration at .*nowhere.*STAMPLI_B1_CONFIG"):
            load_companies(tmp_path / "nowhere.yaml", {})
