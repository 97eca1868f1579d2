// Copies one sampled exchange while it is relayed, and hands the sample over when both the request and stable's
// response are through, whichever is first. Whatever goes wrong on the way ends in a counted reason; the relay never
// notices. Belongs to a live thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "proxy/http/head_scanner.h"
#include "proxy/live/outbox.h"
#include "proxy/sample/body_copy.h"
#include "proxy/sample/sample.h"

namespace truemirror {

class Tee {
 public:
  using Clock = std::chrono::steady_clock;

  Tee(Outbox& outbox, std::unique_ptr<Sample> sample, std::size_t copy_limit, std::chrono::milliseconds time_limit);

  // `head`: request line and end-to-end fields as stable gets them, without framing and blank line.
  void request_head(const RequestHead& head, std::string_view written);
  void request_payload(const std::vector<std::string_view>& payload);
  void request_sent() { sent_ = Clock::now(); }
  // Stable has all of the request.
  void request_done(const Headers& trailers);
  // Stable has answered in place of 100 Continue, and the client has kept its body to itself.
  void request_withheld();
  void response_begun() { first_byte_ = Clock::now(); }
  void response_head(const ResponseHead& head);
  void response_payload(const std::vector<std::string_view>& payload);
  void response_done(const Headers& trailers);
  void drop(DropReason reason);

 private:
  [[nodiscard]] bool active() const { return sample_ != nullptr; }
  void hand_over();

  Outbox& outbox_;
  std::unique_ptr<Sample> sample_;  // null once handed over or dropped
  std::size_t copy_limit_;
  std::chrono::milliseconds time_limit_;
  BodyCopy request_, response_;
  Clock::time_point sent_{}, first_byte_{};
  bool streaming_ = false;
  bool request_whole_ = false, response_whole_ = false;
};

}  // namespace truemirror
