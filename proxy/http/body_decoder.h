// Takes the transfer framing off a body as its bytes arrive: fixed length, chunked, or until the peer closes. Sans-I/O;
// payload spans point into the bytes fed and live as long as they do. Memory is constant: only trailers are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "proxy/http/chunk_decoder.h"
#include "proxy/http/head_scanner.h"
#include "proxy/http/headers.h"

namespace truemirror {

class BodyDecoder {
 public:
  BodyDecoder() { start(Framing::none, 0); }

  // Begins a new body.
  void start(Framing framing, std::uint64_t content_length);

  // Consumes bytes and appends the payload found to `payload`. Returns how many were consumed: fewer than given only
  // where the body ended (done()) or is malformed (failed()).
  std::size_t feed(std::string_view bytes, std::vector<std::string_view>& payload);
  // The peer closed. True where that ends the body well (until_close, or done already).
  [[nodiscard]] bool finish();

  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] bool failed() const { return failed_; }
  // Trailer fields of a chunked body, complete once done() (ChunkDecoder::trailers).
  [[nodiscard]] const Headers& trailers() const { return chunks_.trailers(); }
  // Payload bytes seen so far; and with those that a length, or the chunk that has begun, says will come.
  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::uint64_t announced() const { return received_ + left_ + chunks_.announced(); }

 private:
  Framing framing_ = Framing::none;
  std::uint64_t left_ = 0;  // of a fixed length; else 0
  std::uint64_t received_ = 0;
  bool done_ = false, failed_ = false;
  ChunkDecoder chunks_;
};

}  // namespace truemirror
