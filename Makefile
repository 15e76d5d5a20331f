# Everything a newcomer needs: Python 3.11 or newer with venv, git and make. All paths are relative, so that a clone
# works from a folder with spaces in its name; a stamp in .venv makes the second run of a target do nothing.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHON

python := .venv/bin/python
bundle := app/http/static/graphiql/manifest.json
outside := tests/web/node_modules/.stamp
web_sources := web/build.mjs $(wildcard web/src/*)
compile := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-config --custom-compile-command "make lock" pyproject.toml --group setup

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: .venv/.run ## set up what is missing, then serve the demo on 127.0.0.1:8000
	@$(MAKE) --no-print-directory --silent web || \
		echo "spendable: GraphiQL could not be bundled; the server starts without it. Run 'make web' to try again." >&2
	@exec .venv/bin/spendable demo

.PHONY: install
install: .venv/.dev ## set up .venv with everything development needs

.PHONY: test
test: .venv/.dev $(bundle) $(outside) ## run the whole test suite, on SQLite and on PostgreSQL
	$(python) -m pytest

.PHONY: test-browser
test-browser: .venv/.dev $(bundle) $(outside) ## run the tests in a headless Chromium, which the system must have
	$(python) -m pytest tests/browser

.PHONY: test-contract
test-contract: .venv/.contract ## let Schemathesis ask and change whatever the schema offers
	$(python) -m pytest tests/contract

.PHONY: lint
lint: .venv/.dev ## check style, formatting, types and the import contracts
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache

.PHONY: format
format: .venv/.dev ## rewrite the code in the house format
	.venv/bin/ruff check --fix-only --quiet
	.venv/bin/ruff format

.PHONY: soak
soak: .venv/.dev ## run the simulations a hundred times as long as the test suite does
	SPENDABLE_TEST_SOAK=100 $(python) -m pytest -m simulation

.PHONY: bench bench-peers
bench: .venv/.dev $(bundle) bench-peers ## measure beside pgbench, peers and floors, and write docs/reference/performance.md
	$(python) -m benchmarks --write

.PHONY: bench-growth
bench-growth: .venv/.dev ## measure whether it stays as fast with ten million entries, and write what was found
	$(python) -m benchmarks.growth --write

.PHONY: bench-memory
bench-memory: .venv/.dev ## watch the memory of each worker under ten minutes of mixed work
	$(python) -m benchmarks.memory

bench-peers: benchmarks/peers/postgraphile/node_modules/.stamp

benchmarks/peers/postgraphile/node_modules/.stamp: .venv/.run benchmarks/peers/postgraphile/package-lock.json
	@echo "spendable: fetching the peers to measure beside"
	@. tools/node.sh && cd benchmarks/peers/postgraphile && npm ci --no-progress --loglevel=error >/dev/null
	@touch $@

.PHONY: fuzz
fuzz: .venv/.dev $(bundle) ## send 500,000 requests of all sorts, 25 times as many as the test suite does
	SPENDABLE_TEST_FUZZ=500000 $(python) -m pytest tests/fuzz -s

.PHONY: bench-edge
bench-edge: .venv/.dev ## attack a server of its own on the loopback interface for three minutes, and print what it held
	$(python) -m benchmarks.edge

.PHONY: lock
lock: .venv/.dev ## resolve the dependencies anew into requirements/*.lock and web/package-lock.json
	$(compile) --upgrade --output-file requirements/run.lock
	$(compile) --upgrade --group dev --constraint requirements/run.lock --output-file requirements/dev.lock
	$(compile) --upgrade --group contract --constraint requirements/dev.lock --output-file requirements/contract.lock
	. tools/node.sh && (cd web && npm install --package-lock-only) && cd tests/web && npm install --package-lock-only

.PHONY: web
web: $(bundle) ## bundle GraphiQL into app/http/static/graphiql

.PHONY: clean
clean: ## remove everything the other targets made, except var/ with its databases
	rm -rf .venv app/http/static/graphiql web/node_modules tests/web/node_modules build dist htmlcov .coverage .coverage.* \
		.hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find app tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The locks are complete, so nothing is resolved: pip would look at releases newer than the lock and refuse them.
.venv/.run: requirements/run.lock pyproject.toml
	@sh tools/venv.sh
	@echo "spendable: installing what the server needs into .venv"
	@$(python) -m pip install -qq --require-hashes --no-deps --requirement requirements/run.lock
	@$(python) -m pip install -qq --no-build-isolation --no-deps --editable .
	@touch $@

.venv/.dev: .venv/.run requirements/dev.lock
	@echo "spendable: installing what development needs into .venv"
	@$(python) -m pip install -qq --require-hashes --no-deps --requirement requirements/dev.lock
	@touch $@

.venv/.contract: .venv/.dev requirements/contract.lock
	@echo "spendable: installing what tries the API by its schema into .venv"
	@$(python) -m pip install -qq --require-hashes --no-deps --requirement requirements/contract.lock
	@touch $@

web/node_modules/.stamp: .venv/.run web/package.json web/package-lock.json web/.npmrc
	@echo "spendable: fetching what the GraphiQL bundle is made of"
	@. tools/node.sh && cd web && npm ci --no-progress --loglevel=error >/dev/null
	@touch $@

$(outside): .venv/.run tests/web/package.json tests/web/package-lock.json tests/web/.npmrc
	@echo "spendable: fetching what looks at the server from outside"
	@. tools/node.sh && cd tests/web && npm ci --no-progress --loglevel=error >/dev/null
	@touch $@

$(bundle): web/node_modules/.stamp $(web_sources)
	@echo "spendable: bundling GraphiQL"
	@. tools/node.sh && cd web && node build.mjs
