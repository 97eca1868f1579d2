// What makes values safe to leave memory. The one implementation is capture/redact.h; this face lets the report use it
// without knowing of captures. Every method is const and may be called from any thread at once.
#pragma once

#include <string>
#include <string_view>

#include "proxy/http/exchange.h"

namespace truemirror {

class Redactor {
 public:
  virtual ~Redactor() = default;

  // Path and query of a request target; secrets in either become `[redacted:<type>:<8 hex>]`.
  [[nodiscard]] virtual std::string target(std::string_view target) const = 0;
  [[nodiscard]] virtual Headers headers(const Headers& headers) const = 0;
  // A body as it may be stored: decoded where redaction had to change it (then Content-Encoding no longer applies and
  // `decoded` is true), empty with its length kept where it could not be made safe (`withheld`).
  struct SafeBody {
    Body body;
    bool decoded = false;
    bool withheld = false;
  };
  [[nodiscard]] virtual SafeBody body(const Headers& headers, const Body& body) const = 0;
  // One value shown beside its location (`header/set-cookie`, `body/user/password`); `json` is the value as JSON text.
  [[nodiscard]] virtual std::string value(std::string_view location, std::string_view json) const = 0;
};

}  // namespace truemirror
