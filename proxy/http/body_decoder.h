// Takes the transfer framing off a body as its bytes arrive: fixed length, chunked (llhttp), or until the peer closes.
// Sans-I/O; payload spans point into the bytes fed and live as long as they do. Memory is constant: only trailers are
// kept.
#pragma once

#include <llhttp.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/head_scanner.h"
#include "proxy/http/headers.h"

namespace truemirror {

class BodyDecoder {
 public:
  static constexpr std::size_t kMaxTrailerBytes = 8u << 10;
  // Chunk extensions and chunk heads in excess of one a payload byte are a peer that wastes our time.
  static constexpr std::size_t kMaxOverheadBytes = 16u << 10;

  BodyDecoder() { start(Framing::none, 0); }
  BodyDecoder(const BodyDecoder&) = delete;
  BodyDecoder& operator=(const BodyDecoder&) = delete;

  // Begins a new body.
  void start(Framing framing, std::uint64_t content_length);

  // Consumes bytes and appends the payload found to `payload`. Returns how many were consumed: fewer than given only
  // where the body ended (done()) or is malformed (failed()).
  std::size_t feed(std::string_view bytes, std::vector<std::string_view>& payload);
  // The peer closed. True where that ends the body well (until_close, or done already).
  [[nodiscard]] bool finish();

  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] bool failed() const { return failed_; }
  // Trailer fields of a chunked body, complete once done(); those that a trailer may not hold are gone (RFC 9110
  // §6.5.1).
  [[nodiscard]] const Headers& trailers() const { return trailers_; }
  // Payload bytes seen so far.
  [[nodiscard]] std::uint64_t received() const { return received_; }

 private:
  struct Callbacks;  // llhttp's, in the .cc file

  std::size_t feed_chunked(std::string_view bytes, std::vector<std::string_view>& payload);
  void keep_trailer();

  Framing framing_ = Framing::none;
  std::uint64_t left_ = 0;  // of a fixed length
  std::uint64_t received_ = 0;
  std::size_t overhead_ = 0;
  bool done_ = false, failed_ = false;
  llhttp_t parser_{};
  std::vector<std::string_view>* payload_ = nullptr;
  std::string trailer_name_, trailer_value_;
  Headers trailers_;
};

}  // namespace truemirror
