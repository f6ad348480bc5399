# SniperSight: `make demo` shows it at work, `make test` proves it. Needs Python 3.11 or newer, git and make.
PYTHON ?= python3
VENV ?= .venv
TURNS ?= 17280
RERUNS ?= 1000
BIN := $(VENV)/bin
OURSELVES := --no-deps --no-build-isolation --disable-pip-version-check --quiet --editable .
LOCKED := --require-hashes --only-binary :all: --disable-pip-version-check --quiet --compile

.PHONY: help demo test chaos lint format lock bench instants past reruns soak wheel schema pictures scenarios mutants clean

help:           ## What there is
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

demo: $(VENV)/.ready   ## Scan the made-up market: no network, no key
	@$(BIN)/python sniper_sight_cli.py demo

test: $(VENV)/.ready-dev   ## Lint, types, import floors, the whole suite
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n auto

chaos: $(VENV)/.ready-dev   ## Kill senders of the outbox 10,000 times, start runs that overlap 1,000 times
	SNIPERSIGHT_HYPOTHESIS=nightly $(BIN)/python -m pytest tests/integration/test_outbox_kills.py \
	    tests/integration/test_overlapping_starts.py -s

lint: $(VENV)/.ready-dev   ## Formatting, lint, strict types, import floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.ready-dev   ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.ready-dev   ## Resolve the dependencies anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --no-emit-index-url --extra install --custom-compile-command "make lock" --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --no-emit-index-url --all-extras --custom-compile-command "make lock" --quiet -o requirements-dev.lock

bench: $(VENV)/.ready-dev   ## Measure against named peers in one run
	$(BIN)/python -m benchmarks

instants: $(VENV)/.ready-dev   ## Scan 250 days of recorded candles, each held to what must be true
	$(BIN)/python -m devtools.instants

past: $(VENV)/.ready-dev   ## Replay every profile over two recorded years, beside the same plans at random times
	$(BIN)/python -m devtools.past_years

reruns: $(VENV)/.ready-dev   ## Decide the same 1,000 times under random hash seeds: RERUNS=100 for fewer
	nice $(BIN)/python -m devtools.hash_seeds --runs $(RERUNS)

soak: $(VENV)/.ready-dev   ## Watch 180 days of closes in virtual time, with faults: hours; TURNS=1000 for fewer
	SNIPERSIGHT_SOAK_TURNS=$(TURNS) $(BIN)/python -m pytest tests/integration/test_watch_soak.py -k pipeline -s

wheel: $(VENV)/.ready-dev   ## Build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

schema: $(VENV)/.ready-dev   ## Write the generated parts of docs/ anew
	$(BIN)/python -m devtools.codegen_tools

pictures: $(VENV)/.ready-dev   ## Draw docs/pictures/ anew
	$(BIN)/python -m devtools.playbook_pictures
	$(BIN)/python -m devtools.chart_pictures

scenarios: $(VENV)/.ready-dev   ## Keep the outcomes of the scenarios as they are now, and print what changed
	$(BIN)/python -m devtools.scenarios --refresh

mutants: $(VENV)/.ready-dev   ## Put small faults into sizing, exposure, gates and outbox: the tests must notice nine in ten
	nice $(BIN)/python -m devtools.mutation --jobs 2

clean:          ## Remove what these commands made
	rm -rf $(VENV) dist build var/peers

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "SniperSight needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	@echo "Making the environment $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	@test -e $(VENV)/.ready-dev || $(BIN)/python -m pip install $(LOCKED) -r requirements.lock
	@$(BIN)/python -m pip install $(OURSELVES)
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@$(BIN)/python -m pip install $(LOCKED) -r requirements-dev.lock
	@$(BIN)/python -m pip install $(OURSELVES)
	@touch $@ $(VENV)/.ready
