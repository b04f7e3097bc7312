# make run: everything, from a fresh checkout to a page you can ask. make test: the tests. make check: all that CI checks.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help setup run test check format lint types imports corpus

help:
	@echo "make run    index the sample corpus and open the local chat page"
	@echo "make test   run the tests"
	@echo "make check  format, lint, types, import rules, tests"
	@echo "make setup  the virtual environment only"

# What running needs; torch first and alone, so that no other package pulls in another build of it.
$(VENV)/.run-installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Staffroom needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=python3.12")'
	@echo "Setting up $(VENV) (the first time takes a few minutes) ..." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) torch
	@$(PIP) --editable .
	@touch $@

# What testing and checking need besides.
$(VENV)/.dev-installed: $(VENV)/.run-installed
	@$(PIP) --editable '.[dev,corpus]'
	@touch $@

setup: $(VENV)/.run-installed

run: $(VENV)/.run-installed
	@$(BIN)/staffroom refresh || [ $$? -eq 1 ]  # 1: done, but some documents are named that could not be read
	@$(BIN)/staffroom serve

test: $(VENV)/.dev-installed
	@$(BIN)/python -m pytest

check: $(VENV)/.dev-installed format lint types imports test

format: $(VENV)/.dev-installed
	@$(BIN)/ruff format --check .

lint: $(VENV)/.dev-installed
	@$(BIN)/ruff check .

types: $(VENV)/.dev-installed
	@$(BIN)/mypy

imports: $(VENV)/.dev-installed
	@$(BIN)/lint-imports

# Renders tools/sample_corpus into corpus/ (page numbers of Word files need LibreOffice).
corpus: $(VENV)/.dev-installed
	@$(BIN)/python -m tools.sample_corpus.build
