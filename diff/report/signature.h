// Which divergences are one finding (design.md §9). A signature is the same in every run and every build: what was
// accepted last week is recognised today. It never depends on a raw value. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "diff/comparison.h"

namespace truemirror {

// Part of every signature. Raise it when a change elsewhere (templates, generalized locations, transitions) gives the
// same difference another name, so that no old acceptance is taken for something it was not.
inline constexpr std::uint32_t kSignatureVersion = 1;

using Signature = std::uint64_t;

// XXH3-64 of version, endpoint, generalized location, kind and transition, each led by its length.
[[nodiscard]] Signature signature(std::string_view endpoint, std::string_view generalized, Kind kind,
                                  std::string_view transition);
// 16 hex digits.
[[nodiscard]] std::string finding_id(Signature signature);

// XXH3-64 of a sample's number: a uniform choice of samples that does not depend on their order.
[[nodiscard]] std::uint64_t sample_hash(std::uint64_t sequence);

}  // namespace truemirror
