"""The UI in a real browser: the lineage in one group, and "Failed" in the materialize dialog as the replay."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from stampli_b1_assets.defs.home import open_instance
from stampli_b1_assets_tests.fixtures.world import World, invoice_rows

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    # playwright leaves a coroutine of its own event loop behind when it closes
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]
_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def ui(world: World) -> Iterator[str]:
    """`dagster dev` on the world; its address."""
    with open_instance():
        pass  # writes dagster.yaml: without it the UI greets newcomers with a dialog
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "dagster", "dev", "-m", "stampli_b1_assets.definitions", "--port", str(port)],
        env={**os.environ, **world.environment},
        cwd=world.home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            break
        time.sleep(0.5)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=60)


@pytest.fixture
def page(tmp_path: Path) -> Iterator["playwright.Page"]:
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield browser.new_page(viewport={"width": 1600, "height": 1000})
        browser.close()


def test_failed_partitions_are_replayed_from_the_materialize_dialog(
    world: World, ui: str, page: "playwright.Page", tmp_path: Path
) -> None:
    world.put("good.csv", *invoice_rows("9001"))
    world.put("bad.csv", *invoice_rows("9002", gl_account="4711"))
    world.sync()
    assert len(world.by_key()) == 1
    world.map("gl_accounts.csv", "4711,001300")

    page.goto(f"{ui}/assets/linden/posted_journal_entries", timeout=60_000)
    page.get_by_role("button", name="Materialize", exact=False).first.click(timeout=60_000)
    page.get_by_role("button", name="Failed", exact=False).first.click(timeout=60_000)
    page.screenshot(path=str(tmp_path / "dialog.png"))
    page.get_by_role("button", name="Launch", exact=False).last.click(timeout=60_000)
    page.wait_for_timeout(2_000)
    page.screenshot(path=str(tmp_path / "launched.png"))

    deadline = time.monotonic() + 120
    while len(world.by_key()) < 2 and time.monotonic() < deadline:
        time.sleep(1)
    assert len(world.by_key()) == 2


def test_the_lineage_is_one_group_with_its_ends(ui: str, page: "playwright.Page") -> None:
    page.goto(f"{ui}/asset-groups/", timeout=60_000)
    for name in ("stampli_outbox", "stampli_exports", "parsed_invoices", "b1_reference_data", "b1_general_ledger"):
        page.get_by_text(name, exact=True).first.wait_for(timeout=60_000)
    page.goto(f"{ui}/automation", timeout=60_000)
    for name in ("linden_stampli_files", "linden_replay_held", "linden_run_failures"):
        page.get_by_text(name, exact=True).first.wait_for(timeout=60_000)
