#include "diff/headers.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "diff/classify.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

// design.md §7.8: these say who answered, when and over which connection.
constexpr std::array<std::string_view, 8> kIgnored{
    "date", "age", "server", "via", "connection", "keep-alive", "transfer-encoding", "proxy-connection"};

// About the content (RFC 9110 §8), its caching, or the status itself: another status brings others.
constexpr std::array<std::string_view, 15> kOfStatus{"etag",
                                                     "last-modified",
                                                     "accept-ranges",
                                                     "cache-control",
                                                     "expires",
                                                     "pragma",
                                                     "location",
                                                     "retry-after",
                                                     "vary",
                                                     "link",
                                                     "www-authenticate",
                                                     "proxy-authenticate",
                                                     "allow",
                                                     "x-content-type-options",
                                                     "set-cookie"};

// Lists whose order says nothing.
constexpr std::array<std::string_view, 8> kSets{"allow",
                                                "vary",
                                                "cache-control",
                                                "access-control-allow-headers",
                                                "access-control-allow-methods",
                                                "access-control-expose-headers",
                                                "accept-ranges",
                                                "clear-site-data"};
// Lists whose order counts.
constexpr std::array<std::string_view, 6> kLists{"content-encoding", "content-language", "link",
                                                 "server-timing",    "accept-patch",     "accept-post"};

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view known) { return iequals(known, name); });
}

bool left_out(std::string_view name, const HeaderScope& scope) {
  if (scope.bodies_compared && iequals(name, "content-length")) return true;
  if (scope.defaults && one_of(kIgnored, name)) return true;
  if (!scope.status_differs) return false;
  return one_of(kOfStatus, name) || (name.size() > 8 && iequals(name.substr(0, 8), "content-"));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Splits at `separator` outside of quoted strings; empty members go (RFC 9110 §5.6.1).
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && text[at] == '"') quoted = !quoted;
    if (at < text.size() && quoted && text[at] == '\\') ++at;
    if (at < text.size() && (quoted || text[at] != separator)) continue;
    const std::string_view member = trimmed(text.substr(begin, std::min(at, text.size()) - begin));
    if (!member.empty()) out.push_back(member);
    begin = at + 1;
  }
  return out;
}

using Values = std::vector<std::string_view>;
using Grouped = std::map<std::string, Values, std::less<>>;  // lower-case name → values in order

Grouped grouped(const Headers& headers, const HeaderScope& scope) {
  Grouped out;
  for (const HeaderField& field : headers) {
    if (!left_out(field.name, scope)) out[ascii_lower(field.name)].push_back(field.value);
  }
  return out;
}

std::string joined(const Values& values) {
  std::string out;
  for (const std::string_view value : values) {
    if (!out.empty()) out += ", ";
    out += value;
  }
  return out;
}

// The boundary of a multipart message is made up anew each time.
std::string without_boundary(std::string_view content_type) {
  const std::string_view boundary = parse_content_type(content_type).boundary;
  std::string out(content_type);
  if (!boundary.empty()) out.erase(static_cast<std::size_t>(boundary.data() - content_type.data()), boundary.size());
  return out;
}

// What the fields of one name say together, in the one form in which equal meanings are equal texts.
std::string combined(std::string_view name, const Values& values) {
  const std::string all = joined(values);
  if (name == "content-type") return without_boundary(all);
  const bool set = one_of(kSets, name);
  if (!set && !one_of(kLists, name)) return all;
  Values members = split(all, ',');
  if (!set) return joined(members);
  std::vector<std::string> sorted;
  for (const std::string_view member : members) sorted.push_back(ascii_lower(member));
  std::sort(sorted.begin(), sorted.end());
  return joined(Values(sorted.begin(), sorted.end()));
}

// A cookie's attributes without its value: lower-case, sorted. The date of Expires moves with the clock, so only that
// it is there counts.
std::map<std::string, std::string> cookie_attributes(const std::vector<std::string_view>& parts) {
  std::map<std::string, std::string> out;
  for (std::size_t at = 1; at < parts.size(); ++at) {
    const std::size_t equals = std::min(parts[at].find('='), parts[at].size());
    const std::string name = ascii_lower(trimmed(parts[at].substr(0, equals)));
    const std::string_view value = trimmed(parts[at].substr(std::min(equals + 1, parts[at].size())));
    out[name] = name == "expires" ? "" : std::string(value);
  }
  return out;
}

