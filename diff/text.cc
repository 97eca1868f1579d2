#include "diff/text.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "diff/align.h"
#include "diff/json_diff.h"

namespace truemirror {
namespace {

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines out;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    out.push_back(line);
  }
  return out;
}

std::vector<std::uint64_t> hashes_of(const Lines& lines) {
  std::vector<std::uint64_t> out;
  out.reserve(lines.size());
  for (const std::string_view line : lines) out.push_back(XXH3_64bits(line.data(), line.size()));
  return out;
}

// How much two lines share at both ends, in eighths of the longer one, at least 1: a changed line is still that line.
std::uint32_t line_similarity(std::string_view a, std::string_view b) {
  a = a.substr(0, 256);
  b = b.substr(0, 256);
  const std::size_t shorter = std::min(a.size(), b.size()), longer = std::max(a.size(), b.size());
  if (longer == 0) return 8;
  std::size_t head = 0, tail = 0;
  while (head < shorter && a[head] == b[head]) ++head;
  while (tail < shorter - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  return 1 + static_cast<std::uint32_t>((head + tail) * 8 / longer);
}

// Walks an alignment of two rows of pieces; `pair` compares two of them, at their location.
template <class Pair>
void walk(const Lines& stable, const Lines& arm, Location& at, DivergenceSink& sink, std::size_t& budget, Pair pair) {
  const auto similar = [&](std::uint32_t i, std::uint32_t j) { return line_similarity(stable[i], arm[j]); };
  const Alignment found = align(hashes_of(stable), hashes_of(arm), similar, budget);
  const bool before = sink.approximate;
  sink.approximate |= found.approximate;
  for (const AlignedPair& row : found.pairs) {
    const bool is_added = row.stable == AlignedPair::kNone;
    at.push_index((is_added ? row.arm : row.stable) + std::size_t{1});
    if (is_added) {
      add_text_divergence(sink, at, std::nullopt, arm[row.arm]);
    } else if (row.arm == AlignedPair::kNone) {
      add_text_divergence(sink, at, stable[row.stable], std::nullopt);
    } else if (stable[row.stable] != arm[row.arm]) {
      pair(stable[row.stable], arm[row.arm]);
    }
    at.pop();
  }
  sink.approximate = before;
}

bool all_json(const Lines& lines, const JsonDocument::Limits& limits) {
  return std::all_of(lines.begin(), lines.end(), [&](std::string_view line) {
    JsonDocument document;
    return document.parse(line, limits);
  });
}

// Blank lines hold nothing; RFC 7464 puts a record separator before each text.
Lines json_lines(std::string_view text) {
  Lines out;
  for (std::string_view line : lines_of(text)) {
    if (line.starts_with('\x1E')) line.remove_prefix(1);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) out.push_back(line);
  }
  return out;
}

struct Event {
  static constexpr std::array<std::string_view, 4> kFields{"event", "id", "retry", "data"};
  std::array<std::string, 4> values;
};

Event parse_event(std::string_view block) {
  Event out;
  bool has_data = false;  // an empty first line of data is one as well
  for (const std::string_view line : lines_of(block)) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    const auto field = std::find(Event::kFields.begin(), Event::kFields.end(), line.substr(0, colon));
    if (field == Event::kFields.end()) continue;
    std::string_view value = line.substr(std::min(colon + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    std::string& into = out.values.at(static_cast<std::size_t>(field - Event::kFields.begin()));
    if (*field != "data" || !std::exchange(has_data, true)) {
      into = value;
    } else {
      into.append("\n").append(value);
    }
  }
  return out;
}

// Blocks of lines between blank ones, comments alone left out.
Lines event_blocks(std::string_view text) {
  Lines out;
  const char *begin = nullptr, *end = nullptr;
  const auto flush = [&] {
    if (begin != nullptr) out.emplace_back(begin, static_cast<std::size_t>(end - begin));
    begin = nullptr;
  };
  for (const std::string_view line : lines_of(text)) {
    if (line.empty()) {
      flush();
    } else if (begin != nullptr || line.front() != ':') {
      if (begin == nullptr) begin = line.data();
      end = line.data() + line.size();
    }
  }
  flush();
  return out;
}

}  // namespace

void diff_lines(std::string_view stable, std::string_view arm, Location& at, DivergenceSink& sink,
                std::size_t& budget) {
  walk(lines_of(stable), lines_of(arm), at, sink, budget,
       [&](std::string_view a, std::string_view b) { add_text_divergence(sink, at, a, b); });
}

bool diff_ndjson(std::string_view stable, std::string_view arm, const JsonDocument::Limits& limits, Location& at,
                 DivergenceSink& sink, std::size_t& budget) {
  const Lines a = json_lines(stable), b = json_lines(arm);
  if (!all_json(a, limits) || !all_json(b, limits)) return false;
  walk(a, b, at, sink, budget,
       [&](std::string_view x, std::string_view y) { diff_embedded(x, y, limits, at, sink, budget); });
  return true;
}

bool is_ndjson(std::string_view text, const JsonDocument::Limits& limits) { return all_json(json_lines(text), limits); }

void diff_events(std::string_view stable, std::string_view arm, const JsonDocument::Limits& limits, Location& at,
                 DivergenceSink& sink, std::size_t& budget) {
  walk(event_blocks(stable), event_blocks(arm), at, sink, budget, [&](std::string_view x, std::string_view y) {
    const Event a = parse_event(x), b = parse_event(y);
    for (std::size_t field = 0; field < Event::kFields.size(); ++field) {
      at.push_name(Event::kFields.at(field));
      diff_embedded(a.values.at(field), b.values.at(field), limits, at, sink, budget);
      at.pop();
    }
  });
}

void diff_embedded(std::string_view stable, std::string_view arm, const JsonDocument::Limits& limits, Location& at,
                   DivergenceSink& sink, std::size_t& budget) {
  if (stable == arm) return;
  JsonDocument a, b;
  if (a.parse(stable, limits) && b.parse(arm, limits)) return diff_json(a, b, at, sink, budget);
  add_text_divergence(sink, at, stable, arm);
}

}  // namespace truemirror
