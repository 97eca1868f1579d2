# The front door. Everything real is in CMakeLists.txt and the scripts it names.
BUILD_JOBS ?= $(shell nproc)

.PHONY: all help deps build test demo clean
all: build

help:
	@echo "make demo    build, then a minute of real traffic against a version with seven regressions"
	@echo "make test    build with ASan and UBSan, and run all tests"
	@echo "make build   build/release/truemirror"
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

clean:
	rm -rf build
