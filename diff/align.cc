#include "diff/align.h"

#include <algorithm>
#include <optional>

namespace truemirror {
namespace {

using Hashes = std::span<const std::uint64_t>;

constexpr std::size_t kSimilarityCost = 4;  // what one look at two elements costs, in comparisons

bool spend(std::size_t& budget, std::size_t cost) {
  if (cost > budget) return false;
  budget -= cost;
  return true;
}

// Indices of the elements whose hash the other side has: all others are certain to lie in gaps.
std::vector<std::uint32_t> shared_elements(Hashes of, Hashes with) {
  std::vector<std::uint64_t> known(with.begin(), with.end());
  std::sort(known.begin(), known.end());
  std::vector<std::uint32_t> out;
  for (std::uint32_t at = 0; at < of.size(); ++at) {
    if (std::binary_search(known.begin(), known.end(), of[at])) out.push_back(at);
  }
  return out;
}

// The greedy algorithm of Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), with the furthest points of
// every round kept so that the path can be read back. Returns the matched indices; nothing when the budget is spent.
class Myers {
 public:
  Myers(Hashes a, Hashes b) : a_(a), b_(b) {}

  std::optional<std::vector<AlignedPair>> run(std::size_t& budget) {
    const auto n = static_cast<std::int64_t>(a_.size()), m = static_cast<std::int64_t>(b_.size());
    std::vector<std::int32_t> furthest(1, 0);
    for (std::int64_t d = 0;; ++d) {
      if (!spend(budget, static_cast<std::size_t>(d) + 1)) return std::nullopt;
      std::vector<std::int32_t> next(static_cast<std::size_t>(2 * d + 1), -1);
      for (std::int64_t k = -d; k <= d; k += 2) {
        if (k > n || k < -m) continue;
        std::int64_t x = d == 0 ? 0 : start(furthest, d, k);
        if (x < 0) continue;
        const std::int64_t from = x;
        while (x < n && x - k < m && a_[static_cast<std::size_t>(x)] == b_[static_cast<std::size_t>(x - k)]) ++x;
        if (!spend(budget, static_cast<std::size_t>(x - from) / 8)) return std::nullopt;
        next[static_cast<std::size_t>(k + d)] = static_cast<std::int32_t>(x);
        if (x == n && x - k == m) {
          rounds_.push_back(std::move(furthest));
          return path(d, k, x);
        }
      }
      rounds_.push_back(std::move(furthest));
      furthest = std::move(next);
    }
  }

 private:
  // Furthest x on diagonal k reached in a round of d edits; -1 where there is none.
  static std::int64_t reached(const std::vector<std::int32_t>& round, std::int64_t d, std::int64_t k) {
    return k < -d || k > d ? -1 : round[static_cast<std::size_t>(k + d)];
  }
  // Where round d begins on diagonal k: one step down (an added element) or right (a missing one) from round d-1,
  // within both sequences; -1 where no step leads there.
  [[nodiscard]] std::int64_t start(const std::vector<std::int32_t>& before, std::int64_t d, std::int64_t k) const {
    const std::int64_t left = reached(before, d - 1, k - 1), up = reached(before, d - 1, k + 1);
    const bool right_fits = left >= 0 && left < static_cast<std::int64_t>(a_.size());
    const bool down_fits = up >= 0 && up - k <= static_cast<std::int64_t>(b_.size());
    return std::max(right_fits ? left + 1 : -1, down_fits ? up : -1);
  }

  // Reads the path back; rounds_[d] holds the points of round d-1.
  std::vector<AlignedPair> path(std::int64_t d, std::int64_t k, std::int64_t x) const {
    std::vector<AlignedPair> out;
    for (;; --d) {
      const std::int64_t from = d == 0 ? 0 : start(rounds_[static_cast<std::size_t>(d)], d, k);
      for (; x > from; --x) out.push_back({static_cast<std::uint32_t>(x - 1), static_cast<std::uint32_t>(x - k - 1)});
      if (d == 0) break;
      const std::int64_t left = reached(rounds_[static_cast<std::size_t>(d)], d - 1, k - 1);
      const bool right = left >= 0 && left + 1 == from;  // `from` is within a_, so the step fitted
      k += right ? -1 : 1;
      x = right ? from - 1 : from;
    }
    std::reverse(out.begin(), out.end());
    return out;
  }

