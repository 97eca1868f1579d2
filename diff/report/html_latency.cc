// Latency on the page. A strip is a line from p50 to p99 with a dot at p50 and a tick at p90, candidate above control,
// on a logarithmic scale that all endpoints share; the numbers stand beside it.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "diff/report/html_parts.h"
#include "diff/report/phrase.h"

namespace truemirror {
namespace {

constexpr double kWidth = 220;
constexpr std::size_t kMostRows = 200;

struct LogScale {
  double low = 0, high = 1;

  explicit LogScale(const std::vector<const EndpointReport*>& endpoints) {
    double least = 1e6;
    double most = 0;
    for (const EndpointReport* endpoint : endpoints) {
      for (const Histogram* arm : {&endpoint->latency.candidate, &endpoint->latency.control}) {
        if (arm->count() == 0) continue;
        least = std::min(least, arm->quantile(0.5));
        most = std::max(most, arm->quantile(0.99));
      }
    }
    low = std::log(std::max(least, 1e-9) / 1.3);
    high = std::max(std::log(std::max(most, 1e-9) * 1.3), low + 1);
  }
  [[nodiscard]] double at(double seconds) const {
    const double place = (std::log(std::max(seconds, 1e-9)) - low) / (high - low);
    return std::clamp(place, 0.0, 1.0) * kWidth;
  }
};

std::string fixed(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

std::string arm_strip(const LogScale& scale, const Histogram& arm, std::string_view name, double y) {
  if (arm.count() == 0) return {};
  const double p50 = scale.at(arm.quantile(0.5));
  const double p90 = scale.at(arm.quantile(0.9));
  const double p99 = scale.at(arm.quantile(0.99));
  return "<g class=\"" + std::string(name) + "\"><rect x=\"" + fixed(p50) + "\" y=\"" + fixed(y - 2) + "\" width=\"" +
         fixed(std::max(1.0, p99 - p50)) + "\" height=\"4\" rx=\"2\"/><rect x=\"" + fixed(p90 - 1) + "\" y=\"" +
         fixed(y - 5) + "\" width=\"2\" height=\"10\"/><circle cx=\"" + fixed(p50) + "\" cy=\"" + fixed(y) +
         "\" r=\"4\"/></g>";
}

std::string strip(const LogScale& scale, const LatencySummary& latency) {
  return "<svg viewBox=\"-6 0 232 30\" width=\"232\" height=\"30\" aria-hidden=\"true\">" +
         arm_strip(scale, latency.candidate, "candidate", 8) + arm_strip(scale, latency.control, "control", 22) +
         "</svg>";
}

std::string quantile_cell(const EndpointReport& endpoint, std::string_view metric) {
  const double q = quantile_of_metric(metric);
  const double candidate = endpoint.latency.candidate.quantile(q);
  const double control = endpoint.latency.control.quantile(q);
  const auto test = std::find_if(endpoint.tests.begin(), endpoint.tests.end(),
                                 [&](const TestReport& each) { return each.metric == metric; });
  const bool failed = test != endpoint.tests.end() && test->verdict == Verdict::fail;
  std::string out = std::string("<td class=\"n") + (failed ? " failed" : "") + "\">" + phrase_seconds(candidate);
  if (endpoint.latency.control.count() > 0) {
    out += " <small>" + phrase_seconds(control) + "</small> <b>" + phrase_ratio(candidate, control) + "</b>";
  }
  if (failed) out += "<small>slower, proven: " + phrase_evidence(test->ln_e) + "</small>";
  return out + "</td>";
}

}  // namespace

std::string html_latency(const ReportView& view) {
  const auto is_slower = [&](const EndpointReport* endpoint) {
    return std::any_of(view.slower.begin(), view.slower.end(),
                       [&](const SlowView& slow) { return slow.endpoint == endpoint; });
  };
  std::vector<const EndpointReport*> measured;
  for (const bool slower : {true, false}) {
    for (const EndpointReport* endpoint : view.endpoints) {
      const bool has_latency = endpoint->latency.candidate.count() > 0;
      if (has_latency && is_slower(endpoint) == slower) measured.push_back(endpoint);
    }
  }
  if (measured.empty()) return {};
  if (measured.size() > kMostRows) measured.resize(kMostRows);

  const LogScale scale(measured);
  std::string out =
      "<section aria-labelledby=\"latency\"><h2 id=\"latency\">Latency</h2><p class=\"hint\"><span class=\"key "
      "candidate\">"
      "candidate</span> above <span class=\"key control\">control</span>: from p50 (dot) over p90 (tick) to p99, on "
      "one "
      "logarithmic scale. In the columns: candidate, <small>control</small>, <b>ratio</b>.</p><div "
      "class=\"scroll\"><table>"
      "<caption>Latency by endpoint</caption><thead><tr><th scope=\"col\">endpoint</th><td></td><th scope=\"col\" "
      "class=\"n\">p50</th><th scope=\"col\" class=\"n\">p90</th><th scope=\"col\" "
      "class=\"n\">p99</th></tr></thead><tbody>\n";
  for (const EndpointReport* endpoint : measured) {
    out += std::string(is_slower(endpoint) ? "<tr class=\"this\">" : "<tr>") + "<th scope=\"row\">" +
           html_text(endpoint->endpoint) + "</th><td>" + strip(scale, endpoint->latency) + "</td>";
    for (const char* metric : {"latency_p50", "latency_p90", "latency_p99"}) out += quantile_cell(*endpoint, metric);
    out += "</tr>\n";
  }
  out += "</tbody></table></div></section>\n";
  return out;
}

}  // namespace truemirror
