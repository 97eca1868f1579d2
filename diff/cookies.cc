#include "diff/cookies.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string>

#include "diff/header_value.h"
#include "diff/timestamp.h"
#include "proxy/http/headers.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

// Expires has whole seconds and so has Date: each may be rounded, or a second pass between the two.
constexpr std::int64_t kSameLifetime = 2;

// Names that a transition may hold; any other attribute is `other` there, since transitions never come from traffic.
constexpr std::array<std::string_view, 7> kAttributes{"domain",   "httponly", "partitioned", "path",
                                                      "priority", "samesite", "secure"};

struct Lifetime {
  enum class Until { session_end, gone, lasting, seconds } until = Until::session_end;
  std::int64_t seconds = 0;

  [[nodiscard]] bool like(const Lifetime& other) const {
    const bool lasts = until >= Until::lasting, other_lasts = other.until >= Until::lasting;
    if (!lasts || !other_lasts || until != other.until) return lasts ? other_lasts : until == other.until;
    return until == Until::lasting || std::abs(seconds - other.seconds) <= kSameLifetime;
  }
};

Lifetime of_max_age(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc::result_out_of_range && !text.starts_with('-')) return {Lifetime::Until::lasting, 0};
  if (seconds <= 0) return {Lifetime::Until::gone, 0};
  return {Lifetime::Until::seconds, seconds};
}

// Without a Date nobody knows what the server's clock said: a date of the last century deletes, any other keeps.
Lifetime of_expires(std::string_view text, std::string_view date) {
  const auto until = parse_http_date(text), now = parse_http_date(date);
  if (!until) return {};
  constexpr WallTime kCentury{std::chrono::seconds{946'684'800}};
  if (!now) return {*until < kCentury ? Lifetime::Until::gone : Lifetime::Until::lasting, 0};
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(*until - *now).count();
  return left <= 0 ? Lifetime{Lifetime::Until::gone, 0} : Lifetime{Lifetime::Until::seconds, left};
}

struct Cookie {
  std::string_view value;
  std::map<std::string, std::string, std::less<>> attributes;  // lower-case names; without Max-Age and Expires
  Lifetime lifetime;

  [[nodiscard]] std::string shown() const {
    std::string out;
    for (const auto& [name, text] : attributes)
      out += (out.empty() ? "" : "; ") + name + (text.empty() ? "" : "=") + text;
    switch (lifetime.until) {
      case Lifetime::Until::session_end:
        return out;
      case Lifetime::Until::gone:
        return out + (out.empty() ? "" : "; ") + "lifetime=deleted";
      case Lifetime::Until::lasting:
        return out + (out.empty() ? "" : "; ") + "lifetime=kept";
      case Lifetime::Until::seconds:
        return out + (out.empty() ? "" : "; ") + "lifetime=" + std::to_string(lifetime.seconds) + "s";
    }
    return out;
  }
};

void set_attribute(Cookie& cookie, std::string_view text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  std::string name = ascii_lower(trimmed_field(text.substr(0, equals)));
  std::string value(trimmed_field(text.substr(std::min(equals + 1, text.size()))));
  if (name == "samesite" || name == "priority" || name == "domain") value = ascii_lower(value);
  if (name == "domain" && value.starts_with('.')) value.erase(0, 1);
  cookie.attributes[std::move(name)] = std::move(value);  // the last one counts (RFC 6265 §5.3)
}

using Cookies = std::map<std::string, std::vector<Cookie>, std::less<>>;  // name → in the order of domain and path

