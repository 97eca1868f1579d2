// A strict grammar of HTTP/1.1 messages (RFC 9112): reads a stream of bytes as messages in exactly one way, or says
// what is wrong and where. Accepts nothing that two parsers could read differently: one Host, one Content-Length or one
// `Transfer-Encoding: chunked`, no obs-fold, no bare CR or LF, no framing field in trailers. An oracle for tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace truemirror::conformance {

struct Field {
  std::string name, value;  // the value without the white space around it
  bool operator==(const Field&) const = default;
};

enum class BodyFraming : std::uint8_t { none, length, chunked, until_close };

struct Message {
  std::string head;  // as it came, blank line included
  std::string method, target;
  int status = 0;  // of a response
  std::string reason;
  int minor_version = 1;
  std::vector<Field> fields;
  BodyFraming framing = BodyFraming::none;
  std::string body;  // without its framing
  std::vector<Field> trailers;

  [[nodiscard]] const std::string* get(std::string_view name) const;
};

struct Reading {
  std::vector<Message> messages;  // those that are whole
  std::string problem;            // empty: the bytes are these messages and nothing else
  std::size_t at = 0;             // where, as an offset into the stream
  std::size_t consumed = 0;       // bytes of the whole messages
  bool ran_out = false;           // the bytes ended within a message that was right so far
  bool switched = false;          // the last message is a 101: what follows is no HTTP

  [[nodiscard]] bool ok() const { return problem.empty(); }
};

[[nodiscard]] Reading read_requests(std::string_view bytes);
// `methods`: of the requests that are answered, in order; one more response than these is wrong. `closed`: the bytes
// are all that there will be, which ends a body that nothing else delimits.
[[nodiscard]] Reading read_responses(std::string_view bytes, const std::vector<std::string>& methods, bool closed);
// A chunked body alone, trailers included. Its payload is the body of the only message.
[[nodiscard]] Reading read_chunked(std::string_view bytes, std::size_t& consumed);

// The stream with each chunked body as one chunk: where a body was cut into chunks says nothing.
[[nodiscard]] std::string with_bodies_in_one_chunk(const Reading& reading);

}  // namespace truemirror::conformance
