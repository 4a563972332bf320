# Two commands matter: `make run` serves the app, `make test` proves it. Each does its own set-up and skips what is done.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
SEEDED := indexes/default/.seeded

.PHONY: run setup models test check bench eval eval-check format clean

run: setup
	@$(BIN)/qa serve

setup: $(VENV)/.installed models $(SEEDED)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "citewire needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	@echo "Creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing citewire and what it stands on (a few minutes the first time)"
	@$(PIP) install --quiet --editable . --constraint constraints.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	@$(PIP) install --quiet --editable '.[dev]' --constraint constraints.txt
	@touch $@

models: $(VENV)/.installed
	@$(BIN)/qa models pull

$(SEEDED): $(VENV)/.installed
	@$(BIN)/qa --library indexes/default ingest seeds/articles
	@touch $@

test: $(VENV)/.dev models
	@$(BIN)/python -m pytest

check: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_layers.py

bench: setup
	@$(BIN)/python -m qa.bench

# A sample of the seed questions by kind, some ten minutes on two cores; `qa eval run seeds` asks them all.
eval: setup
	@$(BIN)/qa eval run seeds --limit 80 --judge gate

# A few of them against the committed baseline: fails where a promise is broken or a share fell
# by more than three in ten: with so few cases, other machines come out a little otherwise.
eval-check: setup
	@rm -rf build/eval-check
	@$(BIN)/qa eval run seeds --limit 16 --out build/eval-check
	@$(BIN)/qa eval compare tests/golden/eval-baseline.json build/eval-check --tolerance 0.3 \
		--measure exact_quotes --measure uncited_sentences --measure invalid_marks \
		--measure sensitivity --measure specificity --measure recall_at_8

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean:
	rm -rf $(VENV) indexes/default .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
