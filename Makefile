# Two commands do everything: `make run` and `make test`.
# Stamps in .venv remember what is installed, so that a second run starts in seconds.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
WORKSPACE ?= workspace
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt
NAMED := pyproject.toml constraints.txt
SOURCES := app.py pages components store clt_core tests bench

.PHONY: run serve demo-model test browser static check fix screenshots clean

run: demo-model serve ## install, fetch the demo model, start the dashboard

serve: $(VENV)/installed
	$(BIN)/python app.py --workspace $(WORKSPACE) $(ARGUMENTS)

demo-model: $(VENV)/installed
	@test -f $(WORKSPACE)/models/smollm2/config.json || $(BIN)/python -m clt_core fetch smollm2 --workspace $(WORKSPACE)

test: $(VENV)/installed-test browser ## install what tests need, Chromium included, and run them
	$(BIN)/python -m pytest

browser: $(VENV)/installed-test
	@tests/browser/install_chromium.sh $(BIN)/python

static: $(VENV)/installed-dev ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --warnings
	$(BIN)/lint-imports --config pyproject.toml --no-cache

check: static test ## all that CI runs

fix: $(VENV)/installed-dev ## format, and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshots: $(VENV)/installed-test browser ## renew the picture of the README from the demo, which is made first if need be
	$(BIN)/python -m clt_core demo --workspace $(WORKSPACE)
	CLT_LAB_PICTURE_OF=$(WORKSPACE) $(BIN)/python -m pytest tests/browser/test_readme_picture.py

clean: ## remove what make made, except the workspace
	rm -rf $(VENV) build *.egg-info

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "CLT Lab needs Python 3.11 or later: install it, or name it with PYTHON=/path/to/python3"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "CLT Lab needs Python 3.11 or later, $(PYTHON) is older: name another with PYTHON=/path/to/python3"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(NAMED) | $(BIN)/python
	@echo "installing CLT Lab into $(VENV): a few minutes the first time"
	$(INSTALL) -e .
	@touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(INSTALL) -e '.[test]'
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed-test
	$(INSTALL) -e '.[test,dev]'
	@touch $@
