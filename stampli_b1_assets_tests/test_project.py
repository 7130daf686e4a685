"""What holds for the repository as a whole: sizes, names, pins, packaging, targets, Dagster's instance files."""

import ast
import configparser
import io
import os
import re
import subprocess
import sys
import tokenize
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import dagster as dg
import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "stampli_b1_assets"
TESTS = ROOT / "stampli_b1_assets_tests"
SOURCES = sorted(path for folder in (PACKAGE, TESTS, ROOT / "benchmarks") for path in folder.rglob("*.py"))
DEPLOYMENTS = sorted((ROOT / "deploy").glob("dagster*.yaml"))
MADE = {".git", ".venv", ".demo", ".dagster", ".hypothesis", "__pycache__", "build", "htmlcov", "node_modules"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def kept_files() -> Iterator[Path]:
    """The files that the repository keeps, whether or not git is there."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [one for one in folders if one not in MADE and not one.endswith(("_cache", ".egg-info"))]
        yield from (Path(folder, one) for one in files if one not in MADE and not one.startswith((".coverage", ".tmp")))


def texts() -> Iterator[tuple[Path, str]]:
    for path in kept_files():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a sample in another encoding


def make(*words: str) -> subprocess.CompletedProcess[str]:
    """Run make as a person would, also when these tests were started by make."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", *words], cwd=ROOT, env=plain, capture_output=True, text=True, check=False)


class TestSources:
    @pytest.mark.parametrize("path", SOURCES, ids=name_of)
    def test_are_short_and_say_what_they_are(self, path):
        text = path.read_text(encoding="utf-8")
        most = 400 if path.is_relative_to(PACKAGE) else 600
        assert len(text.splitlines()) <= most or "# long:" in text, f"over {most} lines, and no `# long:` says why"
        tree = ast.parse(text)
        if path.name != "__init__.py" or tree.body:
            assert ast.get_docstring(tree), "a module says in a line what it is"

    @pytest.mark.parametrize("path", [path for path in SOURCES if path.is_relative_to(PACKAGE)], ids=name_of)
    def test_have_no_long_function_without_a_reason(self, path):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        functions = [one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef)]
        for one in functions:
            body = lines[one.lineno - 1 : one.end_lineno]
            is_explained = any("# long:" in line for line in [lines[one.lineno - 2], *body])
            assert len(body) <= 40 or is_explained, f"{one.name} has {len(body)} lines, and no `# long:` says why"

    def test_packages_say_what_belongs_in_them(self):
        for path in PACKAGE.rglob("__init__.py"):
            assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), name_of(path)

    def test_money_is_never_binary(self):
        for path in PACKAGE.rglob("*.py"):
            if path.parent.name in {"accounting", "rules", "domain"}:
                assert not re.search(r"\bfloat\(", path.read_text(encoding="utf-8")), name_of(path)

    def test_nothing_is_left_to_do(self):
        marks = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")))
        for path in SOURCES:
            for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
                if token.type == tokenize.COMMENT:
                    assert not marks.search(token.string), f"{name_of(path)}, line {token.start[0]}"


class TestNothingOfThisMachine:
    def test_no_path(self):
        someones = re.compile(r"(?<![\w./])/(?:work|root|Users|mnt)/\w|(?<![\w./])/home/(?!stampli)\w")
        found = [f"{name_of(path)}: {match[0]}" for path, text in texts() for match in [someones.search(text)] if match]
        assert found == []

    def test_no_index_in_the_requirements(self):
        for path in (ROOT / "requirements").iterdir():
            assert not re.search(r"https?://|index-url|find-links|file:", path.read_text(encoding="utf-8")), path.name

    def test_no_private_key_or_long_lived_secret(self):
        key = re.compile("-----BEGIN (?:[A-Z]+ )?PRIVATE " + "KEY-----")
        assert [name_of(path) for path, text in texts() if key.search(text)] == []


class TestRequirements:
    @pytest.mark.parametrize("name", ["runtime.txt", "dev.txt"])
    def test_every_one_is_pinned_and_hashed(self, name):
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        entries = re.split(r"\n(?=[a-zA-Z0-9])", text)
        assert len(entries) > 50
        for entry in entries:
            assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==[^ ]+ ", entry), entry.splitlines()[0]
            assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.splitlines()[0]

    @pytest.mark.parametrize(("name", "extras"), [("runtime.txt", ()), ("dev.txt", ("dev",))])
    def test_what_setup_cfg_asks_for_is_there(self, name, extras):
        setup = ConfigParser()
        setup.read(ROOT / "setup.cfg", encoding="utf-8")
        asked = setup["options"]["install_requires"].split("\n")
        for extra in extras:
            asked += setup["options.extras_require"][extra].split("\n")
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        pins = dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==([^ ]+)", text, re.MULTILINE))
        for line in filter(None, asked):
            wanted = Requirement(line)
            pin = pins.get(re.sub(r"[-_.]+", "-", wanted.name).lower())
            assert pin is not None, f"{line}: run `make requirements`"
            assert wanted.specifier.contains(pin), f"{line} is pinned to {pin}"


