# Two commands matter: `make compare` and `make test`. Each makes its own environment in .venv first.
# All paths are relative, so that the checkout may lie on a path with a space in it.

# The first interpreter that is new enough and can make environments; `make PYTHON=... env` overrides.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)

VENV ?= .venv
RUN = $(VENV)/bin/python -m
ARGS ?=

# The lowest and the highest Python that podium is for.
PYTHONS ?= python3.11 python3.13
VERSION = -c 'import ensurepip, sys, venv; print("%d.%d" % sys.version_info[:2])'

.PHONY: help env compare serve bench-engine bench-model bench-conformity bench-peers bench-model-calls test test-pythons test-part test-long \
	test-schemathesis docs catalogue settings coverage lint format-check ruff types \
	imports format lock clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 26

env: $(VENV)/.made  ## the environment in .venv, from requirements.lock

# What would lead pip or Python elsewhere than into $(VENV); an index that is configured stays in force.
unexport PIP_DRY_RUN PIP_PREFIX PIP_PYTHON PIP_ROOT PIP_TARGET PIP_USER PYTHONHOME PYTHONOPTIMIZE PYTHONPATH
INSTALL = $(RUN) pip install --quiet --disable-pip-version-check --no-user --target= --prefix="$$(cd $(VENV) && pwd)"

$(VENV)/.made: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "podium needs Python 3.11 or newer with venv and pip;\
	 install it (Debian: python3 python3-venv), or name it: make PYTHON=/path/to/python $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit( \
	"podium needs Python 3.11 or newer, and $(PYTHON) is Python %d.%d.%d: name another, make PYTHON=/path/to/python $(MAKECMDGOALS)" \
	% sys.version_info[:3])'
	@echo "podium: making $(VENV) with $(PYTHON) from requirements.lock (a minute or two, once)"
	@# An earlier environment stands aside until the new one is whole, and comes back if that fails. One
	@# that stands aside at the start was left by a make that was killed, with a half-made one in its place.
	@set -e; trap 'exit 130' HUP INT TERM; \
	trap 'rm -rf $(VENV); if test -e $(VENV).old; then mv $(VENV).old $(VENV); fi' EXIT; \
	if test -e $(VENV).old; then rm -rf $(VENV); elif test -e $(VENV); then mv $(VENV) $(VENV).old; fi; \
	$(PYTHON) -m venv $(VENV); \
	$(INSTALL) --require-hashes --requirement requirements.lock; \
	$(INSTALL) --no-deps --no-build-isolation --editable .; \
	$(RUN) podium.relocate; \
	touch $@; trap - EXIT; rm -rf $(VENV).old
	@echo "podium: $(VENV) is ready"

compare: env  ## the main job: contract, rounds, verdict and report (ARGS="--quick" for a first look)
	@$(RUN) podium compare $(ARGS)

serve: env  ## one backend on 127.0.0.1:5000 (ARGS="falcon:granian" for another)
	@$(RUN) podium serve $(or $(ARGS),flask)

bench-engine: env  ## the load engine beside wrk, h2load, hey and stock Locust, where installed
	@$(RUN) benchmarks.generators.bench $(ARGS)

bench-model: env  ## what a call of each model costs by each engine, beside scikit-learn
	@$(RUN) benchmarks.model_speed $(ARGS)

bench-conformity: env  ## each stack beside a naive application on the same framework and server
	@$(RUN) benchmarks.conformity $(ARGS)

bench-model-calls: env  ## how long health takes while a slow model is asked (5 minutes)
	@$(RUN) benchmarks.model_calls $(ARGS)

bench-peers: env  ## the fastest stacks beside other model servers, which pip installs (needs wrk)
	@$(RUN) benchmarks.peers $(ARGS)

docs: env  ## the documentation as static pages in docs/_site/ (pictures where chromium is installed)
	@$(VENV)/bin/python docs/build.py

catalogue: env  ## number new cases of the contract suite
	@$(RUN) contract_tests.catalogue

settings: env  ## write docs/settings.md, the table of all options and variables, from the code
	@$(RUN) podium.settings_page > docs/settings.md

# What Python and pytest have compiled is kept: the tests start hundreds of processes.
test test-part test-long test-schemathesis coverage: export PYTHONDONTWRITEBYTECODE =

# Whole files, in the order of conftest.py.
SHARED_OUT = -n 3 --dist loadfile --no-loadscope-reorder

test: env lint  ## formatter, linter, types, import rules and all quick tests (at most 8 minutes)
	@echo "podium: quick tests"
	@$(RUN) pytest -m "not long" $(SHARED_OUT) $(ARGS)

test-pythons: env  ## a part of them on the lowest and highest supported Python, where installed (3 minutes)
	@set -e; ours=$$($(VENV)/bin/python $(VERSION)); for python in $(PYTHONS); do \
		if ! version=$$($$python $(VERSION) 2>/dev/null); then echo "podium: no $$python with venv and pip here"; \
		elif [ "$$version" = "$$ours" ]; then echo "podium: $$python made $(VENV), which \`make test\` is for"; \
		else $(MAKE) --no-print-directory VENV=.venv-$$version PYTHON=$$python test-part; fi; \
	done

test-part: env  ## the tests of the shared code and of the reports alone
	@echo "podium: tests of shared and reports with $$($(VENV)/bin/python --version)"
	@$(RUN) pytest -m "not long" -n 2 --dist loadfile tests/shared tests/reports $(ARGS)

test-long: env  ## the tests that take longer than that
	@$(RUN) pytest -m long $(ARGS)

test-schemathesis: env  ## Schemathesis on every stack, with many examples and a new seed
	@$(RUN) pytest -m long tests/document $(ARGS)

coverage: env  ## the quick tests again, and how many branches of the code they take (15 minutes)
	@$(RUN) coverage erase
	@$(RUN) coverage run -m pytest -m "not long" $(SHARED_OUT) $(ARGS)
	@$(RUN) coverage combine --quiet
	@$(RUN) coverage report --skip-covered
	@$(RUN) coverage json --quiet -o - | $(VENV)/bin/python -c 'import json, sys; totals = json.load(sys.stdin)["totals"]; \
	print("podium: {covered_branches} of {num_branches} branches are taken, {share:.1%}".format( \
	share=totals["covered_branches"] / totals["num_branches"], **totals))'

lint: format-check ruff types imports  ## the next four

format-check: env  ## whether the code is in the project's format
	@echo "podium: formatter"
	@$(RUN) ruff format --check --quiet .

ruff: env  ## the linter
	@echo "podium: linter"
	@$(RUN) ruff check --quiet .

types: env  ## the types, strictly
	@echo "podium: types"
	@$(RUN) mypy --no-error-summary

imports: env  ## which package may import which
	@echo "podium: import rules"
	@$(VENV)/bin/python -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' > .lint-imports.log 2>&1 \
	|| { cat .lint-imports.log; exit 1; }

format: env  ## put the code into the project's format
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

lock: env  ## write requirements.lock again from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --upgrade \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet --output-file requirements.lock

clean:  ## remove the environment and all caches (studies stay)
	rm -rf .venv .venv.old .venv-* docs/_site docs/_generated docs/_pictures .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .lint-imports.log .coverage build dist
