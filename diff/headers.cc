#include "diff/headers.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "diff/cookies.h"
#include "diff/header_value.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

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

bool of_the_status(std::string_view name) {
  if (name.size() > 8 && iequals(name.substr(0, 8), "content-")) return true;
  return std::any_of(kOfStatus.begin(), kOfStatus.end(), [&](std::string_view known) { return iequals(known, name); });
}

// The default rule that leaves a field of this name out, whatever it says; none for most.
std::optional<std::size_t> left_out_by(std::string_view name, const HeaderScope& scope) {
  if (scope.bodies_compared && iequals(name, kDefaultRules[kContentLengthRule].header)) return kContentLengthRule;
  if (!scope.defaults) return std::nullopt;
  for (std::size_t at = 0; at < kSwitchedDefaults; ++at) {
    if (iequals(name, kDefaultRules[at].header)) return at;
  }
  return std::nullopt;
}

// A field by its name in any case, and its place in the message.
struct Field {
  std::string_view name, value;
};

unsigned char lower(char c) { return static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c); }

int compare_names(std::string_view a, std::string_view b) {
  for (std::size_t at = 0; at < std::min(a.size(), b.size()); ++at) {
    if (const int apart = lower(a[at]) - lower(b[at]); apart != 0) return apart;
  }
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

// By name; the fields of one name in the order of the message.
std::vector<Field> sorted(const Headers& headers, const HeaderScope& scope) {
  std::vector<Field> out;
  out.reserve(headers.size());
  for (const HeaderField field : headers) {
    if (!scope.status_differs || !of_the_status(field.name)) out.push_back({field.name, field.value});
  }
  // Values are views into the message, so that where they stand tells which came first.
  std::sort(out.begin(), out.end(), [](const Field& a, const Field& b) {
    const int order = compare_names(a.name, b.name);
    return order != 0 ? order < 0 : std::less<>()(a.name.data(), b.name.data());
  });
  return out;
}

using Fields = std::span<const Field>;  // of one name

// Takes the fields of the name that comes first off the front.
Fields take_group(Fields& from, std::string_view name) {
  std::size_t count = 0;
  while (count < from.size() && compare_names(from[count].name, name) == 0) ++count;
  const Fields group = from.first(count);
  from = from.subspan(count);
  return group;
}

std::string joined(Fields fields) {
  std::string out;
  for (const Field& field : fields) {
    if (&field != fields.data()) out += ", ";
    out += field.value;
  }
  return out;
}

class HeaderDiff {
 public:
  HeaderDiff(const Headers& stable, const Headers& arm, const HeaderScope& scope, std::string_view root,
             DivergenceSink& sink)
      : stable_(stable), arm_(arm), scope_(scope), at_(root), sink_(sink) {}

  void run() {
    const std::vector<Field> a = sorted(stable_, scope_), b = sorted(arm_, scope_);
    Fields left = a, right = b;
    while (!left.empty() || !right.empty()) {
      const bool from_left = right.empty() || (!left.empty() && compare_names(left[0].name, right[0].name) <= 0);
      const std::string_view name = from_left ? left[0].name : right[0].name;
      const Fields from = take_group(left, name), to = take_group(right, name);
      const auto same = [](const Field& x, const Field& y) { return x.value == y.value; };
      if (!std::equal(from.begin(), from.end(), to.begin(), to.end(), same)) differ(ascii_lower(name), from, to);
    }
  }

 private:
  void differ(const std::string& name, Fields from, Fields to) {
    at_.push_name(name);
    if (const auto rule = left_out_by(name, scope_)) {
      const auto text = [](Fields fields) { return fields.empty() ? std::nullopt : std::optional(joined(fields)); };
      if (text(from) != text(to)) sink_.hidden_by_default(*rule, at_, text(from), text(to));
    } else if (name == "set-cookie") {
      diff_cookies(cookies(from, stable_), cookies(to, arm_), at_, sink_);
    } else if (from.empty() || to.empty()) {
      const std::string text = joined(from.empty() ? to : from);
      const auto only = [&](Fields fields) {
        return fields.empty() ? std::nullopt : std::optional<std::string_view>(text);
      };
      add_text_divergence(sink_, at_, only(from), only(to));
    } else {
      values(name, joined(from), joined(to));
    }
    at_.pop();
  }

  static SetCookies cookies(Fields fields, const Headers& of) {
    SetCookies out;
    for (const Field& field : fields) out.fields.push_back(field.value);
    out.date = of.get("date").value_or("");
    return out;
  }

  void values(const std::string& name, const std::string& from, const std::string& to) {
    if (name == "etag") return entity_tags(from, to);
    switch (compare_header_values(name, from, to)) {
      case HeaderChange::none:
        return;
      case HeaderChange::order:
        return sink_.add(at_, Kind::reordered, "order",
                         [&](Divergence& d) { show(d, shown_text(from), shown_text(to)); });
      case HeaderChange::value:
        return add_text_divergence(sink_, at_, from, to);
    }
  }

  // Between `"x"` and `W/"x"` what the tag promises differs; else the tags themselves do, classed without their quotes.
  void entity_tags(const std::string& from, const std::string& to) {
    const EntityTag a = parse_entity_tag(from), b = parse_entity_tag(to);
    const auto promise = [](const EntityTag& tag) { return std::string_view(tag.weak ? "weak" : "strong"); };
    const bool alike = a.weak == b.weak;
    const std::string_view from_class = alike ? to_string(class_of_text(a.opaque)) : promise(a);
    const std::string_view to_class = alike ? to_string(class_of_text(b.opaque)) : promise(b);
    sink_.add(at_, Kind::value, transition_of(from_class, to_class), [&](Divergence& d) {
      show(d, ShownValue{json_quoted(from), from_class}, ShownValue{json_quoted(to), to_class});
    });
  }

  const Headers& stable_;
  const Headers& arm_;
  const HeaderScope& scope_;
  Location at_;
  DivergenceSink& sink_;
};

// The quick scan: the same fields in the same order, but for the values of what is left out, which it tells.
bool same_in_order(const Headers& stable, const Headers& arm, const HeaderScope& scope, DefaultRules& hidden) {
  if (stable.size() != arm.size()) return false;
  for (std::size_t at = 0; at < stable.size(); ++at) {
    const HeaderField a = stable[at], b = arm[at];
    if (a.name != b.name && !iequals(a.name, b.name)) return false;
    if (a.value == b.value || (scope.status_differs && of_the_status(a.name))) continue;
    const auto rule = left_out_by(a.name, scope);
    if (!rule) return false;
    hidden |= static_cast<DefaultRules>(1u << *rule);
  }
  return true;
}

void diff_fields(const Headers& stable, const Headers& arm, const HeaderScope& scope, std::string_view root,
                 DivergenceSink& sink) {
  DefaultRules hidden = 0;
  if (!same_in_order(stable, arm, scope, hidden) || (hidden != 0 && sink.lists_defaults())) {
    HeaderDiff(stable, arm, scope, root, sink).run();
  } else {
    sink.hidden_by_defaults(hidden);
  }
}

}  // namespace

void diff_headers(const Headers& stable, const Headers& arm, const HeaderScope& scope, DivergenceSink& sink) {
  diff_fields(stable, arm, scope, "header", sink);
}

void diff_trailers(const Headers& stable, const Headers& arm, DivergenceSink& sink) {
  diff_fields(stable, arm, {false, false, false}, "trailer", sink);
}

}  // namespace truemirror
