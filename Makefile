# One-word commands. `make demo` and `make test` do everything a fresh machine needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
DEMO := demo

.PHONY: demo test lint venv study clean

venv: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "coin-xai needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $(INSTALLED)

# Draws coins, clusters them without looking at their types, explains every coin and names the page.
demo: $(INSTALLED)
	$(BIN)/coin-xai mint $(DEMO)/coins --coins 360 --types 12 --seed 7
	$(BIN)/coin-xai study $(DEMO)/coins --coins $(DEMO)/coins/truths.csv --label type --k 12 --epochs 6 --runs $(DEMO)/runs --name demo

test: $(INSTALLED)
	$(BIN)/python -m pytest

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# make study IMAGES=folder [ARGS='--k 26 --epochs 30']
study: $(INSTALLED)
	@test -n "$(IMAGES)" || { echo "say which photographs: make study IMAGES=folder"; exit 2; }
	$(BIN)/coin-xai study "$(IMAGES)" $(ARGS)

clean:
	rm -rf $(VENV) $(DEMO) build *.egg-info
