# Two commands for a new user: `make demo` and `make test`. Each works without the other.
# Needs: Python 3.11 or newer with venv, pip and make. `make test` also needs Chromium and
# PostgreSQL; it asks apt for them where they are missing and apt is there.

SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8501

.PHONY: demo test check proof bench lint types imports docs requirements record screenshots clean

demo: $(VENV)/demo.stamp
	@$(BIN)/medaudit demo --port $(PORT)

# Without a network the weights are missing and the tests that need them skip, saying so.
test: $(VENV)/dev.stamp chromium postgresql
	-$(BIN)/medaudit model fetch
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(VENV)/dev.stamp lint types imports docs test

lint: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

imports: $(VENV)/dev.stamp
	$(BIN)/lint-imports

docs: $(VENV)/dev.stamp
	$(BIN)/python scripts/docs.py --check

# Full-count kill tests, coverage simulations and load: an hour and more. Installs Ray and ONNX as well.
proof: $(VENV)/proof.stamp chromium postgresql
	-$(BIN)/medaudit model fetch
	MEDAUDIT_PROOF=full $(BIN)/python -m pytest -n 2 --dist loadgroup --timeout 7200

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks

# The recorded run in data/recorded, made again by the tool itself.
record: $(VENV)/demo.stamp
	$(BIN)/medaudit demo record

screenshots: $(VENV)/dev.stamp chromium
	$(BIN)/python scripts/screenshots.py

# An install that is interrupted leaves no stamp, so the next call mends it.
$(VENV)/demo.stamp: requirements/demo.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("medaudit needs Python 3.11 or newer, this is %s; set PYTHON=" % sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements/demo.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/dev.stamp: requirements/dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/proof.stamp: requirements/proof.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements/proof.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] \
	  && apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium fonts-dejavu >/dev/null; } \
	  || { echo "Chromium is needed for the browser tests: apt-get install chromium"; exit 1; }

# The tests start a server of their own from it, in a temporary folder and on a free port.
.PHONY: postgresql
postgresql:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
	  || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] \
	  && apt-get -qq update && apt-get -qq install -y --no-install-recommends postgresql >/dev/null; } \
	  || { echo "PostgreSQL is needed for the journal's tests: apt-get install postgresql"; exit 1; }

# Hash-pinned, names no index host.
requirements: $(VENV)/dev.stamp
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-annotate --universal --python-version 3.11 --extra local --extra build pyproject.toml -o requirements/demo.txt
	$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-annotate --universal --python-version 3.11 --extra local --extra build --extra dev pyproject.toml -c requirements/demo.txt -o requirements/dev.txt
	$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-annotate --universal --python-version 3.11 --extra local --extra build --extra dev --extra cluster --extra nli --extra proof pyproject.toml -c requirements/dev.txt -o requirements/proof.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
