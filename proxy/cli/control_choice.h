// `--control` and the key `control`: a second instance of stable, stable itself, or none.
#pragma once

#include <optional>
#include <string_view>

#include "proxy/cli/config.h"

namespace truemirror {

struct ControlChoice {
  bool is_stable = false;
  std::optional<UpstreamUrl> url;
};

// A URL, `stable` or `none`.
[[nodiscard]] inline Result<ControlChoice> parse_control(std::string_view text) {
  if (text == "none") return ControlChoice{};
  if (text == "stable") return ControlChoice{true, std::nullopt};
  auto url = UpstreamUrl::parse(text);
  if (url.has_error()) return Problem{url.error().text + ", or `stable` or `none`"};
  return ControlChoice{false, *std::move(url)};
}

inline void set_control(ServeConfig& config, ControlChoice choice) {
  config.control = std::move(choice.url);
  config.control_is_stable = choice.is_stable;
}

}  // namespace truemirror
