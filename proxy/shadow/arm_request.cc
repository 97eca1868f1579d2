#include "proxy/shadow/arm_request.h"

#include <algorithm>
#include <random>

#include "proxy/http/head_scanner.h"
#include "proxy/http/head_writer.h"
#include "proxy/sample/path_pattern.h"

namespace truemirror {
namespace {

constexpr std::size_t kParentIdAt = 36;  // 00-<32 hex>-<16 hex>-<2 hex>
constexpr std::size_t kParentIdSize = 16;

void add_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

bool edited(const std::vector<const HeaderEdits*>& edits, std::string_view name) {
  return std::any_of(edits.begin(), edits.end(), [&](const HeaderEdits* edit) {
    const auto same = [&](const std::string& other) { return iequals(other, name); };
    return std::any_of(edit->remove.begin(), edit->remove.end(), same) ||
           std::any_of(edit->set.begin(), edit->set.end(), [&](const auto& field) { return same(field.first); });
  });
}

}  // namespace

std::string arm_request_head(const Sample& sample, Arm arm, std::string_view mark, std::string_view span,
                             const std::vector<HeaderEdits>& all_edits) {
  std::vector<const HeaderEdits*> edits;
  for (const HeaderEdits& edit : all_edits) {
    if (edit.arm == arm && path_matches(edit.match, sample.target)) edits.push_back(&edit);
  }
  std::string_view rest = sample.head;
  const std::size_t start_line = rest.find("\r\n") + 2;
  std::string out(rest.substr(0, start_line));
  rest.remove_prefix(start_line);
  bool has_length = false;
  while (!rest.empty()) {
    const std::size_t size = rest.find("\r\n") + 2;
    const std::string_view line = rest.substr(0, size);
    rest.remove_prefix(size);
    const std::string_view name = line.substr(0, line.find(':'));
    if (!edits.empty() && edited(edits, name)) continue;
    has_length = has_length || iequals(name, "content-length");
    const std::size_t at = out.size();
    out.append(line);
    if (!iequals(name, "traceparent")) continue;
    const std::size_t value = at + line.find_first_not_of(": \t", name.size());
    if (out.size() >= value + kParentIdAt + kParentIdSize) out.replace(value + kParentIdAt, kParentIdSize, span);
  }
  for (const HeaderEdits* edit : edits) {
    for (const auto& [name, value] : edit->set) add_line(out, name, value);
  }
  if (!has_length && sample.body.length > 0) add_line(out, "Content-Length", std::to_string(sample.body.length));
  add_line(out, kMarkHeader, mark);
  return out.append("\r\n");
}

std::string random_span_id() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string id;
  const std::uint64_t bits = generator() | 1;
  for (int shift = 60; shift >= 0; shift -= 4) id.push_back(kHex[(bits >> shift) & 15]);
  return id;
}

}  // namespace truemirror