using Cookies = std::map<std::string, std::map<std::string, std::string>, std::less<>>;

Cookies cookies_of(const Values& values) {
  Cookies out;
  for (const std::string_view value : values) {
    const std::vector<std::string_view> parts = split(value, ';');
    if (parts.empty()) continue;
    const std::string_view pair = parts.front();
    out[std::string(trimmed(pair.substr(0, pair.find('='))))] = cookie_attributes(parts);
  }
  return out;
}

std::string shown(const std::map<std::string, std::string>& attributes) {
  std::string out;
  for (const auto& [name, value] : attributes) {
    if (!out.empty()) out += "; ";
    out += value.empty() ? name : name + "=" + value;
  }
  return out;
}

// Values shown are the attributes: what a cookie holds is a secret more often than not.
void diff_cookies(const Values& stable, const Values& arm, Location& at, DivergenceSink& sink) {
  const Cookies a = cookies_of(stable), b = cookies_of(arm);
  const auto add = [&](const std::string& name, Kind kind, const std::string* from, const std::string* to) {
    at.push_key(name);
    sink.add(at, kind, kind == Kind::value ? "attributes" : "cookie", [&](Divergence& d) {
      if (from != nullptr) d.stable = json_quoted(*from);
      if (to != nullptr) d.arm = json_quoted(*to);
    });
    at.pop();
  };
  for (const auto& [name, attributes] : a) {
    const std::string from = shown(attributes);
    const auto other = b.find(name);
    if (other == b.end()) {
      add(name, Kind::missing, &from, nullptr);
    } else if (const std::string to = shown(other->second); from != to) {
      add(name, Kind::value, &from, &to);
    }
  }
  for (const auto& [name, attributes] : b) {
    const std::string to = shown(attributes);
    if (!a.contains(name)) add(name, Kind::added, nullptr, &to);
  }
}

void diff_field(const std::string& name, const Values& stable, const Values& arm, Location& at, DivergenceSink& sink) {
  at.push_name(name);
  if (name == "set-cookie") {
    diff_cookies(stable, arm, at, sink);
  } else {
    std::optional<std::string> from, to;
    if (!stable.empty()) from = combined(name, stable);
    if (!arm.empty()) to = combined(name, arm);
    if (from != to) add_text_divergence(sink, at, from, to);
  }
  at.pop();
}

void diff_groups(const Headers& stable, const Headers& arm, const HeaderScope& scope, std::string_view root,
                 DivergenceSink& sink) {
  const Grouped a = grouped(stable, scope), b = grouped(arm, scope);
  Location at(root);
  for (const auto& [name, values] : a) {
    const auto other = b.find(name);
    diff_field(name, values, other == b.end() ? Values{} : other->second, at, sink);
  }
  for (const auto& [name, values] : b) {
    if (!a.contains(name)) diff_field(name, {}, values, at, sink);
  }
}

// The quick scan: the same fields in the same order, but for the values of what is left out.
bool same_in_order(const Headers& stable, const Headers& arm, const HeaderScope& scope) {
  if (stable.size() != arm.size()) return false;
  for (std::size_t at = 0; at < stable.size(); ++at) {
    const HeaderField a = stable[at], b = arm[at];
    if (a.name != b.name && !iequals(a.name, b.name)) return false;
    if (a.value != b.value && !left_out(a.name, scope)) return false;
  }
  return true;
}

}  // namespace

void diff_headers(const Headers& stable, const Headers& arm, const HeaderScope& scope, DivergenceSink& sink) {
  if (!same_in_order(stable, arm, scope)) diff_groups(stable, arm, scope, "header", sink);
}

void diff_trailers(const Headers& stable, const Headers& arm, DivergenceSink& sink) {
  const HeaderScope all{false, false, false};
  if (!same_in_order(stable, arm, all)) diff_groups(stable, arm, all, "trailer", sink);
}

}  // namespace truemirror
