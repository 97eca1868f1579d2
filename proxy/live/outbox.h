// Gathers the samples that a live thread completes in one pass of its loop, and hands them over together: waking a
// shadow thread costs two system calls, which one request in fifteen then pays for the others. Belongs to its live
// thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <vector>

#include "proxy/sample/sample.h"

namespace truemirror {

class Outbox {
 public:
  // `sink` outlives the outbox; `io` is the thread's loop.
  Outbox(boost::asio::io_context& io, SampleSink& sink) : io_(io), sink_(sink) {}
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  void add(std::unique_ptr<Sample> sample) {
    samples_.push_back(std::move(sample));
    // Runs after what is ready now; the loop does not end before it has.
    if (samples_.size() == 1) boost::asio::post(io_, [this] { flush(); });
  }

 private:
  void flush() {
    sink_.hand_over(samples_);
    samples_.clear();
  }

  boost::asio::io_context& io_;
  SampleSink& sink_;
  std::vector<std::unique_ptr<Sample>> samples_;
};

}  // namespace truemirror
