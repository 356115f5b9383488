# make install    set-up alone, into .venv          make run [PORT=7860] [HOST=127.0.0.1]   the app
# make test       the tests, a real browser's too   make lint                               ruff
# make bench      simulator speed                   make bench-sessions   100,000 stored sessions
# make bench-reload  a page after a reload          make bench-watchers   100 browsers follow sessions
# make bench-fuzz  mutated session files
# make bench-deadlines  results beside busy loops  make bench-long  a session of 1,000 turns
# make bench-ray  a Ray cluster beside the local pool
# make guide-pictures  of docs/guide.md             make train / queries / evaluate         models and their table
SHELL := /bin/bash
.DELETE_ON_ERROR:
PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --no-compile
HOST ?= 127.0.0.1
PORT ?= 7860
OUT ?= runs/evaluation
# Circuits that queries are made for, with commas; none: all.
CIRCUITS ?=
# An extra package index with CPU builds of torch, for machines where the plain one takes CUDA.
TORCH_INDEX ?=
# More options for the command behind a target, such as ARGS="--steps 10".
ARGS ?=

.PHONY: run install test lint bench bench-deadlines bench-sessions bench-watchers bench-reload bench-fuzz bench-long bench-ray train queries evaluate guide-pictures
run: install
	$(PY) app.py --host $(HOST) --port $(PORT) $(ARGS)

install: .venv/app.stamp

test: .venv/dev.stamp
	$(PY) -m pytest -n 3 --dist worksteal $(ARGS)

lint: .venv/dev.stamp
	.venv/bin/ruff check .

bench: .venv/app.stamp
	scripts/apt_install.sh "the ngspice command, to compare with" ngspice
	$(PY) -m tests.bench.simulator $(ARGS)

bench-deadlines: .venv/dev.stamp
	$(PY) -m tests.bench.deadlines $(ARGS)

bench-sessions: .venv/dev.stamp
	$(PY) -m tests.bench.sessions $(ARGS)

bench-watchers: .venv/dev.stamp
	$(PY) -m tests.bench.watchers $(ARGS)

bench-reload: .venv/dev.stamp
	$(PY) -m tests.bench.reload $(ARGS)

bench-ray: .venv/dev.stamp
	$(PIP) -r requirements-ray.txt
	$(PY) -m tests.bench.ray_seats $(ARGS)

bench-long: .venv/dev.stamp
	$(PY) -m tests.bench.long $(ARGS)

bench-fuzz: .venv/dev.stamp
	$(PY) -m tests.bench.fuzz $(ARGS)

train: .venv/train.stamp
	$(PY) -m sizing_app train $(ARGS)

queries: .venv/train.stamp
	$(PY) -m sizing_app queries $(if $(CIRCUITS),--circuits $(CIRCUITS)) $(ARGS)

evaluate: .venv/train.stamp
	$(PY) -m sizing_app evaluate --out $(OUT) --traces $(ARGS)

guide-pictures: .venv/dev.stamp
	$(PY) -m pytest tests/e2e/test_guide_pictures.py -m pictures $(ARGS)

# Each stamp is newer than what it was made from, so that a second run installs nothing.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || scripts/apt_install.sh "virtual environments of Python" python3-venv
	$(PYTHON) -m venv .venv

.venv/app.stamp: requirements.txt requirements-pdk.txt | .venv/bin/python
	@$(PY) -c 'import ctypes.util, sys; sys.exit(not ctypes.util.find_library("ngspice"))' || scripts/apt_install.sh "the simulator" libngspice0
	@echo "Installing the app into .venv: a few minutes the first time"
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -r requirements-pdk.txt
	@touch $@

.venv/train.stamp: requirements-train.txt .venv/app.stamp
	@echo "Installing torch and transformers: a few minutes the first time"
	$(PIP) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -r requirements-train.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt requirements-postgres.txt .venv/train.stamp
	@command -v chromium >/dev/null || scripts/apt_install.sh "browser tests" chromium
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || scripts/apt_install.sh "the store's tests" postgresql
	@command -v ngspice >/dev/null || scripts/apt_install.sh "the reference for the simulator's tests" ngspice
	$(PIP) -r requirements-dev.txt
	@touch $@
