// How numbers, times and differences are worded in every rendering, so that they all say the same. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "diff/report/report.h"

namespace truemirror {

[[nodiscard]] std::string phrase_count(std::uint64_t count);                        // 12,345
[[nodiscard]] std::string phrase_count(std::uint64_t count, std::string_view one);  // 1 finding, 2 findings
[[nodiscard]] std::string phrase_seconds(double seconds);                           // 12.1 ms
[[nodiscard]] std::string phrase_ratio(double candidate,
                                       double control);     // ×3.88, empty where there is nothing to divide by
[[nodiscard]] std::string phrase_percent(double fraction);  // 1.3 %
[[nodiscard]] std::string phrase_evidence(double ln_e);     // E = 3.2e14
[[nodiscard]] std::string phrase_time(WallTime time);       // RFC 3339 in UTC, as many digits as are not 0
[[nodiscard]] std::string phrase_clock(WallTime time);      // 2026-11-22 20:01:03 UTC
// What a finding says beside its location: `value text→null`, `missing number`, `200→500` of a status.
[[nodiscard]] std::string phrase_change(Kind kind, std::string_view transition);
[[nodiscard]] std::string phrase_change(const FindingReport& finding);
// `412 of 3,120`; pairs are those of its endpoint, 0 where that is unknown.
[[nodiscard]] std::string phrase_frequency(const FindingReport& finding, std::uint64_t pairs);
// E as a number, at most 1e300 (design.md §10).
[[nodiscard]] double capped_e_value(double ln_e);

// Two values cut around what differs: each is lead + changed + tail, `…` where it was cut. Views are UTF-8 safe.
struct Excerpt {
  std::string lead, changed, tail;
  [[nodiscard]] std::string text() const { return lead + changed + tail; }
};
struct ExcerptPair {
  Excerpt stable, arm;
};
// `room`: about how many bytes of each value to keep. An absent value is an empty excerpt.
[[nodiscard]] ExcerptPair excerpt_of(const Divergence& divergence, std::size_t room);

}  // namespace truemirror
