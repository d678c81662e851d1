# `make help` lists what there is. A fresh Debian machine needs only python3.11 and make.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory

PORT ?= 8000
DATA ?= instance
DEMO ?= yes
WORKERS ?= 2
JOBS ?= 2

PYTHON := .venv/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --no-input
FLASK := $(PYTHON) -m flask --app app
RUN_STAMP := .venv/installed
DEV_STAMP := .venv/installed-dev
CHECK_STAMP := .venv-checks/installed

export CASEAPP_DATA = $(abspath $(DATA))
export PYTHONDONTWRITEBYTECODE =

.PHONY: help run test check sbom bench access migrate migration format clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

$(RUN_STAMP): requirements.txt scripts/make_venv.sh
	@sh scripts/make_venv.sh
	@$(PIP) install --quiet -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP)
	@$(PIP) install --quiet -r requirements-dev.txt
	@touch $@

$(CHECK_STAMP): requirements-checks.txt | $(RUN_STAMP)
	@$(PYTHON) -m venv --clear .venv-checks
	@.venv-checks/bin/python -m pip --disable-pip-version-check --no-input install --quiet --no-deps -r requirements-checks.txt
	@touch $@

run: $(RUN_STAMP) ## the demo on http://127.0.0.1:8000 (PORT=8123 DATA=some/folder DEMO=no)
	@umask 077 && mkdir -p "$(CASEAPP_DATA)"
	@$(FLASK) db upgrade
	@if [ "$(DEMO)" = yes ]; then \
		$(FLASK) world load caseapp/demo/demo.json --once && \
		$(FLASK) world accounts | $(PYTHON) scripts/show_accounts.py; fi
	@echo
	@echo "  Open http://127.0.0.1:$(PORT)/   (Ctrl-C stops it; the data stays in $(DATA)/)"
	@echo
	@exec $(PYTHON) -m gunicorn app:app --bind 127.0.0.1:$(PORT) --workers $(WORKERS) --worker-class gthread \
		--threads 4 --no-control-socket --log-level warning

test: $(DEV_STAMP) ## every check and every test, on SQLite and PostgreSQL, and in a real browser
	@sh scripts/install_test_tools.sh
	@$(MAKE) check
	@$(PYTHON) -m pytest -n $(JOBS) --dist worksteal -q

check: $(DEV_STAMP) $(CHECK_STAMP) ## style, imports, access table, migrations against models, known faults (seconds)
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@PYTHONPATH=. $(PYTHON) -c "from importlinter.cli import lint_imports_command as lint; lint()" --no-logo
	@$(PYTHON) -m scripts.access_table --check
	@$(PYTHON) -m pytest -q tests/test_migrations.py -k sqlite
	@$(PYTHON) -m scripts.check_security

sbom: $(CHECK_STAMP) ## the list of all parts of the running system, with versions and licences (sbom.json, CycloneDX)
	@.venv-checks/bin/python -m cyclonedx_py environment .venv/bin/python --output-format JSON --output-file sbom.json
	@echo "sbom.json"

bench: $(DEV_STAMP) ## speed, as ratios to a bare page in the same run
	@$(PYTHON) -m bench
	@$(PYTHON) -m bench.meeting
	@$(PYTHON) -m bench.triage
	@$(PYTHON) -m bench.reading

access: $(RUN_STAMP) ## write tests/access.txt, the table of who may call what
	@$(PYTHON) -m scripts.access_table

migrate: $(RUN_STAMP) ## bring the database in DATA (or DATABASE_URL) up to date
	@$(FLASK) db upgrade

migration: $(RUN_STAMP) ## draft the next migration from the models: make migration NAME="consent scope"
	@test -n "$(NAME)" || { echo 'Say what it does: make migration NAME="consent scope"'; exit 2; }
	@$(PYTHON) -m scripts.new_migration "$(NAME)"

format: $(DEV_STAMP) ## lay out the code as `make check` wants it
	@$(PYTHON) -m ruff check --fix-only --quiet .
	@$(PYTHON) -m ruff format .

clean: ## remove the environment and caches; data folders stay
	rm -rf .venv .venv-checks .pytest_cache .ruff_cache .import_linter_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
