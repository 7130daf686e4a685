"""What cannot be used ends with exit code 2 and one clear sentence, and nothing is changed; never a traceback."""

import functools
import os
import shlex
import subprocess

import pytest

from stampli_b1_assets.sandbox import running
from stampli_b1_assets.sandbox.certificates import make_certificates
from stampli_b1_assets_tests.cli.conftest import PROGRAM
from stampli_b1_assets_tests.fixtures.world import invoice_rows


def wrong(world, change):
    world.configure(change)
    return {}


UNUSABLE = {
    "SFTP not listening": (
        lambda world: wrong(world, lambda document: document["stampli"].update(port=1)),
        "cannot be reached",
    ),
    "SFTP is something else": (
        lambda world: wrong(
            world,
            lambda document: document["stampli"].update(
                port=int(world.sandbox.service_layer_url.split(":")[2][:5].split("/")[0])
            ),
        ),
        "stopped answering",
    ),
    "host key changed": (
        lambda world: wrong(
            world,
            lambda document: document["stampli"].update(
                host_keys=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"]
            ),
        ),
        "host key",
    ),
    "SFTP password": (lambda _: {"STAMPLI_SFTP_PASSWORD": "wrong-secret"}, "refused the login"),
    "folder missing": (
        lambda world: wrong(world, lambda document: document["stampli"].update(outbound_dir="/nowhere")),
        "/nowhere",
    ),
    "SAP not listening": (
        lambda world: wrong(
            world, lambda document: document["b1"].update(service_layer_url="http://127.0.0.1:1/b1s/v2")
        ),
        "cannot be reached",
    ),
    "SAP password": (lambda _: {"B1_PASSWORD": "wrong-secret"}, "refused the login"),
    "wrong company": (
        lambda world: wrong(world, lambda document: document["b1"].update(company_db="OTHER")),
        "OTHER",
    ),
    "wrong local currency": (
        lambda world: wrong(world, lambda document: document["posting"].update(local_currency="EUR")),
        "`posting.local_currency` is EUR",
    ),
    "no such variable": (
        lambda world: wrong(world, lambda document: document["b1"].update(password="${NO_SUCH_VARIABLE}")),
        "NO_SUCH_VARIABLE",
    ),
    "unknown key": (
        lambda world: wrong(world, lambda document: document["posting"].update(rouding={})),
        "`posting.rounding`",
    ),
    "no configuration": (lambda _: {"STAMPLI_B1_CONFIG": "nowhere.yaml"}, "There is no configuration at nowhere.yaml."),
    "home is a file": (lambda world: {"DAGSTER_HOME": str(world.sandbox.config_path)}, "DAGSTER_HOME"),
    "ledger unreachable": (
        lambda world: wrong(world, lambda document: document.update(ledger_url="postgresql://u@127.0.0.1:1/ledger")),
        "The ledger",
    ),
    "mappings faulty": (
        lambda world: world.map("gl_accounts.csv", "1300") or {},
        "gl_accounts.csv",
    ),
}


def check_told(world, ran, says):
    """Exit code 2, one sentence on standard error, the same in the document, and nothing in SAP."""
    assert ran.code == 2, ran.err
    assert says in ran.err
    assert "Traceback" not in ran.err + ran.out
    assert "wrong-secret" not in ran.err + ran.out
    assert len(ran.err.strip().splitlines()) == 1
    assert f"{ran.json['error']} {ran.json['remedy']}" == ran.err.strip()
    assert ran.json["remedy"]
    assert world.entries() == []


@pytest.mark.parametrize("case", UNUSABLE)
def test_sync_says_in_one_sentence_what_to_mend(world, command, monkeypatch, case):
    world.put("a.csv", *invoice_rows("9001"))
    make, says = UNUSABLE[case]
    for name, value in make(world).items():
        monkeypatch.setenv(name, value)
    check_told(world, command("sync", "--json"), says)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_configuration_that_this_user_may_not_read_is_told_so(world, command):
    world.sandbox.config_path.chmod(0)
    check_told(world, command("sync", "--json"), "cannot be read: Permission denied. Let this user read it")


@pytest.mark.slow
@pytest.mark.parametrize("case", ["SAP password", "unknown key"])
def test_the_installed_program_does_so_too(world, program, case):
    world.put("a.csv", *invoice_rows("9001"))
    make, says = UNUSABLE[case]
    check_told(world, program("sync", "--json", **make(world)), says)


def without_authority(world):
    """The system's authorities do not know the sandbox's."""
    world.configure(lambda document: document["b1"].pop("ca_bundle"))


def with_another_authority(world):
    """One that did not sign the server's certificate."""
    other = make_certificates(world.sandbox.folder / "other")[0]
    world.configure(lambda document: document["b1"].update(ca_bundle=str(other)))


@pytest.fixture
def secure_world(new_world, monkeypatch, request):
    """A world that speaks HTTPS; `request.param` is how many days its certificate lasts."""
    monkeypatch.setattr(running, "make_certificates", functools.partial(make_certificates, days=request.param))
    world = new_world(https=True)
    world.prove_guard()
    world.put("a.csv", *invoice_rows("9001"))
    return world


@pytest.mark.parametrize(
    ("secure_world", "change", "says"),
    [
        pytest.param(365, without_authority, "is not trusted", id="untrusted"),
        pytest.param(365, with_another_authority, "is not trusted", id="signed by another"),
        pytest.param(-1, lambda _: None, "has expired", id="expired"),
    ],
    indirect=["secure_world"],
)
def test_a_certificate_that_cannot_be_trusted_stops_sync(secure_world, command, change, says):
    change(secure_world)
    check_told(secure_world, command("sync", "--json"), says)
    assert secure_world.sandbox.application.log == []
    with secure_world.workplace() as workplace:
        assert workplace.ledger.invoices.all() == []


@pytest.mark.parametrize("secure_world", [365], indirect=True)
def test_one_that_the_named_authority_signed_is_trusted(secure_world, command):
    assert command("sync", "--json").json["invoices"]["posted"] == 1


@pytest.mark.slow
def test_a_reader_that_has_seen_enough_is_no_error():
    pipe = f"{shlex.quote(str(PROGRAM))} layout show --layout stampli_lines | head -c 1"
    ran = subprocess.run(["/bin/sh", "-c", pipe], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("s", "")
