# Casework. `make run` serves, `make test` tests; both need Python 3.11 or later, git and make.
PYTHON ?= python3
PORT ?= 8000
ARGS ?=

.PHONY: help install run test check

help:
	@echo "make install | run [PORT=...] | test [ARGS=...] | check"

.venv/runtime.stamp: requirements/runtime.lock
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --require-hashes -r requirements/runtime.lock
	printf '#!/bin/sh\nexec "%s/.venv/bin/python" -c "from app.cli.main import main; main()" "$$@"\n' "$(CURDIR)" > .venv/bin/casework
	chmod +x .venv/bin/casework
	echo "$(CURDIR)" > "$$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/casework.pth"
	touch $@

.venv/dev.stamp: requirements/dev.lock .venv/runtime.stamp
	.venv/bin/python -m pip install --quiet --require-hashes -r requirements/dev.lock
	touch $@

install: .venv/runtime.stamp

run: install
	.venv/bin/casework run --port $(PORT)

test: .venv/dev.stamp
	.venv/bin/python -m pytest $(ARGS)

check: .venv/dev.stamp
	.venv/bin/ruff check app tests migrations
	.venv/bin/ruff format --check app tests migrations
	.venv/bin/mypy
	.venv/bin/lint-imports
