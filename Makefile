# Every target builds the environment that it needs; `make` alone tells what there is.
# GNU make 3.81 (macOS) is enough.

PYTHON ?= python3
JOBS ?= 2
TESTS ?= tests

BIN := .venv/bin
RUN := .venv/.installed-run
DEV := .venv/.installed-dev
BENCH := .venv/.installed-bench
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make lock' pyproject.toml

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-dev demo up test check format bench bench-schedule bench-inbound bench-reply fuzz month race stop starts zones histories lock clean

help: ## show this help
	@echo 'make TARGET [PYTHON=python3.12] [JOBS=2] [TESTS=tests/unit]'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUN) ## build .venv with what Tenuto needs to run
setup-dev: $(DEV) ## add what it needs to be developed

demo: $(RUN) ## watch real sequences run from end to end (under four minutes)
	$(BIN)/tenuto demo

up: $(RUN) ## start the whole stack on this machine; Ctrl-C stops it
	$(BIN)/tenuto up

bench: $(RUN) ## measure the engine beside a bare workflow
	$(BIN)/python -m bench.engine --enrollments 600

race: $(RUN) ## race claims against one another: no rule may break (two minutes)
	$(BIN)/python -m bench.race

stop: $(RUN) ## measure how soon an answer stops the mails, and race the two (two minutes)
	$(BIN)/python -m bench.stop

bench-schedule: $(BENCH) ## measure the next legal instant beside pandas
	$(BIN)/python -m bench.schedule

bench-inbound: $(RUN) ## measure how mail that comes in is classified: SETS="folder folder"
	$(BIN)/python -m bench.inbound $(SETS)

bench-reply: $(BENCH) ## measure what is taken out of replies beside other libraries: BODIES=folder
	$(BIN)/python -m bench.reply_text $(BODIES)

fuzz: $(RUN) ## read 200,000 mutated mails: no exception, none over its time or memory
	$(BIN)/python -m tests.fuzz.run --messages 200000 --jobs $(JOBS)

starts: $(RUN) ## queue 5,000 contacts on two mailboxes, and see four weeks of it (ten minutes)
	$(BIN)/python -m bench.starts --contacts 5000 --weeks 4

month: $(DEV) ## compare previews with a simulated month of 200 contacts (some minutes)
	TENUTO_MONTH_CONTACTS=200 $(BIN)/python -m pytest -q -s tests/workflow/test_month.py

# The package's zones, not the machine's: the same everywhere.
zones: $(RUN) ## check the calendar in every time zone over ten years (about fifteen minutes)
	PYTHONTZPATH= $(BIN)/python -m bench.zones --years 10

test: $(DEV) ## run the tests: JOBS at a time, all or those in TESTS
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(TESTS)

check: $(DEV) ## lint, format, types and import contracts, as CI does
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tenuto.cli.audit --check
	$(BIN)/python -m tenuto.cli.settings_page --check

format: $(DEV) ## format the code, and fix what can be fixed by rule
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

histories: $(DEV) ## record the workflow histories anew: only for a change that means to break them
	$(BIN)/python -m tests.replay.record

lock: $(DEV) ## pin again after pyproject.toml changed (delete a lock first to raise its versions)
	$(COMPILE) --group build --output-file requirements.lock
	$(COMPILE) --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(COMPILE) --group bench --constraint requirements.lock --output-file requirements-bench.lock

clean: ## remove the environment and the caches; the stack's data in .tenuto stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Tenuto needs Python 3.11 or newer, '$(PYTHON)' is not: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "'$(PYTHON)' can't make environments. On Debian and Ubuntu, as root: apt-get install" \
			"$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" >&2; exit 1; }
	$(PYTHON) -m venv .venv

# The project itself comes without dependencies and without build isolation: only what is locked.
$(RUN): requirements.lock pyproject.toml | $(BIN)/python
	@echo 'Installing what requirements.lock names, about a minute …'
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.lock $(RUN) | $(BIN)/python
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

$(BENCH): requirements-bench.lock $(RUN)
	$(PIP) install --require-hashes -r requirements-bench.lock
	@touch $@
