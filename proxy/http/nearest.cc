#include "proxy/http/nearest.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace truemirror {
namespace {

constexpr std::size_t kLongestWord = 64;  // what is longer is no typing error

// Optimal string alignment (Damerau 1964, without repeated edits of one place).
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last.back();
}

}  // namespace

std::optional<std::string> nearest_word(std::string_view word, std::span<const std::string> known) {
  if (word.size() > kLongestWord) return std::nullopt;
  const std::string* best = nullptr;
  std::size_t fewest = 0;
  for (const std::string& candidate : known) {
    const std::size_t edits = edits_between(word, candidate);
    const bool near = edits * 3 <= std::max(word.size(), candidate.size());
    const bool begun = word.size() >= 3 && candidate.starts_with(word);
    if ((near || begun) && (best == nullptr || edits < fewest)) {
      best = &candidate;
      fewest = edits;
    }
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
  const auto nearest = nearest_word(word, known);
  return nearest ? "; did you mean '" + *nearest + "'?" : "";
}

std::string what_would_be_right(std::string_view word, std::span<const std::string> known) {
  if (std::string near = did_you_mean(word, known); !near.empty()) return near;
  std::string all;
  for (const std::string& each : known) all += (all.empty() ? "; there are: " : ", ") + each;
  return all;
}

}  // namespace truemirror
