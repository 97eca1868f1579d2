#include "tests/conformance/abnf.h"

#include <algorithm>
#include <array>

namespace truemirror::conformance {
namespace {

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_visible(char c) { return c > 0x20 && c < 0x7f; }
bool one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
bool is_unreserved(char c) { return is_alpha(c) || is_digit(c) || one_of(c, "-._~"); }
bool is_target_octet(char c) { return is_visible(c) && c != '#'; }

template <class Is>
bool all(std::string_view text, Is is) {
  return std::all_of(text.begin(), text.end(), is);
}

// reg-name = *( unreserved / pct-encoded / sub-delims ), here without the comma: a list of hosts is no host.
bool is_reg_name(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_unreserved(text[at]) || one_of(text[at], "!$&'()*+;=")) continue;
    if (text[at] != '%' || at + 2 >= text.size() || !is_hexdig(text[at + 1]) || !is_hexdig(text[at + 2])) return false;
    at += 2;
  }
  return !text.empty();
}

bool is_dec_octet(std::string_view text) {
  if (text.empty() || text.size() > 3 || !all(text, is_digit) || (text.size() > 1 && text[0] == '0')) return false;
  int value = 0;
  for (char c : text) value = value * 10 + (c - '0');
  return value <= 255;
}

bool is_ipv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    const std::size_t dot = text.find('.');
    if ((dot == std::string_view::npos) != (part == 3) || !is_dec_octet(text.substr(0, dot))) return false;
    text = part == 3 ? std::string_view{} : text.substr(dot + 1);
  }
  return true;
}

// The number of 16-bit groups that `text` holds (an IPv4 tail counts two), or nothing where it is no list of groups.
std::optional<int> groups_of(std::string_view text) {
  int groups = 0;
  if (text.empty()) return groups;
  for (;;) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && is_ipv4(group)) return groups + 2;
    if (group.empty() || group.size() > 4 || !all(group, is_hexdig)) return std::nullopt;
    ++groups;
    if (colon == std::string_view::npos) return groups;
    text = text.substr(colon + 1);
  }
}

bool is_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return groups_of(text) == 8;
  const std::string_view before = text.substr(0, gap);
  const auto left = groups_of(before);
  const auto right = groups_of(text.substr(gap + 2));
  const bool ipv4_before_the_end = before.find('.') != std::string_view::npos;
  return left && right && !ipv4_before_the_end && *left + *right <= 7;
}

bool is_port(std::string_view text) {
  if (text.size() > 5 || !all(text, is_digit)) return false;
  int value = 0;
  for (char c : text) value = value * 10 + (c - '0');
  return value <= 65535;
}

bool is_absolute_form(std::string_view target) {
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos) return false;
  const std::string_view scheme = target.substr(0, colon);
  const std::string_view rest = target.substr(colon + 3);
  return (same_name(scheme, "http") || same_name(scheme, "https")) && is_host(rest.substr(0, rest.find_first_of("/?")));
}

}  // namespace

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hexdig(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_tchar(char c) { return is_alpha(c) || is_digit(c) || one_of(c, "!#$%&'*+-.^_`|~"); }
bool is_field_octet(char c) { return is_visible(c) || c == ' ' || c == '\t' || static_cast<unsigned char>(c) >= 0x80; }
bool is_token(std::string_view text) { return !text.empty() && all(text, is_tchar); }

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool is_host(std::string_view text) {
  std::size_t end = text.find(':');
  if (!text.empty() && text[0] == '[') {
    end = text.find(']');
    if (end == std::string_view::npos || !is_ipv6(text.substr(1, end - 1))) return false;
    ++end;
    if (end == text.size()) return true;
    return text[end] == ':' && is_port(text.substr(end + 1));
  }
  return is_reg_name(text.substr(0, end)) && (end == std::string_view::npos || is_port(text.substr(end + 1)));
}

bool is_target(std::string_view target, std::string_view method) {
  if (target.empty() || !all(target, is_target_octet)) return false;
  if (method == "CONNECT")
    return target.rfind(':') != std::string_view::npos && target.back() != ':' && is_host(target);
  if (target == "*") return method == "OPTIONS";
  return target[0] == '/' || is_absolute_form(target);
}

bool is_fixdate(std::string_view text) {
  constexpr std::string_view kShape = "Www, 00 Mmm 0000 00:00:00 GMT";
  if (text.size() != kShape.size()) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char want = kShape[at];
    const bool fits = want == '0'                 ? is_digit(text[at])
                      : is_alpha(want) && at < 25 ? is_alpha(text[at])
                                                  : text[at] == want;
    if (!fits) return false;
  }
  constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return std::find(kDays.begin(), kDays.end(), text.substr(0, 3)) != kDays.end() &&
         std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3)) != kMonths.end();
}

std::optional<std::uint64_t> length_of(std::string_view text) {
  if (text.empty() || text.size() > 19 || !all(text, is_digit) || (text.size() > 1 && text[0] == '0')) return {};
  std::uint64_t value = 0;
  for (char c : text) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value < (std::uint64_t{1} << 63) ? std::optional(value) : std::nullopt;
}

bool Cursor::take(std::string_view text) {
  if (failed() || bytes_.substr(at_, text.size()) != text) return false;
  at_ += text.size();
  return true;
}

void Cursor::expect(std::string_view text, std::string_view what) {
  if (failed() || take(text)) return;
  // A beginning of it may still become it.
  while (!at_end() && !text.empty() && bytes_[at_] == text.front()) ++at_, text.remove_prefix(1);
  fail(what);
}

std::string_view Cursor::bytes(std::uint64_t size) {
  const std::size_t start = at_;
  const std::uint64_t left = bytes_.size() - at_;
  at_ += static_cast<std::size_t>(std::min(size, left));
  if (size > left) fail("the body ends early");
  return since(start);
}

std::string_view Cursor::rest() { return bytes(bytes_.size() - at_); }

// quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE (RFC 9110 §5.6.4)
void Cursor::quoted_string() {
  expect("\"", "a quoted string opens");
  while (!failed() && !peek('"')) {
    if (take("\\") && at_end()) return fail("a quoted pair has a second byte");
    if (at_end() || !is_field_octet(bytes_[at_])) return fail("a quoted string holds visible bytes and closes");
    ++at_;
  }
  expect("\"", "a quoted string closes");
}

void Cursor::fail(std::string_view what) {
  if (failed()) return;
  ran_out_ = at_end();
  problem_ = what;
}

void Cursor::reject(std::string_view what) {
  if (!failed()) problem_ = what;
}

}  // namespace truemirror::conformance
