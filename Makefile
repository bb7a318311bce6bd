# Every entry point of the project. `make` alone lists them.
#
# The commands run in .venv, which the first of them builds from the lock in requirements/. The interpreter is
# chosen with PYTHON: `make test PYTHON=python3.13 VENV=.venv-3.13` keeps a second environment beside the first.

PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
BENCH_VENV ?= .venv-bench
BENCH_PY := $(BENCH_VENV)/bin/python
# Neighbours stay together, so that most fixtures of a folder are made once; who is done takes over from the other.
TEST_FLAGS ?= -n 2 --dist worksteal

# Set in many containers: then each of the processes that tests start would compile all sources anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv demo test check format docs pictures bench quality soak sbom audit serve lock lock-node clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

venv: $(VENV)/.installed ## build .venv from the lock

demo: $(VENV)/.installed ## start the server on a recorded answer and ask it a question: no model, no network, no key
	$(PY) scripts/demo.py

test: $(VENV)/.installed ## run the tests, with coverage
	$(PY) -m pytest --cov $(TEST_FLAGS)

CHECKS := check-format check-lint check-types check-imports check-size check-docs check-reference check-compatibility
.PHONY: $(CHECKS)
check: $(CHECKS) ## format, lint, types, import contracts, sizes, docs; `make -k check` goes on after a breach
$(CHECKS): $(VENV)/.installed
check-format: ; $(PY) -m ruff format --check .
check-lint: ; $(PY) -m ruff check .
check-types: ; $(PY) -m mypy
check-imports: ; $(VENV)/bin/lint-imports --no-logo
check-size: ; $(PY) scripts/check_size.py
check-docs: ; $(PY) scripts/check_docs.py
check-reference: ; $(PY) scripts/make_docs.py --check
check-compatibility: ; $(PY) scripts/check_compatibility.py

format: $(VENV)/.installed ## rewrite the code as `make check` wants it
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

docs: $(VENV)/.installed ## write the generated parts of docs/reference again
	$(PY) scripts/make_docs.py

pictures: $(VENV)/.installed ## take the pictures of the console for the docs again; needs Chromium
	ANTIPHON_PICTURES=docs/pictures/console $(PY) -m pytest -m soak --timeout 0 tests/console/test_pictures.py

bench: $(BENCH_VENV)/.installed ## measure this server against a plain proxy (needs a C compiler); ARGS=--quick for a look
	$(MAKE) -C bench tools
	$(BENCH_PY) -m bench.run $(ARGS)

quality: $(VENV)/.installed ## measure retrieval on the labelled set
	$(PY) scripts/measure_retrieval.py --held-back

soak: $(VENV)/.installed ## run the long tests
	$(PY) -m pytest -m soak --timeout 0

sbom: $(VENV)/.installed ## write what the program is made of to build/sbom.json, as CycloneDX
	@mkdir -p build
	$(PY) scripts/sbom.py requirements/run.txt > build/sbom.json

audit: .venv-audit/.locked ## hold the locks against the known vulnerabilities; needs the network
	for lock in run test audit; do \
		.venv-audit/bin/pip-audit --disable-pip --require-hashes --requirement requirements/$$lock.txt || exit 1; \
	done

serve: $(VENV)/.installed ## start the server; ARGS="--port 9000" adds flags
	$(PY) -m antiphon.cli serve $(ARGS)

# Extras stay in the locks, and the locks are installed as they stand: some versions of pip look for the newest release
# of `name[extra]` where only `name` is pinned.
LOCK = $(VENV)/bin/uv pip compile --no-config --quiet --universal --generate-hashes --no-emit-index-url --no-strip-extras \
	--overrides requirements/overrides.txt --python-version 3.11 --custom-compile-command 'make lock' --extra postgres $(LOCK_FLAGS)
# The clients of other servers that a test runs, and what audits the locks: each in an environment of its own, with
# nothing of ours.
LOCK_CLIENT = $(VENV)/bin/uv pip compile --no-config --quiet --universal --generate-hashes --no-emit-index-url --no-strip-extras \
	--custom-compile-command 'make lock' $(LOCK_FLAGS)

lock: $(VENV)/.installed ## write the locks again; LOCK_FLAGS=--upgrade takes the newest versions
	$(LOCK) pyproject.toml -o requirements/run.txt
	$(LOCK) --extra mcp --extra yaml --extra zstd --extra files --extra embed --extra s3 --extra oidc --extra otel \
		pyproject.toml requirements/test.in -o requirements/test.txt
	$(LOCK) --extra mcp pyproject.toml requirements/bench.in -o requirements/bench.txt
	$(LOCK_CLIENT) --python-version 3.11 requirements/clients-ogx.in -o requirements/clients-ogx.txt
	$(LOCK_CLIENT) --python-version 3.12 requirements/clients-llama-stack.in -o requirements/clients-llama-stack.txt
	$(LOCK_CLIENT) --python-version 3.11 requirements/clients-agents.in -o requirements/clients-agents.txt
	$(LOCK_CLIENT) --python-version 3.11 requirements/clients-moto.in -o requirements/clients-moto.txt
	$(LOCK_CLIENT) --python-version 3.11 requirements/audit.in -o requirements/audit.txt

lock-node: ## write the locks of the clients for Node again; needs npm
	cd tests/clients/node && npm install --package-lock-only
	cd tests/clients/codex && npm install --package-lock-only
	cd tests/clients/axe && npm install --package-lock-only

clean: ## remove what the other targets made
	rm -rf $(VENV) $(BENCH_VENV) .venv-audit .venv-clients build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -f .coverage .coverage.*
	$(MAKE) -C bench clean
	find src tests scripts bench -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment is rebuilt in place when its lock changes, and the project is linked into it again when
# pyproject.toml does. Each step leaves a stamp, so that an interrupted one is done again. uv needs a quarter of pip's
# time; pip does what uv doesn't get, since pip may have been told more of where packages are.
INSTALL = $(@D)/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes --no-deps

define CREATE_VENV
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo "Antiphon needs Python 3.11 or newer, and '$(PYTHON)' is not that: $$($(PYTHON) --version 2>&1)." >&2; \
	echo "Name another interpreter: make PYTHON=python3.12 $(or $(MAKECMDGOALS),venv)" >&2; exit 1; }
$(PYTHON) -m venv $(@D)
@sed -n '/^uv==/,/[^\]$$/p' requirements/test.txt > $(@D)/uv.txt
$(INSTALL) -r $(@D)/uv.txt
$(@D)/bin/uv pip install --quiet --python $(@D)/bin/python --require-hashes --no-deps -r $< || $(INSTALL) -r $<
@touch $@
endef

define LINK_PROJECT
$(@D)/bin/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
@touch $@
endef

$(VENV)/.locked: requirements/test.txt
	$(CREATE_VENV)

$(BENCH_VENV)/.locked: requirements/bench.txt
	$(CREATE_VENV)

.venv-audit/.locked: requirements/audit.txt
	$(CREATE_VENV)

$(VENV)/.installed: $(VENV)/.locked pyproject.toml
	$(LINK_PROJECT)

$(BENCH_VENV)/.installed: $(BENCH_VENV)/.locked pyproject.toml
	$(LINK_PROJECT)
