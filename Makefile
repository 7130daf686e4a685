# `make demo` and `make test` need Python 3.11 or newer, make, git and a package index; nothing else, and no root.
# More words for the program behind a target: make test ARGS="-k mappings", make ui ARGS="--port 3001".
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The version that the tests run on comes first; a name that exists and does not run (a shim) is passed over.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RUN := $(BIN)/python
PIP := $(RUN) -m pip --disable-pip-version-check --quiet
ARGS ?=
SEEDS ?= 100
COMPILE := uv pip compile --universal --python-version 3.11 --no-strip-extras --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links

# An environment whose Python is gone (moved, upgraded) is made anew.
$(if $(wildcard $(STAMP)),$(shell $(RUN) -c '' >/dev/null 2>&1 || rm -f $(STAMP)))

.PHONY: help demo test ui lint format bench soak docs golden requirements clean

help:  ## these lines
	@sed -n 's/^\([a-z]*\):.*##/\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 15

demo: $(STAMP)  ## the embedded servers, one whole cycle, what was posted and what is held
	@$(RUN) -m stampli_b1_assets.cli.demo $(ARGS)

test: $(STAMP)  ## the whole test suite, with branch coverage
	@$(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=term:skip-covered $(ARGS)

ui: $(STAMP)  ## Dagster's UI on the demo's instance and servers, sensors running
	@$(RUN) -m stampli_b1_assets.cli.ui $(ARGS)

lint: $(STAMP)  ## style, types, the direction of imports, Dagster's definitions
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(BIN)/lint-imports
	STAMPLI_B1_CONFIG=stampli_b1_assets/config/example.yaml DAGSTER_DISABLE_TELEMETRY=yes \
		$(RUN) -m dagster definitions validate -m stampli_b1_assets.definitions

format: $(STAMP)  ## mend what can be mended by itself
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

bench: $(STAMP)  ## how fast, as ratios measured in one run
	@$(RUN) benchmarks/run.py $(ARGS)

soak: $(STAMP)  ## simulated weeks with crashes: make soak SEEDS=1000
	@$(RUN) -m stampli_b1_assets_tests.simulation.soak --seeds $(SEEDS) $(ARGS)

docs: $(STAMP)  ## docs/configuration.md anew, from the settings' own descriptions
	@$(RUN) -m stampli_b1_assets.config.describe > docs/configuration.md

golden: $(STAMP)  ## what comes of the samples of exports, the schema of layouts and their fields, written anew
	@$(RUN) -m stampli_b1_assets_tests.stampli.reading.golden

requirements:  ## the pins anew, by hand, with uv; hashed, and naming no index
	$(COMPILE) setup.cfg -o requirements/runtime.txt
	$(COMPILE) --extra dev setup.cfg -o requirements/dev.txt

clean:  ## remove what the targets made
	rm -rf $(VENV) .demo .dagster .coverage htmlcov

# Made again when the pins change; one without a working pip (half made) is replaced.
$(STAMP): requirements/dev.txt setup.cfg
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@$(RUN) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make an environment; install its venv module (Debian: python3-venv)." >&2; exit 1; }
	@echo "Installing pinned packages into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
