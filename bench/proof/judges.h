// Three judges of the same pairs: truemirror's production statistics, the rule that Diffy shows fields by, and a
// Mann-Whitney test of latency made for one look and looked at after every pair. Each belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "diff/report/run_tables.h"

namespace truemirror::proof {

// When a judge first spoke against the candidate.
struct Alarm {
  std::uint64_t pairs = 0;
  double seconds = 0;
  std::string what;
};

// The tables and the verdict of a run (diff/report/run_tables.h), not a copy of them. Evidence changes when a block
// settles and at no other time, so a look at each new block is a look after every pair.
class Truemirror {
 public:
  explicit Truemirror(const Policy& policy);
  void pair(const Comparison& comparison, double now);
  void end();
  [[nodiscard]] const std::optional<Alarm>& alarm() const { return alarm_; }
  // The verdict as of now; costs as much as a hundred pairs.
  [[nodiscard]] Report report(bool ended) const;

 private:
  void look();
  AggregateOptions options_;
  RunTables tables_;
  std::uint64_t pairs_ = 0;
  double now_ = 0;
  std::vector<std::size_t> wanted_;
  std::optional<Alarm> alarm_;
};

// Diffy shows a field of an endpoint where raw > noise, |raw − noise| / (raw + noise) > 20 % and
// |raw − noise| / total > 0.03 %: raw counts pairs in which candidate and stable differ in it, noise those in which
// control and stable do.
class Diffy {
 public:
  static constexpr std::uint64_t kFirstLook = 100;  // pairs of the run: kinder than Diffy, which has no such limit
  void pair(const Comparison& comparison, double now);
  // Shown at any look, and shown now.
  [[nodiscard]] const std::optional<Alarm>& alarm() const { return alarm_; }
  [[nodiscard]] bool shows() const;

 private:
  struct Field {
    std::uint64_t raw = 0, noise = 0, last = 0;  // last: the pair that counted it last
    const std::uint64_t* total = nullptr;        // of its endpoint
    [[nodiscard]] bool shown() const;
  };
  void count(const Comparison& comparison, bool candidate);
  std::unordered_map<std::string, std::uint64_t> totals_;
  std::unordered_map<std::string, Field> fields_;
  std::vector<Field*> touched_;
  std::string key_;
  std::uint64_t pairs_ = 0;
  std::optional<Alarm> alarm_;
};

// One-sided Mann-Whitney test, candidate slower than control, for each endpoint at α over their number; the normal
// approximation, exact ranks in bins of 0.3 %.
class MannWhitney {
 public:
  static constexpr std::uint64_t kFirstLook = 100;  // pairs of an endpoint
  explicit MannWhitney(double alpha, std::size_t endpoints);
  void pair(const Comparison& comparison, double now);
  [[nodiscard]] const std::optional<Alarm>& alarm() const { return alarm_; }
  [[nodiscard]] bool rejects() const;

 private:
  static constexpr std::size_t kBins = 8192;
  // Counts by bin, as a Fenwick tree.
  class Counts {
   public:
    void add(std::size_t bin);
    [[nodiscard]] std::uint64_t below(std::size_t bin) const;

   private:
    std::vector<std::uint32_t> tree_ = std::vector<std::uint32_t>(kBins + 1);
  };
  struct Ranks {
    Counts candidate, control;
    std::uint64_t n = 0;
    double u = 0;  // pairs of answers of which the candidate's is slower; ties count half
    [[nodiscard]] double z() const;
  };
  double bar_;
  std::unordered_map<std::string, Ranks> endpoints_;
  std::uint64_t pairs_ = 0;
  std::optional<Alarm> alarm_;
};

}  // namespace truemirror::proof
