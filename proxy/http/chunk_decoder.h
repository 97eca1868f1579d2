// Takes the chunked framing off a body (RFC 9112 §7.1) as its bytes arrive, byte by byte as the grammar has it and no
// other way: no sign, prefix or blank around a size, no bare CR or LF, CRLF after each chunk's data, trailers by the
// rules of fields. Extensions are read and dropped. Sans-I/O, constant memory: only trailers are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/headers.h"

namespace truemirror {

class ChunkDecoder {
 public:
  static constexpr std::size_t kMaxTrailerBytes = 8u << 10;
  // Chunk lines and trailers in excess of eight bytes for one of payload are a peer that wastes our time.
  static constexpr std::size_t kMaxOverheadBytes = 16u << 10;

  // Begins a new body.
  void start();
  // Appends the payload found to `payload`, as spans of `bytes`. Returns how many bytes were consumed: fewer than given
  // only where the body ended (done()) or is malformed (failed()).
  std::size_t feed(std::string_view bytes, std::vector<std::string_view>& payload);

  [[nodiscard]] bool done() const { return state_ == State::done; }
  [[nodiscard]] bool failed() const { return state_ == State::failed; }
  // What is still to come of the chunk that has begun.
  [[nodiscard]] std::uint64_t announced() const { return state_ == State::data ? size_ : 0; }
  // Complete once done(). Those that frame or route fail the body, others that a trailer may not hold are gone (RFC
  // 9110 §6.5.1).
  [[nodiscard]] const Headers& trailers() const { return trailers_; }

 private:
  enum class State : std::uint8_t {
    first_digit,
    digits,
    before_semicolon,  // blanks that a semicolon has to follow
    before_name,
    name,
    after_name,  // blanks that an equals sign or a semicolon has to follow
    before_value,
    value,
    quoted,
    quoted_pair,
    after_quoted,
    line_feed,  // of a chunk's line
    data,
    data_end,  // CR, then LF
    data_line_feed,
    trailer,
    done,
    failed
  };

  void take_line_byte(char byte);
  State after_digit(char byte);
  static State after_part(char byte);
  std::size_t take_trailer_bytes(std::string_view bytes);
  void end_trailer_line();
  void fail() { state_ = State::failed; }

  State state_ = State::first_digit;
  std::uint64_t size_ = 0;  // of the chunk, then what is left of it
  unsigned digits_ = 0;
  std::size_t overhead_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::string line_;  // of the trailers, so far
  Headers trailers_;
};

}  // namespace truemirror
