# guanxi: `make help` lists what can be asked for. Everything lands in this folder: .venv, .deps, build.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

JOBS ?= $(shell nproc 2>/dev/null || echo 2)
PYTHON3 ?= python3
# ON: warnings in the extension are errors as well (they always are in the C++ tests)
WERROR ?= OFF
ROOT := $(CURDIR)
VENV := $(ROOT)/.venv
PY := $(VENV)/bin/python
DEPS := $(ROOT)/.deps/usr
MULTIARCH := $(shell gcc -print-multiarch 2>/dev/null)

# Our own Python first; headers and libraries that tools/bootstrap unpacked into .deps come after the system's.
export PATH := $(VENV)/bin:$(PATH)
export VIRTUAL_ENV := $(VENV)
export CMAKE_BUILD_PARALLEL_LEVEL := $(JOBS)
export CTEST_PARALLEL_LEVEL := $(JOBS)
unexport PYTHONPATH PYTHONHOME
# .deps may appear while make runs, so its folders are named always; a folder that is missing does no harm.
export CPLUS_INCLUDE_PATH := $(if $(CPLUS_INCLUDE_PATH),$(CPLUS_INCLUDE_PATH):)$(DEPS)/include:$(DEPS)/include/$(MULTIARCH)
export C_INCLUDE_PATH := $(if $(C_INCLUDE_PATH),$(C_INCLUDE_PATH):)$(DEPS)/include:$(DEPS)/include/$(MULTIARCH)
export LIBRARY_PATH := $(if $(LIBRARY_PATH),$(LIBRARY_PATH):)$(DEPS)/lib/$(MULTIARCH)
export CMAKE_PREFIX_PATH := $(if $(CMAKE_PREFIX_PATH),$(CMAKE_PREFIX_PATH):)$(DEPS)
ifneq ($(shell command -v ccache 2>/dev/null),)
  export CMAKE_CXX_COMPILER_LAUNCHER := ccache
  export CCACHE_SLOPPINESS := pch_defines,time_macros,include_file_mtime,include_file_ctime
endif

SOURCES := $(shell find include src python cmake -type f -not -name '*.so' -not -path '*/__pycache__/*' 2>/dev/null) CMakeLists.txt pyproject.toml README.md
QUIET := grep -vE '^ +Start +[0-9]+:| Passed '  # failures and the closing lines are what one wants to read
INSTALLED := $(VENV)/.guanxi-installed

.PHONY: help demo install test test-cpp test-python test-system-boost bench bench-rivals accuracy asan tsan tidy stubs lint format clean distclean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

demo: $(INSTALLED)  ## the review of a simulated exporter: review.html and a table (or of LEDGER=file DELIVERIES=file)
ifdef LEDGER
	@$(PY) -m guanxi review "$(LEDGER)" $(if $(DELIVERIES),--deliveries "$(DELIVERIES)") --out review.html $(ARGS)
else
	@$(PY) -m guanxi demo --out review.html $(ARGS)
endif

install: $(INSTALLED)  ## the package, compiled for this machine, into .venv

test: test-cpp test-python  ## every C++ and Python test

test-cpp: $(VENV)/.guanxi-test  ## the C++ tests alone
	@cmake --preset release -DGUANXI_BUILD_PYTHON=OFF $(CMAKE_ARGS) > build-configure.log 2>&1 || { cat build-configure.log; exit 1; }
	@grep 'guanxi:' build-configure.log || true; rm -f build-configure.log
	@cmake --build build/release
	@ctest --test-dir build/release --output-on-failure | $(QUIET)

test-python: $(VENV)/.guanxi-test $(INSTALLED)  ## the Python tests alone, against the installed package
	@$(PY) -m pytest -q -n $(JOBS) $(PYTEST_ARGS)

# Debian's Boost is older than cmeel's; .deps/boost holds it where it could not be installed.
test-system-boost: $(VENV)/.guanxi-test $(VENV)/.guanxi-boost  ## the C++ tests that touch Eigen or Boost, with the system's versions
	@CMAKE_PREFIX_PATH="$(ROOT)/.deps/boost/usr:$$CMAKE_PREFIX_PATH" cmake --preset system -DGUANXI_CMEEL_PREFIX= $(CMAKE_ARGS) > build-system.log 2>&1 \
	  || { cat build-system.log; exit 1; }
	@grep 'guanxi:' build-system.log
	@! grep -E 'guanxi: (Eigen|Boost) .*(cmeel|none)' build-system.log || { echo "these are not the system's versions"; exit 1; }
	@rm -f build-system.log
	@cmake --build build/system --target system_tests
	@ctest --test-dir build/system --output-on-failure -R '^(base|graph|relation|headers)/' | $(QUIET)