class TestPackaging:
    def test_the_wheel_has_every_file_of_the_package(self, tmp_path):
        # From a copy, for setuptools leaves a folder `build` beside what it builds.
        source = tmp_path / "source"
        for path in kept_files():
            if path.is_relative_to(PACKAGE) or path.parent == ROOT:
                copy = source / path.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes())
        command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "--no-index"]
        done = subprocess.run([*command, "-w", tmp_path, source], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        (wheel,) = tmp_path.glob("*.whl")
        packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("stampli_b1_assets/")}
        assert packed == {name_of(path) for path in kept_files() if path.is_relative_to(PACKAGE)}


class TestMakefile:
    TARGETS = ("demo", "test", "ui", "lint", "format", "bench", "soak", "docs", "golden", "requirements", "clean")

    @pytest.mark.parametrize("target", TARGETS)
    def test_has_the_target(self, target):
        assert make("-n", target).returncode == 0

    def test_help_names_every_target(self):
        assert {line.split()[0] for line in make("help").stdout.splitlines()} == {"help", *self.TARGETS}

    def test_the_readme_names_the_two_commands(self):
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        assert "make demo" in text
        assert "make test" in text
        assert len(text.splitlines()) <= 70, "one screen"

    def test_ci_calls_them_and_is_good_bash(self):
        path = ROOT / ".ci" / "run"
        assert os.access(path, os.X_OK)
        subprocess.run(["bash", "-n", path], check=True)
        assert {"make lint", "make test"} <= set(path.read_text(encoding="utf-8").splitlines())


class TestInstanceFiles:
    @pytest.fixture(autouse=True)
    def _elsewhere(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)

    @pytest.mark.parametrize("file", ["dagster.yaml", "deploy/dagster.yaml"])
    def test_sqlite_keeps_history_where_it_should(self, file, tmp_path):
        (tmp_path / "dagster.yaml").write_bytes((ROOT / file).read_bytes())
        with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
            self.as_configured(instance)
        place = tmp_path / ".dagster" if file == "dagster.yaml" else tmp_path
        assert (place / "history" / "runs.db").exists()

    @pytest.mark.postgresql
    def test_postgresql_is_one_switch(self, tmp_path, monkeypatch, postgresql_server):
        server, _, database = postgresql_server.new_database().partition("@/")
        assert server == "postgresql://postgres"
        monkeypatch.setenv("DAGSTER_PG_HOST", "")
        monkeypatch.setenv("DAGSTER_PG_USERNAME", "postgres")
        monkeypatch.setenv("DAGSTER_PG_PASSWORD", "not asked for")
        monkeypatch.setenv("DAGSTER_PG_DB", database.partition("?")[0])
        settings = yaml.safe_load((ROOT / "deploy" / "dagster.postgresql.yaml").read_text(encoding="utf-8"))
        settings["storage"]["postgres"]["postgres_db"]["params"] = {"host": str(postgresql_server.folder)}
        (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(settings))
        with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
            self.as_configured(instance)
            instance.add_dynamic_partitions("files", ["a"])
            assert instance.get_dynamic_partitions("files") == ["a"]
        assert not (tmp_path / "history").exists()

    def as_configured(self, instance: dg.DagsterInstance) -> None:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert instance.run_monitoring_enabled
        pools = instance.get_concurrency_config().pool_config
        assert (pools.default_pool_limit, pools.pool_granularity.value) == (1, "op")

    @pytest.mark.parametrize("path", DEPLOYMENTS, ids=name_of)
    def test_deployments_differ_from_this_folder_in_their_places_alone(self, path):
        places = ("storage", "local_artifact_storage", "compute_logs")
        ours, theirs = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in (ROOT / "dagster.yaml", path))
        assert {k: v for k, v in ours.items() if k not in places} == {
            k: v for k, v in theirs.items() if k not in places
        }

    def test_the_workspace_names_the_definitions(self):
        workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text(encoding="utf-8"))
        (location,) = workspace["load_from"]
        assert location["python_module"]["module_name"] == "stampli_b1_assets.definitions"
        assert (PACKAGE / "definitions.py").exists()


class TestDeployment:
    """What IT copies holds together; nobody runs these files here."""

    def test_the_environment_file_names_what_the_others_take_from_it(self):
        taken = re.findall(r"env: (\w+)", (ROOT / "deploy" / "dagster.postgresql.yaml").read_text())
        named = re.findall(r"^#?(\w+)=", (ROOT / "deploy" / "systemd" / "stampli-b1.env").read_text(), re.MULTILINE)
        assert len(taken) == 4
        assert {*taken, "DAGSTER_HOME", "STAMPLI_B1_CONFIG", "STAMPLI_B1_SENSORS"} <= {*named}

    def test_the_image_has_every_file_that_packaging_names(self):
        setup = configparser.ConfigParser()
        setup.read(ROOT / "setup.cfg")
        copied = " ".join(re.findall(r"^COPY (.*)", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)).split()
        assert {*setup["metadata"]["license_files"].split(), "README.md", "setup.cfg", "pyproject.toml"} <= {*copied}

    def test_cron_writes_only_where_its_user_may(self):
        written = re.findall(r">> (\S+)", (ROOT / "deploy" / "crontab").read_text())
        assert written
        assert all(path.startswith("~/") for path in written)
