# `make demo` and `make test` are all a newcomer needs; each does its own set-up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SEED ?= 1
RUNS ?= 1
PULLS ?= 100
SCALE ?= 1
TEST_ARGS ?= -n 3 --dist loadfile --no-loadscope-reorder
FUZZ ?= webhook_body webhook_headers comments project_file messages dashboard
FUZZ_SECONDS ?= 60
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq --require-hashes --no-deps

.PHONY: help demo test check bench chaos fuzz format settings commands lock tools clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/runtime.stamp ## Pull requests on a sample monorepo, everything embedded
	@$(BIN)/tickborg demo $(DEMO_ARGS)

test: $(VENV)/dev.stamp tools ## Every test, on servers of its own
	@$(BIN)/python -m pytest $(TEST_ARGS)

check: $(VENV)/dev.stamp ## Lint, format, types, imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/dev.stamp ## How fast and how large it is; BENCH=merge,log for some of it
	@$(BIN)/python -m benchmarks "$(BENCH)" $(BENCH_ARGS)

fuzz: $(VENV)/dev.stamp ## Hostile input, led by coverage; FUZZ="comments messages" FUZZ_SECONDS=600
	@for target in $(FUZZ); do \
	  echo "$$target: $(FUZZ_SECONDS) s"; $(BIN)/python -m tests.fuzz.harness $$target $(FUZZ_SECONDS) || exit 1; \
	done

chaos: $(VENV)/dev.stamp tools ## 100 pull requests while everything breaks; SEED=7 RUNS=3 PULLS=50 SCALE=6
	@$(BIN)/python -m tests.chaos --seed $(SEED) --runs $(RUNS) --pulls $(PULLS) --scale $(SCALE) $(CHAOS_ARGS)

settings: $(VENV)/dev.stamp ## docs/settings.md, from the code
	@$(BIN)/python -m cli.settings_reference docs/settings.md

commands: $(VENV)/dev.stamp ## docs/commands.md, from the code
	@$(BIN)/python -m cli.commands_reference docs/commands.md

format: $(VENV)/dev.stamp ## Mend what a tool can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

tools: ## The servers and build tools that the tests run on
	@deploy/install-test-tools

lock: $(VENV)/dev.stamp ## Newest versions of everything, with hashes
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
	  --group build -o requirements.lock pyproject.toml
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
	  --group build --group dev -c requirements.lock -o requirements-dev.lock pyproject.toml

clean: ## Remove what the set-up made; what `tickborg up` keeps stays
	@rm -rf $(VENV) *.egg-info

$(VENV)/bin/python:
	@echo "setting up a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/runtime.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what tickborg needs"
	@$(PIP) -r requirements.lock
	@$(BIN)/python -m pip --disable-pip-version-check install -qq --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/runtime.stamp
	@echo "installing what its tests and checks need"
	@$(PIP) -r requirements-dev.lock
	@touch $@
