# One set of targets for people and for CI.
#     make demo    the whole loop on the virtual boards, and a report to look at
#     make test    every test that needs no board
# Last seen to end with 0, both, on fresh machines: Debian 12 (Python 3.11, GCC 12.2) at a6e9e28, and Debian 13 (Python 3.13,
# GCC 14.2) at 6ea95fd, on 2026-11-29. Nobody has run them on Ubuntu.
# On one machine several checkouts may live side by side: everything they make stays inside them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TINYHOST := $(BIN)/tinyhost
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

EXT_SOURCES := firmware/CMakeLists.txt $(shell find host/ext firmware/lib -name '*.cpp' -o -name '*.h' -o -name CMakeLists.txt)
CPP_SOURCES := $(shell git ls-files --cached --others --exclude-standard 'firmware/*.cpp' 'firmware/*.h' 'host/ext/*.cpp' 'host/ext/*.h')

# Compiled modules are kept, also where the environment says otherwise: tests start Python a thousand times.
unexport PYTHONDONTWRITEBYTECODE

# Tests wait for boards more than half of the time, so five processes share two cores.
WORKERS ?= $(shell expr 5 '*' $$(nproc) / 2)

# What `make bench` measures, and what it compares the figures with (docs/reference/performance.md).
MODELS ?= models/vww build/networks
HISTORY ?= docs/reference/performance/history.json
PAGE ?= docs/reference/performance/figures.md

.PHONY: help setup setup-dev setup-train demo test sanitized test-firmware fuzz-short check firmware-images docs picture format bench bench-append \
  bench-if-changed bench-labs bench-machine soak soak-jumpstarter soak-kills soak-lab soak-upload soak-nano fuzz fuzz-python frontend-parity oracle-long train published evaluate clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

# The last thing that a whole environment gets; one that was cut short is made again.
$(BIN)/pip:
	scripts/install_packages.sh run
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml $(EXT_SOURCES) | $(BIN)/pip
	$(BIN)/python -m pip uninstall --yes --quiet --quiet tinyhost
	$(PIP_INSTALL) --editable '.[tour]'
	@touch $@

$(VENV)/.dev: pyproject.toml $(EXT_SOURCES) | $(BIN)/pip
	scripts/install_packages.sh dev
	$(BIN)/python -m pip uninstall --yes --quiet --quiet tinyhost
	$(PIP_INSTALL) --editable '.[dev,tour]'
	@touch $@ $(VENV)/.run

$(VENV)/.train: $(VENV)/.run
	$(PIP_INSTALL) --editable '.[tour,train]'
	@touch $@

# labgrid for the tests of labs, in an environment of its own: it brings another package `serial`.
LABGRID := labgrid==26.0.1
build/labgrid/bin/labgrid-client:
	$(PYTHON) -m venv build/labgrid
	build/labgrid/bin/python -m pip install --quiet --disable-pip-version-check '$(LABGRID)'

JUMPSTARTER := jumpstarter-cli==0.9.* $(foreach driver,composite http-power network pyserial,jumpstarter-driver-$(driver)==0.9.*)
build/jumpstarter/bin/jmp:
	$(PYTHON) -m venv build/jumpstarter
	build/jumpstarter/bin/python -m pip install --quiet --disable-pip-version-check $(JUMPSTARTER)

setup: $(VENV)/.run  ## install what the tool needs: Debian packages and a virtual environment
setup-dev: $(VENV)/.dev  ## that, and what tests and checks need
setup-train: $(VENV)/.train  ## that, and TensorFlow

demo: setup  ## the README's tour on the virtual boards: flash, capture, push, monitor, bench; minutes, no TensorFlow
	$(BIN)/python -m scripts.demo

# While fuzzers run for their seconds, tests are compiled once, rather than by each of the processes that share them.
test: setup-dev build/labgrid/bin/labgrid-client sanitized  ## unit, firmware, native, m4 and HIL tests, short fuzzing, the commands of the docs
	$(BIN)/python -m pytest --collect-only -qq > /dev/null & \
	  ctest --test-dir build/sanitized --label-exclude long --output-on-failure --parallel $(shell nproc); \
	  passed=$$?; wait; exit $$passed
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder

sanitized: setup-dev
	cmake -S firmware --preset sanitized
	cmake --build build/sanitized

test-firmware: sanitized  ## the unit tests of the firmware's libraries, with sanitizers
	ctest --test-dir build/sanitized --label-exclude 'short|long' --output-on-failure --parallel $(shell nproc)

fuzz-short: sanitized  ## some seconds of each fuzz target
	ctest --test-dir build/sanitized --label-regex short --output-on-failure --parallel $(shell nproc)

