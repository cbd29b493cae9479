# Casework. `make run` serves, `make test` tests; both need Python 3.11 or later, git and make.
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
WORKERS ?= 2
ARGS ?=
# A folder of wheels to install from where there is no index; `make wheelhouse` fills one.
OFFLINE ?=
# What is compiled once is kept, whatever the environment says.
export PYTHONDONTWRITEBYTECODE =
BIN = $(VENV)/bin
BENCH = build/bench/venv
SITE = $$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
# Away from an index, nothing that a configuration file or the environment names may help out.
PIP = $(if $(OFFLINE),PIP_CONFIG_FILE=/dev/null )$(BIN)/python -m pip --disable-pip-version-check
FROM = $(if $(OFFLINE),--isolated --no-index --find-links "$(OFFLINE)")
COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate

.PHONY: help install run test check prove mutants bench wheelhouse lock openapi migration

help:
	@echo "make run [PORT=8000]        install, create and migrate the database, load the demo, serve"
	@echo "make test [ARGS=...]        everything, on SQLite and on a PostgreSQL of its own"
	@echo "make check                  ruff, mypy, import contracts, hadolint"
	@echo "make prove [ARGS=...]       the long proofs"
	@echo "make mutants [ARGS=...]     breaks the wall bit by bit; the tests must notice each time"
	@echo "make bench [ARGS=...]       speed beside a ceiling and a peer; docs/performance.md"
	@echo "make install [OFFLINE=dir]  the virtual environment; from a folder of wheels, with no index"
	@echo "make wheelhouse             that folder, and a proof that it is enough"
	@echo "make migration MESSAGE=...  drafts a migration from what the models declare"
	@echo "make openapi                build/openapi.json"
	@echo "make lock                   exact versions with hashes, from requirements/*.in (needs uv)"

$(VENV)/runtime.stamp: requirements/runtime.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Casework needs Python 3.11 or later; name one: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --require-hashes $(FROM) -r requirements/runtime.lock
	printf '#!/bin/sh\nexec "%s/python" -c "from app.cli.start import main; main()" "$$@"\n' "$(abspath $(BIN))" > $(BIN)/casework
	printf '#!/bin/sh\nexec "%s/python" "%s" "$$@"\n' "$(abspath $(BIN))" "$(CURDIR)/app/verify.py" > $(BIN)/casework-verify
	chmod +x $(BIN)/casework $(BIN)/casework-verify
	echo "$(CURDIR)" > "$(SITE)/casework.pth"
	touch $@

$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/runtime.stamp
	$(PIP) install --quiet --require-hashes $(FROM) -r requirements/dev.lock
	touch $@

# What measures has an environment of its own: the peer and its server are nobody's dependency.
$(BENCH)/bench.stamp: VENV = $(BENCH)
$(BENCH)/bench.stamp: requirements/bench.lock
	$(PYTHON) -m venv $(BENCH)
	$(PIP) install --quiet --require-hashes $(FROM) -r requirements/bench.lock
	touch $@

install: $(VENV)/runtime.stamp

run: install
	$(BIN)/casework run --port $(PORT)

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: $(VENV)/dev.stamp
	$(BIN)/ruff check app tests migrations bench
	$(BIN)/ruff format --check app tests migrations bench
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

migration: $(VENV)/dev.stamp
	$(BIN)/casework migration "$(MESSAGE)"
	$(BIN)/ruff format --quiet migrations

prove: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n $(WORKERS) -m prove $(ARGS)

mutants: $(VENV)/dev.stamp
	$(BIN)/python -m tests.mutation $(ARGS)

bench: $(BENCH)/bench.stamp
	$(BENCH)/bin/python -m bench $(ARGS)

# For machines of the kind and the version of Python that it is made with.
wheelhouse: $(VENV)/runtime.stamp
	rm -rf wheelhouse build/air-gap
	$(PIP) download --quiet --require-hashes --only-binary :all: -r requirements/runtime.lock -d wheelhouse
	$(MAKE) --no-print-directory install VENV=build/air-gap OFFLINE=wheelhouse
	build/air-gap/bin/casework --help > /dev/null
	@echo "wheelhouse/: $$(ls wheelhouse | wc -l) wheels; installed from it with no index, and casework starts"

lock:
	$(COMPILE) requirements/runtime.in -o requirements/runtime.lock
	$(COMPILE) requirements/dev.in -o requirements/dev.lock
	$(COMPILE) --constraint requirements/runtime.lock requirements/bench.in -o requirements/bench.lock

openapi: install
	rm -rf build/openapi && mkdir -p build/openapi
	cd build/openapi && "$(abspath $(BIN))/casework" migrate && "$(abspath $(BIN))/casework" openapi > ../openapi.json
