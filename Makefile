# The front door. Everything real is in CMakeLists.txt and the scripts it names.
BUILD_JOBS ?= $(shell nproc)

.PHONY: all help deps build test demo fuzz bench lint lint-all tsan mutants clean
all: build

help:
	@echo "make demo    build, then a minute of real traffic against a version with seven regressions"
	@echo "make test    build with ASan and UBSan, and run all tests"
	@echo "make build   build/release/truemirror"
	@echo "make lint    format, and clang-tidy of what changed; make lint-all: of everything"
	@echo "make tsan    build with TSan, and run the tests but for the demo and the faults"
	@echo "make mutants every invariant's mutation is caught by its test"
	@echo "make fuzz    every fuzz target for SECONDS (15) each, two at a time; clang 19"
	@echo "make bench   beside nginx and haproxy, what a comparison costs, what verdicts are worth; ONLY=live for one (bench/README.md)"
	@echo "make deps    install what is needed (Debian packages); the others do so by themselves"

deps:
	@docker/install-deps.sh

build: deps
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(BUILD_JOBS)

test: deps
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev -j $(BUILD_JOBS)
	@ctest --preset dev -j $(BUILD_JOBS)

demo: build
	@docker/demo/run.py

SECONDS ?= 15
fuzz:
	@docker/install-deps.sh lint
	@cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz --target fuzz -j $(BUILD_JOBS)
	@SECONDS_EACH=$(SECONDS) tests/fuzz/run.sh build/fuzz $(TARGETS)

bench:
	@docker/install-deps.sh bench
	@cmake --preset bench >/dev/null
	@cmake --build --preset bench --target truemirror forwarder count_locks diff_bench diff_memory proof -j $(BUILD_JOBS)
	@bench/run.sh $(ONLY)

lint lint-all:
	@docker/install-deps.sh lint
	@BUILD_JOBS=$(BUILD_JOBS) tests/lint $(if $(filter lint-all,$@),--all)

tsan: deps
	@cmake --preset tsan >/dev/null
	@cmake --build --preset tsan -j $(BUILD_JOBS)
	@ctest --preset tsan -LE 'demo|layering|faults' -j $(BUILD_JOBS)

mutants: deps
	@BUILD_JOBS=$(BUILD_JOBS) tests/mutations/run

clean:
	rm -rf build