Cookies cookies_of(const SetCookies& from) {
  Cookies out;
  for (const std::string_view field : from.fields) {
    const std::vector<std::string_view> parts = split_field(field, ';');
    if (parts.empty()) continue;
    const std::size_t equals = std::min(parts.front().find('='), parts.front().size());
    Cookie cookie;
    cookie.value = parts.front().substr(std::min(equals + 1, parts.front().size()));
    for (std::size_t at = 1; at < parts.size(); ++at) set_attribute(cookie, parts[at]);
    const auto max_age = cookie.attributes.find("max-age"), expires = cookie.attributes.find("expires");
    if (max_age != cookie.attributes.end()) {
      cookie.lifetime = of_max_age(max_age->second);
    } else if (expires != cookie.attributes.end()) {
      cookie.lifetime = of_expires(expires->second, from.date);
    }
    cookie.attributes.erase("max-age");
    cookie.attributes.erase("expires");
    out[std::string(trimmed_field(parts.front().substr(0, equals)))].push_back(std::move(cookie));
  }
  const auto place = [](const Cookie& cookie) {
    const auto domain = cookie.attributes.find("domain"), path = cookie.attributes.find("path");
    return std::pair(domain == cookie.attributes.end() ? std::string_view{} : domain->second,
                     path == cookie.attributes.end() ? std::string_view{} : path->second);
  };
  for (auto& [name, all] : out) {
    if (all.size() < 2) continue;
    // Of several for one domain and path the last counts: sorted backwards, it is the first of its place.
    std::vector<Cookie> kept;
    for (auto cookie = all.rbegin(); cookie != all.rend(); ++cookie) {
      const auto same = [&](const Cookie& other) { return place(other) == place(*cookie); };
      if (std::none_of(kept.begin(), kept.end(), same)) kept.push_back(*cookie);
      if (kept.size() == 16) break;  // browsers keep few as well; this keeps the look-up short
    }
    std::sort(kept.begin(), kept.end(), [&](const Cookie& a, const Cookie& b) { return place(a) < place(b); });
    all = std::move(kept);
  }
  return out;
}

// The attributes in which two cookies differ: `httponly,secure`.
std::string changed_attributes(const Cookie& stable, const Cookie& arm) {
  const auto differs = [&](std::string_view name) {
    const auto a = stable.attributes.find(name), b = arm.attributes.find(name);
    const bool in_a = a != stable.attributes.end(), in_b = b != arm.attributes.end();
    return in_a != in_b || (in_a && a->second != b->second);
  };
  std::vector<std::string_view> names;
  for (const std::string_view name : kAttributes) {
    if (differs(name)) names.push_back(name);
  }
  if (!stable.lifetime.like(arm.lifetime)) names.emplace_back("lifetime");
  const auto unknown = [&](const auto& attribute) {
    return std::find(kAttributes.begin(), kAttributes.end(), attribute.first) == kAttributes.end() &&
           differs(attribute.first);
  };
  if (std::any_of(stable.attributes.begin(), stable.attributes.end(), unknown) ||
      std::any_of(arm.attributes.begin(), arm.attributes.end(), unknown)) {
    names.emplace_back("other");
  }
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : ",") + std::string(name);
  return out;
}

void add(Location& at, DivergenceSink& sink, const Cookie* stable, const Cookie* arm) {
  const Kind kind = arm == nullptr ? Kind::missing : stable == nullptr ? Kind::added : Kind::value;
  std::string transition = kind == Kind::value ? changed_attributes(*stable, *arm) : "cookie";
  sink.add(at, kind, std::move(transition), [&](Divergence& d) {
    if (stable != nullptr) d.stable = json_quoted(stable->shown());
    if (arm != nullptr) d.arm = json_quoted(arm->shown());
  });
}

void diff_cookie(const Cookie& stable, const Cookie& arm, Location& at, DivergenceSink& sink) {
  if (stable.attributes != arm.attributes || !stable.lifetime.like(arm.lifetime)) return add(at, sink, &stable, &arm);
  if (stable.value != arm.value) sink.hidden_by_default(kSetCookieRule, at, "(not shown)", "(not shown either)");
}

}  // namespace

void diff_cookies(const SetCookies& stable, const SetCookies& arm, Location& at, DivergenceSink& sink) {
  const Cookies a = cookies_of(stable), b = cookies_of(arm);
  static const std::vector<Cookie> kNone;
  const auto named = [&](const std::string& name, const std::vector<Cookie>& from, const std::vector<Cookie>& to) {
    at.push_key(name);
    for (std::size_t each = 0; each < std::max(from.size(), to.size()); ++each) {
      if (each < from.size() && each < to.size()) {
        diff_cookie(from[each], to[each], at, sink);
      } else {
        add(at, sink, each < from.size() ? &from[each] : nullptr, each < to.size() ? &to[each] : nullptr);
      }
    }
    at.pop();
  };
  for (const auto& [name, from] : a) {
    const auto other = b.find(name);
    named(name, from, other == b.end() ? kNone : other->second);
  }
  for (const auto& [name, to] : b) {
    if (!a.contains(name)) named(name, kNone, to);
  }
}

}  // namespace truemirror
