# `make demo` shows the whole road on a small project; `make test` runs every test. Both make their own environment.

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin

.PHONY: demo test check format docs clean

demo: $(VENV)/.ready
	$(BIN)/ambient demo

# The unit tests side by side; what starts servers, sandboxes and editors one after the other. Both are run in any case.
test: $(VENV)/.ready
	$(BIN)/python -m pytest -n auto --dist loadfile tests/unit; unit=$$?; \
	$(BIN)/python -m pytest --ignore tests/unit && exit $$unit

check: $(VENV)/.ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.ready
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/.ready
	$(BIN)/python -m ambient_lsp.config_page > docs/configuration.md
	$(BIN)/python -m ambient_lsp.analyzers.rule_pages
	$(BIN)/python docs/list_files.py

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV)
