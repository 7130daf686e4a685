"""The prose says what is so: links, files, options and examples that pages name are there."""

import re
from pathlib import Path

import click
import pytest
import yaml

from stampli_b1_assets.accounting.mappings import load_mappings
from stampli_b1_assets.cli.main import commands
from stampli_b1_assets.domain.outcome import Reason, RefusalReason

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
class TestPages:
    def test_links_lead_somewhere(self, path):
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text_of(path)):
            assert "://" in target or (path.parent / target).exists(), target

    def test_files_that_are_named_are_there(self, path):
        for name in re.findall(r"`((?:deploy|requirements|docs|benchmarks)/[\w./-]+)`", text_of(path)):
            assert (ROOT / name).exists(), name

    def test_commands_and_options_are_there(self, path):
        for words in re.findall(r"(?<![/\w.-])stampli-b1 ([a-z][^`\n#|)]*)", text_of(path)):
            command: click.Command = commands
            for word in words.split():
                if isinstance(command, click.Group):
                    found = command.get_command(click.Context(command), word.strip(",;:."))
                    assert found is not None, f"stampli-b1 {words}"
                    command = found
                elif word.startswith("--"):
                    known = {option for one in command.params for option in one.opts}
                    assert word.strip(",;:.") in known, f"stampli-b1 {words}"


def test_every_page_can_be_reached_from_the_readme():
    missing = [
        path.name for path in (ROOT / "docs").glob("*.md") if f"docs/{path.name}" not in text_of(ROOT / "README.md")
    ]
    assert missing == []


def test_every_reason_has_its_remedy_in_operations():
    page = text_of(ROOT / "docs" / "operations.md")
    assert [reason.value for reason in (*Reason, *RefusalReason) if f"`{reason.value}`" not in page] == []


def test_the_mappings_of_the_page_can_be_loaded(tmp_path):
    page = text_of(ROOT / "docs" / "mappings.md")
    examples = {block.partition(",")[0]: block for block in re.findall(r"```csv\n(.*?)```", page, re.DOTALL)}
    assert set(examples) == {"stampli_gl_account", "stampli_field"}
    for file, header in re.findall(r"\| `(\w+\.csv)` \| `([\w,]+)` \|", page):
        (tmp_path / file).write_text(examples.get(header.partition(",")[0], header + "\n"), encoding="utf-8")
    assert len(load_mappings(tmp_path).fingerprint) > 0


def test_units_and_compose_run_what_is_installed():
    script = re.search(r"^ +(stampli-b1) =", text_of(ROOT / "setup.cfg"), re.MULTILINE)
    assert script
    programs = {script[1], "dagster-daemon", "dagster-webserver"}
    for unit in (ROOT / "deploy" / "systemd").glob("*.service"):
        (started,) = re.findall(r"^ExecStart=/opt/stampli-b1/bin/([\w-]+)", text_of(unit), re.MULTILINE)
        assert started in programs, unit.name
    services = yaml.safe_load(text_of(ROOT / "deploy" / "compose.yaml"))["services"]
    started = {service["entrypoint"][0] for service in services.values() if "entrypoint" in service}
    assert started == {"dagster-daemon", "dagster-webserver"}
