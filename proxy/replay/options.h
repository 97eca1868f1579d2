// What a replay is told and what it tells of itself. Plain values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "capture/schedule.h"
#include "capture/segment_reader.h"
#include "proxy/upstream/url.h"

namespace truemirror {

struct ReplayOptions {
  std::vector<std::filesystem::path> captures;
  std::optional<UpstreamUrl> stable;  // asked anew; none: the recorded response stands
  std::optional<double> speed = 1.0;  // recorded offsets are divided by it; none: closed loop, as fast as answers come
  std::optional<double> rate;         // requests a second, evenly spaced
  std::size_t connections = 32;       // of the closed loop
  std::chrono::milliseconds stable_timeout{10'000};
  std::size_t stable_bytes = 256u << 20;  // of a live stable's answers that are not whole yet
};

struct ReplayStats {
  ReplayFidelity fidelity;  // in closed loop nothing is intended or late; the rate is over the whole run
  ReadStats read;
  std::uint64_t waited = 0;             // sent late because an earlier request of their connection was still open
  std::uint64_t without_response = 0;   // recorded without stable's response, and none asked: not replayed
  std::uint64_t redacted_requests = 0;  // whose target or body holds redacted values: sent as recorded
  std::map<std::string, std::uint64_t> redacted_headers;  // left out of requests, by lower-case name
};

}  // namespace truemirror
