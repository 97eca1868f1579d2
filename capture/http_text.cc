#include "capture/http_text.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "proxy/http/head_scanner.h"

namespace truemirror {
namespace {

constexpr std::size_t kStartLine = 64;  // about

bool unsafe(char c) { return c == '\r' || c == '\n' || c == '\0'; }

void append_clean(std::string& out, std::string_view value) {
  const std::size_t from = out.size();
  out.append(value);
  if (is_field_value(value)) return;
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(from), out.end(), unsafe, ' ');
}

bool control_or_space(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }

// A start line's word: what would end it early is written as %XX.
void append_word(std::string& out, std::string_view word) {
  if (word.empty()) out.push_back('-');
  for (const char c : word) {
    if (!control_or_space(c)) {
      out.push_back(c);
      continue;
    }
    std::array<char, 4> escaped{};
    std::snprintf(escaped.data(), escaped.size(), "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out.append(escaped.data(), 3);
  }
}

std::string_view trim(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t");
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

// Splits the start line off; npos-free: false where there is none.
bool take_line(std::string_view& text, std::string_view& line) {
  const std::size_t end = text.find("\r\n");
  if (end == text.npos) return false;
  line = text.substr(0, end);
  text.remove_prefix(end + 2);
  return true;
}

bool parse_rest(std::string_view text, Headers& headers, Body& body) {
  headers = Headers();
  const std::size_t used = parse_field_lines(text, headers);
  if (used == 0) return false;
  body = Body(std::string(text.substr(used)));
  return true;
}

// A file may come from anywhere, and what it holds is sent on: nothing in it may end a line early.
bool may_be_sent(const Request& request) {
  const auto holds = [](std::string_view text, bool (*what)(char)) {
    return std::any_of(text.begin(), text.end(), what);
  };
  if (holds(request.method, control_or_space) || holds(request.target, control_or_space)) return false;
  return std::none_of(request.headers.begin(), request.headers.end(), [&](const HeaderField& field) {
    return holds(field.name, control_or_space) || holds(field.value, unsafe);
  });
}

}  // namespace

void append_field_line(std::string& out, std::string_view name, std::string_view value) {
  if (name.empty()) return;
  const std::size_t from = out.size();
  out.append(name);
  // A colon or white space in a name would move the border between name and value.
  if (!is_token(name)) {
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(from), out.end(),
        [](char c) { return c == ':' || control_or_space(c); }, '_');
  }
  out.append(": ");
  append_clean(out, value);
  out.append("\r\n");
}

std::size_t parse_field_lines(std::string_view text, Headers& out) {
  std::string_view rest = text;
  std::string_view line;
  while (take_line(rest, line)) {
    if (line.empty()) return text.size() - rest.size();
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0) return 0;
    out.add(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  return 0;
}

void append_request_text(std::string& out, const Request& request) {
  out.reserve(out.size() + request.target.size() + request.headers.footprint() + request.body.bytes.size() +
              kStartLine);
  append_word(out, request.method);
  out.push_back(' ');
  append_word(out, request.target);
  out.append(" HTTP/1.1\r\n");
  for (const HeaderField& field : request.headers) append_field_line(out, field.name, field.value);
  out.append("\r\n").append(request.body.bytes);
}

void append_response_text(std::string& out, const Response& response) {
  out.reserve(out.size() + response.headers.footprint() + response.body.bytes.size() + kStartLine);
  if (response.status > 0) {
    std::array<char, 24> line{};
    std::snprintf(line.data(), line.size(), "HTTP/1.1 %03d ", std::min(response.status, 999));
    out.append(line.data());
    append_clean(out, response.reason);
    out.append("\r\n");
    for (const HeaderField& field : response.headers) append_field_line(out, field.name, field.value);
    out.append("\r\n");
  }
  out.append(response.body.bytes);
}

bool parse_request_text(std::string_view text, Request& out) {
  std::string_view line;
  if (!take_line(text, line)) return false;
  const std::size_t first = line.find(' ');
  if (first == line.npos || first == 0) return false;
  const std::size_t second = line.find(' ', first + 1);
  if (second == line.npos || second == first + 1 || line.substr(second + 1) != "HTTP/1.1") return false;
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, second - first - 1);
  return parse_rest(text, out.headers, out.body) && may_be_sent(out);
}

bool parse_response_text(std::string_view text, Response& out) {
  std::string_view line;
  if (!take_line(text, line) || !line.starts_with("HTTP/1.1 ") || line.size() < 12) return false;
  int status = 0;
  for (const char digit : line.substr(9, 3)) {
    if (digit < '0' || digit > '9') return false;
    status = status * 10 + (digit - '0');
  }
  if (line.size() > 12 && line[12] != ' ') return false;
  out.status = status;
  out.reason = line.size() > 13 ? line.substr(13) : std::string_view();
  return parse_rest(text, out.headers, out.body);
}

}  // namespace truemirror
