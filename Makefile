# CityCard. `make help` lists what there is.
CITY ?= taipei
PORT ?= 8700
RESIDENTS ?= 20000
BIN := .venv/bin
SHELL := /bin/bash
.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: run
run: setup ## set everything up and run a demo city (CITY=taipei PORT=8700); Ctrl-C stops it
	@exec $(BIN)/citycard up --demo --city $(CITY) --port $(PORT)

.PHONY: setup
setup: ## set up .venv and the files from npm; quick when nothing changed
	@tools/setup

.PHONY: setup-dev
setup-dev:
	@tools/setup --dev

.PHONY: test
test: setup-dev ## run the tests (chromium and its fonts are installed through apt where that works)
	@tools/programs-for-tests
	$(BIN)/pytest -n 2 --dist loadfile --slow $(ARGS)

.PHONY: check
check: format lint types contracts migrations packs docs test ## the whole gate: all of these, and the tests

.PHONY: format
format: setup-dev ## formatting as ruff has it
	$(BIN)/ruff format --check .

.PHONY: lint
lint: setup-dev ## ruff's findings
	$(BIN)/ruff check .

.PHONY: types
types: setup-dev ## mypy, strict
	$(BIN)/mypy

.PHONY: contracts
contracts: setup-dev ## imports only ever point down; contexts are entered by their faces
	$(BIN)/lint-imports

.PHONY: migrations
migrations: setup-dev ## no model without its migration
	@CITYCARD_DEMO=1 CITYCARD_DB_POOL=0 $(BIN)/python -W error::RuntimeWarning -m tools.missing_migrations

.PHONY: packs
packs: setup-dev ## every city pack is valid
	$(BIN)/citycard pack check

.PHONY: docs
docs: setup-dev ## the generated reference pages are up to date
	$(BIN)/python -m tools.reference --check
	$(BIN)/python -m tools.fare_charts --check

.PHONY: bench
bench: setup-dev ## run all benchmarks and print their figures as tables
	@for name in $$($(BIN)/citycard bench); do $(BIN)/citycard bench $$name || exit 1; done

.PHONY: demo
demo: setup ## build a demo city without opening its doors (CITY=… RESIDENTS=…)
	$(BIN)/citycard demo --city $(CITY) --residents $(RESIDENTS)

.PHONY: wheel
wheel: setup-dev ## build a wheel that carries packs, static files, icons and texts
	@$(BIN)/python -m tools.gather
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
