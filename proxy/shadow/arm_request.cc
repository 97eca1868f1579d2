#include "proxy/shadow/arm_request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>

#include "proxy/http/head_scanner.h"
#include "proxy/http/head_writer.h"

namespace truemirror {
namespace {

constexpr std::size_t kParentIdAt = 36;  // 00-<32 hex>-<16 hex>-<2 hex>
constexpr std::size_t kParentIdSize = 16;
constexpr std::size_t kRoomForEdits = 64;  // a length, the blank line

void add_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

template <class List, class Name>
bool names(const List& list, std::string_view name, Name name_of) {
  return std::any_of(list.begin(), list.end(), [&](const auto& entry) { return iequals(name_of(entry), name); });
}

// Left out of the copy: removed, or set anew below.
bool left_out(const HeaderEdits& edits, std::string_view name) {
  return names(edits.remove, name, [](const std::string& entry) -> std::string_view { return entry; }) ||
         names(edits.set, name, [](const auto& entry) -> std::string_view { return entry.first; });
}

// The value after the replacements of its field.
std::string replaced(const HeaderEdits& edits, std::string_view name, std::string_view value) {
  std::string out(value);
  for (const HeaderEdits::Replace& edit : edits.replace) {
    if (!iequals(edit.name, name) || edit.from.empty()) continue;
    for (std::size_t at = out.find(edit.from); at != std::string::npos; at = out.find(edit.from, at + edit.to.size()))
      out.replace(at, edit.from.size(), edit.to);
  }
  return out;
}

std::string_view value_of(std::string_view line, std::size_t name_size) {
  std::string_view value = line.substr(name_size + 1, line.size() - name_size - 3);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  return value;
}

// 16 hex digits, not all zero.
std::string random_span_id() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string id;
  const std::uint64_t bits = generator() | 1;
  for (int shift = 60; shift >= 0; shift -= 4) id.push_back(kHex[(bits >> shift) & 15]);
  return id;
}

}  // namespace

void write_arm_request_head(const Sample& sample, const HeaderEdits& edits, std::string_view mark, std::string& out) {
  std::string_view rest = sample.head;
  out.reserve(rest.size() + kMarkHeader.size() + mark.size() + kRoomForEdits);
  const std::size_t start_line = rest.find("\r\n") + 2;
  out.assign(rest.substr(0, start_line));
  rest.remove_prefix(start_line);
  bool has_length = false;
  while (!rest.empty()) {
    const std::size_t size = rest.find("\r\n") + 2;
    const std::string_view line = rest.substr(0, size);
    rest.remove_prefix(size);
    const std::string_view name = line.substr(0, line.find(':'));
    if (left_out(edits, name)) continue;
    has_length = has_length || iequals(name, "content-length");
    if (iequals(name, "traceparent")) {
      std::string value = replaced(edits, name, value_of(line, name.size()));
      if (value.size() >= kParentIdAt + kParentIdSize) value.replace(kParentIdAt, kParentIdSize, random_span_id());
      add_line(out, name, value);
    } else if (names(edits.replace, name, [](const auto& entry) -> std::string_view { return entry.name; })) {
      add_line(out, name, replaced(edits, name, value_of(line, name.size())));
    } else {
      out.append(line);
    }
  }
  for (const auto& [name, value] : edits.set) add_line(out, name, value);
  const std::size_t size = sample.body.bytes.size();
  if (sample.framing.chunked) out.append("Transfer-Encoding: chunked\r\n");
  if (!sample.framing.chunked && !has_length && size > 0) add_line(out, "Content-Length", std::to_string(size));
  add_line(out, kMarkHeader, mark);
  out.append("\r\n");
  if (!sample.framing.chunked || size == 0) return;
  std::array<char, 16> digits{};
  out.append(digits.data(), std::to_chars(digits.begin(), digits.end(), size, 16).ptr).append("\r\n");
}

void write_arm_request_end(const Sample& sample, const HeaderEdits& edits, std::string& out) {
  out.clear();
  if (!sample.framing.chunked || sample.framing.withheld) return;
  out.append(sample.body.bytes.empty() ? "0\r\n" : "\r\n0\r\n");
  for (const HeaderField& field : sample.framing.trailers) {
    if (!left_out(edits, field.name)) add_line(out, field.name, replaced(edits, field.name, field.value));
  }
  out.append("\r\n");
}

}  // namespace truemirror
