# The same commands for people and CI. `make` alone lists them.

SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
POETRY_VERSION := 2.5.1

# Poetry lives in a place of its own, so that any machine with Python and make will do. It is pointed at the index that
# pip uses: behind a mirror that speaks only the simple protocol it would find nothing by itself.
TOOLS := .tools
POETRY := $(TOOLS)/bin/poetry
INDEX = $(shell $(TOOLS)/bin/pip config get global.index-url 2>/dev/null \
	|| $(TOOLS)/bin/python -c 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)')
WITH_INDEX = POETRY_VIRTUALENVS_IN_PROJECT=true POETRY_VIRTUALENVS_USE_POETRY_PYTHON=true POETRY_PYPI_MIRROR_URL=$(INDEX) PIP_DISABLE_PIP_VERSION_CHECK=1
RUN := .venv/bin

# uv, which packages the Lambdas, takes the same index.
WITH_UV = UV_DEFAULT_INDEX=$${UV_DEFAULT_INDEX:-$(INDEX)}

# A project in examples/; the root's own, if none is named.
EXAMPLE ?=
# apt-get, where a browser has to be installed for the tests, is root's.
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
PROJECT = $(if $(EXAMPLE),--project examples/$(EXAMPLE))
EXAMPLES := cuisine spam housing sentiment reorder

.PHONY: help install demo train form examples test unit e2e iam shipped browser libfaketime screenshots check audit bench fuzz drill drill-aws format docs lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/installed ## what `cli` needs, into .venv

demo: .venv/installed ## install, train and serve on 127.0.0.1 (PORT=8000, EXAMPLE=spam)
	@$(WITH_UV) PORT=$(PORT) $(RUN)/cli demo $(PROJECT)

train: .venv/installed ## write a project's model into its build folder (EXAMPLE=spam)
	@$(WITH_UV) $(RUN)/cli train $(PROJECT)

form: .venv/installed ## build the web form that `cli serve` serves at /
	@$(WITH_UV) $(RUN)/cli form $(PROJECT)

examples: .venv/installed-dev ## train each example on all of its data, five times; serve them
	@for name in $(EXAMPLES); do \
		$(WITH_UV) $(RUN)/cli train --project examples/$$name --seeds 5 || exit 1; \
	done
	$(WITH_UV) WHOLE=1 $(RUN)/pytest -q tests/examples

# Compiled first: Poetry leaves sources, and where PYTHONDONTWRITEBYTECODE is set a thousand processes would each compile
# what they import, which takes them twice as long.
test: .venv/installed-dev .tools/ministack node_modules/.installed webform/node_modules/.installed browser libfaketime check ## install what tests need and run everything
	@$(RUN)/python -m compileall -qq -j 0 -x '/(tests?|mypyc?|pip|samtranslator|networkx|sympy)/' .venv/lib || true
	@$(RUN)/python -m compileall -qq -j 0 app bench commands serving worker tests cli.py
	$(WITH_UV) $(RUN)/pytest -q -m "not alone" -n auto --dist loadscope --no-loadscope-reorder
	$(RUN)/pytest -q -m alone tests/test_quarantine.py tests/test_slow_models.py

unit: .venv/installed-dev ## the tests that start no service
	$(RUN)/pytest -q

e2e: .venv/installed-dev .tools/ministack node_modules/.installed webform/node_modules/.installed browser ## deploy to an emulated AWS with `cli deploy`, and drive it
	$(WITH_UV) $(RUN)/pytest -q tests/aws/e2e

iam: .venv/installed-dev .tools/ministack node_modules/.installed ## what breaks without each statement of each role
	$(RUN)/pytest -q tests/aws/test_iam.py tests/aws/test_ci_role.py tests/aws/test_stack_rights.py

shipped: .venv/installed-dev .tools/ministack ## the zips for Lambda under its own client; on its Python alone: make PYTHON=python3.13 shipped
	SHIPPED=1 $(WITH_UV) $(RUN)/pytest -q tests/test_bench.py

