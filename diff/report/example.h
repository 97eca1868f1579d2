// Which samples a finding shows: its first, its latest and the 5 with the lowest hash of their number, a uniform choice
// that does not depend on the order in which comparisons arrive. `latest` is the first sample of the newest burst (a
// second by default) that shows the finding, so that a busy finding costs one redaction a burst and not one a sample.
// An example is redacted and cut when it is made; nothing raw is kept. Values, apart from the budget that they share.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "diff/report/report.h"
#include "diff/stats/blocks.h"
#include "proxy/http/redactor.h"

namespace truemirror {

// The messages of one sample as every finding on it shows them; without divergences, which are the finding's own.
using SharedExample = std::shared_ptr<const Example>;

struct ExampleLimits {
  std::size_t body_bytes = 16u << 10;  // of one message body, and of the header list of one message
  std::size_t all_bytes = 64u << 20;   // of all examples together; beyond it an example has neither headers nor bodies
};

// Bytes that living examples hold; any thread.
using ExampleBytes = std::shared_ptr<std::atomic<std::size_t>>;

[[nodiscard]] SharedExample make_example(const Comparison& comparison, const Redactor& redactor,
                                         const ExampleLimits& limits, const ExampleBytes& held);

// The divergence as a report may show it: values redacted, then cut at 256 bytes with `…` at the end.
[[nodiscard]] Divergence make_example_divergence(const Divergence& divergence, const Redactor& redactor);

class ExampleSet {
 public:
  static constexpr std::size_t kLowest = 5, kDivergences = 5;

  [[nodiscard]] bool empty() const { return kept_.empty(); }
  // Whether a sample would be kept, before the work of making an example of it.
  [[nodiscard]] bool wants(std::uint64_t sequence, BlockIndex burst) const;
  // Keeps it if it is still wanted, and drops what it displaces. `own`: the finding's divergences in this sample.
  void add(std::uint64_t sequence, BlockIndex burst, SharedExample sample, std::vector<Divergence> own);
  void absorb(const ExampleSet& other);

  // By number of the sample.
  [[nodiscard]] std::vector<Example> examples() const;

 private:
  struct Kept {
    std::uint64_t sequence, hash;
    BlockIndex burst;
    SharedExample sample;
    std::shared_ptr<const std::vector<Divergence>> own;  // shared: tables are copied under a lock
  };
  void prune();
  std::vector<Kept> kept_;  // by sequence; never more than kLowest + 2
};

}  // namespace truemirror
