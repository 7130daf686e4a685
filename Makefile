# `make demo` and `make test` need Python 3.11 or newer, make, git and a package index; nothing else, and no root.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SEEDS ?= 100

.PHONY: demo test ui lint format bench soak requirements clean

demo: $(STAMP)  ## the sandbox, one whole cycle, and what came of it
	@$(BIN)/python -m stampli_b1_assets.cli.demo

test: $(STAMP)  ## the whole test suite, with branch coverage
	$(BIN)/pytest --cov --cov-report=term:skip-covered

ui: $(STAMP)  ## Dagster's UI on the demo's instance and sandbox
	@$(BIN)/python -m stampli_b1_assets.cli.ui

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/dagster definitions validate -m stampli_b1_assets.definitions

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)  ## ratios, measured in one run
	$(BIN)/python benchmarks/run.py

soak: $(STAMP)  ## simulated weeks: make soak SEEDS=1000
	$(BIN)/python -m stampli_b1_assets_tests.simulation.soak --seeds $(SEEDS)

# Compiled anew only by hand, with uv; the result is pinned, hashed and names no index.
requirements:
	uv pip compile --universal --python-version 3.11 --no-strip-extras --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header setup.cfg -o requirements/runtime.txt
	uv pip compile --universal --python-version 3.11 --no-strip-extras --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --extra dev setup.cfg -o requirements/dev.txt

$(STAMP): requirements/dev.txt setup.cfg
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf $(VENV) .demo .dagster
