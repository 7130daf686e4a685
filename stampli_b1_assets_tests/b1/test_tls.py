"""Certificates and addresses, on real sockets: one clear sentence each."""

import socket

import pytest

from stampli_b1_assets.b1.service_layer import ServiceLayer
from stampli_b1_assets.errors import B1Unusable, ConfigurationError
from stampli_b1_assets.sandbox import running
from stampli_b1_assets.sandbox.certificates import make_certificates
from stampli_b1_assets.sandbox.running import Sandbox


@pytest.fixture
def secure(tmp_path):
    with Sandbox(tmp_path / "sandbox", https=True, with_samples=False) as sandbox:
        yield sandbox


@pytest.fixture
def authority(tmp_path):
    return tmp_path / "sandbox" / "certificates" / "authority.pem"


def log_in(settings, naps):
    with ServiceLayer(settings, sleep=naps) as session:
        session.log_in()
        return session.version


def test_a_server_of_a_known_authority_is_trusted(secure, authority, settings, naps):
    assert log_in(settings(secure.service_layer_url, ca_bundle=authority), naps) == "1000280"


def test_an_unknown_authority_is_refused_with_its_remedy(secure, settings, naps):
    with pytest.raises(B1Unusable, match=r"is not trusted: .*name it in `b1.ca_bundle`") as error:
        log_in(settings(secure.service_layer_url), naps)
    assert not error.value.is_passing


def test_another_host_name_is_refused(secure, authority, settings, naps):
    url = secure.service_layer_url.replace("127.0.0.1", "127.1")  # the same machine by another name
    with pytest.raises(B1Unusable, match="was issued for another host name"):
        log_in(settings(url, ca_bundle=authority), naps)


def test_an_expired_certificate_is_refused(tmp_path, monkeypatch, settings, naps, authority):
    monkeypatch.setattr(running, "make_certificates", lambda folder: make_certificates(folder, days=-1))
    with (
        Sandbox(tmp_path / "sandbox", https=True, with_samples=False) as sandbox,
        pytest.raises(B1Unusable, match="has expired or is not valid yet"),
    ):
        log_in(settings(sandbox.service_layer_url, ca_bundle=authority), naps)


def test_checking_can_be_switched_off_only_in_so_many_words(secure, settings, naps):
    assert log_in(settings(secure.service_layer_url, verify=False, allow_insecure=True), naps)


def test_a_server_without_tls_is_told_from_one_that_is_not_there(sandbox, settings, naps):
    url = sandbox.service_layer_url.replace("http://", "https://")
    with pytest.raises(B1Unusable, match="does not speak TLS"):
        log_in(settings(url), naps)


def test_a_closed_port_is_said(settings, naps):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(B1Unusable, match="cannot be reached") as error:
        log_in(settings(f"http://127.0.0.1:{port}/b1s/v2"), naps)
    assert error.value.is_passing


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bundle_that_is_missing_or_empty_is_a_matter_of_configuration(tmp_path, settings, content):
    bundle = tmp_path / "b1.pem"
    if content is not None:
        bundle.write_text(content)
    with pytest.raises(ConfigurationError, match=r"`b1.ca_bundle`: .*b1.pem is missing or holds no certificate"):
        ServiceLayer(settings(ca_bundle=bundle))
