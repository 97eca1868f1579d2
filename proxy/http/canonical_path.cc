#include "proxy/http/canonical_path.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace truemirror {
namespace {

enum : std::uint8_t { kUnreserved = 1, kLiteral = 2, kPlain = 4 };

// RFC 3986 §2.3 and §3.3. Brackets are no pchar; but no server treats them otherwise, and redaction's tokens have them.
constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    const auto one_of = [c](std::string_view set) { return set.find(static_cast<char>(c)) != std::string_view::npos; };
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    std::uint8_t bits = 0;
    if (alnum || one_of("-._~")) bits |= kUnreserved | kLiteral | kPlain;
    if (one_of("!$&'()*+,=:@[]")) bits |= kLiteral | kPlain;
    if (one_of(";/")) bits |= kLiteral;  // literal, yet with a meaning to some
    table[c] = bits;
  }
  return table;
}
constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

bool is_of(char c, std::uint8_t bits) { return (kClasses[static_cast<unsigned char>(c)] & bits) != 0; }
bool ends_paths(char c) { return c == '?' || c == '#' || c == '\0'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The octet of the escape that stands there; -1 where none does.
int escape_at(std::string_view text, std::size_t at) {
  if (text[at] != '%' || at + 2 >= text.size()) return -1;
  const int high = hex_digit(text[at + 1]);
  const int low = hex_digit(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto octet = static_cast<unsigned char>(c);
  out += {'%', kHex[octet >> 4], kHex[octet & 15]};
}

bool stays_escaped(char c, Unescape which) {
  switch (which) {
    case Unescape::unreserved:
      return !is_of(c, kUnreserved);
    case Unescape::all_but_slashes:
      return c == '/';
    case Unescape::all:
      break;
  }
  return false;
}

// Whether the segment that begins there is `.` or `..`.
bool is_dot_segment(std::string_view rest) {
  if (!rest.starts_with('.')) return false;
  rest.remove_prefix(rest.starts_with("..") ? 2 : 1);
  return rest.empty() || rest.front() == '/';
}

}  // namespace

std::string_view path_of_target(std::string_view target) {
  target = target.substr(0, target.find('?'));
  target = target.substr(0, target.find('#'));
  if (target.empty()) return "/";
  if (target.front() == '/') return target;
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return target;
  const std::size_t slash = target.find('/', scheme + 3);
  return slash == std::string_view::npos ? "/" : target.substr(slash);
}

bool is_plain_path(std::string_view path) {
  if (!path.starts_with('/')) return path == "*";
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (is_of(path[at], kPlain)) continue;
    if (path[at] != '/') return false;
    const std::string_view rest = path.substr(at + 1);
    if (rest.starts_with('/') || is_dot_segment(rest)) return false;
  }
  return true;
}

std::string_view canonical_path(std::string_view path, std::string& room) {
  if (!path.starts_with('/') || is_plain_path(path)) return path;
  respell(path, {}, room);
  merge_slashes(room);
  remove_dot_segments(room);
  return room;
}

std::string canonical_template(std::string_view text) {
  std::size_t at = std::min(text.find('/'), text.size());
  std::string out(text.substr(0, at));
  std::string spelled;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('/', at + 1), text.size());
    const std::string_view segment = text.substr(at + 1, end - at - 1);
    const bool is_parameter = segment.starts_with('{') && segment.ends_with('}');
    if (!is_parameter) respell(segment, {}, spelled);
    out.append("/").append(is_parameter ? segment : spelled);
    at = end;
  }
  return out;
}

void respell(std::string_view path, SpellingHabits habits, std::string& out) {
  out.clear();
  for (std::size_t at = 0; at < path.size(); ++at) {
    const int octet = escape_at(path, at);
    const char c = octet < 0 ? path[at] : static_cast<char>(octet);
    if (octet >= 0) at += 2;
    const bool counts = octet < 0 || !stays_escaped(c, habits.unescape);
    if (counts && habits.cuts && ends_paths(c)) return;
    if (counts && habits.parts_at_backslash && c == '\\') {
      out += '/';
    } else if (counts && is_of(c, kLiteral)) {
      out += c;
    } else {
      append_escape(out, c);
    }
  }
}

void unescape(std::string_view path, std::string& octets) {
  octets.clear();
  for (std::size_t at = 0; at < path.size(); ++at) {
    const int octet = escape_at(path, at);
    octets += octet < 0 ? path[at] : static_cast<char>(octet);
    if (octet >= 0) at += 2;
  }
}

bool has_escape(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (escape_at(text, at) >= 0) return true;
  }
  return false;
}

bool has_odd_segments(std::string_view path) {
  for (std::size_t at = path.find('/'); at != std::string_view::npos; at = path.find('/', at + 1)) {
    const std::string_view rest = path.substr(at + 1);
    if (rest.starts_with('/') || is_dot_segment(rest)) return true;
  }
  return false;
}

void merge_slashes(std::string& path) {
  path.erase(std::unique(path.begin(), path.end(), [](char a, char b) { return a == '/' && b == '/'; }), path.end());
}

// What is kept, [0, kept), is a row of segments, each behind its slash; `at` stands at the slash of the next.
void remove_dot_segments(std::string& path) {
  std::size_t kept = 0;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view segment(path.data() + at + 1, end - at - 1);
    const bool is_up = segment == "..";
    if (is_up && kept > 0) kept = path.rfind('/', kept - 1);
    if (is_up || segment == ".") {
      if (end == path.size()) path[kept++] = '/';
    } else {
      std::copy(path.data() + at, path.data() + end, path.data() + kept);
      kept += end - at;
    }
    at = end;
  }
  path.resize(kept);
}

}  // namespace truemirror
