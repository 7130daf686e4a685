"""Variables, and secrets that must come from one."""

import logging
import traceback

import pytest
import yaml

from stampli_b1_assets.config.interpolation import interpolated
from stampli_b1_assets.config.keys import all_places
from stampli_b1_assets.config.models import Company
from stampli_b1_assets.errors import ConfigurationError

SECRET = "hunter2-secret"
PLAIN = "holds a secret in clear text"


class TestVariables:
    @pytest.mark.parametrize(
        ("text", "result"),
        [
            ("${A}", "one"),
            ("x-${A}-${B:-two}-y", "x-one-two-y"),
            ("${EMPTY}", ""),
            ("${EMPTY:-default}", "default"),
            ("${B:-}", ""),
            ("${B:-a:-b c}", "a:-b c"),
            ("$A $ {A} 5$", "$A $ {A} 5$"),
            ("$${A}", "${A}"),
            ("${TRICKY}", "${A}"),
        ],
    )
    def test_are_put_in_once(self, text, result):
        faults = []
        environment = {"A": "one", "EMPTY": "", "TRICKY": "${A}"}
        assert interpolated({"key": [text]}, environment, faults) == {"key": [result]}
        assert not faults

    @pytest.mark.parametrize("text", ["${1A}", "${A", "${A:?said}", "${A:-${B}}", "${}", "${A-x}"])
    def test_a_slip_of_the_pen_is_a_fault(self, text):
        faults = []
        interpolated({"key": text}, {"A": "one"}, faults)
        assert "`key` has a `${` that is no variable" in faults[0].sentence

    def test_one_that_is_not_set_is_named_with_key_and_file(self, refusal, minimal):
        said = refusal(minimal, {"SFTP_PASSWORD": "x", "B1_USERNAME": "y"})
        assert said.startswith("company.yaml, line 11: `b1.password` names the variable B1_PASSWORD, which is not set.")

    def test_numbers_and_truths_may_come_from_one(self, load, minimal, environment):
        text = minimal.replace("  host:", "  port: ${PORT}\n  host:") + "publish: {acknowledgements: '${ACK:-true}'}\n"
        settings = load(text, {**environment, "PORT": "2022"}).settings
        assert settings.stampli.port == 2022
        assert settings.publish.acknowledgements is True


class TestPlainSecrets:
    @pytest.mark.parametrize(
        "line",
        [
            "stampli: {password: hunter2}",
            "stampli: {password: 12345}",
            "stampli: {private_key_passphrase: hunter2}",
            "b1: {password: hunter2}",
            "b1: {password: '${B1_PASSWORD:-hunter2}'}",
            "b1: {password: '$${hunter2'}",
            "ledger_url: postgresql://ann:hunter2@db/ledger",
            "ledger_url: postgresql://ann:hun@ter2@db/ledger",
            "ledger_url: postgresql://ann@db/ledger?password=hunter2",
            "ledger_url: postgresql://ann:${PW:-hunter2}@db/ledger",
            "ledger_url: postgresql+psycopg2://ann:hunter2@/ledger?host=/run/db",
            "alerts: ['mailto://ann:hunter2@example.com']",
            "alerts: ['slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/']",
            "alerts: ['json://localhost/', 'discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js']",
        ],
    )
    def test_are_refused_and_not_repeated(self, refusal, line):
        said = refusal(line)
        assert PLAIN in said
        for part in ("hunter2", "12345", "TIiajk", "JHMHI8"):
            assert part not in said

    @pytest.mark.parametrize(
        "line",
        [
            "ledger_url: postgresql://ann@db/ledger",
            "ledger_url: postgresql://ann:${SFTP_PASSWORD}@db/ledger",
            "ledger_url: postgresql://ann:${SFTP_PASSWORD}@db/ledger?sslmode=require",
            "alerts: ['mailto://localhost?to=a@example.com&from=b@example.com']",
            "alerts: ['mailto://…', 'slack://…']",
            "alerts: ['slack://T1JJ3T3L2/A1BRTD4JD/${SFTP_PASSWORD}']",
            "alerts: ['json://localhost:8080/alerts']",
        ],
    )
    def test_addresses_without_one_are_taken(self, load, minimal, line):
        assert load(f"{minimal}{line}\n").settings.company == "northwind"

    def test_may_be_allowed(self, load, minimal):
        text = minimal.replace("${B1_PASSWORD}", "hunter2") + "allow_plaintext_secrets: true\n"
        assert load(text).settings.b1.password.get_secret_value() == "hunter2"

    @pytest.mark.parametrize("word", ["'true'", "1", "'${YES:-true}'", "no"])
    def test_are_allowed_by_a_plain_true_alone(self, refusal, minimal, word):
        text = minimal.replace("${B1_PASSWORD}", "hunter2") + f"allow_plaintext_secrets: {word}\n"
        assert PLAIN in refusal(text)

    def test_an_address_that_cannot_be_read_is_not_logged(self, load, minimal, caplog):
        with caplog.at_level(logging.DEBUG):
            load(minimal + "alerts: ['nosuch://hunter2']\n")
        assert "hunter2" not in caplog.text
        assert not logging.getLogger("apprise").disabled


SECRETS = [("stampli", "password"), ("stampli", "private_key_passphrase"), ("b1", "password"), ("ledger_url",)]


def told(load, text: str, environment: dict[str, str]) -> str:
    """The whole traceback of a refusal, as a log would show it; empty when the file is taken."""
    try:
        load(text, environment)
    except ConfigurationError:
        return traceback.format_exc()
    return ""


def with_value(text: str, place: tuple[str | int, ...], value: str) -> str:
    values = inner = yaml.safe_load(text)
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return yaml.safe_dump(values)


class TestNothingLeaks:
    @pytest.mark.parametrize("place", list(all_places(Company)), ids=".".join)
    def test_a_secret_in_the_wrong_place_is_in_no_message(self, load, complete, place, environment):
        text = with_value(complete, place, "${MISPLACED}")
        assert SECRET not in told(load, text, {**environment, "MISPLACED": SECRET})

    @pytest.mark.parametrize("place", SECRETS, ids=".".join)
    def test_settings_do_not_show_their_secrets(self, load, complete, place, environment):
        text = with_value(complete.replace("  private_key_file: keys/stampli\n", ""), ("stampli", "password"), "${PW}")
        text = with_value(text, place, "${PLACED}")
        assert SECRET not in repr(load(text, {**environment, "PW": "x", "PLACED": SECRET}))
