// One comparer thread that compares two documents again and again, as the body of responses with usual headers, and
// adds what comes of it to a run.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "capture/redact.h"
#include "diff/compare.h"
#include "diff/report/aggregate.h"
#include "documents.h"

namespace truemirror {

inline Response json_response(std::string body) {
  Response out;
  out.status = 200;
  out.headers = {{"Content-Type", "application/json"},      {"Content-Length", std::to_string(body.size())},
                 {"Date", "Fri, 01 Mar 2024 10:00:00 GMT"}, {"Server", "orders"},
                 {"Cache-Control", "no-cache, private"},    {"ETag", "\"abc\""}};
  out.body = Body(std::move(body));
  out.timing.last_byte = std::chrono::milliseconds(3);
  return out;
}

inline Comparison comparison_of(const DocumentPair& documents) {
  Comparison out;
  out.at = WallTime(std::chrono::seconds(1'700'000'000));
  out.request.method = "GET";
  out.request.target = "/orders/4711";
  out.stable = json_response(documents.stable);
  out.candidate = json_response(documents.candidate);
  return out;
}

class Comparing {
 public:
  // Compares once.
  explicit Comparing(const DocumentPair& documents) : aggregator_(options()), comparison_(comparison_of(documents)) {
    once();
  }

  void once() {
    next();
    comparison_.endpoint = aggregator_.endpoint(comparison_.request.method, comparison_.request.target);
    compare(comparison_, compare_options_);
    aggregator_.add(comparison_);
  }
  // So many more samples that came to what the last one did.
  void repeat_last(int count) {
    for (; count > 0; --count) {
      next();
      aggregator_.add(comparison_);
    }
  }
  [[nodiscard]] const Comparison& comparison() const { return comparison_; }

 private:
  static AggregateOptions options() {
    AggregateOptions out;
    out.control = ControlMode::none;
    out.redactor = make_redactor({}).value();
    return out;
  }
  void next() {
    ++comparison_.sequence;
    comparison_.at += std::chrono::microseconds(100);
  }

  Aggregator aggregator_;
  const CompareOptions compare_options_;
  Comparison comparison_;
};

}  // namespace truemirror
