"""The installed program on a terminal: Ctrl-C at any moment, progress that leaves no trace, 80 columns."""

import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from stampli_b1_assets.cli import main as program_module
from stampli_b1_assets.cli.main import run
from stampli_b1_assets_tests.cli.conftest import PROGRAM
from stampli_b1_assets_tests.fixtures.world import World, invoice_rows

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PATIENCE_SECONDS = 60


def until(condition) -> None:
    """Wait for something that another process does; a test that waits in vain fails."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


@pytest.mark.slow
class TestInterrupt:
    @pytest.fixture
    def stuck(self, world: World):
        """A sync whose first posting gets no answer for longer than anybody waits."""
        world.put("a.csv", *invoice_rows("9001"))
        world.sandbox.switch_on("slow_commit", path="$batch", seconds=8)
        command = [PROGRAM, "sync", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            until(lambda: world.sandbox.application.faults.struck)
            yield process
            process.kill()

    def test_it_ends_at_once_with_one_sentence_and_nothing_is_posted_twice(self, world, stuck, command):
        stuck.send_signal(signal.SIGINT)
        out, err = stuck.communicate(timeout=5)
        assert stuck.returncode == 1
        assert out == ""
        assert err.strip().startswith("Stopped. What was posted by now is in SAP once;")
        assert "Traceback" not in err
        until(world.entries)
        ran = command("sync", "--json")
        assert ran.json["needs_a_person"] == []
        assert list(world.by_key().values()) == [1]


def test_an_interrupt_of_a_quick_command_is_one_sentence(capsys, monkeypatch):
    def interrupted(*_, **__):
        raise program_module.click.exceptions.Abort

    monkeypatch.setattr(program_module.commands, "main", interrupted)
    assert run(["held"]) == 1
    assert capsys.readouterr().err == f"{program_module.STOPPED}\n"


def on_a_terminal(*arguments: str | Path, columns: int = 80) -> tuple[int, str]:
    """Exit code, and what is left on the screen."""
    screen, theirs = pty.openpty()
    variables = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    with subprocess.Popen([PROGRAM, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=variables) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                chunk = os.read(screen, 4096)
            except OSError:  # Linux's way to say that the other side is closed
                break
            if not chunk:
                break
            written += chunk
        process.wait(PATIENCE_SECONDS)
    os.close(screen)
    text = written.decode()
    if "\x1b[?25l" in text:  # the progress line is drawn with a hidden cursor, and wiped
        text = text.rpartition("\x1b[?25h")[2]
    return process.returncode, ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "")


@pytest.mark.slow
@pytest.mark.parametrize("words", ["check", "plan", "held"])
def test_reports_fit_80_columns(mixed, cycle, words):
    cycle()
    code, text = on_a_terminal(words)
    assert code in (0, 1)
    assert text.startswith(("linden", "Plan for linden"))
    assert max(map(len, text.splitlines())) <= 80


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False


@pytest.mark.slow
def test_dagster_s_ui_runs_on_the_demo_until_ctrl_c(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "stampli_b1_assets.cli.ui", "--port", str(port)]
    log = (tmp_path / "log").open("w+", encoding="utf-8")
    with log, subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=subprocess.STDOUT) as process:
        try:
            until(lambda: process.poll() is not None or answers(f"http://127.0.0.1:{port}/server_info"))
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_SECONDS) == 0
        finally:
            process.terminate()  # it ends its own processes; one that ended before is left alone
            process.wait(PATIENCE_SECONDS)
        log.seek(0)
        text = log.read()
    assert "Everything works." in text
    assert "Ctrl-C ends everything." in text
    assert not answers(f"http://127.0.0.1:{port}/server_info")
