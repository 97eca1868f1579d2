// Which names a recording's redaction policy redacted beside the built-in ones. A capture does not hold the policy, but
// its tokens of type `field` and `header` show the names; live answers have to be redacted under the same ones before
// they are compared. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "capture/redact.h"
#include "proxy/http/exchange.h"

namespace truemirror {

class RecordedPolicy {
 public:
  explicit RecordedPolicy(std::shared_ptr<const Redactor> built_in) : redactor_(std::move(built_in)) {}

  // The redactor for answers to be compared with this recorded one. Names are kept from response to response, at most
  // a thousand.
  [[nodiscard]] std::shared_ptr<const Redactor> redactor_for(const Response& recorded);

 private:
  std::mutex mutex_;
  std::shared_ptr<const Redactor> redactor_;
  std::set<std::string> headers_, fields_;
};

}  // namespace truemirror
