# Two commands matter: `make compare` and `make test`. Each makes its own environment in .venv first.
# All paths are relative, so that the checkout may lie on a path with a space in it.

# The first interpreter that is new enough and can make environments; `make PYTHON=... env` overrides.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)

RUN = .venv/bin/python -m
ARGS ?=

.PHONY: help env compare serve bench-engine bench-conformity test test-long test-schemathesis lint format lock clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

env: .venv/.made  ## the environment in .venv, from requirements.lock

.venv/.made: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "podium needs Python 3.11 or newer with venv and pip;\
	 install it (Debian: python3 python3-venv), or name it: make PYTHON=/path/to/python $(MAKECMDGOALS)" >&2; exit 2; }
	@echo "podium: making .venv with $(PYTHON) from requirements.lock (a minute or two, once)"
	@$(PYTHON) -m venv --clear .venv
	@$(RUN) pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(RUN) pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
	@echo "podium: .venv is ready"

compare: env  ## the main job: contract, rounds, verdict and report (ARGS="--quick" for a first look)
	@$(RUN) podium compare $(ARGS)

serve: env  ## one backend on 127.0.0.1:5000 (ARGS="falcon:granian" for another)
	@$(RUN) podium serve $(or $(ARGS),flask)

bench-engine: env  ## the load engine beside wrk, h2load and stock Locust (needs what is to be compared)
	@$(RUN) benchmarks.generators.bench $(ARGS)

bench-conformity: env  ## each stack beside a naive application on the same framework and server
	@$(RUN) benchmarks.conformity $(ARGS)

# What Python and pytest have compiled is kept: the tests start hundreds of processes.
test test-long test-schemathesis: export PYTHONDONTWRITEBYTECODE =

test: env lint  ## formatter, linter, types, import rules and all quick tests (at most 8 minutes)
	@echo "podium: quick tests"
	@$(RUN) pytest -m "not long" -n 3 --dist loadfile $(ARGS)

test-long: env  ## the tests that take longer than that
	@$(RUN) pytest -m long $(ARGS)

test-schemathesis: env  ## Schemathesis on every stack, with many examples and a new seed
	@$(RUN) pytest -m long tests/document $(ARGS)

lint: env
	@echo "podium: formatter, linter, types, import rules"
	@$(RUN) ruff format --check --quiet .
	@$(RUN) ruff check --quiet .
	@$(RUN) mypy --no-error-summary
	@.venv/bin/python -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' > .lint-imports.log 2>&1 \
	|| { cat .lint-imports.log; exit 1; }

format: env  ## put the code into the project's format
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

lock: env  ## write requirements.lock again from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --upgrade \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet --output-file requirements.lock

clean:  ## remove the environment and all caches (studies stay)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .lint-imports.log build dist
