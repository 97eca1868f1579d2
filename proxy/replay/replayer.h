// The other source of samples: reads a capture, waits for due times, asks stable where a live one is given, and hands
// over to the same shadow lane as the live path does. Open loop unless no speed is given. One thread reads and keeps
// the time, one sends; run() is called on the reading thread and returns when all is sent and answered.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "capture/reader.h"
#include "proxy/http/problem.h"
#include "proxy/replay/options.h"
#include "proxy/shadow/lane.h"

namespace truemirror {

class Replayer {
 public:
  // Opens the captures, before anything else is begun. Errors: one cannot be read, or holds nothing to replay.
  [[nodiscard]] static Result<std::unique_ptr<Replayer>> open(ReplayOptions options);
  ~Replayer();
  Replayer(const Replayer&) = delete;

  // Once. `lane` and `marks` outlive the replayer. `progress` is called about twice a second with the number of
  // requests taken; `stop` is looked at as often: what is under way then still ends, what waits is dropped.
  // Errors: a capture that cannot be read to its end. What was sent before stays in the report.
  [[nodiscard]] Result<ReplayStats> run(Lane& lane, const MarkKey& marks,
                                        const std::function<void(std::uint64_t taken)>& progress,
                                        const std::atomic<bool>& stop);
  // Requests taken from the capture so far. Any thread.
  [[nodiscard]] std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }

 private:
  class Sender;

  Replayer(ReplayOptions options, CaptureReader reader);
  // The next exchange that can be replayed; false at the end.
  [[nodiscard]] Result<bool> next(CapturedExchange& out);
  // Waits for the time, or the place, of the next request; false where `stop` came first.
  [[nodiscard]] bool wait(std::chrono::steady_clock::time_point due, const std::function<void()>& tell,
                          const std::atomic<bool>& stop);
  void take(CapturedExchange&& exchange, Lane& lane, std::chrono::steady_clock::time_point due);

  ReplayOptions options_;
  CaptureReader reader_;
  std::optional<CapturedExchange> first_;  // read ahead by open()
  ReplayStats stats_;
  std::atomic<std::uint64_t> requests_{0};
  std::unique_ptr<Sender> sender_;  // the lane, whose threads post to it, is joined before
};

}  // namespace truemirror
