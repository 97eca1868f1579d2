// HTTP/1.1 messages as the bytes that stand in a record's block, and back. The record delimits the message, so a body
// is simply all that follows the head. Sans-I/O, linear; refuses a head that is not one.
#pragma once

#include <string>
#include <string_view>

#include "proxy/http/exchange.h"

namespace truemirror {

void append_request_text(std::string& out, const Request& request);
// A response without a status (no head was read) is its body alone.
void append_response_text(std::string& out, const Response& response);

[[nodiscard]] bool parse_request_text(std::string_view text, Request& out);
[[nodiscard]] bool parse_response_text(std::string_view text, Response& out);

// `name: value\r\n` lines up to and including the empty one; returns the bytes used, 0 where they are not well-formed.
[[nodiscard]] std::size_t parse_field_lines(std::string_view text, Headers& out);
void append_field_line(std::string& out, std::string_view name, std::string_view value);

}  // namespace truemirror
