# careward – see README.md. Everything runs in .venv with locked dependencies.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export CAREWARD_MODE ?= demo
.DEFAULT_GOAL := help

$(VENV)/.run: requirements/run.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: assets
assets: $(VENV)/.run ## Build style sheet, scripts and fonts (quick when nothing changed)
	@$(BIN)/python -m careward.shell.build

.PHONY: run
run: assets ## Set up everything and run web, SFTP and worker with the demo season
	@exec $(BIN)/careward up

.PHONY: browser
browser: $(VENV)/.dev
	@$(BIN)/python tests/support/browser_setup.py

.PHONY: programs
programs: $(VENV)/.dev
	@$(BIN)/python tests/support/programs_setup.py

.PHONY: test
test: $(VENV)/.dev assets browser programs ## All tests but the slow ones, browser and SFTP ones included
	@$(BIN)/pytest -n 2 --dist worksteal -m "not slow"

.PHONY: test-slow
test-slow: $(VENV)/.dev assets browser programs ## The slow tests
	@$(BIN)/pytest -m slow

.PHONY: check
check: $(VENV)/.dev ## Style, types, imports, rules, migrations, security lint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/careward rules check
	@DJANGO_SETTINGS_MODULE=careward.settings.checking $(BIN)/python -W ignore::RuntimeWarning -m django makemigrations --check --dry-run
	@DJANGO_SETTINGS_MODULE=careward.settings.checking $(BIN)/python -m django check --fail-level WARNING
	@$(BIN)/bandit -q -c pyproject.toml -r src
	@$(BIN)/python docs/generate.py --check

.PHONY: bench
bench: $(VENV)/.dev assets ## Benchmarks as ratios
	@$(BIN)/python -m benchmarks

.PHONY: bench-intake
bench-intake: export CAREWARD_BENCH_LARGE ?= 1
bench-intake: $(VENV)/.dev ## Benchmarks of checking and keeping files at full size (an hour; make bench takes smaller ones)
	@$(BIN)/python -m benchmarks intake-60 intake-rows intake-million intake-books month-end

.PHONY: bench-web
bench-web: $(VENV)/.dev assets ## Benchmark of the form under load
	@$(BIN)/python -m benchmarks web-form

.PHONY: bench-queue
bench-queue: $(VENV)/.dev ## Benchmark of the review queue with 2,000 cases
	@$(BIN)/python -m benchmarks queue

.PHONY: bench-desk
bench-desk: $(VENV)/.dev assets browser ## 80 clean cases signed in a browser: machine time beside 45 s a case
	@$(BIN)/python -m benchmarks desk

.PHONY: bench-sftp
bench-sftp: $(VENV)/.dev programs ## Benchmark of the gateway beside OpenSSH's sshd
	@$(BIN)/python -m benchmarks sftp

.PHONY: bench-rewards
bench-rewards: $(VENV)/.dev ## Benchmarks of calculating and explaining rewards
	@$(BIN)/python -m benchmarks rewards

.PHONY: mutation
mutation: $(VENV)/.dev ## Mutation test of the calculation of rewards (a few minutes)
	@rm -rf mutants
	@$(BIN)/mutmut run --max-children 2
	@$(BIN)/mutmut results --all true | $(BIN)/python tests/rewards/mutation_figure.py

.PHONY: bench-deadline
bench-deadline: $(VENV)/.dev assets ## 200 institutions send with documents in the last minute
	@$(BIN)/python -m benchmarks deadline

.PHONY: format
format: $(VENV)/.dev ## Mend what ruff can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

.PHONY: docs
docs: $(VENV)/.dev ## Write the generated pages of docs/ anew
	@$(BIN)/python docs/generate.py

.PHONY: shell
shell: $(VENV)/.run ## A Python prompt with the models
	@$(BIN)/careward manage shell

.PHONY: dbshell
dbshell: $(VENV)/.run ## The database as the app role
	@$(BIN)/careward dbshell

.PHONY: demo-reset
demo-reset: $(VENV)/.run ## Start the demo season again (stop `make run` first)
	@$(BIN)/careward demo reset

.PHONY: lock
lock: $(VENV)/.dev ## Resolve the dependencies anew into requirements/
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --extra dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'
