// What one arm has issued as validators (ETag, Last-Modified) of a URL, and which of them stand beside stable's. A
// client revalidates with what stable gave it; to the arm that means nothing, and its right answer is a full one. So it
// is sent its own where that is known. Bounded: the older half is forgotten when the newer one is full. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "proxy/sample/sample.h"

namespace truemirror {

class Validators {
 public:
  static constexpr std::size_t kEntries = 8'192;   // of each half
  static constexpr std::size_t kBytes = 1u << 20;  // of the validators in each half
  static constexpr std::size_t kLongest = 256;     // a longer one is not remembered

  // Notes what the answers to one sample carry: the arm's validators, and whose place in stable's they have.
  void learn(const Sample& sample, const Response& arm);
  // In a request head written for the arm, puts its own validators in place of stable's: in If-None-Match, If-Match,
  // If-Modified-Since, If-Unmodified-Since and If-Range. Returns whether the arm is known to have issued what the head
  // now carries: then it has to honour it. Where the request names several, that which stable has now is meant.
  [[nodiscard]] bool translate(const Sample& sample, std::string& head);

 private:
  struct Known {
    std::string own;      // the arm's, that stands beside this one of stable's; empty: not known
    bool issued = false;  // the arm itself has issued this very one
  };
  class Translation;
  using Half = std::unordered_map<std::uint64_t, Known>;  // by URL and validator

  Known* find(std::uint64_t key);
  Known& at(std::uint64_t key);

  std::mutex mutex_;
  Half newer_, older_;
  std::size_t bytes_ = 0;  // of newer_
};

}  // namespace truemirror
