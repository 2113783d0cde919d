# Two commands matter: `make demo` shows what steelyard does, `make test` runs every check and test.
# Both make their own environment in .venv, which costs a download the first time.

.POSIX:
.SUFFIXES:
.DEFAULT_GOAL := help
.PHONY: help demo test lint unit faults coverage tools constraints bench validate clean system

PYTHON = python3
CHANGE = better
# Where tests/packaging/podman.py keeps the containers of the tests.
CONTAINERS = /var/tmp/steelyard-test-containers
PY = .venv/bin/python
PIP = $(PY) -m pip --disable-pip-version-check

help:
	@echo 'make demo         train a model on main and on a branch, and show the comment'
	@echo 'make test         every check and test (tools that tests need: make tools)'
	@echo 'make lint         ruff, mypy, import-linter'
	@echo 'make unit         the tests that need nothing but Python and git'
	@echo 'make faults       every fault at every request of a job (half an hour)'
	@echo 'make coverage     every test, with branch coverage'
	@echo 'make bench        the performance claims, peers in the same run'
	@echo 'make validate     the statistical claims, simulated; writes docs/validation.md'
	@echo 'make constraints  resolve the locked versions again'
	@echo 'make clean        remove what these commands made'

demo: .venv/.demo
	@$(PY) examples/demo.py --change $(CHANGE)

test: .venv/.dev tools lint
	@CI="$(CI)" $(PY) -m tests all

lint: .venv/.dev
	@$(PY) -m tests lint

unit: .venv/.dev
	@$(PY) -m tests unit

faults: .venv/.dev
	@$(PY) -m tests faults

coverage: .venv/.dev tools
	@CI="$(CI)" $(PY) -m tests coverage

bench: .venv/.dev
	@$(PY) -m benchmarks

validate: .venv/.dev
	@$(PY) -m validation

tools: .venv/.dev
	@$(PY) -m tests tools

constraints: .venv/.dev
	$(PY) -m uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
		--group dev pyproject.toml examples/digits/requirements.txt --output-file constraints.txt

clean:
	rm -rf .venv .cache .steelyard demo build dist .coverage* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@if [ -w $(CONTAINERS) ]; then echo 'rm -rf $(CONTAINERS)'; rm -rf $(CONTAINERS); fi

# Each missing system package is named in two lines, before anything else can fail on it.
system:
	@command -v git > /dev/null || { echo 'error: git is missing'; \
		echo 'hint:  apt-get install git   (or your system'"'"'s equivalent)'; exit 1; } >&2
	@command -v $(PYTHON) > /dev/null || { echo 'error: $(PYTHON) is missing'; \
		echo 'hint:  apt-get install python3 python3-venv   (or make PYTHON=/path/to/python3.11)'; exit 1; } >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "error: steelyard needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) -V 2>&1)"; \
		echo 'hint:  make PYTHON=/path/to/python3.11'; exit 1; } >&2
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { echo 'error: $(PYTHON) cannot create environments'; \
		echo 'hint:  apt-get install python3-venv   (or your system'"'"'s equivalent)'; exit 1; } >&2

.venv/.demo: pyproject.toml constraints.txt examples/digits/requirements.txt
	@$(MAKE) --no-print-directory system
	@echo 'Making an environment in .venv (a download of about 200 MB the first time) …'
	@$(PYTHON) -m venv .venv
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install -c constraints.txt -r examples/digits/requirements.txt -e .
	@touch $@

.venv/.dev: .venv/.demo
	@echo 'Adding what the tests need …'
	@$(PIP) install -c constraints.txt --group dev
	@touch $@
