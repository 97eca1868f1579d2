# The front door. Everything real is in CMakeLists.txt and the scripts it names.
BUILD_JOBS ?= $(shell nproc)

.PHONY: all deps build test
all: build

deps:
	@docker/install-deps.sh

build: deps
	@cmake --preset release >/dev/null && cmake --build --preset release -j $(BUILD_JOBS)

test: deps
	@cmake --preset dev >/dev/null && cmake --build --preset dev -j $(BUILD_JOBS) && ctest --preset dev -j $(BUILD_JOBS)
