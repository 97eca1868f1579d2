#include "proxy/http/exchange.h"

#include <array>

namespace truemirror {
namespace {

constexpr std::array<std::string_view, 3> kArms{"stable", "candidate", "control"};
constexpr std::array<std::string_view, 7> kErrors{"", "refused", "reset", "timeout", "tls", "garbage", "too_large"};

}  // namespace

std::string_view to_string(Arm arm) { return kArms.at(static_cast<std::size_t>(arm)); }
std::string_view to_string(ArmError error) { return kErrors.at(static_cast<std::size_t>(error)); }

bool is_safe_method(std::string_view method) { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

std::optional<ArmError> arm_error_from(std::string_view name) {
  for (std::size_t at = 0; at < kErrors.size(); ++at) {
    if (kErrors[at] == name) return static_cast<ArmError>(at);
  }
  return std::nullopt;
}

}  // namespace truemirror
