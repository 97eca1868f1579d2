// The shadow lane: takes samples, has both arms asked at the same time, and passes what they answered on to comparing.
// Promise: never waits for anyone who hands over; sheds with a counted reason instead; both arms or none.
// Own threads, own pools, own deadlines; open() and hand_over() are called from live (or replay) threads.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "proxy/sample/ledger.h"
#include "proxy/sample/mark.h"
#include "proxy/sample/sample.h"
#include "proxy/shadow/arm_state.h"
#include "proxy/shadow/completed.h"
#include "proxy/shadow/options.h"

namespace truemirror {

class Lane final : public SampleSink {
 public:
  // `ledger`, `marks` and `sink` outlive the lane.
  Lane(ShadowOptions options, Ledger& ledger, const MarkKey& marks, CompletedSink& sink);
  ~Lane() override;
  Lane(const Lane&) = delete;

  void start();
  // Takes nothing more, lets what is in flight end within `limit`, then closes the arms' connections; returns when all
  // ended.
  void drain(std::chrono::milliseconds limit);

  [[nodiscard]] std::unique_ptr<Sample> open(std::string_view method, std::string_view target) override;
  void hand_over(std::span<std::unique_ptr<Sample>> samples) override;

  // Whether a sample would be admitted now: replay waits for it instead of shedding in closed loop.
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] ShadowStats stats() const;

 private:
  class Worker;

  // The reason to shed now, if there is one. The breakers are asked once a sample, before anything is copied.
  [[nodiscard]] std::optional<DropReason> refusal(bool before_copying);
  [[nodiscard]] bool asks_control(const Sample& sample) const;
  void shed(Sample& sample, DropReason reason, std::string_view method, std::string_view target);

  ShadowOptions options_;
  Ledger& ledger_;
  const MarkKey& marks_;
  CompletedSink& sink_;
  ByteBudget bytes_;
  ArmState candidate_, control_;
  std::atomic<std::uint64_t> sequence_{0};
  std::atomic<std::size_t> next_worker_{0};
  std::atomic<bool> closed_{false};
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace truemirror
