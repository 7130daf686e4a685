"""`sandbox`: the real process, with whose configuration the other commands work; it ends when it is asked to."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from stampli_b1_assets_tests.cli.conftest import PROGRAM

pytestmark = pytest.mark.slow


@contextmanager
def sandbox(*options: str | Path) -> Iterator[subprocess.Popen[str]]:
    """The running process; killed at the end when the test has not ended it."""
    command = [PROGRAM, "sandbox", *map(str, options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def told(process: subprocess.Popen[str]) -> dict:
    """The one JSON document, which is complete long before the process ends."""
    text = ""
    for line in process.stdout:
        text += line
        if line == "}\n":
            return json.loads(text)
    raise AssertionError(f"ended without a word: {process.stderr.read()}")


def test_another_process_works_with_what_it_says(tmp_path, program):
    with sandbox("--folder", tmp_path / "my sandbox", "--json") as process:
        facts = told(process)
        variables = {
            **facts["environment"],
            "STAMPLI_B1_CONFIG": facts["config"],
            "DAGSTER_HOME": str(tmp_path / "home"),
            "DAGSTER_DISABLE_TELEMETRY": "yes",
        }
        ran = program("sync", "--json", **variables)
        assert ran.code == 1, ran.err
        assert ran.json["invoices"]["posted"] == 6
        assert len(httpx.get(f"{facts['control_url']}/entries").json()) == 6
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""


def test_people_get_a_configuration_and_exports_for_their_shell(tmp_path):
    folder = tmp_path / "my sandbox"
    with sandbox("--folder", folder, "--https", "--provisioned") as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C ends it" in line:
                break
        text = "".join(lines)
        settings = yaml.safe_load(re.split(r"^export ", text, flags=re.MULTILINE)[0])
        assert settings["company"] == "linden"
        assert settings["b1"]["service_layer_url"].startswith("https://127.0.0.1:")
        assert settings == yaml.safe_load((folder / "stampli_b1.yaml").read_text(encoding="utf-8"))
        exports = "".join(line for line in lines if line.startswith("export "))
        shell = subprocess.run(
            ["/bin/sh", "-c", f'{exports}\nprintf %s "$STAMPLI_B1_CONFIG"'], capture_output=True, text=True, check=True
        )
        assert shell.stdout == str(folder / "stampli_b1.yaml")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_faults_strike_the_next_process(tmp_path, program):
    with sandbox("--folder", tmp_path / "sandbox", "--faults", "user_locked", "--json") as process:
        facts = told(process)
        ran = program(
            "check",
            "--json",
            **facts["environment"],
            STAMPLI_B1_CONFIG=facts["config"],
            DAGSTER_HOME=str(tmp_path / "home"),
        )
        assert ran.code == 1
        (failed,) = [step for step in ran.json["steps"] if not step["is_ok"] and step["is_tried"]]
        assert failed["name"] == "Service Layer login"
        assert failed["action"]
        assert httpx.get(f"{facts['control_url']}/faults").json()["struck"] == ["user_locked"]
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(20) == 0


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_the_faults_are_listed(command, options):
    ran = command("sandbox", "--faults", "list", *options)
    assert ran.code == 0
    names = ran.json["faults"] if options else ran.out.split()
    assert {"cut_after", "late_commit", "change_set_not_atomic"} <= set(names)
