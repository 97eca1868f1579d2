// What the shadow lane may be told, and what it counts. Plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/http/exchange.h"
#include "proxy/http/head_scanner.h"
#include "proxy/upstream/pool.h"

namespace truemirror {

// Changes to the headers that one arm gets: a sandbox credential, another Host. Applied in this order.
struct HeaderEdits {
  struct Replace {
    std::string name, from, to;  // every `from` in the field's value becomes `to`
  };
  std::vector<std::string> remove;
  std::vector<Replace> replace;
  std::vector<std::pair<std::string, std::string>> set;  // replaces the field, or adds it
};

// What is different for requests whose path matches; the first route that matches decides (arm_routes.h).
struct ArmRoute {
  std::string match;  // a canonical path pattern (sample/path_pattern.h)
  std::optional<std::chrono::milliseconds> timeout;
  HeaderEdits candidate, control;
};

struct ArmOptions {
  PoolOptions pool;
  bool safe_methods_only = false;  // `--control stable`: never ask stable twice for what changes it
};

struct ShadowOptions {
  ArmOptions candidate;
  std::optional<ArmOptions> control;
  std::string run;       // id, for marks
  unsigned threads = 1;  // I/O of the arms
  unsigned comparers = 1;
  std::size_t max_in_flight = 512;       // requests under way to one arm; more are shed
  std::size_t max_bytes = 256u << 20;    // of all copies in memory
  std::size_t max_compare_queue = 1024;  // pairs waiting for a comparer
  std::size_t copy_limit = 1u << 20;     // of an arm's response body; beyond it length and hash
  HeadLimits response_heads = kResponseHeadLimits;
  std::uint64_t drain_limit = 256u << 20;  // a longer response is `too_large`
  std::chrono::milliseconds arm_timeout{
      10'000};                     // of an attempt: from the first byte of the request to the last of the response
  unsigned breaker_failures = 20;  // connect failures in a row that open the breaker
  std::chrono::milliseconds breaker_probe{500};  // an open breaker lets one sample through each so often
  std::vector<ArmRoute> routes;
  bool latency_from_arrival = false;  // replay: latency counts from the due time, so that lateness is not hidden
};

struct ArmStats {
  std::uint64_t in_flight = 0;
  std::uint64_t attempts = 0;
  std::uint64_t errors = 0;
  std::uint64_t repeats = 0;  // requests that went out again after a kept connection was reset
  bool breaker_open = false;
};

struct ShadowStats {
  ArmStats candidate, control;
  std::uint64_t bytes_held = 0, bytes_limit = 0, compare_queue = 0;
};

}  // namespace truemirror
