// Reads one whole response from bytes as they come: interim heads are passed over, the final head is kept as a value,
// the payload is shown span by span. For the arms and for tests; the live path forwards spans instead (live/relay.h).
// Sans-I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/body_decoder.h"
#include "proxy/http/exchange.h"
#include "proxy/http/head_scanner.h"
#include "proxy/http/interim_budget.h"

namespace truemirror {

class ResponseReader {
 public:
  // `method`: of the request. It decides whether a body follows.
  explicit ResponseReader(std::string_view method, const HeadLimits& limits = kResponseHeadLimits)
      : method_(method), scanner_(limits) {}
  // Begins another response, in the memory of the last.
  void restart(std::string_view method);

  // Takes bytes in. Payload spans live until the next call, and no longer than `bytes`.
  void feed(std::string_view bytes);
  // The peer closed: true where that ends the response well.
  [[nodiscard]] bool finish() { return has_head_ && body_.finish(); }

  [[nodiscard]] bool has_head() const { return has_head_; }
  [[nodiscard]] bool done() const { return has_head_ && body_.done(); }
  [[nodiscard]] bool failed() const { return !error_.empty(); }
  [[nodiscard]] const std::string& error() const { return error_; }
  // Whether a 100 has come: the request's body is wanted.
  [[nodiscard]] bool told_to_continue() const { return told_to_continue_; }
  // Whether the connection may carry another exchange, once done().
  [[nodiscard]] bool keeps_connection() const { return keep_alive_ && extra_ == 0; }

  // What it says of how long; empty where it says nothing. Valid once has_head().
  [[nodiscard]] std::string_view keep_alive_terms() const { return keep_alive_terms_; }

  [[nodiscard]] const std::vector<std::string_view>& payload() const { return payload_; }
  [[nodiscard]] std::uint64_t received() const { return body_.received(); }
  // Status, reason and end-to-end fields; the body is the caller's. Valid once has_head().
  [[nodiscard]] Response& response() { return response_; }
  [[nodiscard]] const Headers& trailers() const { return body_.trailers(); }
  // Bytes of memory that the next response may use again.
  [[nodiscard]] std::size_t footprint() const {
    return head_bytes_.capacity() + head_.repaired.capacity() + head_.fields.capacity() * sizeof(FieldLine) +
           (head_.connection_options.capacity() + payload_.capacity()) * sizeof(std::string_view);
  }

 private:
  std::size_t take_heads(std::string_view bytes);

  std::string method_;
  HeadScanner scanner_;
  BodyDecoder body_;
  std::string head_bytes_;  // of a head that did not come whole with the bytes of one call
  ResponseHead head_;       // of one call: only its memory is kept
  std::vector<std::string_view> payload_;
  Response response_;
  std::string error_, keep_alive_terms_;
  bool has_head_ = false, keep_alive_ = false, told_to_continue_ = false;
  InterimBudget interim_;
  std::size_t extra_ = 0;  // bytes beyond the response
};

}  // namespace truemirror