browser: ## install a browser for the tests, where there is none
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
		{ echo "Installing Debian's chromium"; $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends chromium >/dev/null; }

libfaketime: ## install a clock that can jump, for the drill, where there is none
	@$(if $(wildcard /usr/lib*/faketime/libfaketimeMT.so.1 /usr/lib/*/faketime/libfaketimeMT.so.1),:,\
		command -v apt-get >/dev/null || { echo "No apt-get here: without libfaketime the drill's clock does not jump"; exit 0; }; \
		echo "Installing Debian's libfaketime"; $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends libfaketime >/dev/null)

screenshots: .venv/installed-dev webform/node_modules/.installed browser ## take the form's pictures in docs/form anew
	SCREENSHOTS=docs/form $(RUN)/pytest -q tests/webform/test_looks.py

check: .venv/installed-dev webform/node_modules/.installed ## ruff, mypy strict, import contracts, the lock file; biome, tsc and vitest
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(WITH_INDEX) $(POETRY) check --lock
	$(RUN)/python -m commands.webform.checking

drill: .venv/installed-dev libfaketime ## break the service on this machine in every way we know; nothing may be lost (SEED=1)
	@$(RUN)/python -m bench.drill $(if $(SEED),--seed $(SEED))

drill-aws: .venv/installed-dev .tools/ministack node_modules/.installed ## the same on an emulated AWS, with dead letters that are tried again (SEED=1)
	@$(WITH_UV) $(RUN)/python -m bench.drill.aws $(if $(SEED),--seed $(SEED))

audit: .venv/installed ## ask the advisory services what is known of what is shipped: pip-audit, npm audit
	@$(WITH_UV) $(RUN)/python -m commands.auditing

bench: .venv/installed-dev .tools/ministack ## what everything costs beside the least that it could: a table, docs/bench.png
	@$(WITH_UV) $(RUN)/python -m bench --picture docs/bench.png

CASES ?= 10000
fuzz: .venv/installed-dev ## ten thousand requests made from the OpenAPI document, all of schemathesis's checks (CASES=10000)
	$(RUN)/python -m bench.fuzz --cases $(CASES)

format: .venv/installed-dev ## let ruff format and mend
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

docs: .venv/installed-dev ## write README's generated parts anew
	$(RUN)/python -m commands.readme
	$(RUN)/python -m commands.architecture

lock: $(POETRY) ## write poetry.lock anew
	$(WITH_INDEX) $(POETRY) lock

clean: ## remove what the other commands made, models and results included
	rm -rf .venv $(TOOLS) node_modules webform/node_modules webform/dist .serverless .state build .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis

$(POETRY):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15) and "Python 3.11 to 3.14 is needed: make PYTHON=python3.13")'
	@echo "Installing Poetry $(POETRY_VERSION) into $(TOOLS)"
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/pip install -qq --disable-pip-version-check poetry==$(POETRY_VERSION) poetry-plugin-pypi-mirror==0.6.5

.venv/installed: poetry.lock pyproject.toml | $(POETRY)
	@$(WITH_INDEX) $(POETRY) sync --without dev
	@touch $@

.venv/installed-dev: poetry.lock pyproject.toml | $(POETRY)
	@$(WITH_INDEX) $(POETRY) sync
	@touch $@ .venv/installed

webform/node_modules/.installed: webform/package.json webform/package-lock.json | .venv/installed-dev
	@$(WITH_UV) $(RUN)/python -m commands.webform.building
	@touch $@

node_modules/.installed: package.json package-lock.json | .venv/installed-dev
	@$(RUN)/python -m commands.aws.osls
	@touch $@

.tools/ministack: tests/aws/requirements.txt | $(POETRY)
	@rm -rf $@
	@echo "Installing the emulated AWS into $@"
	@$(PYTHON) -m venv $@
	@$@/bin/pip install -qq --disable-pip-version-check -r tests/aws/requirements.txt
