# The verbs of the house. Everything they need, they set up: `make run` and `make test` work in a fresh clone.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: run test setup check prove firmware golden recordings containers

run: $(STAMP)  ## the demonstration: a house that is taught by flipping switches; ARGS="--fast" does not wait
	@$(BIN)/safu demo $(ARGS)

test: $(STAMP) check  ## every check, with a real broker; at most 12 minutes
	$(BIN)/python -m pytest -m "not prove" -n 2 --dist loadfile $(ARGS)

setup: $(STAMP)  ## only make the virtual environment and install system packages

check: $(STAMP)  ## the static checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q device trainer firmware_export

prove: $(STAMP)  ## the long proofs: kills at random moments, break-ins into containers
	$(BIN)/python -m pytest -m prove $(ARGS)

firmware: $(STAMP)  ## images for microcontrollers, run in QEMU: what they take, as table and plot in ./firmware
	$(BIN)/python -m firmware_export.board_report $(ARGS)

golden: $(STAMP)  ## on purpose: what tests compare firmwares with, anew
	$(BIN)/python -m firmware_export.board_report --golden tests/golden/firmware.json

recordings: $(STAMP)  ## make the demo's recordings anew; needs the synthesisers that scripts/make_recordings.py names
	$(BIN)/python -m scripts.make_recordings

containers:  ## the images safu-device and safu-trainer, with docker or, as root on Debian, without
	@PYTHON=$(PYTHON) scripts/containers.sh

$(STAMP): pyproject.toml scripts/setup.sh
	@PYTHON=$(PYTHON) scripts/setup.sh $(VENV)
	@touch $@
