#include "diff/header_value.h"

#include <algorithm>
#include <array>
#include <string>

#include "diff/timestamp.h"
#include "proxy/http/headers.h"

namespace truemirror {
namespace {

enum class Form : std::uint8_t {
  plain,       // the bytes
  set,         // a list whose order says nothing; words in any case
  set_exact,   // the same, but case counts (methods)
  list,        // a list whose order counts
  item,        // one value with parameters
  directives,  // `name value value; name`: order and case of names say nothing
  date,
  expiry  // a date; what is none lies in the past (RFC 9111 §5.3)
};

struct Known {
  std::string_view name;
  Form form;
};
constexpr std::array<Known, 31> kKnown{{{"accept", Form::set},
                                        {"accept-ch", Form::set},
                                        {"accept-charset", Form::set},
                                        {"accept-encoding", Form::set},
                                        {"accept-language", Form::set},
                                        {"accept-patch", Form::set},
                                        {"accept-post", Form::set},
                                        {"accept-ranges", Form::set},
                                        {"access-control-allow-headers", Form::set},
                                        {"access-control-allow-methods", Form::set_exact},
                                        {"access-control-expose-headers", Form::set},
                                        {"allow", Form::set_exact},
                                        {"alt-svc", Form::list},
                                        {"cache-control", Form::set},
                                        {"clear-site-data", Form::set},
                                        {"content-disposition", Form::item},
                                        {"content-encoding", Form::list},
                                        {"content-language", Form::list},
                                        {"content-security-policy", Form::directives},
                                        {"content-security-policy-report-only", Form::directives},
                                        {"content-type", Form::item},
                                        {"expires", Form::expiry},
                                        {"last-modified", Form::date},
                                        {"link", Form::list},
                                        {"pragma", Form::set},
                                        {"preference-applied", Form::set},
                                        {"prefer", Form::set},
                                        {"server-timing", Form::list},
                                        {"strict-transport-security", Form::directives},
                                        {"te", Form::set},
                                        {"vary", Form::set}}};

Form form_of(std::string_view name) {
  const auto known = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& each) { return each.name == name; });
  return known == kKnown.end() ? Form::plain : known->form;
}

bool is_token_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// `"a\"b"` as what stands between the quotes, which go where a token would say the same.
std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string inside;
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    if (text[at] == '\\' && at + 2 < text.size()) ++at;
    inside += text[at];
  }
  const bool token = !inside.empty() && std::all_of(inside.begin(), inside.end(), is_token_char);
  return token ? inside : '"' + inside + '"';
}

// `0.50` is `0.5`, `1.000` is the default and empty; what is no quality value stays as it is.
std::string quality(std::string text) {
  const bool digits = text.find_first_not_of("0123456789.") == std::string::npos;
  if (!digits || text.empty() || text.find('.') == std::string::npos) return text == "1" ? "" : text;
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text == "1" ? "" : text;
}

// `name=value` with the name in lower case; the boundary of a multipart message is made up anew each time.
std::string parameter(std::string_view part, bool any_case) {
  const std::size_t equals = std::min(part.find('='), part.size());
  const std::string name = ascii_lower(trimmed_field(part.substr(0, equals)));
  if (equals == part.size()) return name;
  std::string value = unquoted(trimmed_field(part.substr(equals + 1)));
  if (name == "boundary") value = "*";
  if (any_case || name == "charset" || name == "rel") value = ascii_lower(value);
  if (name == "q" && (value = quality(std::move(value))).empty()) return {};
  return name + "=" + value;
}

// A list's member or a single value: what it is, then its parameters by name.
std::string member(std::string_view text, Form form) {
  const std::vector<std::string_view> parts = split_field(text, ';');
  if (parts.empty()) return {};
  const std::string_view first = parts.front();
  std::string out;
  if (first.starts_with('<') || form == Form::set_exact) {
    out = first;
  } else {
    out = first.starts_with('"') ? unquoted(first) : parameter(first, true);
  }
  std::vector<std::string> parameters;
  for (std::size_t at = 1; at < parts.size(); ++at) {
    std::string each = parameter(parts[at], false);
    if (!each.empty()) parameters.push_back(std::move(each));
  }
  std::sort(parameters.begin(), parameters.end());
  for (const std::string& each : parameters) out += ";" + each;
  return out;
}

// The words of a directive: its name, then its values in any order.
std::string directive(std::string_view text) {
  if (text.find('=') != std::string_view::npos && text.find(' ') == std::string_view::npos) {
    return parameter(text, false);
  }
  std::vector<std::string> words;
  for (const std::string_view word : split_field(text, ' ')) words.emplace_back(word);
  if (words.empty()) return {};
  words.front() = ascii_lower(words.front());
  std::sort(words.begin() + 1, words.end());
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

using Members = std::vector<std::string>;

void sort_as_set(Members& members) {
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
}

Members members_of(std::string_view value, Form form) {
  Members out;
  if (form == Form::item) return {member(value, form)};
  const char separator = form == Form::directives ? ';' : ',';
  for (const std::string_view each : split_field(value, separator)) {
    out.push_back(form == Form::directives ? directive(each) : member(each, form));
  }
  if (form != Form::list) sort_as_set(out);
  return out;
}

HeaderChange compare_dates(std::string_view stable, std::string_view arm, bool or_past) {
  const auto a = parse_http_date(stable), b = parse_http_date(arm);
  if (!a && !b && or_past) return HeaderChange::none;
  return a && b && *a == *b ? HeaderChange::none : HeaderChange::value;
}

}  // namespace

std::string_view trimmed_field(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split_field(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  bool quoted = false, bracketed = false;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size()) {
      const char c = text[at];
      if (c == '"' && !bracketed) quoted = !quoted;
      if (c == '<' && !quoted) bracketed = true;
      if (c == '>' && !quoted) bracketed = false;
      if (quoted && c == '\\') ++at;
      if (at < text.size() && (quoted || bracketed || c != separator)) continue;
    }
    const std::string_view member = trimmed_field(text.substr(begin, std::min(at, text.size()) - begin));
    if (!member.empty()) out.push_back(member);
    begin = at + 1;
  }
  return out;
}

EntityTag parse_entity_tag(std::string_view value) {
  EntityTag out;
  out.weak = value.starts_with("W/");
  if (out.weak) value.remove_prefix(2);
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  out.opaque = quoted ? value.substr(1, value.size() - 2) : value;
  return out;
}

HeaderChange compare_header_values(std::string_view name, std::string_view stable, std::string_view arm) {
  if (stable == arm) return HeaderChange::none;
  const Form form = form_of(name);
  if (form == Form::plain) return HeaderChange::value;
  if (form == Form::date || form == Form::expiry) return compare_dates(stable, arm, form == Form::expiry);
  Members a = members_of(stable, form), b = members_of(arm, form);
  if (a == b) return HeaderChange::none;
  if (form != Form::list) return HeaderChange::value;
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b ? HeaderChange::order : HeaderChange::value;
}

}  // namespace truemirror
