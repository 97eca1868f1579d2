# The front door. Everything real is in CMakeLists.txt and the scripts it names.
BUILD_JOBS ?= $(shell nproc)

.PHONY: all help deps build test demo fuzz bench clean
all: build

help:
	@echo "make demo    build, then a minute of real traffic against a version with seven regressions"
	@echo "make test    build with ASan and UBSan, and run all tests"
	@echo "make build   build/release/truemirror"
	@echo "make fuzz    every fuzz target for SECONDS (15) each; clang 19"
	@echo "make bench   beside nginx and haproxy, and what a comparison costs; ONLY=live or ONLY=diff for one"
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
	@SECONDS_EACH=$(SECONDS) tests/fuzz/run.sh build/fuzz

bench:
	@docker/install-deps.sh bench
	@cmake --preset release -DTRUEMIRROR_BENCH=ON >/dev/null
	@cmake --build --preset release --target truemirror diff_bench -j $(BUILD_JOBS)
	@bench/run.sh $(ONLY)

clean:
	rm -rf build
