# `make run` and `make test` are each enough on a machine with git, make and Python 3.11 or later.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= 2

.PHONY: run explore test lint help lock sbom fuzz site docs clean

help:
	@echo "make run    create $(VENV), install the pinned dependencies, run scenario=panama_removal"
	@echo "make explore the same set-up, then the live page: move levers in your browser"
	@echo "make site   the same set-up, then the atlas as pages: site/index.html"
	@echo "make docs   the same set-up, then the documentation with the atlas: build/docs/index.html"
	@echo "make test   the same, then ruff, mypy and all tests, the notebooks among them"
	@echo "make lock   write the pins and their hashes anew from what is installed in $(VENV)"
	@echo "make sbom   write sbom.json, a bill of materials (CycloneDX) of what is pinned"
	@echo "make fuzz   an hour of random hostile input"
	@echo "PYTHON=python3.12 chooses another Python; it must be 3.11 or later"

run: $(VENV)/.run-installed
	$(BIN)/python -m ladsim scenario=panama_removal

test: $(VENV)/.test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n $(JOBS) --dist loadscope tests
	$(BIN)/python -m pytest -n $(JOBS) --nbmake --nbmake-timeout=900 notebooks

explore: $(VENV)/.run-installed
	$(BIN)/python -m ladsim explore

site: $(VENV)/.run-installed
	$(BIN)/python -m ladsim task=site

docs: $(VENV)/.test-installed
	$(BIN)/python scripts/build_docs.py

lint: $(VENV)/.test-installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.exit(0 if sys.version_info >= (3, 11) else "ladsim needs Python 3.11 or later, but $(PYTHON) is " + v + ". Name another one: make PYTHON=python3.12")'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) cannot make virtual environments (on Debian and Ubuntu: apt install python3-venv)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-installed: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test-installed: requirements-test.lock $(VENV)/.run-installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

lock: $(VENV)/.test-installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.5"
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python scripts/lock.py

sbom: $(VENV)/.run-installed
	$(BIN)/python scripts/sbom.py sbom.json
	@echo "sbom.json: what requirements.lock pins, as CycloneDX"

fuzz: $(VENV)/.test-installed
	$(BIN)/python scripts/fuzz.py --minutes 60

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache
