#include "proxy/cli/config_limits.h"

#include <spdlog/fmt/fmt.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <limits>
#include <variant>
#include <vector>

#include "proxy/cli/config_node.h"
#include "proxy/cli/values.h"
#include "proxy/http/nearest.h"

namespace truemirror {
namespace {

using Duration = LiveLimits::Duration;
static_assert(std::is_same_v<std::size_t, std::uint64_t>, "one kind of number is enough");

enum class Kind : std::uint8_t { size, rate, count, duration };

struct Setting {
  std::string_view name;
  Kind kind;
  std::variant<std::size_t LiveLimits::*, Duration LiveLimits::*> member;
  std::uint64_t least, most;  // of sizes and counts
  bool may_be_off;
  std::string_view about;
};

constexpr std::uint64_t kAnySize = std::uint64_t{1} << 40;
constexpr std::uint64_t kLargestHead = 60u << 10;  // with room to spare in a block of 64 KiB
using L = LiveLimits;

const std::vector<Setting>& settings() {
  static const std::vector<Setting> kAll{
      {"head_bytes", Kind::size, &L::head_bytes, 256, kLargestHead, false, "a request's line and fields: 431"},
      {"header_count", Kind::count, &L::header_count, 1, 1000, false, "fields of a request: 431"},
      {"target_bytes", Kind::size, &L::target_bytes, 16, kLargestHead, false, "a request's target: 414"},
      {"body_bytes", Kind::size, &L::body_bytes, 1, kAnySize, true, "a request's body, chunked or not: 413"},
      {"response_head_bytes", Kind::size, &L::response_head_bytes, 256, kLargestHead, false,
       "status line and fields of a response: 502"},
      {"response_header_count", Kind::count, &L::response_header_count, 1, 1000, false, "fields of a response: 502"},
      {"connections", Kind::count, &L::connections, 1, 1'000'000, false, "open from clients; one more gets 503"},
      {"connections_per_address", Kind::count, &L::connections_per_address, 1, 1'000'000, true,
       "of an IPv4 address or an IPv6 /64; one more gets 503"},
      {"requests_per_connection", Kind::count, &L::requests_per_connection, 1, 1'000'000'000, true,
       "then Connection: close"},
      {"stable_connections", Kind::count, &L::stable_connections, 1, 1'000'000, true,
       "open to stable, at least one a thread; requests wait for one, at most connect_timeout: 503"},
      {"kept_connections", Kind::count, &L::kept_connections, 1, 1'000'000, false,
       "kept open to stable between requests; for one more the longest idle is closed"},
      {"buffer_bytes", Kind::size, &L::buffer_bytes, 1u << 20, kAnySize, false,
       "memory for bytes under way; over it new requests get 503"},
      {"header_timeout", Kind::duration, &L::header_timeout, 0, 0, false,
       "a request's head, first byte to last (408), and a new connection's first byte"},
      {"body_timeout", Kind::duration, &L::body_timeout, 0, 0, false, "no byte of a body came, or none was taken"},
      {"idle_timeout", Kind::duration, &L::idle_timeout, 0, 0, false, "a kept connection without a request"},
      {"exchange_timeout", Kind::duration, &L::exchange_timeout, 0, 0, true,
       "a whole exchange: 504, or a cut; ends long downloads and streams too"},
      {"request_rate", Kind::rate, &L::request_rate, 1, kAnySize, true, "the least that a body must come at: 408"},
      {"response_rate", Kind::rate, &L::response_rate, 1, kAnySize, true, "the least that a client must take"},
      {"rate_grace", Kind::duration, &L::rate_grace, 0, 0, false, "the time that both rates are measured over"},
      {"handshake_timeout", Kind::duration, &L::handshake_timeout, 0, 0, false, "a TLS handshake"},
      {"handshakes", Kind::count, &L::handshakes, 1, 1'000'000, false, "TLS handshakes under way at once"},
      {"connect_timeout", Kind::duration, &L::connect_timeout, 0, 0, false,
       "connecting to stable, its name and TLS included: 504"},
      {"response_timeout", Kind::duration, &L::response_timeout, 0, 0, false, "between two bytes from stable: 504"},
      {"continue_timeout", Kind::duration, &L::continue_timeout, 0, 0, false,
       "for stable's 100 Continue; then the client is told to go on"},
      {"tunnel_timeout", Kind::duration, &L::tunnel_timeout, 0, 0, false, "a tunnel in which nothing moves"}};
  return kAll;
}

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const Setting& each : settings()) out.emplace_back(each.name);
  return out;
}

