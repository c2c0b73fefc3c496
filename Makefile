# One-word commands. `make demo` and `make test` do everything a fresh machine needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
DEMO := demo

.PHONY: demo test lint venv study bench server deploy worker clean

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

# What an explanation costs: the engine, and each of its rewrites left out in turn.
bench: $(INSTALLED)
	$(BIN)/python benchmarks/attribution.py

# A Prefect server for this machine alone; its page is at http://127.0.0.1:$(PORT).
PORT ?= 4200
server: $(INSTALLED)
	$(BIN)/coin-xai server --port $(PORT)

# make deploy IMAGES=folder [RUNS=folder]: tells the server of the three flows, and of dead runs.
RUNS ?= runs
ON_SERVER := PREFECT_API_URL=$${PREFECT_API_URL:-http://127.0.0.1:$(PORT)/api}
deploy: $(INSTALLED)
	@test -n "$(IMAGES)" || { echo "say which photographs: make deploy IMAGES=folder"; exit 2; }
	$(ON_SERVER) $(BIN)/prefect --no-prompt work-pool create coin-xai --type process --overwrite
	$(ON_SERVER) $(BIN)/prefect --no-prompt work-pool set-concurrency-limit coin-xai 1
	$(ON_SERVER) COIN_XAI_IMAGES="$(abspath $(IMAGES))" COIN_XAI_RUNS="$(abspath $(RUNS))" \
		$(BIN)/prefect --no-prompt deploy --all --prefect-file deployments/prefect.yaml
	$(ON_SERVER) $(BIN)/python deployments/automations.py

# Runs what the server asks for, one run at a time.
worker: $(INSTALLED)
	$(ON_SERVER) $(BIN)/prefect --no-prompt worker start --pool coin-xai --type process

clean:
	rm -rf $(VENV) $(DEMO) build *.egg-info