  Hashes a_, b_;
  std::vector<std::vector<std::int32_t>> rounds_;
};

struct Gap {
  std::uint32_t a_begin, a_end, b_begin, b_end;
  [[nodiscard]] std::uint32_t a_size() const { return a_end - a_begin; }
  [[nodiscard]] std::uint32_t b_size() const { return b_end - b_begin; }
};

void pair_by_position(const Gap& gap, std::vector<AlignedPair>& out) {
  for (std::uint32_t at = 0; at < std::max(gap.a_size(), gap.b_size()); ++at) {
    out.push_back({at < gap.a_size() ? gap.a_begin + at : AlignedPair::kNone,
                   at < gap.b_size() ? gap.b_begin + at : AlignedPair::kNone});
  }
}

// Needleman and Wunsch 1970, with nothing lost by a gap: the order-keeping pairing with the greatest similarity.
void pair_by_similarity(const Gap& gap, const Similarity& similarity, std::vector<AlignedPair>& out) {
  const std::size_t n = gap.a_size(), m = gap.b_size(), width = m + 1;
  std::vector<std::uint32_t> likeness(n * m);
  std::vector<std::uint32_t> best((n + 1) * width, 0);  // of the suffixes from (i, j)
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = m; j-- > 0;) {
      const std::uint32_t here =
          similarity(gap.a_begin + static_cast<std::uint32_t>(i), gap.b_begin + static_cast<std::uint32_t>(j));
      likeness[i * m + j] = here;
      const std::uint32_t apart = std::max(best[(i + 1) * width + j], best[i * width + j + 1]);
      best[i * width + j] = here == 0 ? apart : std::max(apart, best[(i + 1) * width + j + 1] + here);
    }
  }
  std::size_t i = 0, j = 0;
  while (i < n || j < m) {
    AlignedPair row;
    const bool inside = i < n && j < m;
    if (inside && likeness[i * m + j] != 0 &&
        best[i * width + j] == best[(i + 1) * width + j + 1] + likeness[i * m + j]) {
      row = {gap.a_begin + static_cast<std::uint32_t>(i++), gap.b_begin + static_cast<std::uint32_t>(j++)};
    } else if (j >= m || (inside && best[i * width + j] == best[(i + 1) * width + j])) {
      row.stable = gap.a_begin + static_cast<std::uint32_t>(i++);
    } else {
      row.arm = gap.b_begin + static_cast<std::uint32_t>(j++);
    }
    out.push_back(row);
  }
}

void fill_gap(const Gap& gap, const Similarity& similarity, std::size_t& budget, Alignment& out) {
  const bool one_sided = gap.a_size() == 0 || gap.b_size() == 0;
  if (one_sided || (gap.a_size() == 1 && gap.b_size() == 1)) return pair_by_position(gap, out.pairs);
  const std::size_t cells = static_cast<std::size_t>(gap.a_size()) * gap.b_size();
  if (cells <= budget && spend(budget, kSimilarityCost * cells)) return pair_by_similarity(gap, similarity, out.pairs);
  out.approximate = true;
  pair_by_position(gap, out.pairs);
}

}  // namespace

Alignment align(Hashes stable, Hashes arm, const Similarity& similarity, std::size_t& budget) {
  const std::vector<std::uint32_t> a_at = shared_elements(stable, arm), b_at = shared_elements(arm, stable);
  std::vector<std::uint64_t> a, b;
  for (const std::uint32_t at : a_at) a.push_back(stable[at]);
  for (const std::uint32_t at : b_at) b.push_back(arm[at]);
  Alignment out;
  std::vector<AlignedPair> anchors;
  if (auto common = Myers(a, b).run(budget)) {
    anchors = std::move(*common);
  } else {
    out.approximate = true;
    budget = 0;  // what is left would pair a huge gap badly
  }
  Gap gap{0, 0, 0, 0};
  for (const AlignedPair& anchor : anchors) {
    gap.a_end = a_at[anchor.stable];
    gap.b_end = b_at[anchor.arm];
    fill_gap(gap, similarity, budget, out);
    out.pairs.push_back({gap.a_end, gap.b_end});
    gap.a_begin = gap.a_end + 1;
    gap.b_begin = gap.b_end + 1;
  }
  gap.a_end = static_cast<std::uint32_t>(stable.size());
  gap.b_end = static_cast<std::uint32_t>(arm.size());
  fill_gap(gap, similarity, budget, out);
  return out;
}

}  // namespace truemirror