Problem wrong(std::string_view text, const Setting& setting, const std::string& least, const std::string& most) {
  return {fmt::format("'{}' is out of range; it is from {} to {}{}", text, least, most,
                      setting.may_be_off ? ", or off" : "")};
}

std::string size_text(const Setting& setting, std::uint64_t value) {
  if (setting.kind == Kind::count) return std::to_string(value);
  return format_size(value) + (setting.kind == Kind::rate ? "/s" : "");
}

Result<std::uint64_t> number_of(const Setting& setting, std::string_view text) {
  std::string_view digits = text;
  if (setting.kind == Kind::rate && digits.ends_with("/s")) digits.remove_suffix(2);
  auto value = setting.kind == Kind::count ? parse_count(digits, 0, std::numeric_limits<std::uint64_t>::max())
                                           : parse_size(digits);
  if (value.has_error()) return value;
  if (*value < setting.least || *value > setting.most)
    return wrong(text, setting, size_text(setting, setting.least), size_text(setting, setting.most));
  return value;
}

Result<void> set(const Setting& setting, std::string_view text, LiveLimits& limits) {
  const bool off = text == "off";
  if (off && !setting.may_be_off) return Problem{"cannot be off"};
  if (const auto* duration = std::get_if<Duration LiveLimits::*>(&setting.member)) {
    const auto value = off ? Result<Duration>(Duration{0}) : parse_duration(text);
    if (value.has_error()) return value.error();
    limits.** duration = *value;
    return {};
  }
  const auto value = off ? Result<std::uint64_t>(std::uint64_t{0}) : number_of(setting, text);
  if (value.has_error()) return value.error();
  limits.*std::get<std::size_t LiveLimits::*>(setting.member) = *value;
  return {};
}

std::string text_of(const Setting& setting, const LiveLimits& limits) {
  if (const auto* duration = std::get_if<Duration LiveLimits::*>(&setting.member)) {
    const Duration value = limits.**duration;
    return value.count() == 0 ? "off" : format_duration(value);
  }
  const std::size_t value = limits.*std::get<std::size_t LiveLimits::*>(setting.member);
  return value == 0 ? "off" : size_text(setting, value);
}

}  // namespace

void read_limits(const YAML::Node& node, LiveLimits& limits) {
  std::vector<ConfigKey> keys;
  for (const Setting& each : settings()) {
    keys.push_back({std::string(each.name), [&](const YAML::Node& n) {
                      const std::string text = config_scalar(n, each.name, text_of(each, LiveLimits{}));
                      if (const auto done = set(each, text, limits); done.has_error())
                        config_complain(n, std::string(each.name) + ": " + done.error().text);
                    }});
  }
  read_config_map(node, "limits", keys);
}

Result<void> apply_limit(std::string_view text, LiveLimits& limits) {
  const std::size_t equals = text.find('=');
  const std::string name(text.substr(0, equals));
  const auto setting =
      std::find_if(settings().begin(), settings().end(), [&](const auto& s) { return s.name == name; });
  if (setting == settings().end()) return Problem{"'" + name + "' is no limit" + what_would_be_right(name, names())};
  if (equals == std::string_view::npos)
    return Problem{fmt::format("'{}' has no value; write {}={}", text, name, text_of(*setting, LiveLimits{}))};
  if (const auto done = set(*setting, text.substr(equals + 1), limits); done.has_error())
    return Problem{name + ": " + done.error().text};
  return {};
}

YAML::Node effective_limits(const LiveLimits& limits) {
  YAML::Node node(YAML::NodeType::Map);
  for (const Setting& each : settings()) node[std::string(each.name)] = text_of(each, limits);
  return node;
}

std::string limits_help() {
  std::string out = "Limits (--limit NAME=VALUE, or `listen: limits:` in the configuration), with their defaults:\n";
  for (const Setting& each : settings()) {
    out += fmt::format("  {:<24} {:>7}  {}{}\n", each.name, text_of(each, LiveLimits{}), each.about,
                       each.may_be_off ? " (may be off)" : "");
  }
  return out;
}

}  // namespace truemirror
