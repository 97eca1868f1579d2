// What the aggregator's tests are told in: a run of pairs, a few a second, where the arms differ as a test says.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "diff/report/aggregate.h"

namespace truemirror {

// Replaces the word `secret` wherever it stands, and counts how often it was asked for a body.
class WordRedactor final : public Redactor {
 public:
  [[nodiscard]] std::string target(std::string_view target) const override { return safe(target); }
  [[nodiscard]] Headers headers(const Headers& headers) const override {
    Headers out;
    for (const HeaderField field : headers) out.add(field.name, safe(field.value));
    return out;
  }
  [[nodiscard]] SafeBody body(const Headers&, const Body& body) const override {
    ++bodies;
    return {Body(safe(body.bytes)), false, false};
  }
  [[nodiscard]] std::string value(std::string_view, std::string_view json) const override { return safe(json); }

  mutable std::atomic<int> bodies = 0;

 private:
  static std::string safe(std::string_view text) {
    std::string out(text);
    for (std::size_t at; (at = out.find("secret")) != std::string::npos;)
      out.replace(at, 6, "[redacted:word:00000000]");
    return out;
  }
};

inline Divergence divergence(std::string location, Kind kind = Kind::value, std::string transition = "number→number") {
  Divergence made;
  made.location = location;
  made.generalized = std::move(location);
  made.kind = kind;
  made.transition = std::move(transition);
  made.stable = "1";
  made.arm = "2";
  made.from_class = made.to_class = "number";
  return made;
}

inline Response response(int status, std::chrono::milliseconds latency) {
  Response made;
  made.status = status;
  made.body = Body("{\"price\": 1}");
  made.timing.last_byte = latency;
  return made;
}

// A sample in which all three answer 200 in 10 ms and nothing differs.
inline Comparison clean_pair(std::uint64_t sequence, std::chrono::milliseconds since_start,
                             std::string target = "/orders/7") {
  Comparison made;
  made.sequence = sequence;
  made.at = WallTime(std::chrono::seconds(1'700'000'000)) + since_start;
  made.request.method = "GET";
  made.request.target = std::move(target);
  made.stable = made.candidate = response(200, std::chrono::milliseconds(10));
  made.control = made.stable;
  return made;
}

class Story {
 public:
  explicit Story(AggregateOptions options = {}) : aggregator(with_redactor(std::move(options), redactor)) {}

  // `pairs` pairs, ten a second, each as `tell` changes it; `i` counts from 0 in this call.
  Story& pairs(int pairs, const std::function<void(Comparison&, int i)>& tell = {}) {
    for (int i = 0; i < pairs; ++i) {
      ++told_;
      Comparison pair = clean_pair(told_, std::chrono::milliseconds(100 * told_));
      if (tell) tell(pair, i);
      aggregator.add(pair);
    }
    return *this;
  }

  // The report of the run as if it ended now.
  [[nodiscard]] Report ended() const {
    RunInfo run;
    run.ended = WallTime(std::chrono::seconds(1'800'000'000));
    return aggregator.report(run, {});
  }

  std::shared_ptr<WordRedactor> redactor = std::make_shared<WordRedactor>();
  Aggregator aggregator;

 private:
  static AggregateOptions with_redactor(AggregateOptions options, std::shared_ptr<const Redactor> redactor) {
    options.redactor = std::move(redactor);
    return options;
  }
  std::uint64_t told_ = 0;
};

// The test of that name at the report's first endpoint; a default one where there is none.
inline TestReport test_named(const Report& report, const std::string& metric) {
  for (const TestReport& test : report.endpoints.at(0).tests) {
    if (test.metric == metric) return test;
  }
  return {};
}

}  // namespace truemirror
