// Gathers the samples that a live thread completes in one pass of its loop, and hands them over together: waking a
// shadow thread costs two system calls, which one request in fifteen then pays for the others. Belongs to its live
// thread.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "proxy/sample/sample.h"
#include "proxy/upstream/event_loop.h"

namespace truemirror {

class Outbox {
 public:
  // `sink` outlives the outbox; `loop` is the thread's.
  Outbox(EventLoop& loop, SampleSink& sink) : loop_(loop), sink_(sink) {}
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  void add(std::unique_ptr<Sample> sample) {
    samples_.push_back(std::move(sample));
    if (samples_.size() > 1) return;
    // Runs after what is ready now; the loop does not end before it has.
    loop_.soon([this] { flush(); });
  }

 private:
  void flush() {
    sink_.hand_over(samples_);
    samples_.clear();
  }

  EventLoop& loop_;
  SampleSink& sink_;
  std::vector<std::unique_ptr<Sample>> samples_;
};

}  // namespace truemirror
