"""What cannot be used ends with exit code 2 and one clear sentence, from the installed program; never a traceback."""

import os

import pytest

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


@pytest.mark.slow
@pytest.mark.parametrize("case", UNUSABLE)
def test_sync_says_in_one_sentence_what_to_mend(world, program, case):
    world.put("a.csv", *invoice_rows("9001"))
    make, says = UNUSABLE[case]
    ran = program("sync", "--json", **make(world))
    assert ran.code == 2, ran.err
    assert says in ran.err
    assert "Traceback" not in ran.err + ran.out
    assert "wrong-secret" not in ran.err + ran.out
    assert len(ran.err.strip().splitlines()) == 1
    assert says in ran.json["error"] + ran.json["remedy"]
    assert world.entries() == []


@pytest.mark.slow
def test_a_reader_that_has_seen_enough_is_no_error(world, program, tmp_path):
    command = f"{os.path.realpath(program.__globals__['PROGRAM'])} layout show | head -c 1"
    ran = __import__("subprocess").run(command, shell=True, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("s", "")
