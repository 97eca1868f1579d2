// Numbers by snprintf in the C locale that the program never leaves; times by civil-calendar arithmetic of <chrono>.
#include "diff/report/phrase.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "diff/report/shown_text.h"

namespace truemirror {
namespace {

template <class... Args>
std::string formatted(const char* format, Args... args) {
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(), format, args...);
  return text.data();
}

// Three significant digits: 0.123, 1.23, 12.3, 123.
std::string three_digits(double value) {
  return formatted(value < 0.995 ? "%.3f" : value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value);
}

struct CivilTime {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<Nanoseconds> clock;
  explicit CivilTime(WallTime time)
      : date(std::chrono::floor<std::chrono::days>(time)), clock(time - std::chrono::floor<std::chrono::days>(time)) {}
  [[nodiscard]] std::string text(char between) const {
    return formatted("%04d-%02u-%02u%c%02d:%02d:%02d", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), between,
                     static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                     static_cast<int>(clock.seconds().count()));
  }
};

// Moves `at` back (or forward) to where a code point starts.
std::size_t point_start(std::string_view text, std::size_t at) {
  const auto inside = [&] { return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80; };
  for (int steps = 0; at > 0 && inside() && steps < 3; ++steps) --at;
  return at;
}

std::size_t point_end(std::string_view text, std::size_t at) {
  const auto inside = [&] { return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80; };
  for (int steps = 0; inside() && steps < 3; ++steps) ++at;
  return at;
}

std::string_view cut_at_end(std::string_view text, std::size_t size) {
  return text.size() <= size ? text : text.substr(0, point_start(text, size));
}

Excerpt cut_around(std::string_view text, std::size_t prefix, std::size_t suffix, std::size_t room) {
  if (text.size() <= room) {
    return {std::string(text.substr(0, prefix)), std::string(text.substr(prefix, text.size() - prefix - suffix)),
            std::string(text.substr(text.size() - suffix))};
  }
  const std::size_t context = std::min(prefix, room / 4);
  const std::size_t from = point_start(text, prefix - context);
  const std::string_view changed = text.substr(prefix, text.size() - prefix - suffix);
  const std::string_view kept = cut_at_end(changed, room - context);
  Excerpt out{std::string(from > 0 ? "…" : "") + std::string(text.substr(from, prefix - from)), std::string(kept), ""};
  if (kept.size() < changed.size()) {
    out.tail = "…";
    return out;
  }
  const std::string_view rest = text.substr(text.size() - suffix);
  const std::string_view tail = cut_at_end(rest, room - std::min(room, context + kept.size()));
  out.tail = std::string(tail) + (tail.size() < rest.size() ? "…" : "");
  return out;
}

}  // namespace

std::string phrase_count(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string phrase_count(std::uint64_t count, std::string_view one) {
  return phrase_count(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

std::string phrase_seconds(double seconds) {
  if (seconds <= 0) return "0 ms";
  if (seconds < 0.9995e-3) return three_digits(seconds * 1e6) + " µs";
  if (seconds < 0.9995) return three_digits(seconds * 1e3) + " ms";
  return three_digits(seconds) + " s";
}

std::string phrase_ratio(double candidate, double control) {
  return control > 0 ? formatted("×%.2f", candidate / control) : std::string();
}

std::string phrase_percent(double fraction) { return formatted("%.3g %%", fraction * 100); }

std::string phrase_evidence(double ln_e) {
  if (std::isnan(ln_e)) return "E unknown";
  const double log10_e = ln_e / std::log(10.0);
  if (log10_e < 3) return formatted("E = %.3g", std::exp(ln_e));
  if (log10_e < 6) return "E = " + phrase_count(static_cast<std::uint64_t>(std::exp(ln_e)));
  if (std::isinf(log10_e)) return "E = ∞";
  double exponent = std::floor(log10_e);
  double mantissa = std::pow(10.0, log10_e - exponent);
  if (mantissa >= 9.95) {
    mantissa = 1;
    exponent += 1;
  }
  return formatted("E = %.1fe%.0f", mantissa, exponent);
}

double capped_e_value(double ln_e) {
  return std::isnan(ln_e) ? ln_e : std::min(std::exp(std::min(ln_e, 700.0)), 1e300);
}

std::string phrase_time(WallTime time) {
  const CivilTime civil(time);
  std::string text = civil.text('T');
  if (civil.clock.subseconds().count() != 0) {
    text += formatted(".%09lld", static_cast<long long>(civil.clock.subseconds().count()));
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + "Z";
}

std::string phrase_clock(WallTime time) { return CivilTime(time).text(' ') + " UTC"; }

std::string phrase_change(Kind kind, std::string_view transition) {
  const std::string_view name = to_string(kind);
  if (transition.empty() || transition == name) return std::string(name);
  if (kind == Kind::status) return std::string(transition);
  return std::string(name) + " " + std::string(transition);
}

std::string phrase_change(const FindingReport& finding) { return phrase_change(finding.kind, finding.transition); }

std::string phrase_frequency(const FindingReport& finding, std::uint64_t pairs) {
  return phrase_count(finding.candidate_only) + (pairs > 0 ? " of " + phrase_count(pairs) : "");
}

ExcerptPair excerpt_of(const Divergence& divergence, std::size_t room) {
  const std::string_view stable = divergence.stable ? std::string_view(*divergence.stable) : std::string_view();
  const std::string_view arm = divergence.arm ? std::string_view(*divergence.arm) : std::string_view();
  // Of two short scalars all is marked: `200` and `500`, not their first digits.
  static constexpr std::size_t kScalar = 12;
  if (std::max(stable.size(), arm.size()) <= kScalar) {
    return {{"", std::string(stable), ""}, {"", std::string(arm), ""}};
  }
  const std::size_t shorter = std::min(stable.size(), arm.size());
  std::size_t prefix = 0;
  while (prefix < shorter && stable[prefix] == arm[prefix]) ++prefix;
  prefix = std::min(point_start(stable, prefix), point_start(arm, prefix));
  std::size_t suffix = 0;
  while (suffix < shorter - prefix && stable[stable.size() - 1 - suffix] == arm[arm.size() - 1 - suffix]) ++suffix;
  const std::size_t stable_end = point_end(stable, stable.size() - suffix);
  const std::size_t arm_end = point_end(arm, arm.size() - suffix);
  suffix = std::min(stable.size() - stable_end, arm.size() - arm_end);
  return {cut_around(stable, prefix, suffix, room), cut_around(arm, prefix, suffix, room)};
}

}  // namespace truemirror