bench: $(VENV)/.guanxi-bench  ## Google Benchmark of every kernel; JSON into bench/results
	@cmake --preset bench -DGUANXI_BUILD_PYTHON=OFF | grep -E 'guanxi:|Error' || true
	@cmake --build --preset bench
	@mkdir -p bench/results
	@for b in build/bench/bench/*_bench; do \
	  echo "== $$(basename $$b)"; \
	  $$b --benchmark_out=bench/results/$$(basename $$b).json --benchmark_out_format=json $(BENCH_ARGS); done

bench-rivals: $(INSTALLED) $(VENV)/.guanxi-rivals  ## ours against others in one run; writes docs/performance.md
	@$(PY) bench/rivals/run.py $(RIVALS)

accuracy: $(INSTALLED) $(VENV)/.guanxi-rivals  ## how right the models are; writes docs/accuracy.md
	@$(PY) bench/accuracy/run.py $(TOPICS)

asan: $(VENV)/.guanxi-test  ## every test again with the address and undefined-behaviour sanitizers
	@cmake --preset asan | grep -E 'guanxi:|Error' || true
	@cmake --build --preset asan
	@ctest --test-dir build/asan --output-on-failure | $(QUIET)
	@cp -r python/guanxi/. build/asan/python/guanxi/ && rm -f build/asan/python/guanxi/_core*.so && cp build/asan/python/_core*.so build/asan/python/guanxi/
	@LD_PRELOAD="$$(g++ -print-file-name=libasan.so) $$(g++ -print-file-name=libubsan.so)" ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
	  PYTHONPATH=build/asan/python GUANXI_SANITIZED=1 $(PY) -m pytest -q -p no:cacheprovider $(PYTEST_ARGS)

tsan: $(VENV)/.guanxi-test  ## the C++ tests with the thread sanitizer
	@cmake --preset tsan | grep -E 'guanxi:|Error' || true
	@cmake --build --preset tsan
	@ctest --test-dir build/tsan --output-on-failure | $(QUIET)

tidy: $(VENV)/.guanxi-tidy $(VENV)/.guanxi-test  ## clang-tidy over every file that is compiled
	@cmake --preset tidy | grep -E 'guanxi:|Error' || true
	@cmake --build --preset tidy -- -k 0

stubs: $(INSTALLED)  $(VENV)/.guanxi-test ## writes python/guanxi/_core/*.pyi anew from the compiled core
	@$(PY) tools/stubs python/guanxi/_core

lint: $(VENV)/.guanxi-test  ## ruff, mypy --strict, clang-format
	@ruff check .
	@mypy
	@git ls-files '*.hpp' '*.cpp' | xargs clang-format --dry-run -Werror && echo "clang-format: no differences"

format: $(VENV)/.guanxi-test  ## clang-format and ruff, in place
	@git ls-files '*.hpp' '*.cpp' | xargs clang-format -i
	@ruff check --fix -q . || true

clean:  ## what was built (keeps .venv and .deps)
	@rm -rf build dist review.html bench/results python/guanxi/_core*.so $(INSTALLED)

distclean: clean  ## everything that is not in git, .venv and .deps too
	@rm -rf .venv .deps .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.guanxi-%: pyproject.toml tools/bootstrap
	@$(PYTHON3) tools/bootstrap $*

$(INSTALLED): $(VENV)/.guanxi-demo $(SOURCES)
	@echo "guanxi: building the package into .venv"
	@SKBUILD_BUILD_DIR=build/wheel SKBUILD_CMAKE_DEFINE="GUANXI_NATIVE=ON;GUANXI_WARNINGS_AS_ERRORS=$(WERROR)" \
	  $(PY) -m pip install -q --no-build-isolation --no-deps --force-reinstall . > install.log 2>&1 || { cat install.log; rm -f install.log; exit 1; }
	@rm -f install.log; touch $@