check: setup-dev docs  ## ruff, vermin, mypy --strict, clang-format, generated files up to date, links of the documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/vermin --target=3.10- --no-tips --eval-annotations --backport typing --exclude tomllib --quiet host/tinyhost scripts hil
	$(BIN)/mypy & here=$$!; \
	  $(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32 host/tinyhost && \
	  $(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin host/tinyhost && wait $$here
	@echo clang-format --dry-run --Werror
	@$(BIN)/clang-format --dry-run --Werror $(filter-out %/messages.h %/limits.h %/status.h %/image_format.h,$(CPP_SOURCES))
	$(BIN)/python scripts/generate_protocol.py --check
	$(BIN)/python scripts/generate_vectors.py --check
	$(BIN)/python -m scripts.generate_docs --check
	$(BIN)/python -m scripts.package_firmware --check

firmware-images: setup-dev  ## the Nano's programs in the package, ready to flash, made again from the sources
	$(BIN)/python -m scripts.package_firmware

docs: setup-dev  ## the documentation as a site, in build/site, with every link checked
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

picture: setup-dev  ## docs/images/monitor.svg, the README's picture of the monitor, from a real run
	$(BIN)/python scripts/make_monitor_picture.py

format: setup-dev  ## let ruff and clang-format format everything
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $(filter-out %/messages.h %/limits.h %/status.h %/image_format.h,$(CPP_SOURCES))

bench: setup  ## figures of the shipped model and of generated networks on the virtual boards; MODELS=folder for others
	$(BIN)/python -m tests.oracle.generated_networks build/networks
	$(BIN)/python -m scripts.bench_models $(MODELS) --portable --json build/bench.json --history $(HISTORY)
	$(TINYHOST) bench --board m4 --app vww --model models/vww/model.tflite --runs 3 --link
	$(TINYHOST) bench --board native --app vww --model models/vww/model.tflite --runs 20 --link
	$(BIN)/python -m scripts.bench_startup
	$(BIN)/python -m scripts.bench_first_prediction
	$(BIN)/python -m scripts.bench_frontend

bench-if-changed: setup  ## that, unless the history has the figures of this very engine
	$(BIN)/python -m scripts.engine_hash $(HISTORY) || $(MAKE) --no-print-directory bench

bench-machine: setup  ## the shipped anomaly model on the simulated machine, through native and m4; minutes
	$(BIN)/python scripts/bench_machine.py --json build/machine.json
	$(BIN)/python scripts/bench_machine.py --board m4 --minutes 46 --runs 2 --severities 1.0

bench-append: setup  ## the same figures, added to the history in the repository; commit it with what changed them
	$(BIN)/python -m tests.oracle.generated_networks build/networks
	$(BIN)/python -m scripts.bench_models $(MODELS) --portable --history $(HISTORY) --append \
		--markdown $(PAGE)

bench-labs: setup-dev  ## what a push over ssh uses of its link, and what eight boards get done in place of one
	$(BIN)/python -m scripts.bench_remote_push
	$(BIN)/python -m scripts.bench_sharing

soak: setup-dev  ## 1,000 pushes and 10,000 frames over a faulty link (about 6 minutes)
	$(BIN)/python -m scripts.soak_link

soak-jumpstarter: setup-dev build/jumpstarter/bin/jmp  ## a board behind a real exporter of jumpstarter
	$(BIN)/python -m pytest -m soak tests/boards/test_jumpstarter.py

soak-kills: setup-dev  ## 1,000 kills of hosts, players and firmware at random moments (about 20 minutes)
	$(BIN)/python -m scripts.soak_kills

soak-lab: setup-dev  ## 200 kills of what leads to a board of a lab, each to be called a fault of the rig
	$(BIN)/python -m scripts.soak_lab

soak-upload: setup-dev  ## 10,000 uploads of programs to simulated boards that fail in all ways (about 15 minutes)
	$(BIN)/python scripts/soak_upload.py

soak-nano: setup-dev  ## the emulated Nano's long tests: bench on both revisions, 1,000 inputs, 10,000 openings, hours of listening
	$(BIN)/python -m pytest -m soak -s tests/nano33emu

fuzz: sanitized  ## 10 million executions of each fuzz target (about half an hour)
	ctest --test-dir build/sanitized --label-regex long --output-on-failure --verbose

fuzz-python: setup-dev  ## 200,000 inputs for each parser of the host, in its own process (an hour); TARGET=wav for one of them
	$(BIN)/python -m scripts.fuzz_parsers --runs 200000 $(if $(TARGET),--target "$(TARGET)")

frontend-parity: setup-dev  ## the audio frontend against TFLM's, an hour of sound (a quarter of an hour); PREPROCESSOR=file adds its graph
	$(BIN)/python -m scripts.frontend_parity --hours 1 $(if $(PREPROCESSOR),--preprocessor $(PREPROCESSOR))

oracle-long: setup-dev  ## 20,000 random models per operator against the tflite-micro wheel (about an hour; goes on where it stopped)
	$(BIN)/python -m tests.oracle.long_run

train: setup-train train-drawings train-kws  ## train models/drawings and models/kws again (half an hour each)

train-drawings train-kws: train-%: setup-train
	$(BIN)/python -m scripts.train_default_$*

published: setup-train  ## models/vww again, in build/published_vww: of weights that others trained on photographs; a minute
	$(BIN)/python -m scripts.published_vww

evaluate: setup  ## the shipped vww models on a board over real pictures: cards and history
	$(BIN)/python -m scripts.evaluate --write

clean:  ## remove what was built; captured data and runs stay
	rm -rf build .pio .pytest_cache .mypy_cache .ruff_cache .hypothesis
