"""Pinned host keys: how they may be written, and what is no key."""

import paramiko
import pytest

from stampli_b1_assets.errors import ConfigurationError
from stampli_b1_assets.stampli.host_keys import algorithms_of, fingerprint, pinned_keys

# A key made for this test by ssh-keygen, and its fingerprint as `ssh-keygen -l` shows it.
ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE3TWdUDBQTMJhEjTSn8gpmCKTTSnCI2momPC/ZYcl3N"
FINGERPRINT = "ssh-ed25519 SHA256:o/uAvSXSdGXOA9Y450aXCw91td3PJv7FSQDihgIMTQA"


def rsa_line():
    return f"ssh-rsa {paramiko.RSAKey.generate(2048).get_base64()}"


rsa = pytest.fixture(rsa_line, scope="module", name="rsa")
another_rsa = pytest.fixture(rsa_line, scope="module", name="another_rsa")


@pytest.mark.parametrize(
    "line",
    [
        ED25519,
        f"{ED25519} ops@sftp.example.com",
        f"sftp.example.com {ED25519}",
        f"[sftp.example.com]:2222,192.0.2.7 {ED25519} a comment",
        f"  {ED25519}  \n",
    ],
)
def test_a_key_may_be_pasted_with_host_and_comment(settings, line):
    (key,) = pinned_keys(settings(host_keys=(line,)))
    assert f"ssh-ed25519 {key.get_base64()}" == ED25519
    assert fingerprint(key) == FINGERPRINT


@pytest.mark.parametrize(
    "line",
    [
        "ssh-ed25519",
        "ssh-ed25519 not/base64!",
        "ssh-ed25519 AAAA",
        ED25519[:-8],
        ED25519.replace("ssh-ed25519", "ssh-rsa"),
        ED25519.replace("ssh-ed25519", "ssh-quantum"),
        "SHA256:o/uAvSXSdGXOA9Y450aXCw91td3PJv7FSQDihgIMTQA",
        "sftp.example.com",
        "-----BEGIN OPENSSH PRIVATE " + "KEY-----",  # in two, for none of these stands in the repository
    ],
)
def test_what_is_no_host_key_is_said_with_what_one_looks_like(settings, line):
    with pytest.raises(ConfigurationError, match=r"`stampli.host_keys`: .* is no host key such as `ssh-ed25519 AAAA…`"):
        pinned_keys(settings(host_keys=(line,)))


def test_one_bad_line_beside_a_good_one_is_not_passed_over(settings):
    with pytest.raises(ConfigurationError):
        pinned_keys(settings(host_keys=(ED25519, "ssh-ed25519 AAAA")))


def test_only_algorithms_of_pinned_keys_are_asked_for_in_their_order(settings, rsa):
    assert algorithms_of(pinned_keys(settings(host_keys=(ED25519,)))) == ["ssh-ed25519"]
    assert algorithms_of(pinned_keys(settings(host_keys=(rsa, ED25519, rsa)))) == [
        "rsa-sha2-512",
        "rsa-sha2-256",
        "ssh-ed25519",
    ]


# --- known_hosts ------------------------------------------------------------------------------------------------------


@pytest.fixture
def keys_in(settings, tmp_path):
    """keys_in(text, host, port): the keys that a known_hosts file of that text pins."""

    def keys_in(text, host="sftp.example.com", port=22):
        file = tmp_path / "known_hosts"
        file.write_text(text)
        return pinned_keys(settings(host_keys=None, known_hosts_file=file, host=host, port=port))

    return keys_in


@pytest.mark.parametrize(
    ("names", "port"),
    [
        ("sftp.example.com", 22),
        ("other,sftp.example.com", 22),
        ("[sftp.example.com]:2222", 2222),
    ],
)
def test_a_host_is_found_by_name_and_port(keys_in, names, port):
    assert [fingerprint(key) for key in keys_in(f"# ours\n{names} {ED25519}\n", port=port)] == [FINGERPRINT]


def test_a_hashed_host_is_found(keys_in):
    hashed = paramiko.HostKeys.hash_host("sftp.example.com")
    assert [fingerprint(key) for key in keys_in(f"{hashed} {ED25519}\n")] == [FINGERPRINT]


def test_all_keys_of_the_host_are_pinned(keys_in, rsa):
    text = f"sftp.example.com {ED25519}\nsftp.example.com {rsa}\nother.example.com {ED25519}\n"
    assert [key.get_name() for key in keys_in(text)] == ["ssh-ed25519", "ssh-rsa"]


def test_two_keys_of_one_kind_are_both_pinned_for_a_rotation(keys_in, rsa, another_rsa):
    found = keys_in(f"sftp.example.com {rsa}\nsftp.example.com {another_rsa}\n")
    assert [f"ssh-rsa {key.get_base64()}" for key in found] == [rsa, another_rsa]


@pytest.mark.parametrize("text", ["", f"other.example.com {ED25519}\n", f"[sftp.example.com]:2222 {ED25519}\n"])
def test_a_host_that_the_file_lacks_is_said_so(keys_in, text):
    with pytest.raises(
        ConfigurationError, match=r"has no key for sftp\.example\.com, port 22\. Add the server's line to it."
    ):
        keys_in(text)


@pytest.mark.parametrize("marker", ["@revoked", "@cert-authority"])
def test_a_line_with_a_marker_pins_nothing(keys_in, rsa, marker):
    (key,) = keys_in(f"{marker} sftp.example.com {ED25519}\nsftp.example.com {rsa}\n")
    assert key.get_name() == "ssh-rsa"


def test_a_line_that_is_broken_is_named_by_its_number(keys_in):
    with pytest.raises(ConfigurationError, match=r"known_hosts, line 2: this is no host key\. Correct or remove"):
        keys_in(f"sftp.example.com {ED25519}\nother.example.com ssh-ed25519 AAA=A\n")


def test_a_key_of_an_unknown_kind_is_passed_over(keys_in):
    text = f"sftp.example.com ssh-quantum AAAA\nsftp.example.com {ED25519}\n"
    assert [fingerprint(key) for key in keys_in(text)] == [FINGERPRINT]


def test_a_file_that_is_no_text_is_said_so(settings, tmp_path):
    file = tmp_path / "known_hosts"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match=r"cannot be read: it is no text\."):
        pinned_keys(settings(host_keys=None, known_hosts_file=file))


def test_a_file_that_is_not_there_is_named(settings, tmp_path):
    missing = tmp_path / "no_such_file"
    with pytest.raises(ConfigurationError, match=r"`stampli.known_hosts_file`: .*no_such_file cannot be read: No such"):
        pinned_keys(settings(host_keys=None, known_hosts_file=missing))
