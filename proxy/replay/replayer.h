// The other source of samples: reads a capture, waits for due times, asks stable where a live one is given, and hands
// over to the same shadow lane as the live path does. Open loop unless no speed is given. One thread reads and keeps
// the time, one sends; run() is called on the reading thread and returns when all is sent and answered.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "proxy/http/problem.h"
#include "proxy/replay/options.h"
#include "proxy/shadow/lane.h"

namespace truemirror {

class Replayer {
 public:
  Replayer(ReplayOptions options, Lane& lane, const MarkKey& marks);
  ~Replayer();
  Replayer(const Replayer&) = delete;

  // `progress` is called about twice a second with the number of requests sent; `stop` is looked at as often.
  // Errors: a capture that cannot be read. What was sent before stays in the report.
  [[nodiscard]] Result<ReplayStats> run(const std::function<void(std::uint64_t sent)>& progress,
                                        const std::atomic<bool>& stop);
  // Requests taken from the capture so far. Any thread.
  [[nodiscard]] std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }

 private:
  class Sender;

  ReplayOptions options_;
  Lane& lane_;
  const MarkKey& marks_;
  std::atomic<std::uint64_t> requests_{0};
  std::unique_ptr<Sender> sender_;
};

}  // namespace truemirror
