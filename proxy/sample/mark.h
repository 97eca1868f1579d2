// The shadow mark: what tells a mirrored request from a user's, so that no mirror mirrors a mirror (design.md invariant
// 4). X-Truemirror-Mark: role=candidate; run=<id>; mac=<32 hex>, the MAC being HMAC-SHA256 over role and run.
// Immutable; any thread.
#pragma once

#include <string>
#include <string_view>

#include "proxy/http/exchange.h"

namespace truemirror {

class MarkKey {
 public:
  explicit MarkKey(std::string key) : key_(std::move(key)) {}
  // 32 bytes from OpenSSL's generator.
  [[nodiscard]] static MarkKey random();

  [[nodiscard]] std::string sign(Arm role, std::string_view run) const;
  // Compares in constant time.
  [[nodiscard]] bool valid(std::string_view mark) const;

 private:
  [[nodiscard]] std::string mac(std::string_view role, std::string_view run) const;
  std::string key_;
};

}  // namespace truemirror
